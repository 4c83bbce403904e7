import { describe, expect, test } from 'vitest';
import { id, integer, Listing, text, time } from '../../src/graphql/listing.ts';
import { encodePlace } from '../../src/graphql/place.ts';

interface Row {
  id: bigint;
  name: string;
  rank: number;
  at: Date;
}

const list = new Listing<Row, 'newest' | 'ranked' | 'timed' | 'named'>(
  'rows',
  { column: 'id', as: id },
  {
    newest: { column: 'id', as: id, way: 'desc' },
    ranked: { column: 'rank', as: integer, way: 'asc' },
    timed: { column: 'at', as: time, way: 'desc' },
    named: { column: 'name', as: text, way: 'asc' },
  },
);
const row: Row = { id: 7n, name: 'a "b" \\ \u{1f426}', rank: -3, at: new Date('2026-11-21T10:00:00.123Z') };
const page = { limit: 21, inverted: false };

test('by key: what is past a row, either way', () => {
  const cursor = list.cursorOf('newest', row);
  expect(list.page('newest', { ...page, after: cursor })).toEqual({
    where: { AND: [{ id: { lt: 7n } }] },
    orderBy: [{ id: 'desc' }],
    take: 21,
  });
  expect(list.page('newest', { limit: 21, inverted: true, before: cursor })).toEqual({
    where: { AND: [{ id: { gt: 7n } }] },
    orderBy: [{ id: 'asc' }],
    take: 21,
  });
});

test.each([
  ['ranked', 'rank', 'gte', 'gt', 'asc'],
  ['timed', 'at', 'lte', 'lt', 'desc'],
  ['named', 'name', 'gte', 'gt', 'asc'],
] as const)('%s: by the column, and by the key among equals', (order, column, from, past, way) => {
  expect(list.page(order, { ...page, after: list.cursorOf(order, row) })).toEqual({
    where: {
      AND: [{ [column]: { [from]: row[column] }, OR: [{ [column]: { [past]: row[column] } }, { id: { [past]: 7n } }] }],
    },
    orderBy: [{ [column]: way }, { id: way }],
    take: 21,
  });
});

describe('what is not a cursor of this list in this order', () => {
  test.each([
    ['of another order', 'ranked', list.cursorOf('newest', row)],
    ['of another list', 'newest', encodePlace('others.newest', '7')],
    ['no JSON', 'newest', 'nonsense'],
    ['no list', 'newest', Buffer.from('{"a":1}').toString('base64url')],
    ['null', 'newest', Buffer.from('null').toString('base64url')],
    ['too few values', 'ranked', encodePlace('rows.ranked', '1')],
    ['too many values', 'newest', encodePlace('rows.newest', '1', '2')],
    ['a number in place of text', 'newest', Buffer.from('["rows.newest",7]').toString('base64url')],
    ['a key beyond 64 bits', 'newest', encodePlace('rows.newest', '9'.repeat(19))],
    ['a key of zero', 'newest', encodePlace('rows.newest', '0')],
    ['an integer beyond 32 bits', 'ranked', encodePlace('rows.ranked', '9999999999', '7')],
    ['no time', 'timed', encodePlace('rows.timed', '2026-13-21T10:00:00.123Z', '7')],
    ['a time of the year 12026', 'timed', encodePlace('rows.timed', '+012026-11-21T10:00:00.123Z', '7')],
    ['a zero character', 'named', encodePlace('rows.named', 'a\0', '7')],
  ] as const)('%s', (_what, order, cursor) => {
    expect(() => list.page(order, { ...page, after: cursor })).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: expect.stringContaining('not a cursor of this list') }),
    );
  });
});
