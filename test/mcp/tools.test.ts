import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { bareMcp, connectMcp, type ListedTool, type McpClient } from './clients.ts';

const hub = await testHub();
let jean: McpClient;
let ada: McpClient;
let listed: readonly ListedTool[];

beforeAll(async () => {
  jean = await connectMcp(hub.url, { 'x-agent': 'jean' });
  ada = await connectMcp(hub.url, { 'x-agent': 'ada' });
  listed = await jean.tools();
  return async () => {
    await jean.close();
    await ada.close();
  };
});

const ajv = new Ajv2020({ strict: false });

/** The answer of a tool, which is as its output schema says, and the same as text. */
async function does(client: McpClient, name: string, args: Record<string, unknown> = {}) {
  const { isError, structuredContent, content } = await client.call(name, args);
  expect(isError, `${name}: ${content[0]?.text}`).toBeFalsy();
  expect(JSON.parse(content[0]?.text ?? '')).toEqual(structuredContent);
  const schema = listed.find((tool) => tool.name === name)!.outputSchema!;
  expect(ajv.validate(schema, structuredContent), `${name}: ${ajv.errorsText()}`).toBe(true);
  return structuredContent;
}

/** What a tool says when it fails: a code, and what to do next. */
async function fails(client: McpClient, name: string, args: Record<string, unknown>) {
  const { isError, structuredContent, content } = await client.call(name, args);
  expect(isError, `${name} ${JSON.stringify(args)}`).toBe(true);
  expect(structuredContent).toBeUndefined();
  const told = JSON.parse(content[0]?.text ?? '');
  expect(told).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), message: expect.stringMatching(/./) });
  expect(told.next.length).toBeGreaterThan(20);
  return told;
}

test('the list is short and says what a model needs', () => {
  expect(listed.length).toBeLessThanOrEqual(14);
  for (const { name, title, description, annotations, inputSchema, outputSchema } of listed) {
    expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]{1,30}$/);
    expect(title).toBeTruthy();
    expect(description!.length).toBeGreaterThan(50);
    const hints = Object.keys(annotations!).sort();
    const changes = ['destructiveHint', 'idempotentHint', 'openWorldHint', 'readOnlyHint'];
    expect(hints).toEqual(annotations!.readOnlyHint ? ['openWorldHint', 'readOnlyHint'] : changes);
    expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
    // The agent is known by its header here, so no tool asks for it.
    expect(inputSchema.required ?? []).not.toContain('agent');
    expect(outputSchema).toMatchObject({ type: 'object' });
  }
});

test('the list costs a conversation under 6,000 tokens, also where each tool asks for the name', async () => {
  for (const tools of [listed, await bareMcp(hub.url, {}).tools()])
    expect(JSON.stringify(tools).length / 4).toBeLessThan(6_000);
});

test('docs/mcp.md has every tool, and settings that are JSON', async () => {
  const page = await readFile('docs/mcp.md', 'utf8');
  expect([...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)).toEqual(listed.map(({ name }) => name));
  for (const [, block] of page.matchAll(/^```json\n(.*?)^```/gms)) JSON.parse(block!);
});

test('start shows in one call what awaits an agent', async () => {
  await does(ada, 'start', { type: 'review', capabilities: ['sql'] });
  expect(await does(jean, 'start', { type: 'code' })).toEqual({
    agent: 'jean',
    instance: 'default',
    state: 'ACTIVE',
    unread: 0,
    messages: [],
    holding: [],
    ready: [],
  });
  const { id } = await does(ada, 'send', { to: 'jean', content: 'The build is red.', type: 'alert' });
  const { task } = await does(ada, 'create_task', { title: 'mend the build', type: 'code', priority: 1 });
  await does(ada, 'create_task', { title: 'for ada alone', type: 'code', assignedTo: 'ada' });
  const { task: own } = await does(ada, 'create_task', { title: 'for jean alone', type: 'doc', assignedTo: 'jean' });
  const desk = await does(jean, 'start');
  expect(desk).toMatchObject({
    unread: 1,
    messages: [{ id, from: 'ada', type: 'alert', content: 'The build is red.' }],
    signals: { unread: 1, urgent: 1 },
  });
  expect(desk.ready.map((it: { id: string }) => it.id)).toEqual([own.id, task.id]);
  const { agent } = await hub.data('{ agent(id: "jean") { state type heartbeatIntervalSeconds } }');
  expect(agent).toEqual({ state: 'ACTIVE', type: 'code', heartbeatIntervalSeconds: 300 });
  // A person's word stands, also when it starts again.
  await hub.data('mutation { transitionAgent(input: { agent: "jean", to: MAINTENANCE }) { agent { state } } }');
  expect((await does(jean, 'start')).state).toBe('MAINTENANCE');
  // Nor does it matter that another process of it, such as tq, has just begun.
  await hub.data('mutation { heartbeat { agent { state } } }', {}, { agent: 'mia', instance: 'tq' });
  const mia = await connectMcp(hub.url, { 'x-agent': 'mia' });
  expect((await does(mia, 'start')).state).toBe('INITIALIZING');
  await mia.close();
  expect(await does(jean, 'inbox', { markRead: [id] })).toMatchObject({ unread: 0, messages: [] });
  for (const client of [jean, ada]) {
    const { task: mine, leaseToken } = await does(client, 'claim', { types: ['code', 'doc'] });
    await does(client, 'finish', { id: mine.id, leaseToken, outcome: 'done' });
  }
});

test('a task from its creation to its end, by lease', async () => {
  await does(ada, 'claim', { types: ['code'] });
  const long = 'x'.repeat(30_000);
  const { task } = await does(ada, 'create_task', {
    title: 'count',
    description: long,
    type: 'count',
    input: { from: 1 },
    idempotencyKey: 'count',
  });
  const again = { title: 'count', description: long, type: 'count', input: { from: 1 }, idempotencyKey: 'count' };
  expect((await does(ada, 'create_task', again)).task.id).toBe(task.id);
  const held = await does(jean, 'claim', { types: ['count'] });
  expect(held).toMatchObject({ task: { id: task.id, status: 'IN_PROGRESS', input: { from: 1 } }, fence: 1 });
  expect(held.task.description).toMatch(
    /x… \[10000 more characters: call status with task \d+, field description, offset 20000\]$/,
  );
  const { id } = task;
  expect((await does(jean, 'status', { task: id, field: 'description', offset: 20_000 })).text).toBe(
    'x'.repeat(10_000),
  );
  expect(await does(ada, 'claim', { types: ['count'] })).toEqual({ next: expect.stringContaining('waitSeconds') });
  const { leaseToken } = held;
  const renewed = await does(jean, 'progress', { id, leaseToken, progress: 0.5, note: 'half', checkpoint: { at: 5 } });
  expect(Date.parse(renewed.leaseExpiresAt)).toBeGreaterThan(Date.parse(held.leaseExpiresAt));
  expect((await does(jean, 'start')).holding).toMatchObject([{ id, assignedInstance: 'default' }]);
  expect((await does(ada, 'status', { task: id })).task).toMatchObject({
    assignedTo: 'jean',
    progressNote: 'half',
    waitingOn: [expect.stringMatching(/^Held by jean/)],
  });

  const lost = await fails(ada, 'finish', { id, leaseToken: 'guessed', outcome: 'done' });
  expect(lost).toMatchObject({
    code: 'LEASE_LOST',
    holder: 'jean',
    next: expect.stringContaining('Stop working on it'),
  });
  expect((await fails(ada, 'claim', { id })).code).toBe('CONFLICT');
  await does(jean, 'finish', { id, leaseToken, outcome: 'released' });
  const second = await does(ada, 'claim', { id });
  expect(second).toMatchObject({ task: { checkpoint: { at: 5 } }, fence: 2 });
  expect((await fails(ada, 'finish', { id, leaseToken: second.leaseToken, outcome: 'failed' })).code).toBe('BAD_INPUT');
  const failed = { id, leaseToken: second.leaseToken, outcome: 'failed', error: 'no numbers', retryable: false };
  expect((await does(ada, 'finish', failed)).task).toMatchObject({ id, status: 'FAILED' });
  expect((await fails(jean, 'progress', { id, leaseToken })).code).toBe('LEASE_LOST');
  expect((await fails(jean, 'progress', { id: '999999', leaseToken })).code).toBe('NOT_FOUND');
});

test('a beat renews what is held, and tells of a task that was cancelled', async () => {
  const { task } = await does(ada, 'create_task', { title: 'too long', type: 'long' });
  const held = await does(jean, 'claim', { types: ['long'], leaseSeconds: 60 });
  // A beat renews what has run for a quarter of its time.
  await hub.pg.query(
    `update agent_tasks set lease_expires_at = lease_expires_at - interval '30 s' where id = ${task.id}`,
  );
  const { nextBeatInSeconds, signals } = await does(jean, 'beat', { currentTask: 'too long', status: 'BUSY' });
  expect([nextBeatInSeconds, signals]).toEqual([300, undefined]);
  const after = (await does(jean, 'status', { task: task.id })).task;
  expect(Date.parse(after.leaseExpiresAt)).toBeGreaterThan(Date.parse(held.leaseExpiresAt));
  expect((await does(ada, 'status', { agent: 'jean' })).agents).toMatchObject([
    { id: 'jean', status: 'BUSY', currentTask: 'too long', liveness: 'ONLINE' },
  ]);
  await hub.data(
    `mutation { cancelTask(input: { id: "${task.id}", reason: "no" }) { task { id } } }`,
    {},
    { agent: 'ada' },
  );
  expect((await does(jean, 'beat', { currentTask: '' })).signals).toEqual({ cancelled: [task.id] });
  expect((await does(ada, 'status', { agent: 'jean' })).agents[0].currentTask).toBeUndefined();
});

test('messages: threads, receipts, and a long one in parts', async () => {
  const { id, threadId } = await does(jean, 'send', { to: 'ada', content: 'y'.repeat(25_000), idempotencyKey: 'm' });
  expect(threadId).toBe(id);
  const { id: reply } = await does(ada, 'send', { to: 'jean', content: 'Thanks.', type: 'response', replyTo: id });
  expect((await does(jean, 'inbox')).messages).toMatchObject([{ id: reply, threadId: id }]);
  const page = await does(ada, 'inbox', { first: 1 });
  expect(page.messages[0].content).toMatch(/^y+… \[23000 more characters: call inbox with id \d+, offset 2000\]$/);
  expect((await does(ada, 'inbox', { id, offset: 24_999 })).messages[0].content).toBe('y');
  expect(await does(ada, 'inbox', { acknowledge: [id], first: 0 })).toEqual({ unread: 0, messages: [] });
  expect((await does(ada, 'inbox', { all: true })).messages.map((it: { id: string }) => it.id)).toContain(id);
  await does(ada, 'send', { to: '*', content: 'To all.' });
  expect((await does(jean, 'inbox')).messages.at(-1)).toMatchObject({ content: 'To all.', from: 'ada' });
  expect((await fails(jean, 'send', { to: 'ada', content: 'x', replyTo: '999999' })).code).toBe('NOT_FOUND');
  expect((await fails(jean, 'inbox', { id: '999999' })).code).toBe('NOT_FOUND');
});

test('knowledge: written down, found, replaced', async () => {
  const first = await does(jean, 'remember', { title: 'Green builds', content: 'Run the linter.', tags: ['ci'] });
  const { id } = await does(ada, 'remember', {
    title: 'Green builds',
    content: 'Run npm check.',
    supersedes: first.id,
  });
  expect((await does(jean, 'recall', { query: 'check' })).entries).toMatchObject([
    { id, content: 'Green builds\nRun npm **check**' },
  ]);
  expect((await does(jean, 'recall', { tags: ['ci'] })).entries).toMatchObject([{ id, agent: 'ada' }]);
  expect((await does(jean, 'recall', { id: first.id })).entries).toMatchObject([{ supersededBy: id }]);
  expect((await fails(jean, 'recall', { id: '999999' })).code).toBe('NOT_FOUND');
  expect((await fails(jean, 'remember', { title: 'x', content: 'y', supersedes: first.id })).code).toBe('CONFLICT');
});

test('a session of two', async () => {
  const { session } = await does(jean, 'session', { action: 'create', title: 'Design' });
  const { id } = session;
  expect((await does(ada, 'session', { action: 'join', id })).session.participants).toEqual(['jean', 'ada']);
  expect((await does(ada, 'session', { action: 'append', id, content: 'Bees?' })).chunks).toEqual([{ number: 1 }]);
  await does(jean, 'session', { action: 'append', id, content: 'z'.repeat(5_000) });
  await does(jean, 'session', { action: 'remember', id, key: 'animal', content: 'bees', memoryType: 'DECISION' });
  await does(jean, 'session', { action: 'save', id, name: 'plan.md', content: 'Keep bees.' });
  const whole = await does(ada, 'session', { action: 'read', id });
  expect(whole).toMatchObject({
    session: { title: 'Design', counters: { chunks: 2 } },
    chunks: [{ number: 1, author: 'ada', content: 'Bees?' }, { number: 2 }],
    memories: [{ key: 'animal', content: 'bees', type: 'DECISION' }],
    artifacts: [{ name: 'plan.md', version: 1 }],
  });
  expect(whole.chunks[1].content).toMatch(/from 2, offset 4000\]$/);
  const rest = await does(ada, 'session', { action: 'read', id, from: 2, offset: 4_000 });
  expect(rest.chunks[0].content).toBe('z'.repeat(1_000));
  expect((await does(ada, 'session', { action: 'read', id, name: 'plan.md' })).artifacts[0].content).toBe('Keep bees.');
  expect((await does(ada, 'session', { action: 'read', id, key: 'animal' })).memories[0].content).toBe('bees');
  const { matches } = await does(ada, 'session', { action: 'search', query: 'bees', id });
  expect(matches.map((it: { kind: string }) => it.kind).sort()).toEqual(['ARTIFACT', 'CHUNK', 'MEMORY']);
  await does(ada, 'session', { action: 'leave', id });
  expect((await does(jean, 'session', { action: 'complete', id, summary: 'Bees.' })).session.status).toBe('COMPLETED');
  expect((await does(jean, 'session', { action: 'list' })).sessions).toEqual([]);
  expect((await fails(jean, 'session', { action: 'append', id, content: 'x' })).code).toBe('CONFLICT');
  expect(await fails(jean, 'session', { action: 'append', id })).toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('content'),
  });
});

test('a queue, with receipts', async () => {
  await does(jean, 'queue', { action: 'create', queue: 'mail', maxReads: 2 });
  const { id } = await does(jean, 'queue', { action: 'send', queue: 'mail', body: { to: 'x' } });
  const { messages } = await does(ada, 'queue', { action: 'read', queue: 'mail' });
  expect(messages).toMatchObject([{ id, body: { to: 'x' }, sentBy: 'jean' }]);
  const [{ receipt }] = messages;
  const held = { queue: 'mail', messages: [{ id, receipt }] };
  expect((await does(ada, 'queue', { action: 'extend', ...held })).settled).toEqual([id]);
  const wrong = { action: 'delete', queue: 'mail', messages: [{ id, receipt: crypto.randomUUID() }] };
  expect((await fails(jean, 'queue', wrong)).code).toBe('LEASE_LOST');
  expect((await does(ada, 'queue', { action: 'archive', ...held })).settled).toEqual([id]);
  const second = await does(jean, 'queue', { action: 'send', queue: 'mail', body: {} });
  const [last] = (await does(ada, 'queue', { action: 'read', queue: 'mail', waitSeconds: 5 })).messages;
  const settled = { action: 'delete', queue: 'mail', messages: [{ id: last.id, receipt: last.receipt }] };
  expect((await does(ada, 'queue', settled)).settled).toEqual([second.id]);
  expect((await does(ada, 'queue', { action: 'list' })).queues).toMatchObject([{ name: 'mail', length: 0 }, {}]);
  expect((await fails(ada, 'queue', { action: 'read', queue: 'none' })).code).toBe('NOT_FOUND');
  expect((await fails(ada, 'queue', { action: 'send', queue: 'mail' })).code).toBe('BAD_INPUT');
});

test('an approval is asked for, waited for, and used once; a question is answered; a request is taken back', async () => {
  const decide = (id: string, decision: string, more = '') =>
    hub.data(`mutation { respondToRequest(input: { id: "${id}", decision: ${decision} ${more} }) { request { id } } }`);
  const asked = { kind: 'APPROVAL', subject: 'May I deploy?', arguments: { to: 'live' }, waitSeconds: 0 };
  const { id, status, next } = await does(jean, 'ask_human', asked);
  expect([status, next]).toEqual(['OPEN', expect.stringContaining(`id ${id}`)]);
  expect((await fails(jean, 'ask_human', { action: 'use', id, arguments: { to: 'live' } })).code).toBe('CONFLICT');
  const waiting = does(jean, 'ask_human', { action: 'wait', id, waitSeconds: 45 });
  await decide(id, 'EDIT', 'arguments: { to: "test" }, comment: "not yet"');
  const decided = await waiting;
  expect(decided).toMatchObject({
    status: 'DECIDED',
    decision: 'EDIT',
    arguments: { to: 'test' },
    decidedBy: 'operator',
  });
  expect(decided.comments).toEqual(['operator: not yet']);
  expect((await fails(jean, 'ask_human', { action: 'use', id, arguments: { to: 'live' } })).code).toBe('BAD_INPUT');
  const use = { action: 'use', id, arguments: { to: 'test' } };
  expect((await does(jean, 'ask_human', use)).next).toContain('this once');
  expect((await fails(jean, 'ask_human', use)).code).toBe('CONFLICT');

  const question = { kind: 'QUESTION', subject: 'Which?', options: ['a', 'b'], waitSeconds: 0, idempotencyKey: 'q' };
  const which = await does(jean, 'ask_human', question);
  await decide(which.id, 'ANSWER', 'answer: "b"');
  expect((await does(ada, 'send', { to: 'x', content: 'y' })).signals?.answers).toBeUndefined();
  expect((await does(jean, 'send', { to: 'x', content: 'y' })).signals?.answers).toBe(1);
  expect(await does(jean, 'ask_human', { action: 'wait', id: which.id })).toMatchObject({
    decision: 'ANSWER',
    answer: 'b',
  });

  const help = await does(jean, 'ask_human', { kind: 'HELP', subject: 'Stuck', waitSeconds: 0 });
  expect((await does(jean, 'ask_human', { action: 'cancel', id: help.id })).status).toBe('CANCELLED');
  expect((await fails(jean, 'ask_human', { subject: 'no kind' })).code).toBe('BAD_INPUT');

  const peer = await does(jean, 'ask_human', { kind: 'QUESTION', subject: 'Ada?', to: 'ada', waitSeconds: 0 });
  expect(await does(ada, 'ask_human', { action: 'list' })).toMatchObject({
    requests: [{ id: peer.id, from: 'jean', kind: 'QUESTION', subject: 'Ada?' }],
  });
  const answer = { action: 'answer', id: peer.id, decision: 'ANSWER', answer: { yes: true }, comment: 'Sure.' };
  expect((await does(ada, 'ask_human', answer)).status).toBe('DECIDED');
  expect(await does(jean, 'ask_human', { action: 'wait', id: peer.id })).toMatchObject({ answer: { yes: true } });
  const late = { action: 'answer', id: peer.id, decision: 'REJECT' };
  expect((await fails(bareMcp(hub.url, { 'x-agent': 'max' }), 'ask_human', late)).code).toBe('ALREADY_DECIDED');
});

test('status shows the whole, lists, and what there is not', async () => {
  const all = await does(jean, 'status');
  expect(all).toMatchObject({
    you: 'jean',
    overview: { agents: { online: 4 } },
    agents: [{ id: 'ada' }, { id: 'jean' }, { id: 'max' }, { id: 'mia' }],
  });
  for (const title of ['find me 1', 'find me 2']) await does(ada, 'create_task', { title, type: 'hidden' });
  const page = await does(jean, 'status', { search: 'FIND me', first: 1 });
  expect(page.tasks).toMatchObject([{ title: 'find me 2' }]);
  const rest = await does(jean, 'status', { search: 'FIND me', first: 1, after: page.next });
  expect([rest.tasks[0].title, rest.next]).toEqual(['find me 1', undefined]);
  expect((await does(jean, 'status', { tasks: 'ready', type: 'hidden' })).tasks).toHaveLength(2);
  expect((await does(jean, 'status', { tasks: 'finished', assignedTo: 'ada' })).tasks.length).toBeGreaterThan(0);
  expect((await fails(jean, 'status', { task: '999999' })).code).toBe('NOT_FOUND');
  expect((await fails(jean, 'status', { agent: 'nobody' })).code).toBe('NOT_FOUND');
});

test('wrong arguments are named', async () => {
  const told = await fails(jean, 'claim', { leaseSeconds: 1, colour: 'red' });
  expect(told).toMatchObject({ code: 'BAD_INPUT', message: expect.stringMatching(/leaseSeconds.*colour/) });
  expect(JSON.stringify(told)).not.toContain('INTERNAL');
});
