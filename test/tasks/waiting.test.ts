import { setMaxListeners } from 'node:events';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { openFeed } from '../../src/feed/feed.ts';
import { completeTask } from '../../src/tasks/leases.ts';
import { claimTask } from '../../src/tasks/service.ts';
import { waitingLine } from '../../src/tasks/waiting.ts';
import { openRoom } from './room.ts';

const room = await openRoom();
const { db, psql, url, create, state } = room;
const feed = await openFeed({ db, listenUrl: url, log: pino({ level: 'silent' }), retentionDays: 7 });
afterAll(() => feed.close());
const line = waitingLine(db, feed);

const wait = (
  name: string,
  rest: { types?: string[]; sessionId?: string; idempotencyKey?: string } = {},
  signal: AbortSignal | null = null,
  seconds = 60,
) =>
  claimTask({ db, feed, signal }, { agent: name, instance: 'default', leaseSeconds: 30, ...rest }, seconds).then(
    (claimed) => (claimed === null ? null : String(claimed.task.id)),
  );

/** Until so many are in line, and none of them is trying any more. */
async function settled(length: number): Promise<void> {
  while (line.length !== length || line.trying > 0) await new Promise((resolve) => setImmediate(resolve));
}

test('a waiting caller gets the task as soon as it is created', async () => {
  const waiting = wait('bob');
  await settled(1);
  const id = await create();
  expect(await waiting).toBe(id);
  expect(await state(id)).toBe('in_progress by bob');
  expect(line.length).toBe(0);
});

test('a task that plain SQL creates, or that is unblocked, is waited for as well', async () => {
  const waiting = wait('bob', { types: ['sql'] });
  await settled(1);
  const { rows } = await psql.query(
    `insert into agent_tasks (title, type, created_by) values ('x', 'sql', 'psql') returning id`,
  );
  expect(await waiting).toBe(rows[0].id);

  const first = await create({ assignedTo: 'zoe' });
  const second = await create({ dependsOn: [first] });
  const next = wait('cleo');
  await settled(1);
  await completeTask(db, { id: first, actor: 'op', agent: null, instance: 'default', operator: true, force: false });
  expect(await next).toBe(second);
});

test('first come, first served; each gets what suits it', async () => {
  const order: string[] = [];
  const record = async (name: string, got: Promise<string | null>) => {
    const id = await got;
    order.push(name);
    return id;
  };
  const code = record('code', wait('a', { types: ['code'] }));
  await settled(1);
  const one = record('one', wait('b'));
  await settled(2);
  const two = record('two', wait('c'));
  await settled(3);
  const session = record('session', wait('d', { sessionId: '5' }));
  await settled(4);

  const docs = await create({ type: 'docs' });
  expect(await one).toBe(docs);
  const ofSession = await create({ type: 'docs', sessionId: '5', assignedTo: 'd' });
  expect(await session).toBe(ofSession);
  const firstCode = await create({ type: 'code' });
  expect(await code).toBe(firstCode);
  const last = await create({ type: 'code' });
  expect(await two).toBe(last);
  expect(order).toEqual(['one', 'session', 'code', 'two']);
});

test('one new task costs one claim, however many wait', async () => {
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal);
  const waiting = Array.from({ length: 200 }, (_, n) => wait(`w${n}`, {}, leaving.signal));
  await settled(200);
  const before = line.tries;
  await create();
  await Promise.race(waiting);
  await settled(199);
  expect(line.tries - before).toBe(1);
  leaving.abort();
  expect((await Promise.all(waiting)).filter((id) => id !== null)).toHaveLength(1);
});

test('many tasks at once go to many waiters', async () => {
  const waiting = Array.from({ length: 50 }, (_, n) => wait(`w${n}`));
  await settled(50);
  await psql.query(`insert into agent_tasks (title, created_by) select 'x', 'psql' from generate_series(1, 50)`);
  const got = await Promise.all(waiting);
  expect(new Set(got).size).toBe(50);
  expect(got).not.toContain(null);
});

test('when the time is over there is null', async () => {
  expect(await wait('bob', {}, null, 0.05)).toBeNull();
  expect(line.length).toBe(0);
});

test('who has gone claims nothing: not while waiting, not with a claim under way', async () => {
  const leaving = new AbortController();
  const waiting = wait('bob', {}, leaving.signal);
  await settled(1);
  leaving.abort();
  expect(await waiting).toBeNull();
  const id = await create();
  expect(await state(id)).toBe('open');

  const gone = new AbortController();
  const trying = wait('bob', {}, gone.signal);
  while (line.trying === 0) await new Promise((resolve) => setImmediate(resolve));
  gone.abort();
  expect(await trying).toBeNull();
  await settled(0);
  expect(await state(id)).toBe('open');
  expect(await room.attempts(id)).toMatchObject([{ agent: 'bob', outcome: 'released' }]);

  // Without waiting: the answer comes after the caller has left.
  const left = new AbortController();
  const claiming = wait('bob', {}, left.signal, 0);
  left.abort();
  expect(await claiming).toBeNull();
  expect(await state(id)).toBe('open');
  expect((await wait('cleo')) === id).toBe(true);
});

test('who has gone with a key gets what was being claimed: it may ask again', async () => {
  const id = await create();
  const waiting = new AbortController();
  const trying = wait('bob', { idempotencyKey: 'k' }, waiting.signal);
  while (line.trying === 0) await new Promise((resolve) => setImmediate(resolve));
  waiting.abort();
  expect(await trying).toBe(id);
  expect(await wait('bob', { idempotencyKey: 'k' })).toBe(id);

  const next = await create();
  const left = new AbortController();
  const claiming = wait('bob', { idempotencyKey: 'l' }, left.signal, 0);
  left.abort();
  expect(await claiming).toBe(next);

  const none = new AbortController();
  const inVain = wait('bob', { idempotencyKey: 'm' }, none.signal);
  while (line.trying === 0) await new Promise((resolve) => setImmediate(resolve));
  none.abort();
  expect(await inVain).toBeNull();
  expect(line.length).toBe(0);
});

test('who asks again while the first call still waits gets its task with it, not when it looks again by itself', async () => {
  const calls = Array.from({ length: 3 }, () => wait('bob', { idempotencyKey: 'again' }, null, 3));
  const cleo = wait('cleo', { idempotencyKey: 'again' });
  await settled(4);
  const id = await create();
  expect(await Promise.all(calls)).toEqual([id, id, id]);
  const next = await create();
  expect(await cleo).toBe(next);
});

test('a claim by id does not wait', async () => {
  await expect(
    claimTask({ db, feed, signal: null }, { agent: 'bob', instance: 'default', leaseSeconds: 30, id: '1' }, 5),
  ).rejects.toMatchObject({ code: 'BAD_INPUT' });
});
