import { describe, expect, test } from 'vitest';
import { rawRequest } from '../support/http.ts';
import { type Caller, testHub } from '../support/hub.ts';
import type { Live } from '../support/live.ts';
import { readEvents } from '../support/sse.ts';

const hub = await testHub();
const WATCH =
  'subscription ($agents: [ID!], $after: Cursor) { agentEvents(agents: $agents, after: $after) { cursor op agent { id } } }';
const REGISTER = 'mutation ($id: ID!) { registerAgent(input: { id: $id }) { agent { id } } }';

const transports: Record<string, (variables: object, caller?: Caller) => Promise<Live>> = {
  WebSocket: (variables, caller) => hub.subscribeWs(WATCH, { ...variables }, caller),
  'an event stream': (variables, caller) => hub.subscribeSse(WATCH, { ...variables }, caller),
};

/** The agents of the next events, in order. */
async function take(live: Live, count: number): Promise<string[]> {
  const agents: string[] = [];
  while (agents.length < count) {
    const { data, errors } = await live.take();
    if (errors) throw new Error(JSON.stringify(errors));
    agents.push(data?.['agentEvents'].agent.id);
  }
  return agents;
}

describe.each(Object.keys(transports))('over %s', (transport) => {
  const subscribe = transports[transport] as (typeof transports)[string];
  const named = (names: string[]) => names.map((name) => `${name}-${transport.length}`);

  test('a subscriber sees what is written through the API and by plain SQL, and resumes without gap or double', async () => {
    const agents = named(['ada', 'bob', 'cid', 'dot']);
    const [ada, bob, cid, dot] = agents;
    const live = await subscribe({ agents });
    await hub.data(REGISTER, { id: ada });
    await hub.pg.query('insert into agents (agent_id) values ($1)', [bob]);
    expect(await take(live, 2)).toEqual([ada, bob]);
    const after = live.cursor;
    expect(after).toMatch(/^[0-9a-f]{12}-/);
    await live.close();

    await hub.data(REGISTER, { id: cid });
    const resumed = await subscribe({ agents, after });
    await hub.data(REGISTER, { id: dot });
    expect(await take(resumed, 2)).toEqual([cid, dot]);
    await resumed.close();
  });

  test('the cursor of a query that was asked before is where a subscription may begin', async () => {
    const agents = named(['eva']);
    const { feedCursor } = await hub.data('{ feedCursor }');
    await hub.data(REGISTER, { id: agents[0] });
    const live = await subscribe({ agents, after: feedCursor });
    expect(await take(live, 1)).toEqual(agents);
    await live.close();
  });

  test.each([
    ['nonsense', 'CURSOR_INVALID'],
    ['000000000000-1', 'CURSOR_INVALID'],
  ])('the cursor %s is refused plainly', async (after, code) => {
    const live = await subscribe({ after });
    expect((await live.take()).errors?.[0]?.extensions).toMatchObject({ code });
    expect((await live.next()).done).toBe(true);
  });

  test('a client that has gone is forgotten', async () => {
    const before = await subscribers();
    const live = await subscribe({ agents: ['nobody'] });
    expect(await subscribers()).toBe(before + 1);
    await live.close();
    await expect.poll(subscribers).toBe(before);
  });
});

test('a client that goes while its stream begins is forgotten too', async () => {
  const { feedCursor: after } = await hub.data('{ feedCursor }');
  const begun = await metric('rookery_operation_seconds_count{type="subscription"}');
  await hub.pg.query('begin');
  await hub.pg.query('lock table rookery.feed in access exclusive mode');
  const abort = new AbortController();
  const body = JSON.stringify({ query: WATCH, variables: { after } });
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const request = fetch(`${hub.url}/graphql`, { method: 'POST', body, headers, signal: abort.signal });
  await expect.poll(() => metric('rookery_event_streams')).toBe(1);
  abort.abort();
  await expect(request).rejects.toThrow();
  await expect.poll(() => metric('rookery_event_streams')).toBe(0);
  await hub.pg.query('commit');
  await expect.poll(() => metric('rookery_operation_seconds_count{type="subscription"}')).toBe(begun + 1);
  await expect.poll(subscribers).toBe(0);
});

describe('an EventSource', () => {
  const address = (query: string, variables: object) =>
    `${hub.url}/graphql?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(JSON.stringify(variables))}`;

  test('reconnects to the same address, and Last-Event-ID says where it was', async () => {
    const { feedCursor: after } = await hub.data('{ feedCursor }');
    const url = address(WATCH, { after, agents: ['flo', 'gus'] });
    const abort = new AbortController();
    const open = (headers: Record<string, string>) =>
      fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: abort.signal });

    await hub.data(REGISTER, { id: 'flo' });
    const first = await readOne(await open({}));
    expect(first.agent).toBe('flo');
    await hub.data(REGISTER, { id: 'gus' });
    const second = await readOne(await open({ 'last-event-id': first.id }));
    expect(second.agent).toBe('gus');
    expect(second.cursor).toBe(second.id);
    abort.abort();
  });

  test('gets a query answered too, and the end of it', async () => {
    const response = await fetch(address('{ viewer { role } }', {}), { headers: { accept: 'text/event-stream' } });
    expect(await response.text()).toBe(
      ':\n\nevent: next\ndata: {"data":{"viewer":{"role":"OPERATOR"}}}\n\nevent: complete\ndata:\n\n',
    );
  });
});

test('a subscription asked for as JSON is refused, and it is said how to ask', async () => {
  for (const method of ['POST', 'GET']) {
    const { status, json } = await rawRequest(hub.url, {
      method,
      path:
        method === 'GET'
          ? `/graphql?query=${encodeURIComponent('subscription { agentEvents { cursor } }')}`
          : '/graphql',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      ...(method === 'POST' ? { body: JSON.stringify({ query: 'subscription { agentEvents { cursor } }' }) } : {}),
    });
    expect(status).toBe(406);
    expect(json.errors?.[0]?.message).toContain('text/event-stream');
  }
});

test('queries and mutations go over WebSocket too', async () => {
  const socket = hub.connectWs({ agent: 'hal' });
  const viewer = await socket.subscribe('{ viewer { agentId } }');
  expect(await viewer.take()).toEqual({ data: { viewer: { agentId: 'hal' } } });
  const registered = await socket.subscribe(REGISTER, { id: 'hal' });
  expect(await registered.take()).toEqual({ data: { registerAgent: { agent: { id: 'hal' } } } });
  expect((await registered.next()).done).toBe(true);
  const wrong = await socket.subscribe('{ nothing }');
  await expect(wrong.take()).rejects.toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
  await socket.close();
});

async function readOne(response: Response): Promise<{ id: string; agent: string; cursor: string }> {
  for await (const { id, data } of readEvents(response.body as ReadableStream<Uint8Array>)) {
    const { agent, cursor } = JSON.parse(data).data.agentEvents;
    return { id: id as string, agent: agent.id, cursor };
  }
  throw new Error('The stream ended');
}

const subscribers = () => metric('rookery_subscribers');

async function metric(name: string): Promise<number> {
  const metrics = await (await fetch(`${hub.url}/metrics`)).text();
  const line = metrics.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length) ?? 0);
}
