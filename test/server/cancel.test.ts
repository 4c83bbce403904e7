import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { testHub } from '../support/hub.ts';
import { heldUp } from '../support/locks.ts';

const hub = await testHub({ env: { MAX_OPERATIONS_PER_SOCKET: '5' } });
const WAIT = 'mutation { claimTask(input: { waitSeconds: 50 }) { task { id } } }';
const CREATE = 'mutation { createTask(input: { title: "x" }) { task { id } } }';
const RENAME = 'mutation { registerAgent(input: { id: "slow", name: "renamed" }) { agent { name } } }';

/** A socket whose messages the test writes itself, since a client library forgets what it has cancelled. */
async function rawSocket(agent: string) {
  const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const heard: { id?: string; type: string; payload: never }[] = [];
  socket.on('message', (data) => heard.push(JSON.parse(String(data))));
  await once(socket, 'open');
  const send = (message: object) => socket.send(JSON.stringify(message));
  send({ type: 'connection_init', payload: { 'x-agent': agent } });
  await expect.poll(() => heard.length).toBe(1);
  return {
    heard,
    subscribe: (id: string, query: string) => send({ id, type: 'subscribe', payload: { query } }),
    cancel: (id: string) => send({ id, type: 'complete' }),
    close: () => socket.close(),
  };
}

async function isRegistered(agent: string): Promise<boolean> {
  const { rows } = await hub.pg.query('select exists (select from agents where agent_id = $1) as yes', [agent]);
  return rows[0].yes;
}

describe('an operation that its client cancels on a socket', () => {
  test('waits no longer: a task that comes is left to others', async () => {
    const socket = await rawSocket('fickle');
    socket.subscribe('1', WAIT);
    await expect.poll(() => isRegistered('fickle')).toBe(true);
    socket.cancel('1');
    socket.subscribe('2', '{ __typename }');
    await expect.poll(() => socket.heard.some(({ id, type }) => id === '2' && type === 'complete')).toBe(true);

    const { createTask } = await hub.data(CREATE, {}, { agent: 'eve' });
    expect(await hub.data(WAIT, {}, { agent: 'steady' })).toEqual({ claimTask: { task: { id: createTask.task.id } } });
    const HOLDER = 'query ($id: ID!) { task(id: $id) { assignedTo } }';
    expect(await hub.data(HOLDER, { id: createTask.task.id }, { agent: 'eve' })).toMatchObject({
      task: { assignedTo: 'steady' },
    });
    expect(socket.heard.some(({ id }) => id === '1')).toBe(false);
    socket.close();
  });

  test('makes room for another at once when it only waited', async () => {
    const socket = await rawSocket('quick');
    for (let i = 0; i < 20; i++) {
      socket.subscribe(`s${i}`, 'subscription { agentEvents { cursor } }');
      if (i >= 5) socket.cancel(`s${i - 1}`);
      else if (i === 4) for (let j = 0; j < 4; j++) socket.cancel(`s${j}`);
    }
    socket.subscribe('last', '{ __typename }');
    await expect.poll(() => socket.heard.some(({ id, type }) => id === 'last' && type === 'next')).toBe(true);
    expect(socket.heard.filter(({ type }) => type === 'error')).toEqual([]);
    socket.close();
  });

  test('counts until it has ended', async () => {
    await hub.data('mutation { registerAgent(input: { id: "slow" }) { agent { id } } }');
    await hub.pg.query('begin');
    await hub.pg.query(`select from agents where agent_id = 'slow' for update`);
    const socket = await rawSocket('pusher');
    for (let i = 0; i < 5; i++) socket.subscribe(`${i}`, RENAME);
    await expect.poll(() => heldUp(hub.pg)).toBeGreaterThan(0);
    for (let i = 0; i < 5; i++) socket.cancel(`${i}`);
    socket.subscribe('over', '{ __typename }');
    await expect
      .poll(() => socket.heard.at(-1))
      .toMatchObject({
        id: 'over',
        type: 'error',
        payload: [{ extensions: { code: 'TOO_MANY' } }],
      });
    await hub.pg.query('commit');
    const ended = async () => {
      socket.subscribe('again', '{ __typename }');
      await expect.poll(() => socket.heard.at(-1)?.id).toBe('again');
      return socket.heard.some(({ id, type }) => id === 'again' && type === 'next');
    };
    await expect.poll(ended).toBe(true);
    socket.close();
  });
});
