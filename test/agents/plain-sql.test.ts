import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

/** Writers who know nothing of the API: what they do shows there. */
const hub = await testHub();
const sql = (text: string, values: unknown[] = []) => hub.pg.query(text, values);
const agent = async (id: string) =>
  (
    await hub.data(
      'query ($id: ID!) { agent(id: $id) { id name status state liveness currentTask errorCount heartbeatIntervalSeconds } }',
      { id },
    )
  )['agent'];

test('an agent inserted with the old words', async () => {
  await sql(
    `insert into agents (agent_id, state, status) values ('old', 'running', 'available'), ('upper', 'ACTIVE', 'BUSY')`,
  );
  expect(await agent('old')).toMatchObject({ name: 'old', state: 'ACTIVE', status: 'ONLINE', liveness: 'ONLINE' });
  expect(await agent('upper')).toMatchObject({ state: 'ACTIVE', status: 'BUSY' });
});

test('a lifecycle word in the status column goes where it belongs', async () => {
  await sql(`insert into agents (agent_id, agent_name, status) values ('three', 'Three', 'initializing')`);
  expect(await agent('three')).toMatchObject({ name: 'Three', state: 'INITIALIZING', status: 'ONLINE' });
  for (const state of ['deploying', 'monitoring', 'active', 'shutdown'])
    await sql('update agents set status = $1 where agent_id = $2', [state, 'three']);
  expect(await agent('three')).toMatchObject({ state: 'SHUTDOWN', status: 'OFFLINE', liveness: 'OFFLINE' });
});

test('a word nobody knows is refused', async () => {
  await expect(sql(`insert into agents (agent_id, status) values ('bad', 'dancing')`)).rejects.toThrow(
    'agents_status_check',
  );
  await expect(sql(`insert into agents (agent_id) values ('*')`)).rejects.toThrow('agents_agent_id_check');
});

test('touching last_heartbeat is a beat', async () => {
  await sql(`insert into agents (agent_id, liveness) values ('touch', 'online')`);
  await sql(`update agents set liveness = 'stale', liveness_due_at = null where agent_id = 'touch'`);
  expect((await agent('touch')).liveness).toBe('STALE');
  await sql(`update agents set last_heartbeat = now() where agent_id = 'touch'`);
  expect((await agent('touch')).liveness).toBe('ONLINE');
});

test('a row in agent_heartbeats is a beat, and is not doubled', async () => {
  await sql(
    `insert into agent_heartbeats (agent_id, timestamp, state, error_count, metrics) values ('loop', now(), 'running', 3, '{"cpu_usage": 12.5}')`,
  );
  expect(await agent('loop')).toMatchObject({ state: 'ACTIVE', errorCount: 3, liveness: 'ONLINE' });
  const { agent: seen } = await hub.data(
    '{ agent(id: "loop") { metrics heartbeats { edges { node { state errorCount metrics } } } } }',
  );
  expect(seen).toEqual({
    metrics: { cpu_usage: 12.5 },
    heartbeats: { edges: [{ node: { state: 'running', errorCount: 3, metrics: { cpu_usage: 12.5 } } }] },
  });
});

test('a standup registers, beats and tells', async () => {
  const stream = await hub.subscribeSse(
    'subscription { standupEvents(agents: ["scribe"]) { op actor standup { status currentTask blockers agent { id liveness } } } }',
  );
  await sql(
    `insert into agent_standups (agent_name, status, current_task, next_actions) values ('scribe', 'busy', 'Notes', 'Rest')`,
  );
  expect(await agent('scribe')).toMatchObject({
    status: 'BUSY',
    currentTask: 'Notes',
    heartbeatIntervalSeconds: 3_600,
  });
  await sql(`insert into agent_standups (agent_name, status, heartbeat_interval_min) values ('scribe', 'on fire', 10)`);
  expect(await agent('scribe')).toMatchObject({ status: 'BUSY', currentTask: 'Notes', heartbeatIntervalSeconds: 600 });
  expect((await stream.take()).data?.['standupEvents']).toEqual({
    op: 'INSERT',
    actor: new URL(hub.db).username,
    standup: { status: 'busy', currentTask: 'Notes', blockers: null, agent: { id: 'scribe', liveness: 'ONLINE' } },
  });
  expect((await stream.take()).data?.['standupEvents']).toMatchObject({ standup: { status: 'on fire' } });
  await stream.close();
});

test('a role that may only insert standups still counts as a beat', async () => {
  await sql(`create role scribe_only; grant insert on agent_standups to scribe_only`);
  try {
    await sql(`set role scribe_only; insert into agent_standups (agent_name) values ('humble'); reset role`);
    expect(await agent('humble')).toMatchObject({ liveness: 'ONLINE' });
  } finally {
    await sql('reset role; drop owned by scribe_only; drop role scribe_only');
  }
});

const POST = `mutation ($input: PostStandupInput!) { postStandup(input: $input) {
  standup { id agentId status currentTask blockers nextActions heartbeatIntervalMinutes } } }`;

test('standups over the API, once per idempotency key', async () => {
  const input = {
    status: 'BUSY',
    currentTask: 'Docs',
    blockers: 'none',
    nextActions: 'ship',
    heartbeatIntervalMinutes: 5,
    idempotencyKey: 'k',
  };
  const post = () => hub.data(POST, { input }, { agent: 'poster' });
  const [first, second] = await Promise.all([post(), post()]);
  expect(first['postStandup'].standup).toEqual({
    id: expect.stringMatching(/^\d+$/),
    agentId: 'poster',
    status: 'busy',
    currentTask: 'Docs',
    blockers: 'none',
    nextActions: 'ship',
    heartbeatIntervalMinutes: 5,
  });
  expect(second).toEqual(first);
  const other = await hub.graphql(POST, { input: { ...input, currentTask: 'Other' } }, { agent: 'poster' });
  expect(other.errors?.[0]).toMatchObject({
    extensions: { code: 'IDEMPOTENCY_CONFLICT', id: first['postStandup'].standup.id },
  });
  expect(await agent('poster')).toMatchObject({ status: 'BUSY', currentTask: 'Docs', heartbeatIntervalSeconds: 300 });
  const { standups } = await hub.data(
    '{ standups(agent: "poster", since: "2026-01-01T00:00:00Z") { edges { node { currentTask } } } agent(id: "poster") { standups { edges { node { currentTask } } } } }',
  );
  expect(standups.edges).toEqual([{ node: { currentTask: 'Docs' } }]);
});
