import { beforeAll, expect, test } from 'vitest';
import { expectFew, planRoom, ROWS } from '../support/plans.ts';

/** What retention looks at to remove a batch, with a tenth of the rows too old in each table; and what figures of the hub cost beside them. */
const BATCH = 1_000;
const { ask, fill, run } = await planRoom();

beforeAll(async () => {
  const rows = `generate_series(1, ${ROWS}) n, lateral (select now() - (${ROWS} - n) * interval '100 days' / ${ROWS} as at) t`;
  await fill(
    [
      'agent_heartbeats',
      'performance_metrics',
      'agent_state_transitions',
      'system_events',
      'llm_conversations',
      'agent_standups',
      'rookery.idempotency_receipts',
      'agent_tasks',
      'agent_messages',
      'agent_requests',
      'agent_request_responses',
      'agent_task_dependencies',
    ],
    `insert into agent_heartbeats (agent_id, timestamp) select 'a' || n % 100, at from ${rows}`,
    `insert into performance_metrics (agent_id, metric_name, value, metric_value, timestamp) select 'a' || n % 20, 'm', n, n, at from ${rows}`,
    `insert into agent_state_transitions (agent_id, to_state, actor, created_at) select 'a' || n % 100, 'active', 'a', at from ${rows}`,
    `insert into system_events (event_type, timestamp) select 't', at from ${rows}`,
    `insert into llm_conversations (prompt, timestamp) select 'p', at from ${rows}`,
    `insert into agent_standups (agent_name, created_at) select 'a' || n % 100, at from ${rows}`,
    `insert into rookery.idempotency_receipts (actor, verb, key, entity_id, fingerprint, created_at) select 'a', 'v', n, n, '', at from ${rows}`,
    `insert into agent_tasks (title, created_by, status, ready, finished_at)
     select 't', 'a', case when n % 2 = 0 then 'done' else 'open' end, n % 2 = 1, case when n % 2 = 0 then at end from ${rows}`,
    `insert into agent_messages (from_agent, to_agent, content, created_at, read_at)
     select 'a', case when n % 50 > 0 then 'b' end, 'c', at, case when n % 2 = 0 then at end from ${rows}`,
    `insert into agent_requests (subject, from_agent, kind, status, decision, closed_at, consumed_at)
     select 's', 'a', 'approval', case n % 4 when 0 then 'open' when 1 then 'cancelled' else 'decided' end,
            case when n % 4 > 1 then 'approve' end, case when n % 4 > 0 then at end, case when n % 4 = 2 then at end from ${rows}`,
    `insert into agent_request_responses (request_id, responder, decision) select id, 'b', 'approve' from agent_requests where status = 'decided'`,
    `insert into agent_task_dependencies (task_id, depends_on_id) select t.id, t.id - 1 from agent_tasks t where t.id % 10 = 1 and t.id > 1`,
  );
});

test.each([
  ['agent_heartbeats', ['agent_heartbeats_timestamp']],
  ['agent_state_transitions', ['agent_state_transitions_created_at']],
  ['performance_metrics', ['performance_metrics_time']],
  ['system_events', ['system_events_time']],
  ['llm_conversations', ['llm_conversations_time']],
  ['agent_standups', ['agent_standups_created_at']],
  ['idempotency_receipts', ['idempotency_receipts_created_at']],
  ['agent_tasks', ['agent_tasks_finished']],
  ['agent_requests', ['agent_requests_closed']],
  // Before what takes them along.
  ['broadcasts', ['agent_messages_broadcasts']],
  ['agent_messages', ['agent_messages_read', 'agent_messages_reply_to']],
])('%s: a batch is found by index, and no more is read than that', async (name, indexes) => {
  const before = new Date(Date.now() - 90 * 86_400_000);
  const plan = await run('select rookery.prune($1, $2, $3) as pruned', [name, before, BATCH]);
  const { pruned } = plan.data['rows'][0];
  expect(pruned).toBeGreaterThan(0);
  expect(pruned).toBeLessThanOrEqual(BATCH);
  expect(plan.paths).toEqual(expect.arrayContaining(indexes));
  expect(plan.paths.filter((path) => path.startsWith('seq '))).toEqual([]);
  // Found, locked and deleted: a few blocks a row, and for broadcasts a look for readers. The tables have more with each row.
  expect(plan.blocks).toBeLessThan(32 * BATCH);
});

test.each([
  ['databaseHealth', '{ databaseHealth { tables { name liveRows } indexes { name bytes } longQueries { query } } }'],
  ['retention', '{ retention { table days } }'],
])('%s reads no table of records', async (_what, query) => {
  const { paths } = await ask(query);
  expect(paths.filter((path) => /^seq (?!pg_|retention)/.test(path))).toEqual([]);
});

test('the indicators read what they are measured over', async () => {
  expectFew([await ask('{ kpis { name value } }')], 3_000, ['agents']);
});
