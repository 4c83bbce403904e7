import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { next, openDocument } from './document.ts';

/** The first source document's SQL, run as its readers would, while GraphQL looks on. */
const hub = await testHub();
const psql = new pg.Client({ connectionString: hub.db });
await psql.connect();
afterAll(() => psql.end());

const document = await openDocument('000-shared-postgres.sql', psql);
const { run } = document;

/** The document speaks of task 8 and message 5: there are that many. */
await psql.query(`insert into agent_tasks (title, created_by) select 'earlier', 'jean' from generate_series(1, 7)`);
await psql.query(
  `insert into agent_messages (from_agent, to_agent, content) select 'jared', 'jean', 'earlier' from generate_series(1, 5)`,
);

test('agent_tasks: create, claim, complete, list', async () => {
  const stream = await hub.subscribeWs(
    'subscription { taskEvents { op previousStatus actor task { id title status priority assignedTo createdBy } } }',
  );
  await run('Create task');
  const task = {
    id: '8',
    title: 'Build CLI wrapper',
    status: 'OPEN',
    priority: 3,
    assignedTo: 'jared',
    createdBy: 'jean',
  };
  const actor = new URL(hub.db).username;
  expect(await next(stream, 'taskEvents', (event) => event.includes('Build CLI'))).toEqual({
    op: 'INSERT',
    previousStatus: null,
    actor,
    task,
  });
  const mine = await psql.query(`select * from agent_tasks where id = 8`);
  expect(mine.rows[0]).toMatchObject({ title: task.title, status: 'open' });

  await run('Claim task');
  const claimed = { ...task, status: 'IN_PROGRESS', assignedTo: 'jean' };
  expect(await next(stream, 'taskEvents')).toEqual({ op: 'UPDATE', previousStatus: 'OPEN', actor, task: claimed });
  expect((await run('List my tasks')).map(({ id }) => String(id))).toEqual(['8']);

  await run('Complete task');
  expect(await next(stream, 'taskEvents')).toMatchObject({
    op: 'UPDATE',
    previousStatus: 'IN_PROGRESS',
    task: { id: '8', status: 'DONE' },
  });
  const seen = await hub.data('{ task(id: "8") { status finishedAt } }');
  expect(seen['task']).toMatchObject({ status: 'DONE', finishedAt: expect.any(String) });

  expect(await run('List open tasks')).toHaveLength(7);
  await stream.close();
});

test('agent_messages: send, look, mark as read, broadcast', async () => {
  const jared = await hub.subscribeSse(
    'subscription { inbox(agent: "jared") { op message { from to type content } } }',
  );
  const jean = await hub.subscribeWs('subscription { inbox(agent: "jean") { op message { id content readAt } } }');
  await run('Send message to Jared');
  expect(await next(jared, 'inbox')).toEqual({
    op: 'INSERT',
    message: { from: 'jean', to: 'jared', type: 'question', content: 'Can you review PR #142?' },
  });

  expect(await run('Check my inbox')).toHaveLength(5);
  await run('Mark as read');
  expect(await next(jean, 'inbox', (event) => event.includes('UPDATE'))).toEqual({
    op: 'UPDATE',
    message: { id: '5', content: 'earlier', readAt: expect.any(String) },
  });
  const inbox = await hub.data('{ inbox(agent: "jean") { unreadCount edges { node { id } } } }');
  expect(inbox['inbox']).toMatchObject({ unreadCount: 4 });

  await run('Broadcast to all agents');
  const broadcast = {
    op: 'INSERT',
    message: { from: 'jean', to: null, type: 'general', content: 'Deploying new version in 5 minutes' },
  };
  expect(await next(jared, 'inbox')).toEqual(broadcast);
  await jared.close();
  await jean.close();
});

test('agent_standups: post, check', async () => {
  const stream = await hub.subscribeWs(
    'subscription { agentEvents(agents: ["jean"]) { agent { id currentTask liveness } } }',
  );
  await run('Post standup');
  expect(await next(stream, 'agentEvents')).toEqual({
    agent: { id: 'jean', currentTask: 'Building shared docs', liveness: 'ONLINE' },
  });
  expect(await run('Check agent status')).toMatchObject([
    { agent_name: 'jean', status: 'online', current_task: 'Building shared docs' },
  ]);
  const { standups } = await hub.data(
    '{ standups(agent: "jean") { edges { node { status currentTask nextActions } } } }',
  );
  expect(standups).toEqual({
    edges: [{ node: { status: 'online', currentTask: 'Building shared docs', nextActions: 'Hook up heartbeat cron' } }],
  });
  await stream.close();
});

test('agent_knowledge: store, search', async () => {
  const stream = await hub.subscribeSse('subscription { knowledgeEvents { op entry { title category } } }');
  await run('Store learning');
  expect(await next(stream, 'knowledgeEvents')).toEqual({
    op: 'INSERT',
    entry: { title: 'Git queue vs Postgres queue', category: 'pattern' },
  });
  expect(await run('Search knowledge')).toHaveLength(1);
  const { knowledgeEntries } = await hub.data(
    '{ knowledgeEntries(filter: { search: "POSTGRES IS BETTER" }) { edges { node { agent metadata } } } }',
  );
  expect(knowledgeEntries).toEqual({
    edges: [{ node: { agent: 'jean', metadata: { tags: ['coordination', 'infrastructure'] } } }],
  });
  await stream.close();
});

test('no statement of the document was left out', () => {
  expect(document.left()).toEqual([]);
});
