import { beforeAll, expect, test } from 'vitest';
import { expectFew, planRoom, ROWS } from '../support/plans.ts';

/** One row every 10 s in each table, of 100 agents (metrics: 20), one event in 1,000 severe. */
const { ask, fill, pages, psql } = await planRoom();
const START = Date.parse('2026-01-01T00:00:00Z');

beforeAll(async () => {
  const moments = `generate_series(1, ${ROWS}) n, lateral (select timestamptz '2026-01-01' + n * interval '10 seconds' as at) t`;
  await fill(
    ['performance_metrics', 'system_events', 'llm_conversations', 'agents', 'agent_heartbeats', 'agent_tasks'],
    `insert into performance_metrics (agent_id, metric_name, value, metric_value, timestamp)
     select 'a' || n % 20, 'm' || n / 100 % 5, n, n, at from ${moments}`,
    `insert into system_events (event_type, agent_id, severity, timestamp)
     select 't' || n % 50, 'a' || n % 100, case when n % 1000 = 0 then 'ERROR' else 'INFO' end, at from ${moments}`,
    `insert into llm_conversations (agent_id, conversation_id, model, tokens_used, cost, prompt, timestamp)
     select 'a' || n % 100, 'c' || n / 10, 'm' || n % 50, 10, 0.01, repeat('prompt ', 50), at from ${moments}`,
    `insert into agents (agent_id, agent_name, last_heartbeat) select 'a' || n, 'a', now() - interval '1 hour' from generate_series(1, 1000) n`,
    `insert into agent_heartbeats (agent_id, timestamp) select 'a' || n % 1000, now() - interval '25 hours' - n * interval '1 second' from generate_series(1, ${ROWS}) n`,
    `insert into agent_heartbeats (agent_id, timestamp) select 'a' || n, now() from generate_series(1, 1000) n`,
    `insert into agent_tasks (title, created_by, status, ready) select 'x', 'a', case when n <= 100 then 'open' else 'done' end, n <= 100
       from generate_series(1, ${ROWS}) n`,
  );
  await psql.query(`select rookery.refresh_agent_health('0 seconds')`);
});

/** Minutes before the last row. */
const minutes = (count: number) => new Date(START + ROWS * 10_000 - count * 60_000).toISOString();
const hour = `since: "${minutes(1_000)}", until: "${minutes(940)}"`;

test.each([
  ['systemEvents'],
  ['systemEvents(filter: { types: ["t7"] })'],
  ['systemEvents(filter: { agent: "a7" })'],
  ['systemEvents(filter: { minSeverity: ERROR })'],
  [`systemEvents(${hour})`],
  ['llmCalls'],
  ['llmCalls(filter: { agent: "a7" })'],
  ['llmCalls(filter: { conversation: "c7" })'],
  ['llmCalls(filter: { model: "m1" })'],
  [`llmCalls(${hour})`],
])('%s', async (list) => {
  expectFew(await pages(list));
});

test('measurements', async () => {
  expectFew(await pages('metricSamples(agent: "a7", metric: "m3")', { node: 'value' }));
  expectFew(await pages(`metricSamples(agent: "a7", metric: "m3", ${hour})`, { node: 'value' }));
});

test('a series reads its own samples out of the index, and nothing else', async () => {
  const plan = await ask(
    `{ metricSeries(agent: "a7", metric: "m3", since: "${minutes(2_440)}", until: "${minutes(1_000)}", bucketSeconds: 3600) { points { avg } } }`,
  );
  // 8,640 rows were written that day: one in 20 by this agent, one in 5 of these is of this metric.
  expectFew([plan], 100);
  expect(plan.blocks).toBeLessThanOrEqual(20);
});

test('summaries of all agents and of one', async () => {
  const [all] = await pages(`metricSummaries(${hour})`, { node: 'metric' });
  expect(all?.blocks).toBeLessThan(1_000);
  expectFew(await pages(`metricSummaries(agent: "a7", metric: "m3", ${hour})`, { node: 'metric' }));
});

test('usage', async () => {
  const of = (args: string) => ask(`{ llmUsage(${hour}, groupBy: [AGENT, MODEL, DAY]${args}) { calls } }`);
  expectFew([await of('')], 360);
  expectFew([await of(', agent: "a7"')], 360);
});

test('health and overview', async () => {
  expectFew(await pages('agentHealth', { node: 'agentId' }), 2_000);
  // Those of agents, and of what goes on now.
  expectFew([await ask('{ systemOverview { asOf } }')], 3_000, ['agents', 'queues', 'queue_totals', 'queue_deltas']);
});
