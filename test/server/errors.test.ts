import { describe, expect, test } from 'vitest';
import { postJson, rawRequest } from '../support/http.ts';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const STRICT = { accept: 'application/graphql-response+json' };

async function ask(query: string, variables?: object, headers?: Record<string, string>) {
  const { status, json } = await postJson(hub.url, { query, variables }, headers);
  const { message = '', extensions = {} } = json.errors?.[0] ?? {};
  return { status, message, code: extensions['code'], extensions };
}

describe('what the caller wrote wrong is told, with a code', () => {
  test.each([
    ['{ viewer', undefined, 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', undefined, 'GRAPHQL_VALIDATION_FAILED'],
    ['query A { __typename } query B { __typename }', undefined, 'BAD_INPUT'],
    ['query ($id: ID!) { task(id: $id) { id } }', { id: [1] }, 'BAD_INPUT'],
    ['query ($id: ID!) { task(id: $id) { id } }', { id: 'seven' }, 'BAD_INPUT'],
    ['query ($n: Int!) { agents(first: $n) { edges { cursor } } }', { n: -1 }, 'BAD_INPUT'],
    ['subscription { agentEvents(after: "x") { cursor } }', undefined, 'BAD_INPUT'],
  ])('%s', async (query, variables, code) => {
    expect(await ask(query, variables)).toMatchObject({ code, message: expect.stringMatching(/\w/) });
  });

  test('of an input, with the path of each field', async () => {
    const { message, extensions } = await ask('mutation { createTask(input: { title: "" }) { task { id } } }');
    expect(extensions).toMatchObject({ code: 'BAD_INPUT', issues: [{ path: 'input.title' }] });
    expect(message).toMatch(/^input\.title: \w/);
  });

  test('with status 200 as application/json and 400 as application/graphql-response+json', async () => {
    expect(await ask('{ nothing }')).toMatchObject({ status: 200 });
    expect(await ask('{ nothing }', {}, STRICT)).toMatchObject({ status: 400 });
  });
});

test('who only looks by is told what is missing, and nothing is logged as a fault of the hub', async () => {
  const response = await fetch(`${hub.url}/graphql`, { headers: { accept: '*/*' } });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_INPUT' } }] });
  expect(hub.logged.filter(({ level }) => (level as number) >= 50)).toEqual([]);
});

describe('a request that is wrong as such has a status of its own', () => {
  const PURGE = 'mutation { purgeQueue(input: { queue: "x" }) { __typename } }';
  const JSON_BODY = { 'content-type': 'application/json' };
  test.each([
    ['a mutation by GET', 405, { method: 'GET', path: `/graphql?query=${encodeURIComponent(PURGE)}` }],
    ['another method', 405, { method: 'PUT', headers: JSON_BODY, body: '{"query":"{ __typename }"}' }],
    ['a stream not asked for', 406, { headers: JSON_BODY, body: '{"query":"subscription { taskEvents { cursor } }"}' }],
    ['no type to answer', 406, { headers: { ...JSON_BODY, accept: 'image/png' }, body: '{"query":"{ __typename }"}' }],
    [
      'no type to answer a GET',
      406,
      { method: 'GET', path: '/graphql?query={__typename}', headers: { accept: 'image/png' } },
    ],
    ['a form', 415, { headers: { 'content-type': 'text/plain' }, body: '{"query":"{ __typename }"}' }],
    ['no JSON', 400, { headers: JSON_BODY, body: '{' }],
    ['another path', 404, { method: 'GET', path: '/elsewhere' }],
  ])('%s: %i', async (_what, status, request) => {
    const answer = await rawRequest(hub.url, request);
    expect(answer).toMatchObject({ status, json: { errors: [{ message: expect.stringMatching(/\w/) }] } });
  });
});

describe('what went wrong inside', () => {
  test('is masked, and logged under the id the caller is told', async () => {
    await hub.pg.query('alter table agents rename to agents_elsewhere');
    const { status, message, code, extensions } = await ask(
      '{ agents { edges { node { id } } } }',
      {},
      { ...STRICT, 'x-request-id': 'r-1' },
    );
    await hub.pg.query('alter table agents_elsewhere rename to agents');

    expect({ status, code }).toEqual({ status: 500, code: 'INTERNAL' });
    expect(message).toBe('Unexpected error (request r-1)');
    expect(JSON.stringify(extensions)).not.toContain('agents');
    const logged = hub.logged.find((line) => line['requestId'] === 'r-1');
    expect(JSON.stringify(logged)).toContain('agents');
  });

  test('a token in a log line is masked', async () => {
    const { secret } = await hub.token({});
    await ask('{ viewer { role } }', {}, { authorization: `Bearer ${secret}` });
    expect(JSON.stringify(hub.logged)).not.toContain(secret);
  });
});
