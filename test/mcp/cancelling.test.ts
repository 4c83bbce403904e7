import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type ClientRequest, request, type ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { heldUp } from '../support/locks.ts';
import { bareMcp } from './clients.ts';

const hub = await testHub({ tokens: true });
const JSON_RPC = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

function claim(agent: string, type: string, id = 1) {
  const params = { name: 'claim', arguments: { agent, types: [type], waitSeconds: 45 } };
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params });
}

function post(token: string, headers: Record<string, string> = {}): ClientRequest {
  const sent = { ...JSON_RPC, authorization: `Bearer ${token}`, ...headers };
  return request(`${hub.url}/mcp`, { method: 'POST', headers: sent }).on('error', () => {});
}

const isRegistered = async (agent: string) =>
  (await hub.pg.query('select from agents where agent_id = $1', [agent])).rowCount === 1;

function create(type: string) {
  const variables = { input: { title: 'x', type } };
  const CREATE = 'mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }';
  return hub.data(CREATE, variables, { token: hub.operator, agent: 'eve' });
}

test('who hangs up while it is still asked who is asking takes nothing', async () => {
  const { secret: token } = await hub.token({});
  await bareMcp(hub.url, { authorization: `Bearer ${token}` }).tools();
  // This token is known, so the request gets as far as to wait for its body.
  const answering = arrival();
  const req = post(token);
  req.flushHeaders();
  const answer = await answering;
  await setImmediate();

  // News of another makes the hub ask again whose it is, which a lock holds up.
  await hub.token({});
  await hub.pg.query('begin');
  await hub.pg.query('lock table rookery.tokens in access exclusive mode');
  let asking: Promise<unknown> | undefined;
  const askedAgain = async () => {
    asking ??= hub.graphql('{ viewer { role } }', {}, { token }).then(() => (asking = undefined));
    return heldUp(hub.pg);
  };
  await expect.poll(askedAgain).toBe(1);
  req.end(claim('gone', 'a'));
  await expect.poll(() => heldUp(hub.pg)).toBe(2);
  req.destroy();
  await once(answer, 'close');
  await hub.pg.query('commit');
  await expect.poll(() => isRegistered('gone')).toBe(true);
  // Behind it in line, if it is there.
  const here = bareMcp(hub.url, { authorization: `Bearer ${hub.operator}`, 'x-agent': 'here' });
  const claiming = here.call('claim', { types: ['a'], waitSeconds: 5 });
  await expect.poll(() => isRegistered('here')).toBe(true);
  await create('a');
  expect((await claiming).structuredContent).toHaveProperty('leaseToken');
});

test('only who made a call can cancel it', async () => {
  const { secret: another } = await hub.token({});
  const cancelled = JSON.stringify({
    jsonrpc: '2.0',
    method: 'notifications/cancelled',
    params: { requestId: 7 },
  });
  const mine = { 'mcp-session-id': 'mine' };
  const waiting = post(hub.operator, mine);
  const answered = once(waiting.end(claim('patient', 'b', 7)), 'response');
  await expect.poll(() => isRegistered('patient')).toBe(true);
  const callers: [string, Record<string, string>][] = [
    [another, mine],
    [hub.operator, { 'mcp-session-id': 'theirs' }],
    [hub.operator, {}],
  ];
  for (const [token, headers] of callers) {
    const [{ statusCode }] = await once(post(token, headers).end(cancelled), 'response');
    expect(statusCode).toBe(202);
  }
  await create('b');
  const [answer] = await answered;
  let text = '';
  for await (const chunk of answer) text += chunk;
  expect(text).toContain('leaseToken');
});

/** The answer to the next request, as the hub makes it, which runs in this process. */
function arrival(): Promise<ServerResponse> {
  const CHANNEL = 'http.server.request.start';
  return new Promise((resolve) => {
    const hear = (message: unknown) => resolve((message as { response: ServerResponse }).response);
    subscribe(CHANNEL, hear);
    onTestFinished(() => void unsubscribe(CHANNEL, hear));
  });
}
