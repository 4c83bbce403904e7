import pg from 'pg';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { heartbeat, sweepAgents } from '../../src/agents/service.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { testDatabase } from '../support/database.ts';

/** Time passes by moving the timestamps back: nothing here waits. */
const { url } = await testDatabase();
const db = openDatabase({ url, poolSize: 4, statementTimeoutMs: 30_000 });
const psql = new pg.Client({ connectionString: url });
await psql.connect();
afterAll(async () => {
  await psql.end();
  await db.close();
});
beforeEach(() => psql.query('delete from agents; delete from agent_heartbeats; delete from rookery.sweeps'));

const beat = (agent: string, rest: object = {}) => heartbeat(db, { agent, instance: 'default', ...rest });

/** The agent has been silent for so long. */
const silence = (agent: string, seconds: number) =>
  psql.query(`update agents set last_heartbeat = clock_timestamp() - make_interval(secs => $2) where agent_id = $1`, [
    agent,
    seconds,
  ]);

const liveness = async (agent: string) =>
  (await psql.query('select liveness from agents where agent_id = $1', [agent])).rows[0].liveness;

const history = async (agent: string) =>
  (await psql.query('select from agent_heartbeats where agent_id = $1', [agent])).rowCount;

test('silence: online, late after one missed beat, stale after more than two, online again', async () => {
  await beat('ann', { intervalSeconds: 60 });
  for (const [seconds, expected] of [
    [59, 'online'],
    [74, 'online'],
    [76, 'late'],
    [194, 'late'],
    [196, 'stale'],
    [9_000, 'stale'],
  ] as const) {
    await silence('ann', seconds);
    await sweepAgents(db);
    expect([seconds, await liveness('ann')]).toEqual([seconds, expected]);
  }
  await beat('ann');
  expect(await liveness('ann')).toBe('online');
});

test('each change of liveness is one event, in order, with what it was before', async () => {
  await beat('ann');
  await silence('ann', 80);
  expect(await sweepAgents(db)).toBe(1);
  expect(await sweepAgents(db)).toBe(0);
  await silence('ann', 200);
  await sweepAgents(db);
  await beat('ann');
  const { rows } = await psql.query(
    `select op, previous ->> 'liveness' as previous, data ->> 'liveness' as liveness from rookery.change_events
      where topic = 'agents' and entity_id = 'ann' and op <> 'delete' order by id desc limit 4`,
  );
  expect(rows.reverse()).toEqual([
    { op: 'insert', previous: null, liveness: 'online' },
    { op: 'update', previous: 'online', liveness: 'late' },
    { op: 'update', previous: 'late', liveness: 'stale' },
    { op: 'update', previous: 'stale', liveness: 'online' },
  ]);
});

test('who says it is offline is not watched, and is online with its next beat', async () => {
  await beat('ann', { status: 'offline' });
  expect(await liveness('ann')).toBe('offline');
  await silence('ann', 9_000);
  expect(await sweepAgents(db)).toBe(0);
  expect(await liveness('ann')).toBe('offline');
  await beat('ann', { status: 'offline' });
  expect(await liveness('ann')).toBe('offline');
  expect(await beat('ann')).toMatchObject({ agent: { status: 'online', liveness: 'online' } });
});

test('after a pause of the hub nobody is late before one full interval has passed', async () => {
  await beat('ann', { intervalSeconds: 60 });
  await beat('bob', { intervalSeconds: 60 });
  await silence('bob', 100);
  await sweepAgents(db);
  expect(await liveness('bob')).toBe('late');

  await psql.query(`update rookery.sweeps set swept_at = swept_at - interval '1 hour'`);
  await silence('ann', 3_600);
  await silence('bob', 3_600);
  expect(await sweepAgents(db)).toBe(0);
  const { rows } = await psql.query(
    `select agent_id, liveness, extract(epoch from liveness_due_at - clock_timestamp()) > 60 as granted from agents order by 1`,
  );
  expect(rows).toEqual([
    { agent_id: 'ann', liveness: 'online', granted: true },
    { agent_id: 'bob', liveness: 'late', granted: true },
  ]);

  await psql.query(`update agents set liveness_due_at = clock_timestamp() where agent_id = 'ann'`);
  await sweepAgents(db);
  expect(await liveness('ann')).toBe('late');
});

test('one process sweeps, the others return at once', async () => {
  await beat('ann');
  await silence('ann', 80);
  await psql.query('begin');
  await psql.query('select rookery.sweep_agents()');
  expect(await sweepAgents(db)).toBe(0);
  await psql.query('commit');
  expect(await liveness('ann')).toBe('late');
});

test('the sweep leaves alone a row that someone is writing', async () => {
  await beat('ann');
  await silence('ann', 80);
  await psql.query('begin');
  await psql.query(`select from agents where agent_id = 'ann' for update`);
  expect(await sweepAgents(db)).toBe(0);
  await psql.query('rollback');
  expect(await sweepAgents(db)).toBe(1);
});

test('the sweep finds who is due by index', async () => {
  await psql.query(`insert into agents (agent_id) select 'crowd-' || n from generate_series(1, 5000) n`);
  await psql.query('analyze agents');
  const { rows } = await psql.query('explain select agent_id from agents where liveness_due_at <= now()');
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('agents_liveness_due_at');
});

test('history: one row a minute, and one for every change', async () => {
  await beat('ann');
  for (let n = 0; n < 5; n++) await beat('ann', { metrics: { n } });
  const first = await history('ann');
  expect([1, 2]).toContain(first); // Two, when a minute begins meanwhile.
  await beat('ann', { status: 'busy' });
  await beat('ann', { status: 'busy' });
  await beat('ann', { currentTask: 'x' });
  expect(await history('ann')).toBeGreaterThanOrEqual(first! + 2);
  expect(await history('ann')).toBeLessThanOrEqual(first! + 3);
  await psql.query(`update agents set last_sampled_at = last_sampled_at - interval '1 minute'`);
  const before = await history('ann');
  await beat('ann');
  expect(await history('ann')).toBe(before! + 1);
});

test('history that is copied in is no beat', async () => {
  await psql.query(`insert into agent_heartbeats (agent_id, timestamp) values ('old', now() - interval '1 day')`);
  expect((await psql.query(`select agent_id from agents where agent_id = 'old'`)).rows).toEqual([]);
});

test('a thousand beats in one statement; no event for those that change nothing', async () => {
  const beats = Array.from({ length: 1_000 }, (_, n) => ({ agent: `worker-${n % 990}`, instance: `i${n}` }));
  const statement = `select count(*) filter (where error is null)::int as taken, max(item) as last from rookery.heartbeat($1)`;
  const all = async () => (await db.pool.query(statement, [JSON.stringify(beats)])).rows;
  const count = async (what: string) => (await psql.query(`select count(*)::int from ${what}`)).rows[0].count;
  const events = () => count(`rookery.change_events where entity_id like 'worker-%' and op <> 'delete'`);
  expect(await all()).toEqual([{ taken: 1_000, last: 999 }]);
  expect([await events(), await count('agent_instances')]).toEqual([990, 1_000]);
  expect(await all()).toEqual([{ taken: 1_000, last: 999 }]);
  expect([await events(), await count('agent_instances')]).toEqual([990, 1_000]);
});

test('two beats of one agent in one batch: of each field the later one', async () => {
  const { rows } = await psql.query(
    `select item, agent ->> 'status' as status, agent ->> 'current_task' as task, error from rookery.heartbeat($1) order by item`,
    [
      JSON.stringify([
        { agent: 'ann', status: 'busy', currentTask: 'one' },
        { agent: 'ann', currentTask: 'two', instance: 'other' },
        { agent: 'ann', state: 'dancing' },
      ]),
    ],
  );
  expect(rows).toEqual([
    { item: 0, status: 'busy', task: 'two', error: null },
    { item: 1, status: 'busy', task: 'two', error: null },
    { item: 2, status: null, task: null, error: expect.objectContaining({ code: 'BAD_INPUT' }) },
  ]);
});

test('crowds that beat for the same agents in different order do not deadlock', async () => {
  const names = Array.from({ length: 50 }, (_, n) => `mix-${n}`);
  const statement = 'select count(*) as beaten from rookery.heartbeat($1)';
  const runs = Array.from({ length: 12 }, (_, n) =>
    db.pool.query(statement, [
      JSON.stringify((n % 2 ? names : names.toReversed()).map((agent) => ({ agent, currentTask: `${n}` }))),
    ]),
  );
  for (const { rows } of await Promise.all(runs)) expect(rows).toEqual([{ beaten: '50' }]);
});
