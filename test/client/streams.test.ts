import { getEventListeners, once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { CursorInvalid, connect, type Message, type StreamState, Unauthenticated } from '../../src/client/index.ts';
import { testHub } from '../support/hub.ts';

const MANY = 600;

const port = await freePort();
let server = await testHub({ env: { PORT: String(port) } });
const { db, pg } = server;
const line = await openLine(port);
afterAll(() => line.close());

/** A network between client and hub that can be cut. */
async function openLine(to: number): Promise<{ url: string; cut(): void; close(): void }> {
  const sockets = new Set<Socket>();
  const proxy: Server = createServer((near) => {
    const far = connectTcp(to, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const close = () => {
    cut();
    proxy.close();
  };
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, cut, close };
}

async function freePort(): Promise<number> {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  taken.close();
  await once(taken, 'close');
  return port;
}

/** As an outside writer does. */
async function write(agent: string, from: number, to: number): Promise<void> {
  await pg.query(
    `insert into agent_messages (from_agent, to_agent, content) select 'psql', $1, n::text from generate_series($2::int, $3) n`,
    [agent, from, to],
  );
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe.each(['sse', 'ws'] as const)('over %s', (transport) => {
  const name = `reader-${transport}`;
  const open = (url = line.url) => connect({ url, agent: name, transport, webSocket: WebSocket });

  test('unread first, then what arrives: once, in order, over cuts, a restart of the hub and a slow reader', async () => {
    const hub = open();
    const states: StreamState[] = [];
    await write(name, 1, 250);
    const inbox = hub.inbox({ onState: (state) => void states.push(state) });
    expect(inbox.state).toBe('connecting');
    const read: number[] = [];
    const readTo = async (last: number) => {
      while (read.at(-1) !== last) read.push(Number((await inbox.next()).value?.content));
    };
    await readTo(1);
    await write(name, 251, 260);
    await readTo(260);
    await write(name, 261, 262);
    await readTo(262);
    line.cut();
    await write(name, 263, 270);
    await readTo(270);
    await server.hub.close();
    await write(name, 271, 280);
    server = await testHub({ over: { db }, env: { PORT: String(port) } });
    await readTo(280);
    // More than a socket's client holds: the rest is asked for again.
    await write(name, 281, 280 + MANY);
    await readTo(281);
    await write(name, 281 + MANY, 290 + MANY);
    await readTo(290 + MANY);
    expect(read).toEqual(numbers(1, 290 + MANY));
    expect(states.filter((state) => state === 'connecting').length).toBeGreaterThanOrEqual(2);
    const { cursor } = inbox;
    await inbox.close();
    expect(inbox.state).toBe('closed');
    expect(await inbox.next()).toEqual({ done: true, value: undefined });

    await write(name, 291 + MANY, 291 + MANY);
    for await (const { content } of open().inbox({ after: cursor })) {
      expect(content).toBe(String(291 + MANY));
      break;
    }
  });

  test('is live once the past has come, and ends when its signal aborts', async () => {
    const abort = new AbortController();
    let isLive = () => {};
    const live = new Promise<void>((resolve) => {
      isLive = resolve;
    });
    const states: StreamState[] = [];
    const stream = open().events.inbox(undefined, {
      signal: abort.signal,
      onState(state) {
        states.push(state);
        if (state === 'live') isLive();
      },
    });
    const next = stream.next();
    await live;
    expect(stream.state).toBe('live');
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(states).toEqual(['catching up', 'live', 'closed']);
  });

  test('leaves nothing behind that was never read', async () => {
    const { signal } = new AbortController();
    await open().events.tasks(undefined, { signal }).close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('says when it cannot resume, unless it is to start anew', async () => {
    const foreign = { after: 'xxxx' };
    await expect(open().inbox(foreign).next()).rejects.toBeInstanceOf(CursorInvalid);
    const gaps: unknown[] = [];
    const stream = open().events.inbox(undefined, {
      ...foreign,
      onGap: 'restart',
      onState: (state, error) => {
        if (error !== undefined) gaps.push(error.code);
        if (state === 'live') void write(name, 9_999, 9_999);
      },
    });
    expect((await stream.next()).value).toMatchObject({ op: 'INSERT', message: { content: '9999' } });
    expect(gaps).toEqual(['CURSOR_INVALID']);
    await stream.close();
  });

  test('an inbox whose history was replaced goes on with what is unread, seen before or not', async () => {
    const agent = `gap-${transport}`;
    const hub = connect({ url: line.url, agent, transport, webSocket: WebSocket });
    await write(agent, 1, 2);
    const inbox = hub.inbox({ onGap: 'restart' });
    const next = async () => (await inbox.next()).value as Message;
    const listed = [await next(), await next()];
    await write(agent, 3, 3);
    expect((await next()).content).toBe('3');
    await hub.messages.markRead({ ids: [listed[0]!.id] });
    await pg.query('select rookery.feed_rebase()');
    expect([(await next()).content, (await next()).content]).toEqual(['2', '3']);
    await write(agent, 4, 4);
    expect((await next()).content).toBe('4');
    await inbox.close();
  });

  test('ends with the error that trying again cannot mend', async () => {
    const stranger = connect({ url: line.url, token: 'rk_nonsense', transport, webSocket: WebSocket });
    await expect(stranger.events.tasks(undefined, { after: 'x' }).next()).rejects.toBeInstanceOf(Unauthenticated);
    const hub = open();
    const pending = hub.events.tasks().next();
    hub.close();
    expect(await pending).toEqual({ done: true, value: undefined });
  });
});

test('a socket that speaks otherwise than a hub is a broken one', async () => {
  const stranger = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(stranger, 'listening');
  stranger.on('connection', (socket) => ['<html>', 'null'].map((said) => socket.send(said)));
  const { port } = stranger.address() as AddressInfo;
  const hub = connect({ url: `http://127.0.0.1:${port}`, transport: 'ws', webSocket: WebSocket });
  const why = await new Promise((resolve) => {
    void hub.events.tasks(undefined, { after: 'x', onState: (_, error) => error && resolve(error) }).next();
  });
  expect(why).toMatchObject({ code: 'UNREACHABLE', message: expect.stringContaining('does not speak as a hub does') });
  hub.close();
  stranger.close();
});
