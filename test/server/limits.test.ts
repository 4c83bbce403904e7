import { once } from 'node:events';
import { getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { LIMITS } from '../../src/server/limits.ts';
import { MAX_BODY } from '../../src/server/post.ts';
import { postJson, rawRequest } from '../support/http.ts';
import { testHub } from '../support/hub.ts';

const hub = await testHub({ env: { MAX_SOCKETS: '20', MAX_OPERATIONS_PER_SOCKET: '100' } });
const EVENT_STREAM = { accept: 'text/event-stream' };

async function codeOf(query: string): Promise<unknown> {
  const { json } = await postJson(hub.url, { query });
  return json.errors?.[0]?.extensions['code'];
}

/** A valid request of exactly this many bytes. */
function bodyOf(bytes: number): string {
  const body = JSON.stringify({ query: '{ __typename }', extensions: { padding: '' } });
  return body.replace('""', `"${'x'.repeat(bytes - body.length)}"`);
}

/** What the hub takes for faults of its own. */
const faults = () => hub.logged.filter(({ level }) => Number(level) >= 50);

test.each([
  ['a value', 'mutation ($x: JSON!) { createTask(input: { title: "x", input: $x }) { task { id } } }'],
  ['what nobody asked for', 'subscription { agentEvents { cursor } }'],
])('variables are not too deep for the stack: %s', async (_what, query) => {
  const post = (levels: number) => {
    const body = `{"query":${JSON.stringify(query)},"variables":{"x":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}}`;
    return rawRequest(hub.url, { headers: { 'content-type': 'application/json' }, body });
  };
  for (const levels of [100, 100_000]) {
    const { json } = await post(levels);
    expect(json.errors?.[0]).toMatchObject({
      message: 'Variables may be nested 100 levels deep.',
      extensions: { code: 'BAD_INPUT' },
    });
  }
  expect((await post(99)).text).not.toContain('nested');
  expect(faults()).toEqual([]);
});

describe('the body', () => {
  const headers = { 'content-type': 'application/json' };

  test('may have 1 MiB', async () => {
    expect((await rawRequest(hub.url, { headers, body: bodyOf(MAX_BODY) })).status).toBe(200);
  });

  test.each([{}, EVENT_STREAM])('one byte more is 413 (%j)', async (more) => {
    const { status } = await rawRequest(hub.url, { headers: { ...headers, ...more }, body: bodyOf(MAX_BODY + 1) });
    expect(status).toBe(413);
  });

  test.each([{}, EVENT_STREAM])('and so it is when sent in pieces of unknown number (%j)', async (more) => {
    const body = bodyOf(MAX_BODY + 1);
    const pieces = [body.slice(0, 1000), body.slice(1000)];
    const { status } = await rawRequest(hub.url, { headers: { ...headers, ...more }, body: pieces });
    expect(status).toBe(413);
  });
});

describe('a document', () => {
  test('that GraphiQL sends to learn the schema is allowed', async () => {
    const query = getIntrospectionQuery({ descriptions: true, inputValueDeprecation: true, schemaDescription: true });
    expect(await codeOf(query)).toBeUndefined();
  });

  test('of 20,000 aliases has too many tokens to be read', async () => {
    const aliases = Array.from({ length: 20_000 }, (_, i) => `a${i}: __typename`).join(' ');
    expect(await codeOf(`{ ${aliases} }`)).toBe('GRAPHQL_PARSE_FAILED');
  });

  test('of more than 100 aliases is refused', async () => {
    const aliases = (count: number) => `{ ${Array.from({ length: count }, (_, i) => `a${i}: __typename`).join(' ')} }`;
    expect(await codeOf(aliases(LIMITS.aliases + 1))).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(await codeOf(aliases(LIMITS.aliases))).toBeUndefined();
  });

  test('50 levels deep is refused, fragments or not', async () => {
    const deep = `${'{ ofType '.repeat(50)}{ name }${' }'.repeat(50)}`;
    expect(await codeOf(`{ __type(name: "Task") ${deep} }`)).toBe('GRAPHQL_VALIDATION_FAILED');
    const fragments = Array.from({ length: 50 }, (_, i) => `fragment F${i} on __Type { ofType { ...F${i + 1} } }`);
    const query = `{ __type(name: "Task") { ...F0 } } ${fragments.join(' ')} fragment F50 on __Type { name }`;
    expect(await codeOf(query)).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test('whose fragments multiply is refused at once', async () => {
    const spread = (name: string) => Array.from({ length: 9 }, () => `...${name}`).join(' ');
    const fragments = Array.from({ length: 40 }, (_, i) => `fragment F${i} on Query { ${spread(`F${i + 1}`)} }`);
    const query = `{ ...F0 } ${fragments.join(' ')} fragment F40 on Query { __typename }`;
    expect(await codeOf(query)).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test('whose fragments go in a circle is refused', async () => {
    expect(await codeOf('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }')).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
  });

  test('of more than 100 directives is refused', async () => {
    expect(await codeOf(`{ __typename ${'@skip(if: false) '.repeat(101)} }`)).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test('that asks for too much at once is refused before it reads', async () => {
    const nested =
      '{ tasks(first: 200) { edges { node { dependsOn { dependsOn { dependsOn { dependsOn { id } } } } } } } }';
    expect(await codeOf(nested)).toBe('BAD_INPUT');
  });
});

describe('a socket', () => {
  const url = `${hub.url.replace('http', 'ws')}/graphql`;
  const closeOf = (socket: WebSocket) => new Promise((resolve) => socket.once('close', resolve));

  test('runs 100 operations at a time, and the 101st is told so', async () => {
    const socket = hub.connectWs({ agent: 'busy' });
    await socket.connected;
    const running = [];
    for (let i = 0; i < 100; i++) running.push(await socket.subscribe('subscription { agentEvents { cursor } }'));
    const over = await socket.subscribe('subscription { agentEvents { cursor } }');
    await expect(over.take()).rejects.toMatchObject([{ extensions: { code: 'TOO_MANY' } }]);
    await running[0]?.close();
    const again = await socket.subscribe('{ __typename }');
    expect(await again.take()).toEqual({ data: { __typename: 'Query' } });
    await socket.close();
  });

  test('that never says who it is is closed', async () => {
    expect(await closeOf(new WebSocket(url, 'graphql-transport-ws'))).toBe(4408);
  });

  test('that operates before it says who it is is closed', async () => {
    const socket = new WebSocket(url, 'graphql-transport-ws');
    socket.on('open', () => socket.send('{"id":"1","type":"subscribe","payload":{"query":"{ __typename }"}}'));
    expect(await closeOf(socket)).toBe(4401);
  });

  test.each([['graphql-ws'], []])('of the old subprotocol, or of none, is closed (%j)', async (...protocols) => {
    const socket = new WebSocket(url, protocols);
    socket.on('error', () => {});
    expect([4406, 1006]).toContain(await closeOf(socket));
  });

  test('that sends a frame of more than 1 MiB is closed', async () => {
    const socket = new WebSocket(url, 'graphql-transport-ws');
    socket.on('open', () => socket.send('x'.repeat(MAX_BODY + 1)));
    expect(await closeOf(socket)).toBe(1009);
  });

  test.each(['{"type":', '{"type":"connection_ack"}'])(
    'that sends %s, which is no message, is closed',
    async (text) => {
      const socket = new WebSocket(url, 'graphql-transport-ws');
      socket.on('open', () => socket.send(text));
      expect(await closeOf(socket)).toBe(4400);
      expect(faults()).toEqual([]);
    },
  );

  test('more than MAX_SOCKETS, event streams counted, is refused', async () => {
    const streams = [];
    for (let i = 0; i < 10; i++) streams.push(await hub.subscribeSse('subscription { agentEvents { cursor } }'));
    const sockets = [];
    for (let i = 0; i < 10; i++) sockets.push(hub.connectWs());
    for (const each of sockets) await each.connected;

    const refused = new WebSocket(url, 'graphql-transport-ws');
    refused.on('error', () => {});
    const [, response] = await once(refused, 'unexpected-response');
    expect(response.statusCode).toBe(503);
    await expect(hub.subscribeSse('subscription { agentEvents { cursor } }')).rejects.toThrow('429');

    await streams[0]?.close();
    await sockets[0]?.close();
    for (const each of [...streams, ...sockets]) await each.close();
  });
});
