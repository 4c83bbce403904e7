import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';

/** The documents' own tables, made beside ours and compared: what a document's client knows is there, as it knows it. */
const db = await testDatabase();
const client = new pg.Client({ connectionString: db.url });
await client.connect();
afterAll(() => client.end());

type Columns = Record<string, string[]>;

const sameKind: Record<string, string> = {
  'character varying': 'text',
  integer: 'number',
  bigint: 'number',
  real: 'float',
  'double precision': 'float',
  'timestamp without time zone': 'time',
  'timestamp with time zone': 'time',
};

async function columnsOf(schema: string): Promise<Columns> {
  const { rows } = await client.query(
    `select table_name, column_name, data_type from information_schema.columns
      where table_schema = $1 order by table_name, ordinal_position`,
    [schema],
  );
  const tables: Columns = {};
  for (const { table_name, column_name, data_type } of rows) {
    tables[table_name] ??= [];
    tables[table_name].push(`${column_name} ${sameKind[data_type] ?? data_type}`);
  }
  return tables;
}

/** Runs the document's CREATE TABLE statements, as they stand, in a schema of their own. */
async function documented(file: string, schema: string): Promise<Columns> {
  await client.query(`create schema ${schema}; set search_path = ${schema}`);
  await client.query(await readFile(new URL(file, import.meta.url), 'utf8'));
  await client.query('reset search_path');
  return columnsOf(schema);
}

test('000: the tables are those of public', async () => {
  const ours = await columnsOf('public');
  const theirs = await documented('000-tables.sql', 'document_000');
  expect(Object.keys(theirs)).toHaveLength(4);
  for (const [table, columns] of Object.entries(theirs)) expect(ours[table]).toEqual(expect.arrayContaining(columns));
});

test.each([
  ['001-tables.sql', 'background_agents'],
  ['003-tables.sql', 'shared_state'],
])('%s: the tables are those of %s, column by column', async (file, schema) => {
  const ours = await columnsOf(schema);
  const theirs = await documented(file, `document_${file.slice(0, 3)}`);
  expect(Object.keys(theirs)).toHaveLength(9);
  for (const [table, columns] of Object.entries(theirs)) expect({ [table]: ours[table] }).toEqual({ [table]: columns });
});

test('the CREATE TABLE IF NOT EXISTS of 003 passes over what is there', async () => {
  const tables = await readFile(new URL('003-tables.sql', import.meta.url), 'utf8');
  const count = `select count(*)::int as n from pg_class where relkind = 'r'`;
  const before = (await client.query(count)).rows[0].n;
  await client.query('set search_path = shared_state, public');
  await client.query(tables);
  await client.query('reset search_path');
  expect((await client.query(count)).rows[0].n).toBe(before);
});
