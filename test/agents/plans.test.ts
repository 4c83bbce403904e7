import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { heartbeatsOf, transitionsOf } from '../../src/agents/history.ts';
import { AGENTS, type AgentFilter, type AgentOrder, type AgentPage, pageOf } from '../../src/agents/listing.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { testDatabase } from '../support/database.ts';
import { plansOf } from '../support/plans.ts';

/** How much is read, with 100,000 agents, of which few are anything but online and active; and 100,000 beats and transitions of 100. */
const ROWS = 100_000;
const { url } = await testDatabase();
const db = openDatabase({ url, poolSize: 1, statementTimeoutMs: 20_000 });
afterAll(() => db.close());

beforeAll(async () => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // Without triggers: what they do is not what this is about.
  await client.query('set session_replication_role = replica');
  const moments = `generate_series(1, ${ROWS}) n, lateral (select timestamptz '2026-01-01' + n * interval '10 seconds' as at) t`;
  await client.query(`insert into agents (agent_id, agent_name, type, capabilities, status, state, liveness, last_heartbeat, last_state_change)
    select 'a' || n, 'a' || n, 't' || n % 1000, jsonb_build_array('all', 'c' || n % 5000),
           case when n % 5000 = 0 then 'error' else 'online' end, case when n % 5000 = 1 then 'manual' else 'active' end,
           case when n % 5000 = 2 then 'stale' else 'online' end, at, at from ${moments}`);
  await client.query(
    `insert into agent_heartbeats (agent_id, timestamp, state) select 'a' || n % 100, at, 'active' from ${moments}`,
  );
  await client.query(
    `insert into agent_state_transitions (agent_id, to_state, actor, created_at) select 'a' || n % 100, 'active', 'x', at from ${moments}`,
  );
  for (const table of ['agents', 'agent_heartbeats', 'agent_state_transitions'])
    await client.query(`vacuum analyze ${table}`);
  await client.end();
});

const list = (filter: AgentFilter, page: Partial<AgentPage> = {}) =>
  plansOf(db, () => db.prisma.agent.findMany(pageOf(filter, { order: 'id', limit: 21, inverted: false, ...page })));

/** A cursor deep down the list. */
const deep = async (order: AgentOrder) =>
  AGENTS.cursorOf(order, await db.prisma.agent.findUniqueOrThrow({ where: { agentId: `a${ROWS / 2}` } }));

test('a page in order of id reads that page, the first and one deep down', async () => {
  for (const after of [undefined, await deep('id')]) {
    const [plan] = await list({}, { after });
    expect(plan).toMatchObject({ paths: ['agents_pkey'], sorted: false });
    expect(plan?.scanned).toBeLessThanOrEqual(22);
  }
});

test.each([
  ['status', { status: ['error'] }, 'agents_unready', ROWS / 5_000],
  ['state', { state: ['manual'] }, 'agents_inactive', ROWS / 5_000],
  ['liveness', { liveness: ['stale'] }, 'agents_unwatched', ROWS / 5_000],
  ['stale', { stale: true }, 'agents_unwatched', ROWS / 5_000],
  ['type', { type: 't7' }, 'agents_type', ROWS / 1_000],
  ['capability', { capability: 'c7' }, 'agents_capabilities', ROWS / 5_000],
] as const)('agents that are rare by %s are found by index, in each order', async (_what, filter, path, there) => {
  for (const order of ['id', 'silent', 'changed'] as const) {
    const [plan] = await list(filter, { order });
    expect(plan?.paths).toEqual([path]);
    expect(plan?.scanned).toBeLessThanOrEqual(there);
  }
});

test.each([
  ['status', { status: ['online'] }],
  ['state', { state: ['active'] }],
  ['liveness', { liveness: ['online', 'late'] }],
  ['not stale', { stale: false }],
  ['capability', { capability: 'all' }],
])('where most agents are what is asked for (%s), a page reads little more than itself', async (_what, filter) => {
  const [plan] = await list(filter);
  expect(plan?.paths).toEqual(['agents_pkey']);
  expect(plan?.scanned).toBeLessThanOrEqual(30);
});

test('pages of the histories read those pages', async () => {
  const page = { take: 21 };
  const beats = (since?: Date) =>
    plansOf(db, () => db.prisma.agentHeartbeat.findMany({ ...heartbeatsOf('a7', since), ...page }));
  const [all] = await beats();
  expect(all).toMatchObject({ paths: ['agent_heartbeats_agent_id_id'], scanned: 21, sorted: false });
  // One beat in 1,000 s: this agent has three in that time, and 1,000 in all.
  const [lately] = await beats(new Date(Date.parse('2026-01-01T00:00:00Z') + (ROWS - 300) * 10_000));
  expect(lately?.paths).toEqual(['agent_heartbeats_agent_id_timestamp']);
  expect(lately?.scanned).toBeLessThanOrEqual(4);
  const moves = await plansOf(db, () => db.prisma.agentStateTransition.findMany({ ...transitionsOf('a7'), ...page }));
  expect(moves).toMatchObject([{ paths: ['agent_state_transitions_agent'], scanned: 21, sorted: false }]);
});
