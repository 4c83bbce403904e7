import { expect, test } from 'vitest';
import { createTask, createTasks, updateTask } from '../../src/tasks/service.ts';
import { agent, openRoom, operator } from './room.ts';

const room = await openRoom();
const { db, psql, create, row } = room;
const ann = agent('ann');

const count = async () => (await psql.query('select count(*)::int as n from agent_tasks')).rows[0].n;

test('what is left out has its default', async () => {
  expect(await createTask(db, ann, { title: 'tidy up' })).toMatchObject({
    title: 'tidy up',
    type: 'general',
    status: 'open',
    priority: 5,
    assignedTo: null,
    createdBy: 'ann',
    metadata: {},
    maxAttempts: 3,
    maxLostLeases: 5,
    ready: true,
  });
});

test('everything given arrives', async () => {
  const dueAt = new Date('2031-02-03T04:05:06.789Z');
  const task = await createTask(db, operator, {
    title: 'tidy up',
    description: 'under the bed',
    type: 'chore',
    priority: 2,
    assignedTo: 'bob',
    sessionId: '12',
    input: { rooms: ['north', { n: 1 }] },
    metadata: { why: '🐦' },
    githubRepo: 'acme/house',
    githubIssue: 7,
    dueAt,
    maxAttempts: 1,
    maxLostLeases: 2,
  });
  expect(task).toMatchObject({
    createdBy: 'operator',
    description: 'under the bed',
    type: 'chore',
    priority: 2,
    assignedTo: 'bob',
    sessionId: 12n,
    input: { rooms: ['north', { n: 1 }] },
    metadata: { why: '🐦' },
    githubRepo: 'acme/house',
    githubIssue: 7,
    dueDate: dueAt,
    maxAttempts: 1,
    maxLostLeases: 2,
  });
  expect((await row(task.id))['due_date']).toEqual(dueAt);
});

test('the event of a creation names its creator, and comes from the same transaction', async () => {
  const id = await create({}, 'ann');
  const { rows } = await psql.query(
    `select op, actor, data ->> 'title' as title from rookery.change_events where topic = 'tasks' and entity_id = $1`,
    [id],
  );
  expect(rows).toEqual([{ op: 'insert', actor: 'ann', title: 'a task' }]);
});

test('an act registers its agent', async () => {
  await createTask(db, agent('newcomer'), { title: 'hello' });
  expect((await psql.query(`select 1 from agents where agent_id = 'newcomer'`)).rowCount).toBe(1);
});

test('createTasks: all in order, or none, with the place of the faulty one', async () => {
  const tasks = await createTasks(db, ann, [{ title: 'one' }, { title: 'two', priority: 1 }, { title: 'three' }]);
  expect(tasks.map(({ title }) => title)).toEqual(['one', 'two', 'three']);
  await expect(
    createTasks(db, ann, [
      { title: 'four' },
      { title: 'five', dependsOn: ['999999'] },
      { title: 'six', dependsOn: ['999998'] },
    ]),
  ).rejects.toMatchObject({ code: 'NOT_FOUND', details: { index: 1, missing: ['999999'] } });
  expect(await count()).toBe(3);
});

test('a faulty creation fails alone among those it shares a statement with', async () => {
  const results = await Promise.allSettled([
    createTask(db, ann, { title: 'fine' }),
    createTask(db, ann, { title: 'waits for nothing', dependsOn: ['999999'] }),
    createTask(db, ann, { title: 'nul \u0000' }),
    createTask(db, ann, { title: 'out of range', priority: 99 }),
    createTask(db, ann, { title: 'fine too' }),
  ]);
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value.title : result.reason.code))).toEqual([
    'fine',
    'NOT_FOUND',
    'BAD_INPUT',
    '23514',
    'fine too',
  ]);
  expect(await count()).toBe(2);
});

test('idempotency: a repeat returns the first task as it now is; other arguments are refused', async () => {
  const first = await createTask(db, ann, { title: 'once', idempotencyKey: 'k' });
  await updateTask(db, ann, { id: String(first.id), set: { title: 'changed since' } });
  const again = await createTask(db, ann, { title: 'once', idempotencyKey: 'k' });
  expect(again).toMatchObject({ id: first.id, title: 'changed since' });
  await expect(createTask(db, ann, { title: 'twice', idempotencyKey: 'k' })).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
  expect((await createTask(db, agent('bob'), { title: 'once', idempotencyKey: 'k' })).id).not.toBe(first.id);
  expect(await count()).toBe(2);
});

test('idempotency holds in a race, in one batch and between connections', async () => {
  const other = room.another();
  const made = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      createTask(n % 2 ? db : other, ann, { title: 'once', idempotencyKey: `k${n % 4}` }),
    ),
  );
  expect(new Set(made.map(({ id }) => id)).size).toBe(4);
  expect(await count()).toBe(4);
});

test('an idempotency key that an open transaction holds is told of to who uses it, and the others get through', async () => {
  await psql.query('begin');
  await psql.query(`select rookery.create_tasks('[{"title": "once", "createdBy": "ann", "idempotencyKey": "k"}]')`);
  const others = Array.from({ length: 8 }, (_, n) => createTask(db, ann, { title: 'fine', idempotencyKey: `k${n}` }));
  await expect(createTask(db, ann, { title: 'once', idempotencyKey: 'k' })).rejects.toMatchObject({
    code: 'CONFLICT',
    details: { busy: true },
  });
  expect(await Promise.all(others)).toHaveLength(8);
  await psql.query('commit');
  // The open transaction was not the hub's, and fingerprints what it was given.
  expect((await createTask(db, ann, { title: 'once', idempotencyKey: 'k' })).title).toBe('once');
});

test('a creation that fails does not use its key up', async () => {
  const input = { title: 'later', dependsOn: ['500000'], idempotencyKey: 'k' };
  await expect(createTask(db, ann, input)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await psql.query(`insert into agent_tasks (id, title, created_by) values (500000, 'now it is there', 'psql')`);
  const created = await createTask(db, ann, input);
  expect(created).toMatchObject({ status: 'blocked' });
  expect((await createTask(db, ann, input)).id).toBe(created.id);
});

test('createTasks with a key is idempotent too, and a conflict undoes all', async () => {
  const [first] = await createTasks(db, ann, [{ title: 'a', idempotencyKey: 'k' }]);
  const [again, fresh] = await createTasks(db, ann, [{ title: 'a', idempotencyKey: 'k' }, { title: 'b' }]);
  expect(again!.id).toBe(first!.id);
  expect(fresh!.title).toBe('b');
  await expect(createTasks(db, ann, [{ title: 'c' }, { title: 'other', idempotencyKey: 'k' }])).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
    details: { index: 1 },
  });
  expect(await count()).toBe(2);
});
