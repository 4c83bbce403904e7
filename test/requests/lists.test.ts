import { expect, test } from 'vitest';
import { requestsRoom } from './room.ts';

const { hub, ask, failure } = await requestsRoom({ tokens: true });
const operator = { token: hub.operator };
const jean = { token: (await hub.token({ role: 'agent', agent: 'jean' })).secret };
const bob = { token: (await hub.token({ role: 'agent', agent: 'bob' })).secret };

const LIST = `query ($list: RequestList!, $filter: RequestFilter, $first: Int, $after: String, $last: Int, $before: String) {
  requests(list: $list, filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    edges { node { subject } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

async function page(variables: object, caller = jean) {
  const { edges, pageInfo } = (await hub.data(LIST, { list: 'PENDING', ...variables }, caller))['requests'];
  return { subjects: edges.map(({ node }: { node: { subject: string } }) => node.subject), ...pageInfo };
}

test('an agent has one list of what it asked, what it is asked, and what all are asked, page by page', async () => {
  for (const [subject, from, input] of [
    ['e', jean, { priority: 9 }],
    ['b', jean, { priority: 2, to: 'bob' }],
    ['c', bob, { priority: 2, to: 'jean' }],
    ['d', bob, { priority: 5, to: '*' }],
    ['a', jean, { priority: 1, to: '*' }],
    ['-', bob, { priority: 1 }],
  ] as const)
    await ask({ subject, ...input }, from);
  expect((await page({})).subjects).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect((await page({}, operator)).subjects).toEqual(['a', '-', 'b', 'c', 'd', 'e']);
  expect((await page({ list: 'ALL' })).subjects).toEqual(['a', 'd', 'c', 'b', 'e']);
  expect((await page({ filter: { forMe: true } })).subjects).toEqual(['c', 'd']);
  expect((await page({ filter: { forMe: true } }, operator)).subjects).toEqual(['a', '-', 'd', 'e']);
  expect((await page({ filter: { mine: true, maxPriority: 2 } })).subjects).toEqual(['a', 'b']);
  expect((await page({ filter: { to: '*', from: 'bob' } })).subjects).toEqual(['d']);
  expect((await page({ filter: { kinds: ['HELP'] } })).subjects).toEqual([]);

  const first = await page({ first: 2 });
  expect(first).toMatchObject({ subjects: ['a', 'b'], hasNextPage: true, hasPreviousPage: false });
  const second = await page({ first: 2, after: first.endCursor });
  expect(second).toMatchObject({ subjects: ['c', 'd'], hasNextPage: true });
  expect(await page({ first: 2, after: second.endCursor })).toMatchObject({ subjects: ['e'], hasNextPage: false });
  expect((await page({ last: 2, before: second.endCursor })).subjects).toEqual(['b', 'c']);
  expect((await page({ last: 2 })).subjects).toEqual(['d', 'e']);
  const forged = ['pending Infinity 5', 'pending 1000000000000 5', 'pending  5'].map((text) => btoa(text));
  for (const [list, after] of [['ALL', first.endCursor], ...forged.map((cursor) => ['PENDING', cursor])]) {
    const { errors } = await hub.graphql(LIST, { list, after }, jean);
    expect(errors?.[0]?.extensions?.['code'], after).toBe('BAD_INPUT');
  }
  expect(
    (await hub.data('{ requestCounts { pending overdue forMe mine unseen } }', {}, jean))['requestCounts'],
  ).toEqual({
    pending: 5,
    overdue: 0,
    forMe: 2,
    mine: 3,
    unseen: 0,
  });
  expect(await failure('takeRequest', { id: '0' }, jean)).toMatchObject({ code: 'BAD_INPUT' });
});
