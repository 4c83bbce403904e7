import { expect, test } from 'vitest';
import { completeTask, failTask } from '../../src/tasks/leases.ts';
import { cancelTask, createTask, sweepTasks } from '../../src/tasks/service.ts';
import { heldUp } from '../support/locks.ts';
import { agent, openRoom, operator } from './room.ts';

const room = await openRoom();
const { db, psql, create, claim, take, row } = room;

test('a claim takes the best task and holds it', async () => {
  const low = await create({ priority: 9 });
  const high = await create({ priority: 1 });
  const claimed = await claim('bob', { instance: 'b1', leaseSeconds: 60 });
  expect(claimed).toMatchObject({
    task: { id: BigInt(high), status: 'in_progress', assignedTo: 'bob', assignedInstance: 'b1', attempt: 1, fence: 1n },
    lease: { fence: 1, token: expect.stringMatching(/^[0-9a-f]{32}$/) },
  });
  expect(claimed!.lease.expiresAt.getTime() - claimed!.task.claimedAt!.getTime()).toBeCloseTo(60_000, -2);
  expect((await take('bob')).id).toBe(low);
  expect(await claim('bob')).toBeNull();
});

test('the token is stored nowhere: not in the task, not in the event', async () => {
  await create();
  const { token } = await take('bob');
  const { rows } = await psql.query(
    `select (select count(*)::int from agent_tasks t where to_jsonb(t)::text like $1) as tasks,
            (select count(*)::int from rookery.change_events e where e.data::text like $1) as events`,
    [`%${token}%`],
  );
  expect(rows[0]).toEqual({ tasks: 0, events: 0 });
});

test('priority ages: one level is worth ten minutes of waiting, so the lowest waits at most 90 minutes longer', async () => {
  const old = await create({ priority: 10 });
  const flood = async (count: number) => {
    for (let n = 0; n < count; n++) await create({ priority: 1 });
  };
  await psql.query(`update agent_tasks set created_at = created_at - interval '89 minutes' where id = $1`, [old]);
  await flood(3);
  expect((await take('bob')).id).not.toBe(old);
  await psql.query(`update agent_tasks set created_at = created_at - interval '2 minutes' where id = $1`, [old]);
  await flood(3);
  expect((await take('bob')).id).toBe(old);
});

test('an assigned task is for its agent alone, who takes the better of its own and the pool', async () => {
  const pool = await create({ priority: 5 });
  const worse = await create({ priority: 6, assignedTo: 'bob' });
  const better = await create({ priority: 4, assignedTo: 'bob' });
  expect((await take('bob')).id).toBe(better);
  expect((await take('cleo')).id).toBe(pool);
  expect(await claim('cleo')).toBeNull();
  expect((await take('bob')).id).toBe(worse);
});

test('types and session narrow a claim', async () => {
  const code = await create({ type: 'code', priority: 1 });
  const docs = await create({ type: 'docs', priority: 2 });
  const review = await create({ type: 'review', priority: 3, sessionId: '7' });
  expect(await claim('bob', { types: ['paint'] })).toBeNull();
  expect(await claim('bob', { sessionId: '7', types: ['code'] })).toBeNull();
  expect((await take('bob', { types: ['review', 'docs'] })).id).toBe(docs);
  expect((await take('bob', { sessionId: '7' })).id).toBe(review);
  expect((await take('bob', { types: ['code'] })).id).toBe(code);
});

test('runAfter keeps a task back; the claim that comes when it is due takes it, sweeper or not', async () => {
  const id = await create({ runAfter: new Date(Date.now() + 3_600_000) });
  expect(await row(id)).toMatchObject({ status: 'open', ready: false });
  expect(await claim('bob')).toBeNull();
  await expect(claim('bob', { id })).rejects.toMatchObject({
    code: 'CONFLICT',
    details: { runAfter: expect.any(String) },
  });
  await room.timePasses(id, '2 hours');
  expect((await take('bob')).id).toBe(id);
});

test('the sweeper makes due tasks ready, and says when to come again', async () => {
  const id = await create({ runAfter: new Date(Date.now() + 3_600_000) });
  expect(await sweepTasks(db)).toMatchObject({ promoted: 0, nextInMs: 1_000 });
  await room.timePasses(id, '2 hours');
  expect(await sweepTasks(db)).toMatchObject({ promoted: 1 });
  expect((await row(id))['ready']).toBe(true);
});

test('a claim by id says why it cannot be', async () => {
  const held = await create();
  await take('bob', { id: held, instance: 'b1' });
  await expect(claim('cleo', { id: held })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('held by bob/b1 until'),
    details: { holder: 'bob', instance: 'b1', status: 'in_progress', until: expect.any(String) },
  });
  // Of the same name, even of the same process: a lease has one token.
  await expect(claim('bob', { id: held, instance: 'b1' })).rejects.toMatchObject({ code: 'CONFLICT' });

  const assigned = await create({ assignedTo: 'dan' });
  await expect(claim('cleo', { id: assigned })).rejects.toMatchObject({
    code: 'CONFLICT',
    details: { assignedTo: 'dan' },
  });

  const blocked = await create({ dependsOn: [held, assigned] });
  await expect(claim('cleo', { id: blocked })).rejects.toMatchObject({
    code: 'CONFLICT',
    details: { status: 'blocked', blockedBy: [held, assigned] },
  });

  const gone = await create();
  await cancelTask(db, operator, { id: gone, reason: null });
  await expect(claim('cleo', { id: gone })).rejects.toMatchObject({
    code: 'CONFLICT',
    details: { status: 'cancelled' },
  });
  await expect(claim('cleo', { id: '999999' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a claim by id need not wait for a backoff', async () => {
  const id = await create();
  const { token } = await take('bob');
  await failTask(db, { id, token, actor: 'bob', reason: 'flaky', retryable: true });
  expect(await claim('bob')).toBeNull();
  expect((await take('bob', { id })).fence).toBe(2);
});

test('in one batch each caller gets its own task, or its own error', async () => {
  const ids = new Set([await create(), await create(), await create()]);
  const [named] = ids;
  const results = await Promise.allSettled([
    claim('a'),
    claim('b'),
    claim('c', { id: named }),
    claim('d', { id: named }),
    claim('e', { id: '999999' }),
    claim('f', { types: ['none'] }),
    // NUL cannot be a character of a text: this item makes the whole statement raise.
    claim('g\u0000'),
    claim('h', { types: ['general'] }),
  ]);
  const taken = results.flatMap((result) =>
    result.status === 'fulfilled' && result.value ? [String(result.value.task.id)] : [],
  );
  expect(new Set(taken)).toEqual(ids);
  expect(taken).toHaveLength(3);
  expect(results.map((result) => (result.status === 'rejected' ? result.reason.code : 'fine'))).toEqual([
    'fine',
    'fine',
    expect.stringMatching(/fine|CONFLICT/),
    'CONFLICT',
    'NOT_FOUND',
    'fine',
    'BAD_INPUT',
    'fine',
  ]);
});

test('callers of one batch share the order: a hundred claims take the hundred best', async () => {
  const made = await Promise.all(Array.from({ length: 150 }, (_, n) => create({ priority: 1 + (n % 10) })));
  const taken = await Promise.all(Array.from({ length: 100 }, (_, n) => take(`worker-${n % 7}`)));
  const best = (await psql.query('select id from agent_tasks order by claim_order, id limit 100')).rows.map(
    ({ id }) => id,
  );
  expect(new Set(taken.map(({ id }) => id))).toEqual(new Set(best));
  expect(made).toHaveLength(150);
});

test('a task that psql has locked is passed over by the best-first claim, and does not hold up the others', async () => {
  const locked = await create({ priority: 1 });
  const free = await create({ priority: 2 });
  await psql.query('begin');
  await psql.query('select from agent_tasks where id = $1 for update', [locked]);
  const [bob, cleo] = await Promise.allSettled([take('bob'), claim('cleo', { id: locked })]);
  await psql.query('rollback');
  expect(bob).toMatchObject({ value: { id: free } });
  expect(cleo).toMatchObject({ reason: { code: 'CONFLICT', details: { busy: true } } });
});

test('who names a task that is locked for a moment waits, and gets it', async () => {
  const id = await create();
  await psql.query('begin');
  await psql.query('select from agent_tasks where id = $1 for update', [id]);
  const claiming = take('bob', { id });
  await expect.poll(() => heldUp(psql)).toBeGreaterThan(0);
  await psql.query('commit');
  expect((await claiming).id).toBe(id);
});

test('a claim with nothing to do writes nothing', async () => {
  await createTask(db, agent('ann'), { title: 'not for you', assignedTo: 'zoe' });
  await psql.query('begin');
  const { rows } = await psql.query('select task from rookery.claim_tasks($1)', [
    JSON.stringify([{ agent: 'bob', instance: 'default', leaseSeconds: 30 }]),
  ]);
  expect(rows).toEqual([{ task: null }]);
  // A transaction that has written, or locked a row, has an id.
  expect((await psql.query('select pg_current_xact_id_if_assigned() as id')).rows).toEqual([{ id: null }]);
  await psql.query('commit');
});

test('completion frees nobody else', async () => {
  const id = await create();
  const { token } = await take('bob');
  await completeTask(db, { id, token, actor: 'bob', agent: 'bob', instance: 'default', operator: false, force: false });
  expect(await claim('cleo')).toBeNull();
});
