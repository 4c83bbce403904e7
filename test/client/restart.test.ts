import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import pg from 'pg';
import { expect, test, vi } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { testDatabase } from '../support/database.ts';
import { run } from './processes/run.ts';

/** `CHAOS_SECONDS` makes it long. */
const KILLS = Math.max(1, Number(process.env['CHAOS_SECONDS'] ?? 0) / 5);
const BATCH = 150;
const TASKS = BATCH * (KILLS + 1);

vi.setConfig({ testTimeout: 60_000 + KILLS * 10_000 });

const db = await testDatabase();

async function freePort(): Promise<string> {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  taken.close();
  await once(taken, 'close');
  return String(port);
}

/** A hub that has said where it listens: who waits for it by trying tries ever less often. */
async function startHub(port: string) {
  const hub = run('scripts/start.mjs', ['start'], { DATABASE_URL: db.url, PORT: port, LOG_LEVEL: 'silent' });
  for await (const line of hub.lines) if (line.startsWith('Rookery')) break;
  return hub;
}

test('a process that reads over a WebSocket gets everything once, though the hub is killed while it reads', async () => {
  const port = await freePort();
  let server = await startHub(port);
  const url = `http://127.0.0.1:${port}`;
  const hub = connect({ url, agent: 'boss', patienceMs: 60_000 });
  const send = (from: number) =>
    Promise.all(Array.from({ length: 20 }, (_, i) => hub.messages.send({ to: 'wren', content: `${from + i}` })));
  await send(0);
  const reader = run('test/client/processes/reader.mjs', [], { ROOKERY_URL: url, AGENT_NAME: 'wren' });
  const seen: string[] = [];
  const sent: Promise<unknown>[] = [];
  let lost = 0;
  for await (const text of reader.lines) {
    const line = JSON.parse(text);
    lost = line.lost;
    if (seen.push(line.content) === 20) sent.push(send(20));
    if (seen.length === 25) {
      // While the rest is on its way; then more.
      server.child.kill('SIGKILL');
      await server.ended;
      server = await startHub(port);
      sent.push(send(40));
    }
    if (seen.length === 60) break;
  }
  await Promise.all(sent);
  expect(seen.sort()).toEqual(Array.from({ length: 60 }, (_, i) => String(i)).sort());
  expect(lost).toBeGreaterThan(0);
  hub.close();
});

test('a hundred workers in a process of their own, and a hub that is killed under them: each task is done once', async () => {
  const port = await freePort();
  let server = await startHub(port);
  const url = `http://127.0.0.1:${port}`;
  const hub = connect({ url, agent: 'boss', patienceMs: 60_000 });
  for (let made = 0; made < TASKS; made += BATCH)
    await hub.tasks.createAll(Array.from({ length: BATCH }, (_, i) => ({ title: `task ${made + i}` })));
  const { feedCursor } = await hub.messages.list();
  const told: string[] = [];
  const telling = (async () => {
    for await (const { task } of hub.events.tasks({ statuses: ['DONE'] }, { after: feedCursor }))
      if (told.push(task.id) === TASKS) return;
  })();

  const worker = run('test/client/processes/worker.mjs', [], { ROOKERY_URL: url, AGENT_NAME: 'ant' });
  const began: string[] = [];
  const ended: string[] = [];
  const failed: object[] = [];
  let mostAtOnce = 0;
  let kills = 0;
  for await (const text of worker.lines) {
    const line = JSON.parse(text);
    if (line.did === 'begin') began.push(line.id);
    if (line.did === 'end') ended.push(line.id);
    if (line.did === 'fail') failed.push(line);
    mostAtOnce = Math.max(mostAtOnce, began.length - ended.length);
    if (ended.length === BATCH * (kills + 1) - BATCH / 2 && kills < KILLS) {
      kills++;
      server.child.kill('SIGKILL');
      await server.ended;
      server = await startHub(port);
    }
    if (line.did === 'end' && ended.length === TASKS) break;
  }
  await telling;
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toBe(0);

  const ids = Array.from({ length: TASKS }, (_, i) => String(i + 1)).sort();
  expect(failed).toEqual([]);
  expect(began.sort()).toEqual(ids);
  expect(told.sort()).toEqual(ids);
  expect(mostAtOnce).toBeGreaterThan(5);
  const client = new pg.Client({ connectionString: db.url });
  await client.connect();
  const { rows } = await client.query(
    `select (select count(*)::int from agent_tasks where status = 'done') as done,
            (select count(*)::int from agent_task_attempts where outcome = 'done') as attempts`,
  );
  expect(rows).toEqual([{ done: TASKS, attempts: TASKS }]);
  const { liveness } = (await hub.agents.get('ant')) ?? {};
  expect(liveness).toBe('OFFLINE');
  await client.end();
  hub.close();
});
