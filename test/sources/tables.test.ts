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

test('the views find rows by the indexes of the tables', async () => {
  await client.query(`
    set session_replication_role = replica; -- What the triggers do is no matter here.
    insert into agents (agent_id, agent_name) select 'x' || n, 'x' || n from generate_series(1, 500) n;
    insert into rookery.agent_numbers (agent_id) select 'x' || n from generate_series(1, 500) n;
    insert into agent_heartbeats (agent_id, timestamp) select 'x' || n % 500, now() - n * interval '1 s' from generate_series(1, 20000) n;
    insert into performance_metrics (agent_id, metric_name, value, metric_value) select 'x' || n % 500, 'm', n, n from generate_series(1, 20000) n;
    insert into agent_messages (from_agent, to_agent, content) select 'x1', 'x' || n % 500, 'hi' from generate_series(1, 20000) n;
    insert into agent_tasks (title, created_by, session_id) select 't', 'x1', n % 500 from generate_series(1, 20000) n;
    insert into agent_requests (subject, from_agent, external_id, status, decision)
    select 's', 'x1', 'help-' || n, case when n % 1000 = 0 then 'open' else 'decided' end, case when n % 1000 <> 0 then 'answer' end
      from generate_series(1, 20000) n;
    set session_replication_role = origin;
    analyze`);
  for (const query of [
    `background_agents.agent_heartbeats where agent_id = 'x7' and timestamp > now() - interval '1 hour'`,
    `background_agents.agent_heartbeats where timestamp > now() - interval '5 minutes'`,
    `background_agents.agent_communications where to_agent = 'x7'`,
    `background_agents.help_requests where request_id = 'help-7'`,
    `background_agents.help_requests where status = 'pending'`,
    `shared_state.agent_heartbeats where agent_id = 7`,
    `shared_state.performance_metrics where agent_id = 7`,
    `shared_state.agent_communications where to_agent_id = 7`,
    `shared_state.help_requests where status = 'pending'`,
    `ai_webhook.tasks where session_id = 7`,
  ]) {
    const { rows } = await client.query(`explain select * from ${query}`);
    expect(rows.map((row) => row['QUERY PLAN']).join('\n'), query).not.toMatch(
      /Seq Scan on (agent_heartbeats|performance_metrics|agent_messages|agent_tasks|agent_requests)/,
    );
  }
});
