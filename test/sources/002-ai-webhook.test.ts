import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { next, openDocument } from './document.ts';

/** The third source document's storage backend, at work on its own tables while GraphQL looks on. */
const hub = await testHub();
const client = new pg.Client({ connectionString: hub.db, options: '-csearch_path=ai_webhook,public' });
await client.connect();
afterAll(() => client.end());
const document = await openDocument('002-ai-webhook.sql', client);
const { run } = document;

const [created] = await run('Session lifecycle: create');
const session = created?.['id'];

test('agents: registry', async () => {
  const stream = await hub.subscribeSse(
    'subscription { agentEvents(agents: ["codex"]) { op agent { status type command capabilities } } }',
  );
  await run('Sample agents');
  expect((await run('Available agents')).map(({ name }) => name)).toEqual(['claude_code', 'codex', 'researcher']);
  await run('Agent busy');
  expect(await next(stream, 'agentEvents', (event) => event.includes('BUSY'))).toEqual({
    op: 'UPDATE',
    agent: { status: 'BUSY', type: 'code', command: 'codex exec', capabilities: ['typescript'] },
  });
});

test('sessions: load, save, list', async () => {
  const stream = await hub.subscribeWs('subscription { sessionEvents { __typename op } }');
  expect(await run('Session lifecycle: load', [session])).toMatchObject([
    { title: 'Relay', participants: ['claude_code', 'codex'], status: 'active' },
  ]);
  await run('Session lifecycle: save', [session]);
  await next(stream, 'sessionEvents', (event) => event.includes('UPDATE'));
  expect(
    (await hub.data('query ($id: ID!) { session(id: $id) { title participants { agentId } } }', { id: session }))[
      'session'
    ],
  ).toEqual({
    title: 'Webhook relay',
    participants: [{ agentId: 'claude_code' }, { agentId: 'researcher' }],
  });
  expect(await run('Listing sessions')).toEqual([{ id: session, title: 'Webhook relay', status: 'active' }]);
});

test('conversation: chunks of any size, found by their words', async () => {
  const stream = await hub.subscribeWs(
    'subscription ($id: ID!) { sessionEvents(sessionId: $id) { op chunk { number format extractedItems } } }',
    {
      id: session,
    },
  );
  const long = `${'The relay forwards webhooks. '.repeat(40_000)} A zeppelin.`;
  expect(await run('Conversation chunk storage', [session, long])).toEqual([{ chunk_id: '1' }]);
  expect(await next(stream, 'sessionEvents', (event) => event.includes('TRANSCRIPT'))).toEqual({
    op: 'INSERT',
    chunk: { number: 1, format: 'TRANSCRIPT', extractedItems: { decisions: ['use PostgreSQL'] } },
  });
  expect(await run('Conversation chunk storage', [session, 'Short.'])).toEqual([{ chunk_id: '2' }]);
  expect((await run('Conversation of a session', [session])).map(({ content }) => content)).toEqual([long, 'Short.']);
  expect(await run('Full-text search of conversations', ['relay webhook'])).toEqual([
    { session_id: session, chunk_id: '1' },
  ]);
});

test('memories and artifacts', async () => {
  await run('Memory storage', [session]);
  await run('Memory storage', [session]);
  const found = { key: 'database', content: { choice: 'PostgreSQL' }, tags: ['infrastructure', 'storage'] };
  expect(await run('Memories by type', [session])).toEqual([found]);
  expect(await run('Memories by tag', [session])).toEqual([{ key: 'database' }]);
  expect(await run('Memory by key', [session])).toEqual([{ type: 'decision', content: found.content }]);
  expect(await run('Full-text search of memories', ['postgresql'])).toEqual([{ key: 'database' }]);

  expect(await run('Artifact storage', [session, 'print(1)'])).toMatchObject([{ version: 1 }]);
  expect(await run('Artifact storage', [session, 'print("webhooks")'])).toMatchObject([{ version: 2 }]);
  expect(await run('Artifacts of a session', [session])).toEqual([
    { type: 'code', name: 'relay.py', content: 'print("webhooks")', format: 'python', metadata: { reviewed: false } },
  ]);
  expect(await run('Full-text search of artifacts', ['webhook'])).toEqual([{ name: 'relay.py' }]);
});

test('tasks: one claim each, and a write takes the task from whoever holds it', async () => {
  const stream = await hub.subscribeWs('subscription { taskEvents { op task { status assignedTo } } }');
  const [task] = await run('Task queue: add', [session]);
  expect(task).toMatchObject({ status: 'pending' });
  expect(await next(stream, 'taskEvents', (event) => event.includes('INSERT'))).toMatchObject({
    task: { status: 'OPEN', assignedTo: 'claude_code' },
  });
  expect(await run('Task queue view')).toEqual([{ id: task?.['id'], status: 'pending', priority: 5 }]);

  const [claimed] = await run('Task queue: claim');
  expect(claimed).toMatchObject({
    id: task?.['id'],
    status: 'claimed',
    agent_name: 'claude_code',
    control_agent: 'relay-1',
  });
  expect(await run('Task queue: claim')).toEqual([]);
  await next(stream, 'taskEvents', (event) => event.includes('CLAIMED'));

  await run('Task queue: run', [task?.['id']]);
  await next(stream, 'taskEvents', (event) => event.includes('IN_PROGRESS'));
  const stale = await hub.graphql(
    'mutation ($input: CompleteTaskInput!) { completeTask(input: $input) { task { id } } }',
    { input: { id: task?.['id'], leaseToken: claimed?.['lease_token'] } },
    { agent: 'claude_code' },
  );
  expect(stale.errors?.[0]?.extensions?.['code']).toBe('LEASE_LOST');
  expect(await run('Task queue: status', [session])).toMatchObject([
    { status: 'running', process_id: 4711, output_data: null },
  ]);

  await run('Task queue: complete', [task?.['id']]);
  await next(stream, 'taskEvents', (event) => event.includes('DONE'));
  expect(await run('Task queue: status', [session])).toMatchObject([
    { status: 'completed', process_id: 4711, output_data: { lines: 12 } },
  ]);

  const [second] = await run('Task queue: add', [session]);
  await run('Task queue: fail', [second?.['id']]);
  const seen = await hub.data('query ($id: ID!) { task(id: $id) { status error title } }', { id: second?.['id'] });
  expect(seen['task']).toEqual({ status: 'FAILED', error: 'no tests', title: 'code for claude_code' });
});

test('summary, pause, resume, complete', async () => {
  expect(await run('Session summary and statistics', [session])).toEqual([
    {
      title: 'Webhook relay',
      status: 'active',
      chunk_count: '2',
      memory_count: '1',
      task_count: '2',
      artifact_count: '1',
    },
  ]);
  await run('Session lifecycle: pause', [session]);
  expect(await run('Active sessions')).toEqual([]);
  await run('Session lifecycle: resume', [session]);
  expect(await run('Active sessions')).toEqual([{ id: session, title: 'Webhook relay' }]);
  await run('Session lifecycle: complete', [session]);
  expect((await hub.data('query ($id: ID!) { session(id: $id) { status } }', { id: session }))['session']).toEqual({
    status: 'COMPLETED',
  });
});

test('no statement was left out', () => {
  expect(document.left()).toEqual([]);
});
