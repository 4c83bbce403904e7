import pg from 'pg';
import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { openRoom, refused } from './room.ts';

const hub = await testHub();
const room = openRoom(hub);
const ann = { agent: 'ann' };

const createTask = async (input: object): Promise<string> =>
  (await hub.data('mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }', { input }, ann))[
    'createTask'
  ]!['task'].id;
const claim = async (...names: string[]) =>
  (await hub.pg.query(`select * from claim_task(${names.map((_, index) => `$${index + 1}`).join(', ')})`, names))
    .rows[0];

test('claim_task() gives the best task as claimed, under a lease that the API knows', async () => {
  const { id: session } = await room.create({ title: 'Work' }, ann);
  const stream = await hub.subscribeSse('subscription { taskEvents { actor task { id status } } }', {}, ann);
  const low = await createTask({ title: 'low', priority: 9, type: 'code', sessionId: session, input: { file: 'a' } });
  const high = await createTask({ title: 'high', priority: 1 });
  const other = await createTask({ title: 'not for codex', priority: 1, assignedTo: 'gemini_cli' });
  for (let created = 0; created < 3; created++) await stream.take();

  const first = await claim('codex', 'worker-1');
  expect(first).toMatchObject({
    id: high,
    status: 'claimed',
    agent_name: 'codex',
    control_agent: 'worker-1',
    fence: '1',
    lease_token: expect.stringMatching(/^\w{32}$/),
  });
  // It is told at once, as the agent's doing, though plain SQL did it.
  expect((await stream.take()).data?.['taskEvents']).toEqual({ actor: 'codex', task: { id: high, status: 'CLAIMED' } });
  await stream.close();
  const { rows } = await hub.pg.query(
    "select started_at, lease_expires_at > clock_timestamp() + interval '290 s' as leased from agent_tasks where id = $1",
    [high],
  );
  expect(rows).toEqual([{ started_at: null, leased: true }]);

  const second = await claim('codex');
  expect(second).toMatchObject({
    id: low,
    session_id: session,
    task_type: 'code',
    input_data: { file: 'a' },
    priority: 9,
    control_agent: 'default',
  });
  expect(await claim('codex')).toBeUndefined();
  expect(await claim('gemini_cli')).toMatchObject({ id: other });

  const complete = (leaseToken: string) =>
    hub.data(
      'mutation ($input: CompleteTaskInput!) { completeTask(input: $input) { task { status } } }',
      { input: { id: high, leaseToken } },
      { agent: 'codex' },
    );
  await refused(complete('0'.repeat(32)), 'LEASE_LOST');
  expect(await complete(first.lease_token)).toEqual({ completeTask: { task: { status: 'DONE' } } });
});

test('claimed by 16 connections at once, no task has two holders', async () => {
  const clients = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const client = new pg.Client({ connectionString: hub.db });
      await client.connect();
      return client;
    }),
  );
  await hub.pg.query(
    `insert into agent_tasks (title, created_by) select 't' || n, 'ann' from generate_series(1, 60) n`,
  );
  const claimed = await Promise.all(
    clients.map(async (client, index) => {
      const ids: string[] = [];
      for (;;) {
        const { rows } = await client.query('select id from claim_task($1, $2)', [`agent-${index}`, 'c']);
        if (rows.length === 0) return ids;
        ids.push(rows[0].id);
      }
    }),
  );
  await Promise.all(clients.map((client) => client.end()));
  expect(claimed.flat()).toHaveLength(60);
  expect(new Set(claimed.flat()).size).toBe(60);
});

test('the monitoring views tell what goes on', async () => {
  await hub.pg.query('delete from agent_tasks; delete from sessions');
  const { id } = await room.create({ title: 'Seen', participants: [{ agent: 'bob' }] }, ann);
  const { id: done } = await room.create({ title: 'Done' }, ann);
  await room.complete({ id: done }, ann);
  await room.append({ sessionId: id, chunks: [{ content: 'a' }, { content: 'b' }] }, ann);
  const [later, first] = [
    await createTask({ title: 'later', priority: 5, sessionId: id }),
    await createTask({ title: 'first', priority: 2 }),
  ];
  const { rows: sessions } = await hub.pg.query('select * from active_sessions');
  expect(sessions).toMatchObject([
    {
      id,
      title: 'Seen',
      status: 'active',
      participants: ['ann', 'bob'],
      chunk_count: '2',
      memory_count: '0',
      task_count: '1',
      artifact_count: '0',
    },
  ]);
  await claim('codex', 'w');
  const { rows: queue } = await hub.pg.query('select id, session_title, agent_name, status, priority from task_queue');
  expect(queue).toEqual([
    { id: first, session_title: null, agent_name: 'codex', status: 'claimed', priority: 2 },
    { id: later, session_title: 'Seen', agent_name: null, status: 'open', priority: 5 },
  ]);
});
