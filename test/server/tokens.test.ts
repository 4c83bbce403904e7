import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { openLog } from '../../src/log.ts';
import { startHub } from '../../src/server/hub.ts';
import { isWellFormed, listTokens, revokeToken } from '../../src/server/tokens.ts';
import { createDatabase } from '../support/database.ts';
import { postJson, rawRequest } from '../support/http.ts';
import { type TestHub, testHub } from '../support/hub.ts';

const VIEWER = '{ viewer { role agentId } }';
const WAIT = 'mutation { claimTask(input: { waitSeconds: 50 }) { task { id } } }';
const READ = 'mutation { readQueue(input: { queue: "jobs", waitSeconds: 20 }) { deliveries { receipt } } }';
const opened = await testHub();
const abandoned = await testHub();
const guarded = await testHub({ tokens: true });
const second = await testHub({ over: guarded });
const exposed = await testHub({ tokens: true, env: { HOST: '0.0.0.0' } });

const WATCH = 'subscription { agentEvents { cursor } }';

describe('the first token', () => {
  test('ends open mode for every caller', async () => {
    const hub = opened;
    expect(await hub.data(VIEWER, {}, { agent: 'jean' })).toEqual({ viewer: { role: 'OPERATOR', agentId: 'jean' } });
    const { secret } = await hub.token({ name: 'laptop' });

    expect(await hub.data(VIEWER, {}, { token: secret })).toEqual({ viewer: { role: 'OPERATOR', agentId: null } });
    const { errors } = await hub.graphql(VIEWER, {}, { agent: 'jean' });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(hub.hub.open).toBe(false);
  });

  test('ends all that was begun without one', async () => {
    const hub = abandoned;
    const socket = hub.connectWs({ agent: 'jean' });
    await socket.subscribe(WATCH);
    const overSse = await hub.subscribeSse('subscription { taskEvents { cursor } }', {}, { agent: 'jean' });
    const waiting = hub.data(WAIT, {}, { agent: 'ada' });
    await expect.poll(() => registered(hub, 'ada')).toBe(true);

    const { secret: token } = await hub.token({});
    expect((await overSse.take()).errors?.[0]?.extensions).toMatchObject({
      code: 'UNAUTHENTICATED',
      cursor: expect.any(String),
    });
    expect(await socket.closed).toMatchObject({ code: 4403 });
    expect(await waiting).toEqual({ claimTask: { task: null } });
    expect(await hub.data(VIEWER, {}, { token })).toMatchObject({ viewer: { role: 'OPERATOR' } });
  });

  test('is stored as a hash only, and in no event', async () => {
    const hub = opened;
    const { secret } = await hub.token({ name: 'desktop' });
    const { rows } = await hub.pg.query(
      `select (select jsonb_agg(t) from rookery.tokens t)::text || (select jsonb_agg(h) from rookery.token_hashes h)::text
              || (select jsonb_agg(e) from rookery.change_events e)::text as stored`,
    );
    expect(rows[0].stored).toContain('desktop');
    expect(rows[0].stored).not.toContain(secret.slice(8));
    expect(JSON.stringify(await listTokens(hub.pg))).not.toContain(secret.slice(8));
  });

  test('is missed by a hub on another address than loopback: it does not start', async () => {
    const database = await createDatabase();
    const config = parseConfig({ HOST: '0.0.0.0', PORT: '0' });
    const start = startHub({ config, databaseUrl: database.url, listenUrl: database.url, log: openLog('silent') });
    await expect(start).rejects.toThrow(/rookery token create/);
    await database.drop();
  });

  test('opens metrics there to operators and observers, and to nobody else', async () => {
    const hub = exposed;
    const statusFor = async (headers: Record<string, string>) =>
      (await rawRequest(hub.url, { method: 'GET', path: '/metrics', headers })).status;
    const { secret: agent } = await hub.token({ role: 'agent', agent: 'jean' });
    const { secret: observer } = await hub.token({ role: 'observer' });
    expect(await statusFor({})).toBe(401);
    expect(await statusFor({ authorization: `Bearer ${agent}` })).toBe(403);
    expect(await statusFor({ authorization: `Bearer ${observer}` })).toBe(200);
  });
});

describe('a token', () => {
  test('with a typing error is told from a real one without the database', async () => {
    const { secret } = await guarded.token({});
    expect(isWellFormed(secret)).toBe(true);
    const wrong = secret.slice(0, 20) + (secret[20] === 'a' ? 'b' : 'a') + secret.slice(21);
    expect(isWellFormed(wrong)).toBe(false);
  });

  test('is needed for all that is not public', async () => {
    const hub = guarded;
    expect(await hub.data('{ health { status } }')).toEqual({ health: { status: 'READY' } });
    expect((await hub.graphql(VIEWER)).errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('of an agent acts as that agent and no other', async () => {
    const hub = guarded;
    const { secret: token } = await hub.token({ role: 'agent', agent: 'jean' });
    expect(await hub.data(VIEWER, {}, { token })).toEqual({ viewer: { role: 'AGENT', agentId: 'jean' } });
    const headers = { authorization: `Bearer ${token}`, 'x-agent': 'eve' };
    const { status, json } = await postJson(hub.url, { query: VIEWER }, headers);
    expect({ status, code: json.errors?.[0]?.extensions['code'] }).toEqual({ status: 403, code: 'FORBIDDEN' });
  });

  test('of an operator may name the agent it acts as', async () => {
    const hub = guarded;
    const caller = { token: hub.operator, agent: 'jean' };
    expect(await hub.data(VIEWER, {}, caller)).toEqual({ viewer: { role: 'OPERATOR', agentId: 'jean' } });
  });

  test.each(['Bearer nonsense', 'Bearer', 'Basic dXNlcjpwYXNz', 'rookery_x'])(
    '%s is none: 401',
    async (authorization) => {
      const { status, headers, json } = await postJson(guarded.url, { query: VIEWER }, { authorization });
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toBe('Bearer');
      expect(json.errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    },
  );

  test('that has expired is none', async () => {
    const hub = guarded;
    const { secret } = await hub.token({ expiresAt: new Date(Date.now() - 60_000) });
    const { status } = await postJson(hub.url, { query: VIEWER }, { authorization: `Bearer ${secret}` });
    expect(status).toBe(401);
  });

  test('of another hub opens no socket', async () => {
    const socket = guarded.connectWs({ token: exposed.operator });
    expect(await socket.closed).toMatchObject({ code: 4403 });
  });
});

describe('the end of a token', () => {
  test('by revocation closes its sockets and streams, and no others', async () => {
    const hub = guarded;
    const { secret: token, id } = await hub.token({});
    const socket = hub.connectWs({ token });
    const overWs = await socket.subscribe(WATCH);
    const overSse = await hub.subscribeSse(WATCH, {}, { token });
    const other = await hub.subscribeSse(WATCH, {}, { token: hub.operator });

    expect(await revokeToken(hub.pg, id)).toMatchObject({ id, revokedAt: expect.any(Date) });
    expect(await socket.closed).toMatchObject({ code: 4403, reason: 'Forbidden' });
    await expect(overWs.take()).rejects.toBeDefined();
    const { errors } = await overSse.take();
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED', cursor: expect.any(String) });
    expect((await overSse.next()).done).toBe(true);
    expect((await hub.graphql(VIEWER, {}, { token })).errors?.[0]?.extensions).toMatchObject({
      code: 'UNAUTHENTICATED',
    });

    await hub.data('mutation { registerAgent(input: { id: "jean" }) { agent { id } } }', {}, { token: hub.operator });
    expect((await other.take()).errors).toBeUndefined();
  });

  test('by revocation ends what waits for work on its behalf: it gets none', async () => {
    const hub = guarded;
    const { operator } = hub;
    await hub.data('mutation { createQueue(input: { name: "jobs" }) { queue { name } } }', {}, { token: operator });
    const { secret: token, id } = await hub.token({ role: 'agent', agent: 'ada' });
    const waits = [hub.data(WAIT, {}, { token }), hub.data(READ, {}, { token })];
    await expect.poll(() => registered(hub, 'ada')).toBe(true);
    await revokeToken(hub.pg, id);
    expect(await Promise.all(waits)).toEqual([{ claimTask: { task: null } }, { readQueue: { deliveries: [] } }]);

    const CREATE = 'mutation { createTask(input: { title: "secret" }) { task { id } } }';
    const { createTask } = await hub.data(CREATE, {}, { token: operator, agent: 'eve' });
    const task = await hub.data(
      'query ($id: ID!) { task(id: $id) { status } }',
      { id: createTask.task.id },
      { token: operator },
    );
    expect(task).toEqual({ task: { status: 'OPEN' } });
  });

  test('by expiry does the same', async () => {
    const hub = guarded;
    const { secret: token } = await hub.token({ expiresAt: new Date(Date.now() + 3_000) });
    const socket = hub.connectWs({ token });
    await socket.connected;
    const stream = await hub.subscribeSse(WATCH, {}, { token });
    expect((await stream.take()).errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await socket.closed).toMatchObject({ code: 4403 });
  });

  test('is heard by every hub of the database', async () => {
    const hub = guarded;
    const { secret: token, id } = await hub.token({});
    const stream = await second.subscribeSse(WATCH, {}, { token });
    await revokeToken(hub.pg, id);
    expect((await stream.take()).errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

/** Whoever waits for work is registered first. */
async function registered({ pg }: TestHub, agent: string): Promise<boolean> {
  const { rows } = await pg.query('select exists (select from agents where agent_id = $1) as yes', [agent]);
  return rows[0].yes;
}
