import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const ann = { agent: 'ann' };
const bob = { agent: 'bob' };
const SIGNALS = 'signals { unread urgent answers cancelled leasesLost }';
const NONE = { unread: 0, urgent: 0, answers: 0, cancelled: [], leasesLost: [] };

const beat = async (caller: object = bob): Promise<unknown> =>
  (await hub.data(`mutation { heartbeat { ${SIGNALS} } }`, {}, caller))['heartbeat'].signals;
const send = (input: object) =>
  hub.data('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }', { input }, ann);
const claim = async (title: string): Promise<{ id: string; token: string }> => {
  await hub.data(
    'mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }',
    { input: { title } },
    ann,
  );
  const { task, lease } = (await hub.data('mutation { claimTask { task { id } lease { token } } }', {}, bob))[
    'claimTask'
  ];
  return { id: task.id, token: lease.token };
};

test('an agent hears within one call what waits for it', async () => {
  expect(await beat()).toEqual(NONE);
  await send({ to: 'bob', content: 'hello' });
  await send({ to: 'bob', type: 'alert', content: 'fire' });
  await send({ content: 'all of you' });
  expect(await beat()).toEqual({ ...NONE, unread: 3, urgent: 1 });

  const stopped = await claim('to be cancelled');
  const lost = await claim('to be lost');
  const kept = await claim('kept');
  await hub.data(`mutation { cancelTask(input: { id: "${stopped.id}" }) { task { id } } }`, {}, ann);
  await hub.pg.query(`update agent_tasks set assigned_to = 'zoe' where id = $1`, [lost.id]);
  await hub.pg.query(`insert into agent_requests (subject, from_agent) values ('May I?', 'bob')`);
  await hub.pg.query(`insert into agent_request_responses (request_id, responder, answer) values (1, 'cleo', '"yes"')`);
  // On the reply of whatever it says next.
  const report = await hub.data(
    `mutation ($input: ReportProgressInput!) { reportProgress(input: $input) { task { id } ${SIGNALS} } }`,
    { input: { id: kept.id, leaseToken: kept.token, progress: 0.5 } },
    bob,
  );
  expect(report['reportProgress'].signals).toEqual({
    unread: 3,
    urgent: 1,
    answers: 1,
    cancelled: [stopped.id],
    leasesLost: [lost.id],
  });
  // Another process of the agent has lost nothing; and an operator that is no agent has none.
  expect(await beat({ agent: 'bob', instance: 'other' })).toMatchObject({ cancelled: [], unread: 3 });
  const stop = await hub.data(`mutation { stopAgent(input: { agent: "ann" }) { ${SIGNALS} } }`);
  expect(stop['stopAgent'].signals).toBeNull();
});

test('what was told before can be left out', async () => {
  const since = new Date(Date.now() + 1_000).toISOString();
  const { heartbeat } = await hub.data(
    'mutation ($since: DateTime) { heartbeat { signals(since: $since) { cancelled leasesLost } } }',
    { since },
    bob,
  );
  expect(heartbeat.signals).toEqual({ cancelled: [], leasesLost: [] });
});

test('every payload has them', async () => {
  const { __schema } = await hub.data('{ __schema { types { name fields { name } } } }');
  const payloads = __schema.types.filter(({ name }: { name: string }) => name.endsWith('Payload'));
  expect(payloads.length).toBeGreaterThan(30);
  for (const { name, fields } of payloads)
    expect([name, fields.map((field: { name: string }) => field.name)]).toEqual([
      name,
      expect.arrayContaining(['signals']),
    ]);
});

test('a long history and many unread messages cost no scan', async () => {
  await hub.pg.query(
    `insert into agent_messages (from_agent, to_agent, content, read_at)
       select 'ann', 'bob', 'x', case when n % 100 > 0 then clock_timestamp() end from generate_series(1, 20000) n;
     insert into agent_tasks (title, created_by) select 'x', 'ann' from generate_series(1, 5000);
     insert into agent_task_attempts (task_id, attempt, agent, fence, started_at, ended_at, outcome)
       select id, 100, 'bob', 1, clock_timestamp(), clock_timestamp(), 'done' from agent_tasks;
     analyze agent_messages, agent_message_receipts, agent_tasks, agent_task_attempts`,
  );
  const { rows } = await hub.pg.query(
    `explain select * from rookery.signals('bob', 'default', now() - interval '10 minutes')`,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('agent_messages_unread');
  expect(plan).toContain('agent_task_attempts_ended');
  expect(plan).not.toMatch(/Seq Scan on (agent_messages|agent_task_attempts|agent_tasks)/);
});
