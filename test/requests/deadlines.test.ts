import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { requestsRoom } from './room.ts';

const { hub, act, ask, failure } = await requestsRoom();
// Two hubs sweep.
await testHub({ over: hub });
const jean = { agent: 'jean' };
const mik = { agent: 'mik' };
const timed = { deadlineSeconds: 3_600 };
/** As if an hour had passed since it was asked. */
async function due(id: string): Promise<void> {
  await hub.pg.query('set session_replication_role = replica');
  const hour = `interval '3601 seconds'`;
  await hub.pg.query(
    `update agent_requests set created_at = created_at - ${hour}, deadline_at = deadline_at - ${hour} where id = $1`,
    [id],
  );
  await hub.pg.query('set session_replication_role = default');
}
const messages = async (id: string) =>
  (
    await hub.pg.query(
      `select from_agent, to_agent, message_type, content from agent_messages where metadata ->> 'requestId' = $1 order by id`,
      [id],
    )
  ).rows;

test('at its deadline a request is rejected, approved, or overdue', async () => {
  const rejected = await ask({ ...timed, onTimeout: 'REJECT' }, jean);
  const approved = await ask({ ...timed, onTimeout: 'APPROVE', arguments: { a: 1 } }, jean);
  const question = await ask({ ...timed, kind: 'QUESTION', onTimeout: 'REJECT' }, jean);
  const waits = await ask({ ...timed }, jean);
  for (const { id } of [waits, rejected, approved, question]) await due(id);
  const decided = (id: string) => act('awaitRequest', { id, waitSeconds: 60 }, jean);
  for (const { id } of [rejected, question])
    expect(await decided(id)).toMatchObject({ status: 'EXPIRED', decision: 'REJECT', decidedBy: 'hub' });
  expect(await decided(approved.id)).toMatchObject({ status: 'EXPIRED', decision: 'APPROVE', decidedBy: 'hub' });
  await act('consumeApproval', { id: approved.id, arguments: { a: 1 } }, jean);
  expect(await failure('respondToRequest', { id: rejected.id, decision: 'APPROVE' }, mik)).toMatchObject({
    code: 'ALREADY_DECIDED',
    decidedBy: 'hub',
    decision: 'reject',
  });
  const overdue = await hub.data('{ requests(list: OVERDUE) { edges { node { id } } } requestCounts { overdue } }');
  expect(overdue['requests'].edges).toEqual([{ node: { id: waits.id } }]);
  expect(overdue['requestCounts']).toEqual({ overdue: 1 });
});

test('it is escalated once, by one of two hubs, with a message and as much time again', async () => {
  const stream = await hub.subscribeSse(
    'subscription { requestEvents(filter: { to: "first" }) { actor request { id to escalatedFrom } } }',
  );
  const { id } = await ask({ ...timed, to: 'first', onTimeout: 'ESCALATE', escalateTo: '*' }, jean);
  await act('takeRequest', { id }, { agent: 'first' });
  await due(id);
  let event = (await stream.take()).data?.['requestEvents'];
  while (event.request.id !== id || event.request.to !== '*') event = (await stream.take()).data?.['requestEvents'];
  expect(event).toEqual({ actor: 'hub', request: { id, to: '*', escalatedFrom: 'first' } });
  await stream.close();
  const { rows } = await hub.pg.query(
    `select on_timeout, taken_by, deadline_at > clock_timestamp() + interval '59 minutes' as later from agent_requests where id = $1`,
    [id],
  );
  expect(rows).toEqual([{ on_timeout: 'reject', taken_by: null, later: true }]);
  expect(await messages(id)).toEqual([
    {
      from_agent: 'hub',
      to_agent: null,
      message_type: 'escalation',
      content: `Request ${id} waits for you (approval): Deploy`,
    },
  ]);
  await due(id);
  expect(await act('awaitRequest', { id, waitSeconds: 60 }, jean)).toMatchObject({
    status: 'EXPIRED',
    decision: 'REJECT',
  });
});

test('it is escalated to whoever holds a role by then', async () => {
  await hub.pg.query(`insert into agent_roles (role, agent_id) values ('dba', 'dee'), ('dba', 'dan'), ('dba', 'jean')`);
  const { id } = await ask({ ...timed, to: 'first', onTimeout: 'ESCALATE', escalateTo: 'role:dba' }, jean);
  const stream = await hub.subscribeSse(
    'subscription { requestEvents(filter: { to: "role:dba" }) { request { id to } } }',
  );
  await due(id);
  expect((await stream.take()).data?.['requestEvents'].request).toEqual({ id, to: 'role:dba' });
  await stream.close();
  expect((await messages(id)).map(({ to_agent }) => to_agent)).toEqual(['dan', 'dee']);
});

test('reminders go out by themselves and by hand, not more than one a minute', async () => {
  const { id } = await ask({ remindEverySeconds: 60, to: 'bob' }, jean);
  const inbox = await hub.subscribeSse(
    'subscription { inbox { message { type content from } } }',
    {},
    { agent: 'bob' },
  );
  await hub.pg.query('update agent_requests set remind_at = clock_timestamp() where id = $1', [id]);
  let message = (await inbox.take()).data?.['inbox'].message;
  while (message.type !== 'reminder') message = (await inbox.take()).data?.['inbox'].message;
  expect(message).toEqual({
    type: 'reminder',
    content: `Request ${id} waits for you (approval): Deploy`,
    from: 'jean',
  });
  await inbox.close();
  expect(await failure('remindRequest', { id }, jean)).toMatchObject({
    code: 'CONFLICT',
    remindedAt: expect.any(String),
  });
  await hub.pg.query(`update agent_requests set reminded_at = clock_timestamp() - interval '2 minutes' where id = $1`, [
    id,
  ]);
  expect(await act('remindRequest', { id }, jean)).toMatchObject({ reminders: 2 });
  expect(await messages(id)).toHaveLength(2);
  await act('cancelRequest', { id }, jean);
  expect(await failure('remindRequest', { id }, jean)).toMatchObject({ code: 'CONFLICT', status: 'cancelled' });
});

test('after a pause of the hub, what fell due meanwhile gets its time again', async () => {
  const { id } = await ask({ ...timed, onTimeout: 'APPROVE' }, jean);
  await hub.pg.query('begin');
  // While this session sweeps, the hubs do not.
  await hub.pg.query(`select pg_advisory_xact_lock(hashtextextended('rookery.sweep_requests', 0))`);
  await hub.pg.query(
    `update rookery.sweeps set swept_at = clock_timestamp() - interval '1 hour' where name = 'requests'`,
  );
  await hub.pg.query(`update agent_requests set deadline_at = clock_timestamp() where id = $1`, [id]);
  expect((await hub.pg.query('select * from rookery.sweep_requests()')).rows).toEqual([{ timed_out: 0, reminded: 0 }]);
  const { rows } = await hub.pg.query(
    `select status, deadline_at > clock_timestamp() + interval '4 minutes' as later from agent_requests where id = $1`,
    [id],
  );
  expect(rows).toEqual([{ status: 'open', later: true }]);
  await hub.pg.query('rollback');
});
