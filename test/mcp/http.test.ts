import { describe, expect, test } from 'vitest';
import { rawRequest } from '../support/http.ts';
import { testHub } from '../support/hub.ts';
import { bareMcp, connectMcp, connectOldMcp, type Headers, type McpClient } from './clients.ts';

const hub = await testHub();
const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
const ACCEPT = { accept: 'application/json, text/event-stream' };

const CLIENTS: [string, (headers: Headers) => Promise<McpClient>][] = [
  ['the official client', (headers) => connectMcp(hub.url, headers)],
  ['the official client at the revision of 2026-07-28', (headers) => connectMcp(hub.url, headers, true)],
  ['the official client of the former line', (headers) => connectOldMcp(hub.url, headers)],
  ['plain HTTP', async (headers) => bareMcp(hub.url, headers)],
];

test.each(CLIENTS)('%s does a task', async (name, connect) => {
  const client = await connect({ 'x-agent': name });
  const type = crypto.randomUUID();
  const { structuredContent: made } = await client.call('create_task', { title: name, type });
  const { id } = made.task;
  const { structuredContent: held } = await client.call('claim', { types: [type] });
  expect(held.task).toMatchObject({ id, assignedTo: name, createdBy: name });
  expect(await client.read(`rookery://tasks/${id}`)).toMatchObject({ id, status: 'IN_PROGRESS', title: name });
  const wrong = await client.call('finish', { id, leaseToken: 'wrong', outcome: 'done' });
  expect([wrong.isError, JSON.parse(wrong.content[0]?.text ?? '').code]).toEqual([true, 'LEASE_LOST']);
  const done = await client.call('finish', { id, leaseToken: held.leaseToken, outcome: 'done' });
  expect(done.structuredContent.task.status).toBe('DONE');
  expect((await client.tools()).map((tool) => tool.name)).toContain('ask_human');
  const text = await client.prompt('briefing');
  expect(text).toContain('`finish` with outcome done');
  expect(text.length / 4).toBeLessThan(1_500);
  await client.close();
});

test('initialize by hand, as curl would', async () => {
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'curl', version: '8' } };
  const { status, text } = await rawRequest(hub.url, {
    path: '/mcp',
    headers: { 'content-type': 'application/json', ...ACCEPT },
    body: JSON.stringify({ ...LIST, method: 'initialize', params }),
  });
  const { result } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
  expect([status, result.protocolVersion, result.serverInfo.name]).toEqual([200, '2025-06-18', 'rookery']);
  expect(result.instructions).toContain('Call start first');
});

test('the resources: inbox and records, or why not', async () => {
  const jean = await connectMcp(hub.url, { 'x-agent': 'jean' });
  await jean.call('start');
  const { structuredContent: message } = await jean.call('send', { to: 'jean', content: 'a note' });
  expect(await jean.read('rookery://inbox')).toMatchObject({ unreadCount: 1, edges: [{ node: { id: message.id } }] });
  expect(await jean.read(`rookery://messages/${message.id}`)).toMatchObject({ content: 'a note' });
  const { structuredContent: entry } = await jean.call('remember', { title: 'T', content: 'C' });
  expect(await jean.read(`rookery://knowledge/${entry.id}`)).toMatchObject({ content: 'C' });
  const { session } = (await jean.call('session', { action: 'create', title: 'S' })).structuredContent;
  expect(await jean.read(`rookery://sessions/${session.id}`)).toMatchObject({ title: 'S', counters: { chunks: 0 } });
  await expect(jean.read('rookery://tasks/999999')).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
  await jean.close();
});

test('where nobody says who is asking, each tool that acts wants to know', async () => {
  const anyone = await connectMcp(hub.url, {});
  const tools = await anyone.tools();
  const asking = tools.filter(({ inputSchema }) => inputSchema.required?.includes('agent')).map(({ name }) => name);
  expect(tools.map(({ name }) => name).filter((name) => !asking.includes(name))).toEqual(['recall', 'status']);
  const told = await anyone.call('start');
  expect(JSON.parse(told.content[0]?.text ?? '')).toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('agent'),
  });
  for (const agent of ['eve', '渡鸦'])
    expect((await anyone.call('start', { agent })).structuredContent.agent).toBe(agent);
  const { structuredContent } = await anyone.call('create_task', { agent: 'eve', title: 'hers' });
  expect((await anyone.call('status', { task: structuredContent.task.id })).structuredContent.task.createdBy).toBe(
    'eve',
  );
  expect((await anyone.call('status', { agent: 'eve' })).structuredContent.agents).toMatchObject([{ id: 'eve' }]);
  await anyone.close();
});

// By the revisions of 2025 a client gives up with a notification, else by hanging up.
test.each(CLIENTS)('a claim that %s no longer waits for takes nothing', async (name, connect) => {
  const agent = `gone: ${name}`;
  const client = await connect({ 'x-agent': agent });
  const type = crypto.randomUUID();
  const abort = new AbortController();
  const waiting = client.call('claim', { types: [type], waitSeconds: 45 }, abort.signal);
  const registered = () => hub.data('query ($id: ID!) { agent(id: $id) { id } }', { id: agent });
  await expect.poll(registered).toEqual({ agent: { id: agent } });
  abort.abort();
  await expect(waiting).rejects.toThrow();
  const made = await hub.data(`mutation { createTask(input: { title: "x", type: "${type}" }) { task { id } } }`);
  const claimed = await bareMcp(hub.url, { 'x-agent': 'here' }).call('claim', { types: [type], waitSeconds: 5 });
  expect(claimed.structuredContent.task?.id).toBe(made.createTask.task.id);
  expect(hub.logged.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  await client.close();
});

describe('what is wrong as such', () => {
  test.each<[string, number, Parameters<typeof rawRequest>[1]]>([
    ['GET', 405, { method: 'GET', headers: ACCEPT }],
    ['DELETE', 405, { method: 'DELETE' }],
    ['a form', 415, { headers: { 'content-type': 'text/plain', ...ACCEPT }, body: JSON.stringify(LIST) }],
    ['no JSON', 400, { headers: { 'content-type': 'application/json', ...ACCEPT }, body: '{' }],
    [
      'a body too long',
      413,
      { headers: { 'content-type': 'application/json', ...ACCEPT }, body: `"${'x'.repeat(1_100_000)}"` },
    ],
  ])('%s', async (_name, status, request) => {
    expect((await rawRequest(hub.url, { path: '/mcp', ...request })).status).toBe(status);
  });

  test('a body too long and of a length not told', async () => {
    const { status, json } = await rawRequest(hub.url, {
      path: '/mcp',
      headers: { 'content-type': 'application/json', ...ACCEPT },
      body: Array.from({ length: 40 }, () => 'x'.repeat(100_000)),
    });
    expect([status, json.errors?.[0]?.extensions['code']]).toEqual([413, 'BAD_INPUT']);
  });

  test.each<[string, Headers]>([
    ['Origin', { origin: 'https://evil.example' }],
    ['Host', { host: 'evil.example' }],
  ])('a foreign %s', async (_name, headers) => {
    const sent = { 'content-type': 'application/json', ...ACCEPT, ...headers };
    const { status, json } = await rawRequest(hub.url, { path: '/mcp', headers: sent, body: JSON.stringify(LIST) });
    expect([status, json.errors?.[0]?.extensions['code']]).toEqual([403, 'FORBIDDEN']);
  });
});

// The last test: from the first token on, open mode is over.
test('with tokens: none, a wrong one, those of an agent and of others', async () => {
  const { secret } = await hub.token({ role: 'agent', agent: 'kim' });
  const { secret: observer } = await hub.token({ role: 'observer' });
  const { secret: operator } = await hub.token({ role: 'operator' });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  await expect(connectMcp(hub.url, { 'x-agent': 'kim' })).rejects.toThrow();
  for (const headers of [{}, bearer('rk_wrong')]) {
    const { status, headers: answered } = await rawRequest(hub.url, {
      path: '/mcp',
      headers: { 'content-type': 'application/json', ...ACCEPT, ...headers },
      body: JSON.stringify(LIST),
    });
    expect([status, answered['www-authenticate']]).toEqual([401, 'Bearer']);
  }
  const kim = await connectMcp(hub.url, bearer(secret));
  expect((await kim.tools()).some(({ inputSchema }) => inputSchema.required?.includes('agent'))).toBe(false);
  expect((await kim.call('start')).structuredContent.agent).toBe('kim');
  const other = await connectMcp(hub.url, { ...bearer(operator), 'x-agent': 'lee' });
  const { id } = (await other.call('send', { to: 'max', content: 'private' })).structuredContent;
  expect((await kim.call('inbox', { id })).isError).toBe(true);
  const looking = await connectMcp(hub.url, bearer(observer));
  const told = await looking.call('create_task', { agent: 'kim', title: 'x' });
  expect(JSON.parse(told.content[0]?.text ?? '').code).toBe('FORBIDDEN');
  expect((await looking.call('status')).structuredContent.overview).toBeDefined();
  await expect(connectMcp(hub.url, { ...bearer(secret), 'x-agent': 'lee' })).rejects.toThrow();
  for (const client of [kim, other, looking]) await client.close();

  // A hub that stops answers those who wait.
  const waiting = bareMcp(hub.url, { ...bearer(operator), 'x-agent': 'nan' }).call('claim', {
    types: ['none'],
    waitSeconds: 45,
  });
  const waits = async () => (await hub.pg.query(`select from agents where agent_id = 'nan'`)).rowCount;
  await expect.poll(waits).toBe(1);
  await hub.hub.close();
  expect((await waiting).structuredContent).toEqual({ next: expect.stringContaining('None is ready') });
});
