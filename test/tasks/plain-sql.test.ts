import { expect, test } from 'vitest';
import { completeTask, renewLease } from '../../src/tasks/leases.ts';
import { openRoom } from './room.ts';

const room = await openRoom();
const { db, psql, create, take, row, attempts } = room;

test('the statements of the first document', async () => {
  await psql.query('alter sequence agent_tasks_id_seq restart 8');
  await psql.query(`INSERT INTO agent_tasks (title, description, assigned_to, created_by, priority)
VALUES ('Build CLI wrapper', 'Create tq command for task queue', 'jared', 'jean', 3);`);
  expect(await row('8')).toMatchObject({ status: 'open', priority: 3, ready: true, attempt: 0 });

  await psql.query(`UPDATE agent_tasks SET status = 'in_progress', assigned_to = 'jean' WHERE id = 8;`);
  expect(await row('8')).toMatchObject({
    status: 'in_progress',
    assigned_to: 'jean',
    attempt: 1,
    ready: false,
    lease_expires_at: null,
    claimed_at: expect.any(Date),
    started_at: expect.any(Date),
  });
  await psql.query(`UPDATE agent_tasks SET status = 'done', updated_at = NOW() WHERE id = 8;`);
  expect(await row('8')).toMatchObject({ status: 'done', finished_at: expect.any(Date), progress: 1 });
  expect(await attempts('8')).toMatchObject([{ agent: 'jean', instance: null, outcome: 'done' }]);

  const mine = await psql.query(`SELECT * FROM agent_tasks WHERE assigned_to = 'jean' AND status != 'done';`);
  expect(mine.rows).toEqual([]);
  await psql.query(`INSERT INTO agent_tasks (title, created_by) VALUES ('an idea', 'jean')`);
  const open = await psql.query(`SELECT * FROM agent_tasks WHERE status = 'open' ORDER BY priority, created_at;`);
  expect(open.rows).toMatchObject([{ title: 'an idea', priority: 5 }]);
});

test('the words of the other documents are stored as ours; others are refused', async () => {
  const { rows } = await psql.query(
    `insert into agent_tasks (title, created_by, status) values ('a', 'x', 'pending'), ('b', 'x', 'running'), ('c', 'x', 'completed'), ('d', 'x', null)
     returning status, ready`,
  );
  expect(rows.map(({ status, ready }) => [status, ready])).toEqual([
    ['open', true],
    ['in_progress', false],
    ['done', false],
    ['open', true],
  ]);
  await expect(psql.query(`update agent_tasks set status = 'sleeping'`)).rejects.toMatchObject({ code: '23514' });
});

test.each([
  ['status', `update agent_tasks set status = 'in_progress', assigned_to = 'jean' where id = $1`],
  ['status alone, as it was', `update agent_tasks set status = 'in_progress' where id = $1`],
  ['assigned_to alone', `update agent_tasks set assigned_to = 'jean' where id = $1`],
])('plain SQL that writes %s takes the task from its holder', async (_what, statement) => {
  const id = await create();
  const { token, fence } = await take('bob');
  await psql.query(statement, [id]);
  expect(await row(id)).toMatchObject({ lease_hash: null, lease_expires_at: null, assigned_instance: null });
  expect(Number((await row(id))['fence'])).toBe(fence + 1);
  await expect(renewLease(db, { id, token })).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await expect(
    completeTask(db, { id, token, actor: 'bob', agent: 'bob', instance: 'default', operator: false, force: false }),
  ).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(await attempts(id)).toMatchObject([{ agent: 'bob', outcome: 'lost', fence }]);
});

test('plain SQL that writes something else leaves the holder alone, and stamps updated_at', async () => {
  const id = await create();
  const { token } = await take('bob');
  const before = (await row(id)).updated_at;
  await psql.query(`update agent_tasks set title = 'better words', priority = 1 where id = $1`, [id]);
  expect((await row(id)).updated_at.getTime()).toBeGreaterThan(before.getTime());
  expect((await renewLease(db, { id, token })).task.title).toBe('better words');
});

test('what plain SQL took has no lease, and is never taken back', async () => {
  const id = await create();
  await psql.query(`update agent_tasks set status = 'in_progress', assigned_to = 'jean' where id = $1`, [id]);
  await psql.query('select rookery.sweep_tasks()');
  expect(await room.state(id)).toBe('in_progress by jean');
  expect(
    await completeTask(db, { id, actor: 'jean', agent: 'jean', instance: 'x', operator: false, force: false }),
  ).toMatchObject({ status: 'done' });
});

test('the actor of an event is the database role', async () => {
  const id = await create({}, 'ann');
  await psql.query(`update agent_tasks set title = 'mine' where id = $1`, [id]);
  const { rows } = await psql.query(
    'select actor, session_user from rookery.change_events where entity_id = $1 order by id desc limit 1',
    [id],
  );
  expect(rows[0].actor).toBe(rows[0].session_user);
});

test('a statement of many rows, after one of a single row in the same session, stays linear', async () => {
  await psql.query(`insert into agent_tasks (title, created_by) values ('one', 'psql')`);
  for (let n = 0; n < 7; n++) await psql.query(`update agent_tasks set status = 'in_progress'`);
  await psql.query(`insert into agent_tasks (title, created_by) select 'many', 'psql' from generate_series(1, 2000)`);
  await psql.query(`set statement_timeout = '10s'`);
  await psql.query(`update agent_tasks set status = 'in_progress', assigned_to = 'jean'`);
  await psql.query(`update agent_tasks set status = 'done'`);
  await psql.query(`reset statement_timeout`);
  const { rows } = await psql.query('select count(*)::int as n from agent_task_attempts where outcome = $1', ['done']);
  expect(rows[0].n).toBe(2001);
});

test('deleting a task takes its history and dependencies along', async () => {
  const id = await create();
  await create({ dependsOn: [id] });
  await take('bob');
  await psql.query('delete from agent_tasks');
  const { rows } = await psql.query(
    'select (select count(*)::int from agent_task_attempts) as a, (select count(*)::int from agent_task_dependencies) as d',
  );
  expect(rows[0]).toEqual({ a: 0, d: 0 });
});
