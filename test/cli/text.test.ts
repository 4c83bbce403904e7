import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ENUMS } from '../../src/cli/enums.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { Output, type OutputOptions } from '../../src/cli/output.ts';
import { type Column, harmless, harmlessJson, table, widthOf } from '../../src/cli/table.ts';
import { age, ago, duration, moment, span } from '../../src/cli/time.ts';
import { fraction, jsonValue, looseValue, oneOf, someOf, textValue, whole, words } from '../../src/cli/values.ts';
import { inVerbsOfTq, WORDS } from '../../src/cli/wording.ts';
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
  const turned = 'a\u202eb\u202ac\u2066d\u2069e\u200f';
  expect(harmless(turned)).toBe('abcde\u200f');
  const json = harmlessJson({ [nasty]: turned }, 2);
  expect(json).toMatch(/^[\n -~\u200f]+$/);
  expect(JSON.parse(json)).toEqual({ [nasty]: turned });
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
  expect(['90', '90s', '15m', '1.5h', '2d'].map((text) => duration()(text))).toEqual([90, 90, 900, 5_400, 172_800]);
  for (const text of ['soon', '4', '2d', '-5', '', '5 m'])
    expect(() => duration(5, 86_400)(text)).toThrow('Say a duration, 5s to 1d: for example 30s');
  expect([0, 45, 90, 120, 5_400, 7_200, 86_400].map(span)).toEqual(['0s', '45s', '90s', '2m', '90m', '2h', '1d']);
  expect(moment('2026-12-01T10:00Z')).toBe('2026-12-01T10:00:00.000Z');
  expect(moment('3600').slice(0, 4)).toBe(String(new Date().getUTCFullYear()));
  for (const text of ['someday', '12/1', '2026-13-01', `${'9'.repeat(20)}d`])
    expect(() => moment(text)).toThrow(/2026-12-01/);
  const now = Date.UTC(2026, 10, 21);
  const before = (seconds: number) => new Date(now - seconds * 1_000).toISOString();
  expect([0, 41, 600, 7_200, 400_000, -600].map((seconds) => age(before(seconds), now))).toEqual([
    'now',
    '41s',
    '10m',
    '2h',
    '5d',
    'in 10m',
  ]);
  expect(age(null)).toBe('');
  expect([0, 60, -60].map((seconds) => ago(before(seconds), now))).toEqual(['now', '60s ago', 'in 60s']);
});

test('values of options', () => {
  expect(words('a, b,,c', ['x'])).toEqual(['x', 'a', 'b', 'c']);
  expect(() => words(' ,')).toThrow('at least one');
  expect(textValue('@@ada said so')).toBe('@ada said so');
  expect(() => textValue('@/no/such file')).toThrow(/ENOENT.*say @@/);
  expect(() => jsonValue('{')).toThrow('It must be JSON');
  for (const text of ['{bad', ' [1,']) expect(() => looseValue(text)).toThrow('It begins as JSON, but is none');
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

test('closed sets are those of the schema, and refused in one line', () => {
  const schema = readFileSync('schema.graphql', 'utf8');
  for (const [name, set] of Object.entries(ENUMS)) {
    const [, body = ''] = new RegExp(`^enum ${name} {$(.*?)^}$`, 'ms').exec(schema) ?? [];
    const values = [...body.matchAll(/^ {2}([A-Z_]+)$/gm)].map(([, value]) => value);
    expect([...set].sort(), name).toEqual(values.sort());
  }
  expect(someOf(ENUMS.TaskStatus)('done, in-progress', ['OPEN'])).toEqual(['OPEN', 'DONE', 'IN_PROGRESS']);
  expect(() => oneOf(ENUMS.RequestKind)('wish')).toThrow('Say one of question, approval, help.');
});

test('what the hub says to do is said in verbs of tq', () => {
  const said = (message: string) => inVerbsOfTq(message);
  expect(said('Task 8 is done. updateTask with reopen opens it again.')).toBe(
    'Task 8 is done. tq reopen opens it again.',
  );
  expect(said('Request 3 is not decided yet: awaitRequest waits for it.')).toBe(
    'Request 3 is not decided yet: tq ask --id 3 --wait 10m waits for it.',
  );
  expect(said('input.title: Too big; input.dependsOn.0: Too big')).toBe('title: Too big; --after.0: Too big');
  // Each is still said somewhere: by a function of the database, or by the hub itself.
  const files = [
    'prisma/schema.sql',
    'src/graphql/context.ts',
    'src/server/auth.ts',
    'src/feed/cursor.ts',
    'src/requests/service.ts',
  ];
  const hub = files.map((file) => readFileSync(file, 'utf8')).join();
  expect(Object.keys(WORDS).filter((there) => !hub.includes(there))).toEqual([]);
});
