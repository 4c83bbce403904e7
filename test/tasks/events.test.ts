import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const ann = { agent: 'ann' };
const bob = { agent: 'bob' };

const CREATE = 'mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }';
const create = async (input: object): Promise<string> =>
  (await hub.data(CREATE, { input: { title: 'A task', ...input } }, ann))['createTask'].task.id;
const claim = async () =>
  (await hub.data('mutation { claimTask { task { id checkpoint status } lease { token } } }', {}, bob))['claimTask'];

test('the event of a deletion arrives whole, whatever was selected of what is gone', async () => {
  const session = (await hub.data('mutation { createSession(input: { title: "S" }) { session { id } } }', {}, ann))[
    'createSession'
  ].session;
  const first = await create({});
  const second = await create({ dependsOn: [first], sessionId: session.id });
  const selection = 'id title dependsOn { id } blockedBy { id } attempts { edges { node { attempt } } } creator { id }';
  const stream = await hub.subscribeSse(
    `subscription { taskEvents(filter: { ops: [DELETE] }) { op task { ${selection} session { id } } } }`,
  );
  await hub.pg.query('delete from agent_tasks where id = $1', [second]);
  expect((await stream.take()).data?.['taskEvents']).toEqual({
    op: 'DELETE',
    task: {
      id: second,
      title: 'A task',
      dependsOn: [],
      blockedBy: [],
      attempts: { edges: [] },
      creator: { id: 'ann' },
      session: null,
    },
  });
  await stream.close();
  await hub.pg.query('delete from agent_tasks');
});

test('a checkpoint is handed to the next attempt, and gone when the task is opened anew', async () => {
  const id = await create({});
  const { task, lease } = await claim();
  expect(task).toMatchObject({ id, checkpoint: null });
  const report = 'mutation ($input: ReportProgressInput!) { reportProgress(input: $input) { task { checkpoint } } }';
  const checkpoint = { page: 12 };
  const told = await hub.data(report, { input: { id, leaseToken: lease.token, checkpoint } }, bob);
  expect(told['reportProgress'].task).toEqual({ checkpoint });
  // What says nothing of it leaves it as it is.
  await hub.data(report, { input: { id, leaseToken: lease.token, progress: 0.5 } }, bob);
  await hub.data(
    'mutation ($input: ReleaseTaskInput!) { releaseTask(input: $input) { task { id } } }',
    { input: { id, leaseToken: lease.token } },
    bob,
  );
  const next = await claim();
  expect(next.task).toMatchObject({ id, checkpoint });
  await hub.data(
    'mutation ($input: CompleteTaskInput!) { completeTask(input: $input) { task { id } } }',
    { input: { id, leaseToken: next.lease.token } },
    bob,
  );
  const reopened = await hub.data(
    'mutation ($input: UpdateTaskInput!) { updateTask(input: $input) { task { checkpoint } } }',
    { input: { id, reopen: true } },
  );
  expect(reopened['updateTask'].task).toEqual({ checkpoint: null });
  await hub.pg.query('delete from agent_tasks');
});

test('who reports on a claimed task has begun it', async () => {
  await create({});
  const { rows } = await hub.pg.query(`select id, lease_token from claim_task('bob')`);
  const { data } = await hub.graphql(
    'mutation ($input: ReportProgressInput!) { reportProgress(input: $input) { task { status } } }',
    { input: { id: rows[0].id, leaseToken: rows[0].lease_token, progress: 0.1 } },
    bob,
  );
  expect(data?.['reportProgress'].task).toEqual({ status: 'IN_PROGRESS' });
});

test('a task is of a session that exists', async () => {
  const input = { title: 'x', sessionId: '4711' };
  const { errors } = await hub.graphql(CREATE, { input }, ann);
  expect(errors?.[0]).toMatchObject({
    message: 'There is no session 4711.',
    extensions: { code: 'NOT_FOUND', sessionId: '4711' },
  });
  const id = await create({});
  const update = 'mutation ($input: UpdateTaskInput!) { updateTask(input: $input) { task { id } } }';
  const refused = await hub.graphql(update, { input: { id, sessionId: '4711' } }, ann);
  expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', sessionId: '4711' });
});

test('a session that psql has locked holds up only those who make tasks of it, and they are told', async () => {
  const { session } = (
    await hub.data('mutation { createSession(input: { title: "Locked" }) { session { id } } }', {}, ann)
  )['createSession'];
  await hub.pg.query('begin');
  await hub.pg.query('select from sessions where id = $1 for update', [session.id]);
  const locked = hub.graphql(CREATE, { input: { title: 'of it', sessionId: session.id } }, ann);
  const asked = hub.graphql(
    'mutation ($id: ID!) { createRequest(input: { kind: QUESTION, subject: "x", sessionId: $id }) { request { id } } }',
    { id: session.id },
    ann,
  );
  // Together with the others of that moment: they have long been answered when these two are told.
  await Promise.all(Array.from({ length: 10 }, () => create({})));
  const first = await Promise.race([locked, asked, create({}).then(() => 'the others')]);
  expect(first).toBe('the others');
  for (const { errors } of [await locked, await asked])
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', busy: true, sessionId: session.id });
  await hub.pg.query('commit');
  await create({ sessionId: session.id });
});
