import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';
import { systemOverview } from '../../src/telemetry/reports.ts';
import { refreshAgentHealth } from '../../src/telemetry/service.ts';
import { testDatabase } from '../support/database.ts';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const db = openDatabase({ url: hub.db, poolSize: 5, statementTimeoutMs: 10_000 });
afterAll(() => db.close());

const BEAT = 'mutation ($input: HeartbeatInput!) { heartbeat(input: $input) { serverTime } }';
const beat = (agent: string, input: object) => hub.data(BEAT, { input }, { agent });
const HEALTH = 'agentId heartbeatCount lastHeartbeat averageCpu asOf';
const health = async (args: string) =>
  (await hub.data(`{ agentHealth${args} { edges { node { ${HEALTH} } } pageInfo { endCursor hasNextPage } } }`))[
    'agentHealth'
  ];
const ids = (page: { edges: { node: { agentId: string } }[] }) => page.edges.map(({ node }) => node.agentId);

/** The hub may be at it just now: then once more. */
async function refresh(): Promise<void> {
  for (;;) {
    const { rows } = await hub.pg.query(`select rookery.refresh_agent_health('0') as refreshed`);
    if (rows[0].refreshed) return;
  }
}

test('the summaries of health are renewed once a minute, by one of all who try', async () => {
  const { url } = await testDatabase();
  const idle = openDatabase({ url, poolSize: 5, statementTimeoutMs: 10_000 });
  const renewed = (ago: string) =>
    idle.write(`update rookery.sweeps set swept_at = clock_timestamp() - $1::interval where name = 'agent_health'`, [
      ago,
    ]);
  await renewed('-1 hour');
  expect(await refreshAgentHealth(idle)).toBe(false);
  await renewed('61 seconds');
  const results = await Promise.all(Array.from({ length: 5 }, () => refreshAgentHealth(idle)));
  expect(results.filter(Boolean)).toHaveLength(1);
  await idle.close();
});

test('health sums up the recorded beats of a day, and says how old it is', async () => {
  await beat('jean', { metrics: { cpu_usage: 10 }, errorCount: 0 });
  await beat('jean', { metrics: { cpu_usage: '20.5' }, errorCount: 1 });
  await beat('jean', { metrics: { cpu_usage: 'much' }, errorCount: 2 });
  await beat('jared', {});
  await hub.pg.query(`insert into agent_heartbeats (agent_id, timestamp, metrics)
    values ('jean', now() - interval '25 hours', '{"cpu_usage": 99}'), ('gone', now() - interval '2 days', null)`);
  const { rows } = await hub.pg.query('select clock_timestamp() as now');
  await refresh();
  const { edges } = await health('');
  expect(edges).toEqual([
    {
      node: {
        agentId: 'jared',
        heartbeatCount: 1,
        lastHeartbeat: expect.any(String),
        averageCpu: null,
        asOf: expect.any(String),
      },
    },
    { node: expect.objectContaining({ agentId: 'jean', heartbeatCount: 3, averageCpu: 15.25 }) },
  ]);
  expect(new Date(edges[0].node.asOf).valueOf()).toBeGreaterThanOrEqual(rows[0].now.valueOf());

  const first = await health('(first: 1)');
  expect([ids(first), first.pageInfo.hasNextPage]).toEqual([['jared'], true]);
  expect(ids(await health(`(first: 1, after: "${first.pageInfo.endCursor}")`))).toEqual(['jean']);
  expect(ids(await health('(last: 1)'))).toEqual(['jean']);
  expect(ids(await health('(agents: ["jean", "nobody"])'))).toEqual(['jean']);
  const { errors } = await hub.graphql('{ agentHealth(after: "bm9uc2Vuc2U") { edges { cursor } } }');
  expect(errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
});

test('the overview counts agents, beats, errors, unfinished tasks and what waits to be claimed', async () => {
  const create = 'mutation ($inputs: [CreateTaskInput!]!) { createTasks(inputs: $inputs) { tasks { id } } }';
  const inputs = ['code', 'code', 'code', 'doc', 'doc'].map((type, n) => ({ title: `t${n}`, type }));
  const { createTasks } = await hub.data(create, { inputs }, { agent: 'jean' });
  const [first, second] = createTasks.tasks as [{ id: string }, { id: string }];
  await hub.data(
    'mutation ($id: ID) { claimTask(input: {id: $id}) { task { id } } }',
    { id: first.id },
    { agent: 'jared' },
  );
  await hub.pg.query(`update agent_tasks set status = 'done' where id = $1`, [second.id]);
  await hub.data(create, { inputs: [{ title: 'later', dependsOn: [first.id] }] }, { agent: 'jean' });
  await hub.pg.query(`insert into system_events (event_type, severity, timestamp) values ('a', 'error', now()),
    ('b', 'critical', now()), ('c', 'warning', now()), ('d', 'error', now() - interval '2 hours')`);
  await hub.pg.query(`insert into agents (agent_id, state) values ('worker', 'running')`);
  await hub.pg.query(`select pgmq.create('idle'), pgmq.create('jobs')`);
  await hub.pg.query(`select pgmq.send_batch('jobs', array['{}', '{}', '{}']::jsonb[])`);
  await hub.pg.query(`select pgmq.pop('jobs')`);

  const { systemOverview: overview } = await hub.data(`{ systemOverview {
    asOf agents { total running online late stale offline active } recentHeartbeats recentErrors
    openTasks { open claimed inProgress blocked } taskQueues { type ready } queueDepths { queue length } } }`);
  expect(overview).toEqual({
    asOf: expect.any(String),
    agents: { total: 3, running: 3, online: 3, late: 0, stale: 0, offline: 0, active: 1 },
    recentHeartbeats: 4,
    recentErrors: 2,
    openTasks: { open: 3, claimed: 0, inProgress: 1, blocked: 1 },
    taskQueues: [
      { type: 'doc', ready: 2 },
      { type: 'code', ready: 1 },
    ],
    queueDepths: [
      { queue: 'jobs', length: 2 },
      { queue: 'idle', length: 0 },
    ],
  });
});

test('the overview is read at most once in 5 s, however many ask', async () => {
  let time = 1_000;
  const at = () => systemOverview(db, () => time);
  const [first, same] = await Promise.all([at(), at()]);
  expect(same).toBe(first);
  time += 4_999;
  expect(await at()).toBe(first);
  time += 1;
  const next = await at();
  expect(next).not.toBe(first);
  expect(next.asOf.valueOf()).toBeGreaterThanOrEqual(first.asOf.valueOf());
});

test('a failure to read the overview is not remembered', async () => {
  const broken = openDatabase({ url: hub.db, poolSize: 1, statementTimeoutMs: 10_000 });
  const query = broken.query;
  let failing = true;
  const flaky = {
    ...broken,
    query: ((...args: Parameters<typeof query>) =>
      failing ? Promise.reject(new Error('away')) : query(...args)) as typeof query,
  };
  await expect(systemOverview(flaky, () => 0)).rejects.toThrow('away');
  failing = false;
  expect(await systemOverview(flaky, () => 0)).toMatchObject({ agents: { total: 3 } });
  await broken.close();
});
