import { beforeAll, test } from 'vitest';
import { expectFew, PAGE, planRoom, ROWS } from '../support/plans.ts';

/** Agents of which one in 5,000 is anything but online and active, or has a capability; and the histories of 100 of them. */
const { fill, pages } = await planRoom();

beforeAll(async () => {
  const moments = `generate_series(1, ${ROWS}) n, lateral (select timestamptz '2026-01-01' + n * interval '10 seconds' as at) t`;
  await fill(
    ['agents', 'agent_heartbeats', 'agent_state_transitions', 'agent_standups'],
    `insert into agents (agent_id, agent_name, type, capabilities, status, state, liveness, last_heartbeat, last_state_change)
     select 'a' || n, 'name ' || md5(n::text), 't' || n % (${ROWS} / 50), jsonb_build_array('all', 'c' || n % (${ROWS} / 20)),
            case when n % (${ROWS} / 20) = 0 then 'error' else 'online' end,
            case when n % (${ROWS} / 20) = 1 then 'manual' else 'active' end,
            case when n % (${ROWS} / 20) = 2 then 'stale' else 'online' end, at, at from ${moments}`,
    `insert into agent_heartbeats (agent_id, timestamp, state) select 'a' || n % 100, at, 'active' from ${moments}`,
    `insert into agent_state_transitions (agent_id, to_state, actor, created_at) select 'a' || n % 100, 'active', 'x', at from ${moments}`,
    `insert into agent_standups (agent_name, created_at) select 'a' || n % 100, at from ${moments}`,
  );
});

test('agents by id', async () => expectFew(await pages('agents')));

test.each([
  ['status', '{ status: [ERROR] }'],
  ['state', '{ state: [MANUAL] }'],
  ['liveness', '{ liveness: [STALE] }'],
  ['staleness', '{ stale: true }'],
  ['type', '{ type: "t7" }'],
  ['capability', '{ capability: "c7" }'],
])('agents that are rare by %s, in each order', async (_what, filter) => {
  for (const order of ['ID', 'LONGEST_SILENT', 'STATE_CHANGED'])
    expectFew(await pages(`agents(filter: ${filter}, orderBy: ${order})`), 50);
});

test.each([
  ['status', '{ status: [ONLINE] }'],
  ['state', '{ state: [ACTIVE] }'],
  ['liveness', '{ liveness: [ONLINE, LATE] }'],
  ['staleness', '{ stale: false }'],
  ['capability', '{ capability: "all" }'],
])('where most agents are what is asked for by %s', async (_what, filter) => {
  expectFew(await pages(`agents(filter: ${filter})`), 30);
});

/** Of one beat in 1,000 s, this agent has three in that time, and 200 in all. */
const lately = new Date(Date.parse('2026-01-01T00:00:00Z') + (ROWS - 300) * 10_000).toISOString();

test.each(['heartbeats', `heartbeats(since: "${lately}")`, 'transitions', 'standups'])(
  'the %s of an agent',
  async (list) => {
    expectFew(await pages(list, { parent: 'agent(id: "a7")' }), PAGE + 1);
  },
);

test('standups', async () => {
  expectFew(await pages('standups'));
  expectFew(await pages('standups(agent: "a7")'));
  // By id, not by time: those since then are looked at.
  expectFew(await pages(`standups(since: "${lately}")`), 310);
  expectFew(await pages(`standups(agent: "a7", since: "${lately}")`), 310);
});
