import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { postJson, rawRequest } from '../support/http.ts';
import { testHub } from '../support/hub.ts';

const hub = await testHub({ env: { ALLOWED_ORIGINS: 'https://console.example', ALLOWED_HOSTS: 'hub.example' } });
const own = hub.url.replace('http://', '');
const QUERY = { query: '{ viewer { role } }' };
const MUTATION = 'mutation { registerAgent(input: {}) { agent { id } } }';
const form = (contentType: string, body: string) =>
  rawRequest(hub.url, { headers: { 'content-type': contentType, 'x-agent': 'eve' }, body });

describe('a page of another site', () => {
  test.each(['https://evil.example', 'null', `http://${own}.evil.example`, 'http://localhost:1'])(
    'at %s gets nothing done',
    async (origin) => {
      const { status, headers, json } = await postJson(hub.url, QUERY, { origin });
      expect(status).toBe(403);
      expect(json.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  test('gets no preflight', async () => {
    const { status } = await rawRequest(hub.url, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } });
    expect(status).toBe(403);
  });

  test('cannot open a WebSocket', async () => {
    expect(await upgradeStatus({ origin: 'https://evil.example' })).toBe(403);
  });

  test('cannot open an event stream unasked, as an image for example', async () => {
    const path = `/graphql?query=${encodeURIComponent('subscription { agentEvents { cursor } }')}`;
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', accept: 'text/event-stream' };
    expect((await rawRequest(hub.url, { method: 'GET', path, headers })).status).toBe(403);
  });
});

describe('pages that may', () => {
  test('are the own ones', async () => {
    const { status } = await postJson(hub.url, QUERY, { origin: hub.url });
    expect(status).toBe(200);
  });

  test('and those of ALLOWED_ORIGINS, without credentials', async () => {
    const { status, headers } = await postJson(hub.url, QUERY, { origin: 'https://console.example' });
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBe('https://console.example');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });
});

describe('a foreign Host (DNS rebinding)', () => {
  test.each(['evil.example', 'evil.example:4000', 'localhost.evil.example'])('%j is refused', async (host) => {
    expect((await postJson(hub.url, QUERY, { host })).status).toBe(403);
  });

  test('is refused on WebSocket too', async () => {
    expect(await upgradeStatus({ host: 'evil.example' })).toBe(403);
  });

  test.each(['localhost', 'LOCALHOST:4000', '127.0.0.1:1', '[::1]:4000', 'hub.example'])('%j is none', async (host) => {
    expect((await postJson(hub.url, QUERY, { host })).status).toBe(200);
  });
});

describe('a form', () => {
  test.each([
    ['application/x-www-form-urlencoded', `query=${encodeURIComponent(MUTATION)}`],
    ['text/plain', JSON.stringify({ query: MUTATION })],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="query"\r\n\r\n${MUTATION}\r\n--x--`,
    ],
    ['application/graphql', MUTATION],
    ['application/jsonp', JSON.stringify({ query: MUTATION })],
  ])('of type %s is refused', async (contentType, body) => {
    expect((await form(contentType, body)).status).toBe(415);
  });

  test('without any type is refused', async () => {
    expect((await rawRequest(hub.url, { body: JSON.stringify({ query: MUTATION }) })).status).toBe(415);
  });

  test('did nothing', async () => {
    const { rows } = await hub.pg.query(`select 1 from agents where agent_id = 'eve'`);
    expect(rows).toEqual([]);
  });
});

test('GET carries no mutation, over an event stream neither', async () => {
  const path = `/graphql?query=${encodeURIComponent(MUTATION)}`;
  for (const accept of ['application/json', 'application/graphql-response+json', 'text/event-stream']) {
    const { status } = await rawRequest(hub.url, { method: 'GET', path, headers: { accept, 'x-agent': 'eve' } });
    expect(status).toBe(405);
  }
});

test('batches are refused', async () => {
  const { status, json } = await postJson(hub.url, [QUERY, QUERY]);
  expect(status).toBe(400);
  expect(json.errors?.[0]?.message).toContain('Batches');
});

async function upgradeStatus(headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`ws://${own}/graphql`, 'graphql-transport-ws', { headers });
  socket.on('error', () => {});
  const [, response] = await once(socket, 'unexpected-response');
  response.resume();
  return response.statusCode;
}
