import { access, readFile } from 'node:fs/promises';
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { schema } from '../../src/server/schema.ts';
import { testDatabase } from '../support/database.ts';

/** docs/sources.md says where everything of the source documents lives: what it names exists, and it leaves nothing out. */
const db = await testDatabase();
const client = new pg.Client({ connectionString: db.url });
await client.connect();
afterAll(() => client.end());

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
const parts = (await read('../../docs/sources.md')).split(/^## /m).slice(1);

/** The rows of a part's first table, each cell as its text and what it has in backticks. */
const rowsOf = (part: string) => {
  const table = part.split('\n\n').find((block) => block.startsWith('| In the document |')) ?? '';
  const rows = table.split('\n').slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((text) => ({
        text: text.trim(),
        names: [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
      })),
  );
};

const named = (column: number) => parts.flatMap((part) => rowsOf(part).flatMap((row) => row[column]?.names ?? []));

test('each of the five documents has its table', () => {
  expect(parts.map((part) => part.slice(0, 3))).toEqual(['000', '001', '002', '003', '004']);
  for (const row of parts.flatMap(rowsOf)) expect(row.map(({ text }) => text)).toHaveLength(5);
  expect(parts.map((part) => rowsOf(part).length > 10)).toEqual([true, true, true, true, true]);
});

test('every GraphQL name is in the schema', () => {
  const missing = named(2).filter((name) => {
    const [typeName = '', member] = name.split('.');
    const type = schema.getType(typeName);
    if (type === undefined || member === undefined) return type === undefined;
    if (isEnumType(type)) return type.getValue(member) === undefined;
    return !((isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) && member in type.getFields());
  });
  expect(missing).toEqual([]);
});

test('every SQL object is in the migrated database', async () => {
  const { rows } = await client.query(`
    with own (schema, name) as (
      select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      union
      select n.nspname, c.relname || '.' || a.attname
        from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      union
      select n.nspname, p.proname || '()' from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    )
    select case schema when 'public' then name else schema || '.' || name end as name from own`);
  const there = new Set(rows.map(({ name }) => name));
  expect(named(3).filter((name) => !there.has(name))).toEqual([]);
});

test('every test is there', async () => {
  const missing: string[] = [];
  for (const name of new Set(named(4)))
    await access(new URL(`../${name}.test.ts`, import.meta.url)).catch(() => missing.push(name));
  expect(missing).toEqual([]);
});

test.each(['000', '001', '003'])('%s: every table has a row, with every column', async (document) => {
  const rows = rowsOf(parts.find((part) => part.startsWith(document)) ?? '');
  const tables = [
    ...(await read(`${document}-tables.sql`)).matchAll(/CREATE TABLE (?:IF NOT EXISTS )?(\w+) \(\n([\s\S]+?)\n\);/g),
  ];
  expect(tables.length).toBeGreaterThan(3);
  for (const [, table = '', body = ''] of tables) {
    const columns = [...body.matchAll(/^\s+([a-z_]+)\s/gm)].map(([, column]) => column);
    const row = rows.find(([first]) => first?.text.startsWith(`\`${table}\`:`));
    expect({ table, columns: row?.[0]?.names.slice(1) }).toEqual({ table, columns });
  }
});

test.each(['000-shared-postgres', '001-background-agents', '003-shared-state', '004-shared-queue'])(
  '%s: every statement has its row',
  async (file) => {
    const first = rowsOf(parts.find((part) => part.startsWith(file.slice(0, 3))) ?? '')
      .map(([cell]) => cell?.text)
      .join('\n');
    const [documented = ''] = (await read(`${file}.sql`)).split(/^-- What /m);
    const titles = [...documented.matchAll(/^-- (.+)\n(?!-- |\n)/gm)].map(([, title = '']) =>
      title.replace(/ \(\d\)$/, ''),
    );
    expect(titles.length).toBeGreaterThan(5);
    expect(titles.filter((title) => !first.includes(title))).toEqual([]);
  },
);
