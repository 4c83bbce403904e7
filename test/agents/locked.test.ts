import pg from 'pg';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import {
  ensureAgent,
  heartbeat,
  postStandup,
  registerAgent,
  stopAgent,
  transitionAgent,
} from '../../src/agents/service.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { testDatabase } from '../support/database.ts';

/** A transaction somebody has left open in psql holds up the agent it wrote about, and nobody else. */
const { url } = await testDatabase();
const db = openDatabase({ url, poolSize: 16, statementTimeoutMs: 5_000 });
const psql = new pg.Client({ connectionString: url });
await psql.connect();
afterAll(async () => {
  await psql.end();
  await db.close();
});
beforeEach(() => psql.query('delete from agents'));
afterEach(() => psql.query('rollback'));

const CROWD = Array.from({ length: 16 }, (_, n) => `agent-${n}`);

const verbs = {
  heartbeat: (agent: string) => heartbeat(db, { agent, instance: 'default' }),
  registerAgent: (agent: string) => registerAgent(db, { agent, instance: 'default' }),
  postStandup: (agent: string) => postStandup(db, { agent, currentTask: 'a walk' }),
  stopAgent: (agent: string) => stopAgent(db, { agent, instance: null }),
  transitionAgent: (agent: string) => transitionAgent(db, { agent, to: 'deploying', by: agent }),
};

const names = Object.keys(verbs);
const locked = names.map((verb) => `${verb}-locked`);
const crowds = names.flatMap((verb) => CROWD.map((agent) => `${verb}-${agent}`));

/** Each verb, for one that is locked and a crowd of its own: the crowd is served first, the one alone is told. */
const heldUpAlone = (verbsToTry: object) =>
  Promise.all(
    Object.entries(verbsToTry).map(async ([name, verb]: [string, (agent: string) => Promise<unknown>]) => {
      const ended: string[] = [];
      const call = (agent: string) => verb(`${name}-${agent}`).finally(() => ended.push(agent));
      const told = { code: 'CONFLICT', details: { agent: `${name}-locked`, busy: true } };
      await Promise.all([...CROWD.map(call), expect(call('locked')).rejects.toMatchObject(told)]);
      expect(ended.at(-1)).toBe('locked');
    }),
  );

test('an agent that an open transaction has written holds up nobody else', async () => {
  await psql.query('insert into agents (agent_id) select unnest($1::text[])', [[...locked, ...crowds]]);
  await psql.query('begin');
  await psql.query('insert into agent_standups (agent_name) select unnest($1::text[])', [locked]);
  // Four at once, as many as wait for locks: registerAgent has its turn below.
  const { registerAgent: _, ...others } = verbs;
  await heldUpAlone(others);
});

test('nor does one that an open transaction is registering', async () => {
  await psql.query('begin');
  await psql.query('insert into agent_standups (agent_name) select unnest($1::text[])', [locked]);
  const { stopAgent: _, transitionAgent: __, ...others } = verbs;
  await heldUpAlone(others);
});

test('nor does one of which somebody has locked a process', async () => {
  await Promise.all([...locked, ...crowds].map((agent) => registerAgent(db, { agent, instance: 'default' })));
  await psql.query('begin');
  await psql.query('select from agent_instances where agent_id = any ($1) for update', [locked]);
  const { transitionAgent: _, ...others } = verbs;
  await heldUpAlone(others);
});

test('a shutdown waits for the processes that it ends, and ends them', async () => {
  await registerAgent(db, { agent: 'jean', instance: 'default', state: 'active' });
  await psql.query('begin');
  await psql.query(`select from agent_instances where agent_id = 'jean' for update`);
  const ended = transitionAgent(db, { agent: 'jean', to: 'shutdown', by: 'jean' });
  await heartbeat(db, { agent: 'bob', instance: 'default' });
  await psql.query('commit');
  expect(await ended).toMatchObject({ state: 'shutdown' });
  const { rows } = await psql.query(`select stopped_at from agent_instances where agent_id = 'jean'`);
  expect(rows).toEqual([{ stopped_at: expect.any(Date) }]);
});

test('nor does one that an open transaction inserts by plain SQL', async () => {
  await psql.query(`begin; insert into agents (agent_id) values ('newcomer')`);
  const ended: string[] = [];
  const call = (agent: string) => verbs.heartbeat(agent).finally(() => ended.push(agent));
  const newcomer = call('newcomer');
  await Promise.all(CROWD.map(call));
  expect(ended).not.toContain('newcomer');
  await psql.query('commit');
  expect(await newcomer).toMatchObject({ agent: { agentId: 'newcomer' } });
});

test('nor does one of which an open transaction has inserted a process', async () => {
  await psql.query('insert into agents (agent_id) select unnest($1::text[])', [[...locked, ...crowds]]);
  await psql.query('begin');
  await psql.query('insert into agent_instances (agent_id) select unnest($1::text[])', [locked]);
  const { heartbeat: beat, registerAgent: register } = verbs;
  await heldUpAlone({ heartbeat: beat, registerAgent: register });
});

test('many who wait for a locked one leave connections for the others', async () => {
  await psql.query(`begin; insert into agent_standups (agent_name) values ('jean')`);
  const few = openDatabase({ url, poolSize: 2, statementTimeoutMs: 5_000 });
  const ended: string[] = [];
  const beat = (agent: string) => heartbeat(few, { agent, instance: 'default' }).finally(() => ended.push(agent));
  const waiting = Promise.allSettled(Array.from({ length: 12 }, () => beat('jean')));
  for (const agent of ['bob', 'carl', 'dora']) await beat(agent);
  expect(ended).toEqual(['bob', 'carl', 'dora']);
  await psql.query('commit');
  expect((await waiting).map(({ status }) => status)).toEqual(Array(12).fill('fulfilled'));
  await few.close();
});

test('who is locked for a moment waits, and beats', async () => {
  await psql.query(`begin; insert into agent_standups (agent_name) values ('jean')`);
  const beat = heartbeat(db, { agent: 'jean', instance: 'default', currentTask: 'a walk' });
  await heartbeat(db, { agent: 'bob', instance: 'default' });
  await psql.query('commit');
  expect(await beat).toMatchObject({ agent: { agentId: 'jean', currentTask: 'a walk' } });
});

test.each(['operator', 'hub', '*'])('no agent may be called %s', async (name) => {
  await expect(heartbeat(db, { agent: name, instance: 'default' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  // Operators share an inbox of that name: to act for it registers nobody.
  if (name === 'operator') await ensureAgent(db, name);
  else await expect(ensureAgent(db, name)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  await expect(psql.query('insert into agents (agent_id) values ($1)', [name])).rejects.toMatchObject({
    code: '23514',
  });
});
