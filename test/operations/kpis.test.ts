import { afterAll, expect, test } from 'vitest';
import { kpisOf } from '../../src/operations/indicators.ts';
import { lastMinutes, quantile, takeSample } from '../../src/operations/measures.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { testHub } from '../support/hub.ts';
import { heldUp } from '../support/locks.ts';

const hub = await testHub({ tokens: true });
const operator = { token: hub.operator };
const db = openDatabase({ url: hub.db, poolSize: 4, statementTimeoutMs: 5_000 });
afterAll(() => db.close());

const STATISTICS =
  '{ queryStatistics { since total { name count errors averageMs p50Ms p95Ms } statements { name count errors averageMs p50Ms p95Ms } } }';

test('each statement is counted by name, Prisma reads by table, failures apart; Prometheus shows the same', async () => {
  await hub.data('{ states { edges { node { key } } } }', {}, operator);
  await hub.data('mutation { setState(input: {key: "k", value: 1}) { state { key } } }', {}, operator);
  const { total, statements } = (await hub.data(STATISTICS, {}, operator))['queryStatistics'];
  const named = (name: string) => statements.find((each: { name: string }) => each.name === name);
  expect(named('change state')).toMatchObject({ count: 1, errors: 0 });
  expect(named('read system_state')).toMatchObject({ count: 1, errors: 0 });
  expect(named('change state').p50Ms).toBeLessThanOrEqual(named('change state').p95Ms);
  expect(total.count).toBe(statements.reduce((sum: number, { count }: { count: number }) => sum + count, 0));
  const metrics = await (await fetch(`${hub.url}/metrics`)).text();
  expect(metrics).toContain('rookery_statement_seconds_count{statement="change state"} 1');

  await expect(db.query('/* broken */ select 1 / $1::integer', [0])).rejects.toThrow();
  expect((await db.statements.figures()).find(({ name }) => name === 'broken')).toMatchObject({ count: 1, errors: 1 });
});

test('quantiles are interpolated within a bucket, and never beyond the last bound', () => {
  const buckets = [
    { le: 0.01, count: 50 },
    { le: 0.1, count: 90 },
    { le: Number.POSITIVE_INFINITY, count: 100 },
  ];
  expect(quantile(buckets, 0.5)).toBeCloseTo(10);
  expect(quantile(buckets, 0.25)).toBeCloseTo(5);
  expect(quantile(buckets, 0.7)).toBeCloseTo(55);
  expect(quantile(buckets, 0.95)).toBeCloseTo(100);
  expect(quantile([], 0.5)).toBeNull();
});

test('the last five minutes: commits, waits for locks and the pool between the oldest and the newest sample', async () => {
  let time = 0;
  const sample = () => takeSample(db, () => time);
  expect(lastMinutes(db)).toBeNull();
  await sample();
  expect(lastMinutes(db)).toBeNull();
  await hub.pg.query(`insert into system_state (key, value) values ('locked', '1')`);
  await hub.pg.query(`begin; update system_state set value = '2' where key = 'locked'`);
  const blocked = db.write(`/* blocked */ update system_state set value = '3' where key = 'locked'`);
  await expect.poll(() => heldUp(hub.pg)).toBeGreaterThan(0);
  time += 10_000;
  await sample();
  await hub.pg.query('commit');
  await blocked;
  const window = lastMinutes(db)!;
  expect(window.seconds).toBe(10);
  expect(window.blockedShare).toBeGreaterThan(0);
  expect(window.poolUse).toBeGreaterThan(0);
  expect(window.p95Ms).toBeGreaterThan(0);
  for (let n = 0; n < 40; n++, time += 10_000) await sample();
  expect(lastMinutes(db)!.seconds).toBe(300);
});

const agents = { silence: 20, stale: 0, unmeasured: 12, finished: 100, failed: 5 };
const window = { seconds: 300, poolUse: 0.5, saturated: 0, p95Ms: 20, commitsPerSecond: 1_200, blockedShare: 0.01 };
const verdicts = (...args: Parameters<typeof kpisOf>) =>
  Object.fromEntries(kpisOf(...args).map(({ name, holds }) => [name, holds]));

test('each indicator holds up to its threshold, and not beyond', () => {
  expect(new Set(Object.values(verdicts(window, agents)))).toEqual(new Set([true]));
  const bad = { ...window, poolUse: 0.8, p95Ms: 100, commitsPerSecond: 1_000, saturated: 0.6, blockedShare: 0.05 };
  const worse = { silence: 61, stale: 1, unmeasured: 31, finished: 100, failed: 6 };
  expect(new Set(Object.values(verdicts(bad, worse)))).toEqual(new Set([false]));
  expect(verdicts({ ...window, commitsPerSecond: 3 }, agents)['TRANSACTION_THROUGHPUT']).toBeNull();
  const nothing = verdicts(null, { silence: null, stale: 0, unmeasured: null, finished: 0, failed: 0 });
  expect(nothing).toMatchObject({
    QUERY_TIME_P95: null,
    HEARTBEAT_INTERVAL: null,
    SILENT_AGENTS: true,
    ERROR_RATE: null,
  });
});

test('the indicators of agents are read from what they did', async () => {
  // Past the triggers, to which a new agent is online.
  await hub.pg.query(`set session_replication_role = replica;
    insert into agents (agent_id, agent_name, liveness, last_heartbeat) values
      ('alive', 'alive', 'online', now() - interval '7 seconds'), ('gone', 'gone', 'stale', now() - interval '1 hour');
    reset session_replication_role`);
  await hub.pg.query(`
    insert into performance_metrics (agent_id, metric_name, value, timestamp) values ('alive', 'cpu', 1, now() - interval '40 seconds'), ('alive', 'cpu', 1, now() - interval '1 hour');
    insert into agent_tasks (title, created_by, status) values ('a', 'jean', 'done'), ('b', 'jean', 'failed'), ('c', 'jean', 'cancelled')`);
  const { kpis } = await hub.data('{ kpis { name value unit comparison threshold holds measuredOver } }', {}, operator);
  const named = (name: string) => kpis.find((kpi: { name: string }) => kpi.name === name);
  expect(kpis).toHaveLength(8);
  expect(named('SILENT_AGENTS')).toEqual({
    name: 'SILENT_AGENTS',
    value: 1,
    unit: 'agents',
    comparison: 'AT_MOST',
    threshold: 0,
    holds: false,
    measuredOver: 'now',
  });
  expect(named('HEARTBEAT_INTERVAL')).toMatchObject({ holds: true });
  expect(named('METRICS_INTERVAL')).toMatchObject({ holds: false });
  expect(named('ERROR_RATE')).toMatchObject({ value: 50, holds: false });
});
