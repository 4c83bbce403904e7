import { afterAll, expect, test } from 'vitest';
import { sweepAgents } from '../../src/agents/service.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { testHub } from '../support/hub.ts';

/** Silence is told once per outage, and so is its end. Time passes by moving timestamps back. */
const hub = await testHub();
const db = openDatabase({ url: hub.db, poolSize: 1, statementTimeoutMs: 10_000 });
afterAll(() => db.close());
const sql = (text: string, values: unknown[] = []) => hub.pg.query(text, values);
const operator = { token: (await hub.token({ role: 'operator' })).secret };
const ann = { token: (await hub.token({ role: 'agent', agent: 'ann' })).secret };

const BEAT = 'mutation ($input: HeartbeatInput! = {}) { heartbeat(input: $input) { serverTime } }';
const INBOX = `query ($agent: ID) { inbox(agent: $agent, unreadOnly: false) { unreadCount edges { node { id from to type content metadata } } } }`;

const silence = (agent: string, seconds: number) =>
  sql(`update agents set last_heartbeat = clock_timestamp() - make_interval(secs => $2) where agent_id = $1`, [
    agent,
    seconds,
  ]);

/** Sweeps until nobody is due: the hub sweeps too, and whoever comes second does nothing. */
async function sweep() {
  do await sweepAgents(db);
  while ((await sql('select from agents where liveness_due_at <= clock_timestamp()')).rowCount);
}

const alerts = async () =>
  (await hub.data(INBOX, { agent: 'operator' }, operator))['inbox'].edges.map(({ node }: { node: object }) => node);
const log = async () =>
  (await sql(`select event_type, severity, agent_id, event_data from system_events order by id`)).rows;

test('an outage alerts once when it begins, and once when it ends', async () => {
  const stream = await hub.subscribeSse(
    'subscription { inbox(agent: "operator") { message { from to type metadata } } }',
    {},
    operator,
  );
  await hub.data(BEAT, { input: { currentTask: 'digging', intervalSeconds: 60 } }, ann);
  await silence('ann', 100);
  await sweep();
  expect(await log()).toEqual([]);

  await silence('ann', 200);
  const alert = { from: 'hub', to: 'operator', type: 'alert' };
  const facts = { agent: 'ann', intervalSeconds: 60, currentTask: 'digging', lastHeartbeat: expect.any(String) };
  await sweep();
  expect((await stream.take()).data?.['inbox'].message).toEqual({
    ...alert,
    metadata: { ...facts, stale: true, silentSeconds: expect.any(Number) },
  });
  await sweep();
  await silence('ann', 9_000);
  await sweep();
  expect(await alerts()).toHaveLength(1);

  await hub.data(BEAT, {}, ann);
  expect((await stream.take()).data?.['inbox'].message).toEqual({
    ...alert,
    metadata: { ...facts, stale: false, silentSeconds: expect.any(Number) },
  });
  await hub.data(BEAT, {}, ann);
  const [missed, recovered, ...more] = await alerts();
  expect(more).toEqual([]);
  expect(missed.content).toMatch(
    /^Agent ann missed more than two beats: one is due every 60 s, the last came at \S+Z\. It was at: digging$/,
  );
  expect(recovered.content).toMatch(/^Agent ann beats again, after 90\d\d s of silence\.$/);
  const data = {
    intervalSeconds: 60,
    currentTask: 'digging',
    lastHeartbeat: expect.any(String),
    silentSeconds: expect.any(Number),
  };
  expect(await log()).toEqual([
    { event_type: 'agent.heartbeat_missed', severity: 'WARNING', agent_id: 'ann', event_data: data },
    { event_type: 'agent.heartbeat_recovered', severity: 'INFO', agent_id: 'ann', event_data: data },
  ]);
  await stream.close();
});

test('the inbox of the operators is theirs: they read it, agents do not, and nobody is registered by it', async () => {
  const { errors } = await hub.graphql(INBOX, { agent: 'operator' }, ann);
  expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
  const read = 'mutation { markRead(input: { agent: "operator", all: true }) { __typename } }';
  await hub.data(read, {}, operator);
  expect((await hub.data(INBOX, { agent: 'operator' }, operator))['inbox'].unreadCount).toBe(0);
  expect((await sql(`select from agents where agent_id = 'operator'`)).rowCount).toBe(0);
});

test('many outages are two inserts; a plain SQL beat ends one; a stop ends one silently', async () => {
  await sql('delete from agent_messages; delete from system_events');
  await sql(
    `insert into agents (agent_id, last_heartbeat) select 'crowd-' || n, clock_timestamp() - interval '1 hour' from generate_series(1, 300) n`,
  );
  await sweep();
  const count = async (table: string) => (await sql(`select from ${table}`)).rowCount;
  expect([await count('agent_messages'), await count('system_events')]).toEqual([300, 300]);
  expect((await sql(`select from agents where liveness = 'stale'`)).rowCount).toBe(300);
  await sql(`update agents set last_heartbeat = now() where agent_id = 'crowd-1'`);
  await hub.data('mutation { stopAgent(input: { agent: "crowd-2" }) { agent { id } } }', {}, operator);
  await sweep();
  const { rows } = await sql(`select agent_id from system_events where event_type = 'agent.heartbeat_recovered'`);
  expect(rows).toEqual([{ agent_id: 'crowd-1' }]);
});
