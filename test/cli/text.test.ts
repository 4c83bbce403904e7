import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { Output, type OutputOptions } from '../../src/cli/output.ts';
import { type Column, harmless, table, widthOf } from '../../src/cli/table.ts';
import { age, duration, moment } from '../../src/cli/time.ts';
import { fraction, looseValue, whole, words } from '../../src/cli/values.ts';
import { CODES, errorOf, Unreachable } from '../../src/client/index.ts';

interface Row {
  readonly id: string;
  readonly title: string;
}

const COLUMNS: Column<Row>[] = [
  { head: 'ID', cell: ({ id }) => id, right: true },
  { head: 'TITLE', cell: ({ title }) => title, flexible: true },
  { head: 'STATUS', cell: () => 'open', paint: (text) => `<${text}>` },
];

const ROWS: Row[] = [
  { id: '8', title: 'Short' },
  { id: '1234', title: '鳥の巣を作る, in\ntwo lines' },
];

test('columns are aligned by what they take on a terminal, and lines are lines', () => {
  expect(table(ROWS, COLUMNS)).toEqual([
    `  ID  ${'TITLE'.padEnd(26)}  STATUS`,
    `   8  ${'Short'.padEnd(26)}  open`,
    '1234  鳥の巣を作る, in two lines  open',
  ]);
});

test('on a narrow terminal the flexible column gives way, by whole characters', () => {
  for (const width of [40, 30, 24, 22]) {
    const lines = table(ROWS, COLUMNS, { width });
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
    expect(lines[1]).toMatch(/^ {3}8 {2}Short +open$/);
  }
  expect(table(ROWS, COLUMNS, { width: 24 })[2]).toBe('1234  鳥の巣を…   open');
  // Nothing is left of which more could be taken.
  expect(table(ROWS, COLUMNS, { width: 5 })[2]).toContain('…');
  expect(table(ROWS, COLUMNS, { colour: true })[1]).toContain('<open>');
});

test('what others wrote cannot steer the terminal', () => {
  const nasty = 'a\u001b[2J\u001b]0;owned\u0007b\u0000\u0008\u009bc\r\nd\te';
  expect(harmless(nasty)).toBe('ab\nd\te');
  expect(table([{ id: '1', title: nasty }], COLUMNS)[1]).toMatch(/^ 1 {2}ab d e {2}open$/);
});

function output(format: OutputOptions['format']) {
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write(text: string, done?: () => void) {
      written[name] += text;
      done?.();
      return true;
    },
  });
  return { written, out: new Output({ format, colour: false, stdout: sink('stdout'), stderr: sink('stderr') }) };
}

test('each form of output: data here, words there', async () => {
  const view = { id: ({ id }: Row) => id, columns: COLUMNS };
  const seen: Record<string, string[]> = {};
  for (const format of ['text', 'json', 'jsonl', 'ids'] as const) {
    const { out, written } = output(format);
    await out.list([ROWS[0]!], view, 'None.');
    const list = written.stdout;
    await out.record(ROWS[0], '8', () => 'in words');
    await out.event({ cursor: 'c' }, 'c', () => 'an event');
    await out.list([], view, 'None.');
    seen[format] = [list, written.stdout.slice(list.length), written.stderr];
  }
  expect(seen).toEqual({
    text: ['ID  TITLE  STATUS\n 8  Short  open\n', 'in words\nan event\n', 'None.\n'],
    json: [`${JSON.stringify([ROWS[0]], null, 2)}\n`, `${JSON.stringify(ROWS[0], null, 2)}\n{"cursor":"c"}\n[]\n`, ''],
    jsonl: [`${JSON.stringify(ROWS[0])}\n`, `${JSON.stringify(ROWS[0])}\n{"cursor":"c"}\n`, ''],
    ids: ['8\n', '8\nc\n', ''],
  });
});

test('times as people write and read them', () => {
  expect(['90', '90s', '15m', '1.5h', '2d'].map(duration)).toEqual([90, 90, 900, 5_400, 172_800]);
  expect(() => duration('soon')).toThrow(/90s, 15m/);
  expect(moment('2026-12-01T10:00Z')).toBe('2026-12-01T10:00:00.000Z');
  expect(() => moment('someday')).toThrow(/2026-12-01/);
  const now = Date.UTC(2026, 10, 21);
  const ago = (seconds: number) => age(new Date(now - seconds * 1_000).toISOString(), now);
  expect([0, 41, 600, 7_200, 400_000, -600].map(ago)).toEqual(['now', '41s', '10m', '2h', '5d', 'in 10m']);
  expect(age(null)).toBe('');
});

test('values of options', () => {
  expect(words('a, b,,c', ['x'])).toEqual(['x', 'a', 'b', 'c']);
  expect(whole(1, 10)('3')).toBe(3);
  expect(() => whole(1, 10)('11')).toThrow(/1 to 10/);
  expect([fraction(0, 1)('40%'), fraction(0, 1)('0.4')]).toEqual([0.4, 0.4]);
  expect(() => fraction(0, 1)('2')).toThrow();
  expect([looseValue('{"a":1}'), looseValue('42'), looseValue('yes')]).toEqual([{ a: 1 }, 42, 'yes']);
});

test('no code of the hub is left without an exit code of its own kind', () => {
  const codes = Object.keys(CODES).filter((code) => exitCodeOf(errorOf({ message: '', extensions: { code } })) === 1);
  // It never ends a command: streams take it for a reason to connect again.
  expect(codes).toEqual(['SLOW_CONSUMER']);
  expect(exitCodeOf(new Unreachable('', { outcome: 'none' }))).toBe(7);
  expect(exitCodeOf(new TypeError())).toBe(1);
});
