import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodePlace } from '../../src/graphql/place.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { eventWhere } from '../../src/telemetry/log.ts';
import { newestFirst, within } from '../../src/telemetry/newest-first.ts';
import { readSeries, readSummaries } from '../../src/telemetry/series.ts';
import { llmCallWhere, readUsage } from '../../src/telemetry/usage.ts';
import { testDatabase } from '../support/database.ts';
import { plansOf } from '../support/plans.ts';

/** How much is read, with 300,000 rows in each table: one every 10 s, of 100 agents (metrics: 20), one event in 1,000 severe. */
const { url } = await testDatabase();
const db = openDatabase({ url, poolSize: 1, statementTimeoutMs: 20_000 });
afterAll(() => db.close());

beforeAll(async () => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // Without triggers: what they do is not what this is about.
  await client.query('set session_replication_role = replica');
  const moments = `generate_series(1, 300000) n, lateral (select timestamptz '2026-01-01' + n * interval '10 seconds' as at) t`;
  await client.query(`insert into performance_metrics (agent_id, metric_name, value, metric_value, timestamp)
    select 'a' || n % 20, 'm' || n / 100 % 5, n, n, at from ${moments}`);
  await client.query(`insert into system_events (event_type, agent_id, severity, timestamp)
    select 't' || n % 50, 'a' || n % 100, case when n % 1000 = 0 then 'ERROR' else 'INFO' end, at from ${moments}`);
  await client.query(`insert into llm_conversations (agent_id, conversation_id, model, tokens_used, cost, prompt, timestamp)
    select 'a' || n % 100, 'c' || n / 10, 'm' || n % 50, 10, 0.01, repeat('prompt ', 50), at from ${moments}`);
  for (const table of ['performance_metrics', 'system_events', 'llm_conversations'])
    await client.query(`vacuum analyze ${table}`);
  await client.end();
});

/** Minutes after the first row; 50,000 there are in all. */
const minutes = (count: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + count * 60_000);
const hour = { since: minutes(40_000), until: minutes(40_060) };

test('a series reads its own samples out of the index, and nothing else', async () => {
  const day = { since: minutes(40_000), until: minutes(41_440) };
  const [plan] = await plansOf(db, () => readSeries(db, { agent: 'a7', metric: 'm3', ...day, bucketSeconds: 3_600 }));
  expect(plan?.paths).toEqual(['performance_metrics_series']);
  // 8,640 rows were written that day: one in 20 by this agent, one in 5 of these is of this metric.
  expect(plan?.scanned).toBeLessThanOrEqual(100);
  expect(plan?.blocks).toBeLessThanOrEqual(10);
});

test('a summary of all agents reads what its time and the number of series are worth, not the history', async () => {
  const page = { ...hour, limit: 21, inverted: false };
  const [all] = await plansOf(db, () => readSummaries(db, page));
  // The blocks of that time; or, from PostgreSQL 18 on, a look into each of 100 series, where these are few. The tree has
  // 2,500 blocks, and so has the table.
  const [path] = all?.paths ?? [];
  expect(['performance_metrics_time', 'performance_metrics_series']).toContain(path);
  expect(all?.blocks).toBeLessThan(1_000);
  const [one] = await plansOf(db, () => readSummaries(db, { ...page, agent: 'a7', metric: 'm3' }));
  expect(one?.paths).toEqual(['performance_metrics_series']);
  expect(one?.scanned).toBeLessThanOrEqual(20);
});

test('a page of measurements reads that page', async () => {
  const plans = await plansOf(db, () =>
    newestFirst({ first: 20 }, ({ where, ...page }) =>
      db.prisma.performanceMetric.findMany({
        where: { AND: [{ agentId: 'a7', metricName: 'm3' }, ...where] },
        ...page,
      }),
    ),
  );
  expect(plans).toMatchObject([{ paths: ['performance_metrics_series'] }]);
  // One beyond the page, to know that there is more, and one to see that the millisecond is over.
  expect(plans[0]?.scanned).toBeLessThanOrEqual(22);
});

const deep = encodePlace('newest', minutes(20_000).toISOString(), '120000');

test.each([
  ['all', {}, ['system_events_time']],
  ['a type', { types: ['t7'] }, ['system_events_type']],
  ['an agent', { agent: 'a7' }, ['system_events_agent']],
  ['a severity', { minSeverity: 'ERROR' }, ['system_events_severe']],
])('a page of the log by %s reads that page, the first and one deep down', async (_what, filter, paths) => {
  for (const after of [undefined, deep]) {
    const plans = await plansOf(db, () =>
      newestFirst({ first: 20, after }, ({ where, ...page }) =>
        db.prisma.systemEvent.findMany({ where: { AND: [eventWhere(filter), ...where] }, ...page }),
      ),
    );
    expect(plans).toMatchObject([{ paths, sorted: false }]);
    expect(plans[0]?.scanned).toBeLessThanOrEqual(22);
  }
});

test('the log of a time reads that time', async () => {
  const plans = await plansOf(db, () =>
    newestFirst({ first: 20 }, ({ where, ...page }) =>
      db.prisma.systemEvent.findMany({ where: { AND: [within(hour.since, hour.until), ...where] }, ...page }),
    ),
  );
  expect(plans).toMatchObject([{ paths: ['system_events_time'], scanned: 21, sorted: false }]);
});

test.each([
  ['agent', { agent: 'a7' }, ['llm_conversations_agent']],
  ['conversation', { conversation: 'c7' }, ['llm_conversations_conversation']],
  ['model', { model: 'm1' }, ['llm_conversations_model']],
])('a page of model calls by %s reads that page', async (_what, filter, paths) => {
  const plans = await plansOf(db, () =>
    newestFirst({ first: 20 }, ({ where, ...page }) =>
      db.prisma.llmConversation.findMany({ where: { AND: [llmCallWhere(filter), ...where] }, ...page }),
    ),
  );
  expect(plans).toMatchObject([{ paths, sorted: false }]);
  expect(plans[0]?.scanned).toBeLessThanOrEqual(21);
});

test('usage is summed from the index of its time, without a look at the prompts; that of one agent from its calls', async () => {
  const usage = { ...hour, groupBy: ['agent', 'model', 'day'] as const };
  const [all] = await plansOf(db, () => readUsage(db, { ...usage, agent: null }));
  expect(all?.paths).toEqual(['llm_conversations_time']);
  expect(all?.scanned).toBe(360);
  expect(all?.blocks).toBeLessThan(20);
  const [one] = await plansOf(db, () => readUsage(db, { ...usage, agent: 'a7' }));
  expect(one?.blocks).toBeLessThan(20);
});
