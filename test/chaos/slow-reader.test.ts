import { expect, test } from 'vitest';
import WebSocket from 'ws';
import { until } from '../feed/toys.ts';
import { testHub } from '../support/hub.ts';

const READERS = 100;
const EVENTS = 3_000;
const CONTENT = 2_000;

const hub = await testHub();
const endpoint = `${hub.url.replace('http', 'ws')}/graphql`;

interface Reader {
  socket: WebSocket;
  titles: string[];
  cursor: string;
  ended: string | undefined;
}

/** A reader that speaks the protocol by hand, so that it can stop reading its socket. */
function reader(after?: string): Promise<Reader> {
  const socket = new WebSocket(endpoint, 'graphql-transport-ws', { perMessageDeflate: false });
  const self: Reader = { socket, titles: [], cursor: '', ended: undefined };
  const query = 'subscription ($after: Cursor) { knowledgeEvents(after: $after) { cursor entry { title content } } }';
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { 'x-agent': 'reader' } })));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'connection_ack') {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { after } } }));
        resolve(self);
      } else if (message.type === 'next') {
        const event = message.payload.data?.knowledgeEvents;
        if (event === undefined) self.ended = message.payload.errors[0].extensions.code;
        else {
          self.titles.push(event.entry.title);
          self.cursor = event.cursor;
        }
      }
    });
  });
}

test('one that stops reading among 100 that do not: bounded memory, nobody disturbed, nothing lost when it resumes', {
  timeout: 60_000,
}, async () => {
  const { feedCursor } = await hub.data('{ feedCursor }');
  const quick = await Promise.all(Array.from({ length: READERS }, () => reader(feedCursor as string)));
  const stuck = await reader(feedCursor as string);
  await write(1);
  await until(() => [...quick, stuck].every(({ titles }) => titles.length === 1));
  stuck.socket.pause();

  for (let batch = 0; batch < 10; batch++) await write(EVENTS / 10);
  await until(() => quick.every(({ titles }) => titles.length === EVENTS + 1));
  const expected = quick[0]?.titles ?? [];
  expect(new Set(expected).size).toBe(EVENTS + 1);
  for (const { titles } of quick) expect(titles).toEqual(expected);

  // What the hub holds for the one that is stuck: its group's window (1 MiB) and one socket's buffer, not the 6 MB it has to get.
  expect(stuck.titles.length).toBeLessThan(EVENTS);
  expect(await buffered()).toBeLessThan(2 * 1024 * 1024);

  stuck.socket.resume();
  await until(() => stuck.titles.length === EVENTS + 1);
  expect(stuck.titles).toEqual(expected);

  const cut = quick[0] as Reader;
  cut.socket.terminate();
  await write(100);
  const resumed = await reader(cut.cursor);
  await until(() => resumed.titles.length === 100);
  for (const { socket } of [...quick, stuck, resumed]) socket.terminate();
});

async function write(count: number): Promise<void> {
  await hub.pg.query(
    `insert into agent_knowledge (agent_name, title, content)
     select 'writer', md5(random()::text), repeat('x', $1) from generate_series(1, $2)`,
    [CONTENT, count],
  );
}

/** Bytes that wait in the hub's sockets, over all connections. */
async function buffered(): Promise<number> {
  const text = await (await fetch(`${hub.url}/metrics`)).text();
  const line = /^rookery_socket_buffered_bytes (\d+)/m.exec(text);
  if (line === null) throw new Error('no rookery_socket_buffered_bytes in /metrics');
  return Number(line[1]);
}
