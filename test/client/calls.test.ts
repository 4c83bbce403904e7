import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, expectTypeOf, test } from 'vitest';
import { isQuery } from '../../src/client/document.ts';
import {
  BadInput,
  CODES,
  connect,
  errorOf,
  HubError,
  LeaseLost,
  NotFound,
  operations,
  Unauthenticated,
  Unreachable,
} from '../../src/client/index.ts';
import { ERROR_CODES } from '../../src/errors.ts';
import { testHub } from '../support/hub.ts';

const { url, data } = await testHub();
const hub = connect({ url, agent: 'jean' });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('a class for each code of the hub, and for no other', () => {
  expect(Object.keys(CODES).sort()).toEqual(Object.keys(ERROR_CODES).sort());
  for (const code of Object.keys(ERROR_CODES)) {
    const error = errorOf({ message: 'm', extensions: { code, holder: 'x' } });
    expect(error).toBeInstanceOf(CODES[code as keyof typeof CODES]);
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ code, message: 'm', extensions: { holder: 'x' } });
  }
  expect(errorOf({ message: 'm', extensions: { code: 'INTERNAL' } }).constructor).toBe(HubError);
});

test('the verbs of a task from creation to the stale lease, typed', async () => {
  const made = await hub.tasks.create({ title: 'build', type: 'code', idempotencyKey: 'once' });
  expect(await hub.tasks.create({ title: 'build', type: 'code', idempotencyKey: 'once' })).toEqual(made);
  expectTypeOf(made.status).toEqualTypeOf<
    'OPEN' | 'CLAIMED' | 'IN_PROGRESS' | 'BLOCKED' | 'DONE' | 'FAILED' | 'CANCELLED'
  >();
  const claimed = await hub.tasks.claim({ types: ['code'] });
  expect(claimed?.task).toMatchObject({ id: made.id, status: 'IN_PROGRESS', assignedTo: 'jean' });
  expect(claimed?.task.assignedInstance).toBe(hub.instance);
  expect(await hub.tasks.claim({ types: ['code'] })).toBeNull();
  const { id } = made;
  const leaseToken = claimed!.lease.token;
  await hub.tasks.progress({ id, leaseToken, progress: 0.5 });
  await hub.tasks.release({ id, leaseToken });
  await expect(hub.tasks.complete({ id, leaseToken })).rejects.toBeInstanceOf(LeaseLost);
  await expect(hub.tasks.renew({ id: '999', leaseToken })).rejects.toBeInstanceOf(NotFound);
  const { items, next } = await hub.tasks.list({ filter: { ids: [id] } });
  expect(items).toMatchObject([{ id, status: 'OPEN' }]);
  expect(next).toBeNull();
});

test('any document may be asked, typed or as text', async () => {
  const typed = await hub.request(operations.Viewer);
  expectTypeOf(typed.viewer.role).toEqualTypeOf<'AGENT' | 'OBSERVER' | 'OPERATOR'>();
  expect(typed.viewer).toMatchObject({ agentId: 'jean', role: 'OPERATOR' });
  expect(await hub.request('{ viewer { agentId } }')).toEqual({ viewer: { agentId: 'jean' } });
  await expect(hub.request('{ nonsense }')).rejects.toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
  await expect(hub.tasks.create({ title: '' })).rejects.toBeInstanceOf(BadInput);
  // @ts-expect-error: the operation needs its variables
  await expect(hub.request(operations.GetTask)).rejects.toBeInstanceOf(HubError);
});

test('a wrong token, a hub that is down, and one that is no hub', async () => {
  await expect(connect({ url, token: 'rk_wrong' }).tasks.list()).rejects.toBeInstanceOf(Unauthenticated);
  const closed = `http://127.0.0.1:${await freePort()}`;
  const down = connect({ url: closed, patienceMs: 0 });
  const refused = await down.tasks.list().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Unreachable);
  expect(refused).toMatchObject({ code: 'UNREACHABLE', extensions: { outcome: 'none' } });
  expect((refused as Error).message).toBe(`The hub at ${closed}/graphql cannot be reached (ECONNREFUSED).`);
  const stranger = connect({
    url,
    patienceMs: 0,
    fetch: async () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
  });
  await expect(stranger.tasks.list()).rejects.toMatchObject({ extensions: { status: 502, outcome: 'unknown' } });
});

test('what is safe to repeat is repeated when its answer is lost; what is not, is not', async () => {
  let lost = 0;
  const losing: typeof fetch = async (...args) => {
    const answer = await fetch(...args);
    await answer.text();
    if (lost++ === 0) throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
    return fetch(...args);
  };
  const shaky = connect({ url, agent: 'jean', fetch: losing });
  const message = await shaky.messages.send({ to: 'ada', content: 'once' });
  const { items } = await connect({ url, agent: 'ada' }).messages.list();
  expect(items.map(({ id }) => id)).toEqual([message.id]);
  const { id } = await hub.tasks.create({ title: 'claimed once', type: 'lossy' });
  lost = 0;
  const claimed = await shaky.tasks.claim({ types: ['lossy'] });
  expect(claimed).toMatchObject({ task: { id, attempt: 1 }, lease: { fence: 1 } });
  lost = 0;
  const leaseToken = claimed!.lease.token;
  await expect(shaky.tasks.release({ id, leaseToken })).rejects.toMatchObject({ extensions: { outcome: 'unknown' } });
});

test('what can never be sent is said at once, and not tried again', async () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  for (const input of [1n, circle, 'x'.repeat(2 ** 20)])
    await expect(hub.tasks.create({ title: 'unsendable', input })).rejects.toBeInstanceOf(BadInput);
  const named = connect({ url, agent: '鳥' });
  await expect(named.tasks.list()).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('x-agent'),
  });
  await expect(named.events.tasks().next()).rejects.toBeInstanceOf(BadInput);
});

test('an aborted call rejects with the reason, and leaves its task to others', async () => {
  const abort = new AbortController();
  const waiting = hub.tasks.claim({ types: ['rare'], waitSeconds: 60 }, { signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  const { createTask } = await data('mutation { createTask(input: { title: "x", type: "rare" }) { task { id } } }');
  expect((await hub.tasks.claim({ types: ['rare'] }))?.task.id).toBe(createTask.task.id);
});

test('a query is known for one wherever its fragments stand; nothing else is repeated for it', () => {
  const fragment = 'fragment F($a: I = {b: "}"}) on Query @d(x: {y: [1]}) { viewer { ...G } } ';
  const queries = ['{ a }', 'query Q($a: I = { b: 1 }) { a }', '# mutation\n{ a }', '"""}""" query { a }'];
  for (const query of queries)
    for (const text of [query, `${fragment}${query}`]) expect(isQuery(text), text).toBe(true);
  const others = [
    'mutation { query }',
    'subscription { query }',
    'mutation query { a } fragment query on Query { a }',
    '',
  ];
  for (const other of others)
    for (const text of [other, `${fragment}${other}`]) expect(isQuery(text), text).toBe(false);
});
