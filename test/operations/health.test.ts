import pg from 'pg';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { adviceFor, type TableFigures } from '../../src/operations/tables.ts';
import { readStatementStatistics } from '../../src/operations/vitals.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { openCluster } from '../support/cluster.ts';
import { testHub } from '../support/hub.ts';

const hub = await testHub({ tokens: true });
const operator = { token: hub.operator };
const observer = { token: (await hub.token({ role: 'observer' })).secret };
const health = async (selection: string, caller = operator) =>
  (await hub.data(`{ databaseHealth { ${selection} } }`, {}, caller))['databaseHealth'];
const code = async (selection: string) =>
  (await hub.graphql(`{ databaseHealth { ${selection} } }`, {}, operator)).errors?.[0]?.extensions?.['code'];

const other = new pg.Client({ connectionString: hub.db, application_name: 'another' });
const waiter = new pg.Client({ connectionString: hub.db, application_name: 'a waiter' });
await Promise.all([other.connect(), waiter.connect()]);
afterAll(() => Promise.all([other.end(), waiter.end()]));

test('vitals, connections and pool are figures that can be', async () => {
  const vitals =
    await health(`asOf version startedAt bytes cacheHitRatio commits rollbacks deadlocks temporaryBytes notificationQueueUsage
    transactionIdAge transactionIdLimit oldestTransactionSeconds walBytes replicas { name state lagBytes }
    connections { max reserved total active idle idleInTransaction } pool { max size idle waiting }`);
  const { rows } = await hub.pg.query(
    'select version() as version, pg_database_size(current_database())::float8 as bytes',
  );
  expect(rows[0].version).toContain(vitals.version);
  expect(Math.abs(vitals.bytes - rows[0].bytes)).toBeLessThan(2 ** 24);
  expect(vitals.cacheHitRatio).toBeGreaterThan(0);
  expect(vitals.cacheHitRatio).toBeLessThanOrEqual(1);
  expect(vitals.transactionIdAge).toBeLessThan(vitals.transactionIdLimit);
  expect(vitals.replicas).toEqual([]);
  const { connections, pool } = vitals;
  expect(connections.total).toBeGreaterThanOrEqual(4);
  expect(connections.active + connections.idle + connections.idleInTransaction).toBeLessThanOrEqual(connections.total);
  expect(connections.total).toBeLessThanOrEqual(connections.max);
  expect(pool).toMatchObject({ max: 10, waiting: expect.any(Number) });
  expect(pool.size).toBeGreaterThan(0);
  expect(pool.idle).toBeLessThanOrEqual(pool.size);
});

test('who waits for whom, and what takes long; what they run is for operators', async () => {
  await other.query(`begin; insert into system_state (key, value) values ('k', '1'); select 'the holder'`);
  const { rows } = await other.query('select pg_backend_pid() as pid');
  const waiting = waiter.query(`insert into system_state (key, value) values ('k', '2')`);
  const BLOCKED = `blocked { mode relation waitedSeconds session { application waitsFor query } blockedBy { pid application state seconds query } }`;
  await expect.poll(async () => (await health(BLOCKED)).blocked.length).toBe(1);
  const { blocked } = await health(BLOCKED);
  expect(blocked).toEqual([
    {
      mode: 'ShareLock',
      relation: null,
      waitedSeconds: expect.any(Number),
      session: {
        application: 'a waiter',
        waitsFor: 'Lock transactionid',
        query: `insert into system_state (key, value) values ('k', '2')`,
      },
      blockedBy: [
        {
          pid: rows[0].pid,
          application: 'another',
          state: 'idle in transaction',
          seconds: expect.any(Number),
          query: 'select pg_backend_pid() as pid',
        },
      ],
    },
  ]);
  const LONG = (seconds: number) => `longQueries(overSeconds: ${seconds}) { application query }`;
  const { longQueries } = await health(LONG(0));
  expect(longQueries.map(({ application }: { application: string }) => application)).toEqual(
    expect.arrayContaining(['another', 'a waiter']),
  );
  expect((await health(LONG(3_600))).longQueries).toEqual([]);
  const seen = await health(`${BLOCKED} ${LONG(0)}`, observer);
  expect(seen.blocked[0]).toMatchObject({
    session: { application: 'a waiter', query: null },
    blockedBy: [{ query: null }],
  });
  expect(seen.longQueries.every(({ query }: { query: null }) => query === null)).toBe(true);
  expect(await code(LONG(-1))).toBe('BAD_INPUT');
  await other.query('rollback');
  await waiting;
  expect((await health(BLOCKED)).blocked).toEqual([]);
});

test('tables and indexes by size; a table that was never analysed is told of, and analysed', async () => {
  await hub.pg.query(`insert into performance_metrics (agent_id, metric_name, value) select 'a', 'm', n from generate_series(1, 20000) n;
    select pg_stat_force_next_flush()`);
  const TABLES =
    'tables { name totalBytes tableBytes indexBytes liveRows deadRows bloatBytes lastAnalyze advice { action reason } }';
  const table = async () =>
    (await health(TABLES)).tables.find(({ name }: { name: string }) => name === 'performance_metrics');
  await hub.pg.query('select 1');
  expect(await table()).toMatchObject({
    liveRows: 20_000,
    deadRows: 0,
    bloatBytes: 0,
    lastAnalyze: null,
    advice: [{ action: 'ANALYZE' }],
  });
  const { tables, indexes } = await health(`${TABLES} indexes(first: 3) { name table bytes scans unique }`);
  expect(tables[0].totalBytes).toBe(Math.max(...tables.map(({ totalBytes }: { totalBytes: number }) => totalBytes)));
  expect(indexes).toHaveLength(3);
  expect(indexes[0].table).toBe('performance_metrics');
  const ANALYZE = 'mutation ($input: AnalyzeTablesInput!) { analyzeTables(input: $input) { tables } }';
  const analyse = (input: object) => hub.graphql(ANALYZE, { input }, operator);
  expect((await analyse({})).data?.['analyzeTables'].tables).toContain('performance_metrics');
  await expect.poll(async () => (await table()).advice).toEqual([]);
  expect((await table()).lastAnalyze).toEqual(expect.any(String));
  expect((await analyse({ tables: ['rookery.tokens'] })).data?.['analyzeTables'].tables).toEqual(['rookery.tokens']);
  for (const tables of [['pg_class'], ['agents; drop table agents'], []])
    expect((await analyse({ tables })).errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
  expect(await code('tables(first: 0) { name }')).toBe('BAD_INPUT');
});

const well: TableFigures = {
  name: 'a',
  totalBytes: 2e6,
  tableBytes: 1e6,
  indexBytes: 1e6,
  liveRows: 100_000,
  deadRows: 100,
  changedSinceAnalyze: 100,
  lastVacuum: new Date(),
  lastAnalyze: new Date(),
  transactionIdAge: 1_000,
  transactionIdLimit: 200_000_000,
};

test.each([
  ['is well', {}, []],
  ['has many dead rows', { deadRows: 30_001 }, ['VACUUM']],
  ['is small, and mostly dead', { liveRows: 10, deadRows: 9_000 }, []],
  ['has changed much', { changedSinceAnalyze: 21_001 }, ['ANALYZE']],
  ['was never analysed', { lastAnalyze: null, changedSinceAnalyze: 1_001 }, ['ANALYZE']],
  ['is new', { lastAnalyze: null, changedSinceAnalyze: 10, liveRows: 10 }, []],
  ['is near the end of its transaction ids', { transactionIdAge: 200_000_001, deadRows: 40_000 }, ['FREEZE', 'VACUUM']],
])('advice for a table that %s', (_what, figures, actions) => {
  expect(adviceFor({ ...well, ...figures }).map(({ action }) => action)).toEqual(actions);
});

test('slow statements where the server collects them, and null where it does not', async () => {
  expect((await health('statementStatistics { since }')).statementStatistics).toBeNull();
  await hub.pg.query('create extension if not exists pg_stat_statements');
  expect((await health('statementStatistics { since }')).statementStatistics).toBeNull();

  const cluster = await openCluster({ shared_preload_libraries: 'pg_stat_statements' });
  onTestFinished(() => cluster.dispose());
  const client = new pg.Client({ connectionString: cluster.url() });
  await client.connect();
  await client.query('create extension pg_stat_statements');
  await client.query('select pg_sleep(0.3)');
  await client.end();
  const db = openDatabase({ url: cluster.url(), poolSize: 1, statementTimeoutMs: 5_000 });
  const statistics = await readStatementStatistics(db, 3);
  await db.close();
  expect(statistics?.since).toBeInstanceOf(Date);
  expect(statistics?.slowest).toHaveLength(3);
  expect(statistics?.slowest.map(({ query }) => query)).toContain('select pg_sleep($1)');
  const means = statistics!.slowest.map(({ meanMs }) => meanMs);
  expect(means).toEqual([...means].sort((a, b) => b - a));
});
