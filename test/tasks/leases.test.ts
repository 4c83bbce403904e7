import { expect, test } from 'vitest';
import { heartbeat, stopAgent } from '../../src/agents/service.ts';
import {
  type Completion,
  claim,
  completeTask,
  failTask,
  releaseTask,
  renewLease,
  reportProgress,
} from '../../src/tasks/leases.ts';
import { cancelTask, sweepTasks, updateTask } from '../../src/tasks/service.ts';
import { agent, openRoom, operator } from './room.ts';

const room = await openRoom();
const { db, psql, create, take, row, state, expire, attempts } = room;

const complete = (id: string, rest: Partial<Completion> = {}) =>
  completeTask(db, { id, actor: 'bob', agent: 'bob', instance: 'default', operator: false, force: false, ...rest });
const fail = (id: string, token: string, rest: { reason?: string; retryable?: boolean } = {}) =>
  failTask(db, { id, token, actor: 'bob', reason: 'no idea', retryable: true, ...rest });
const release = (id: string, token: string) => releaseTask(db, { id, token, actor: 'bob' });
const expiry = async (id: string) => (await row(id))['lease_expires_at'] as Date;

test('renew: the full length from now, or another', async () => {
  const id = await create();
  const { token } = await take('bob', { leaseSeconds: 5 });
  const first = await expiry(id);
  const { lease, task } = await renewLease(db, { id, token, leaseSeconds: 600 });
  expect(lease).toMatchObject({ token, fence: 1 });
  expect(lease.expiresAt.getTime() - first.getTime()).toBeGreaterThan(500_000);
  expect(task.updatedAt).toEqual((await row(id)).updated_at);
});

test('a renewal is no event and leaves updated_at alone; progress is an event and renews', async () => {
  const id = await create();
  const { token } = await take('bob', { leaseSeconds: 60 });
  const events = async () =>
    (await psql.query('select count(*)::int as n from rookery.change_events where entity_id = $1', [id])).rows[0].n;
  const before = { events: await events(), updatedAt: (await row(id)).updated_at, expires: await expiry(id) };
  await renewLease(db, { id, token });
  expect(await events()).toBe(before.events);
  expect((await row(id)).updated_at).toEqual(before.updatedAt);

  const { task } = await reportProgress(db, { id, token, actor: 'bob', progress: 0.4, note: 'halfway' });
  expect(task).toMatchObject({ progress: 0.4, progressNote: 'halfway' });
  expect((await reportProgress(db, { id, token, actor: 'bob', note: 'nearly' })).task).toMatchObject({ progress: 0.4 });
  expect(await events()).toBe(before.events + 2);
  expect((await expiry(id)).getTime()).toBeGreaterThan(before.expires.getTime());
});

test('complete: done, with output and history; a repeat with the same token returns it unchanged', async () => {
  const id = await create();
  const { token } = await take('bob');
  const done = await complete(id, { token, output: { lines: 3 } });
  expect(done).toMatchObject({ status: 'done', output: { lines: 3 }, progress: 1, leaseExpiresAt: null });
  const again = await complete(id, { token, output: { lines: 4 } });
  expect(again).toMatchObject({ status: 'done', output: { lines: 3 }, finishedAt: done.finishedAt });
  await expect(complete(id, { token: 'another' })).rejects.toMatchObject({
    code: 'LEASE_LOST',
    details: { status: 'done' },
  });
  expect(await attempts(id)).toEqual([
    { attempt: 1, agent: 'bob', instance: 'default', fence: 1, outcome: 'done', error: null },
  ]);
});

test('a completion that comes late, yet before anybody took the task back, counts', async () => {
  const id = await create();
  const { token } = await take('bob');
  await expire(id);
  expect(await complete(id, { token })).toMatchObject({ status: 'done' });
});

test('who lost the lease can do nothing with it, and learns who has it', async () => {
  const id = await create();
  const old = await take('bob', { instance: 'b1' });
  await expire(id);
  expect(await sweepTasks(db)).toMatchObject({ lost: 1 });
  const lost = { code: 'LEASE_LOST', details: { status: 'open', holder: null } };
  await expect(renewLease(db, { id, token: old.token })).rejects.toMatchObject(lost);

  const now = await take('bob', { instance: 'b2' });
  expect(now.fence).toBe(2);
  const taken = {
    code: 'LEASE_LOST',
    message: expect.stringContaining('held by bob/b2'),
    details: { status: 'in_progress', holder: 'bob', instance: 'b2', since: expect.any(String) },
  };
  await expect(renewLease(db, { id, token: old.token })).rejects.toMatchObject(taken);
  await expect(complete(id, { token: old.token, instance: 'b1' })).rejects.toMatchObject(taken);
  await expect(fail(id, old.token)).rejects.toMatchObject(taken);
  await expect(release(id, old.token)).rejects.toMatchObject(taken);
  await expect(reportProgress(db, { id, token: old.token, actor: 'bob', progress: 1 })).rejects.toMatchObject(taken);
  expect(await state(id)).toBe('in_progress by bob');
  await expect(renewLease(db, { id: '999999', token: old.token })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('without a token: the assigned agent may complete, unless another process holds a live lease', async () => {
  const id = await create({ assignedTo: 'bob' });
  expect(await complete(id)).toMatchObject({ status: 'done' });
  expect(await complete(id)).toMatchObject({ status: 'done' });

  const held = await create();
  await take('bob', { instance: 'b1' });
  await expect(complete(held, { instance: 'b2' })).rejects.toMatchObject({
    code: 'CONFLICT',
    details: { holder: 'bob', instance: 'b1' },
  });
  await expect(complete(held, { agent: 'cleo' })).rejects.toMatchObject({ code: 'CONFLICT' });
  await expire(held);
  expect(await complete(held, { instance: 'b2' })).toMatchObject({ status: 'done' });

  const nobodys = await create();
  await expect(complete(nobodys)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('Claim it first'),
  });
});

test('without a token: an operator may, and with force even over a live lease, which is then lost', async () => {
  const asOperator = { agent: null, actor: 'operator', operator: true };
  expect(await complete(await create(), asOperator)).toMatchObject({ status: 'done' });
  const id = await create();
  const { token } = await take('bob');
  await expect(complete(id, asOperator)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('force'),
  });
  expect(await complete(id, { ...asOperator, force: true })).toMatchObject({ status: 'done' });
  expect(await renewLease(db, { id, token }).catch(({ code }) => code)).toBe('LEASE_LOST');
});

test('fail: back after a backoff that doubles, failed at maxAttempts; back in its old place in line', async () => {
  const id = await create({ maxAttempts: 3 });
  const order = (await row(id))['claim_order'];
  for (const [failures, seconds] of [
    [1, 10],
    [2, 20],
  ] as const) {
    const { token } = await take('bob', { id });
    const task = await fail(id, token, { reason: `failure ${failures}` });
    expect(task).toMatchObject({
      status: 'open',
      failures,
      assignedTo: null,
      ready: false,
      error: `failure ${failures}`,
    });
    const wait = (task.retryAt!.getTime() - task.updatedAt.getTime()) / 1_000;
    expect(wait).toBeGreaterThan(seconds * 0.74);
    expect(wait).toBeLessThan(seconds * 1.26);
    expect(task.claimOrder).toEqual(order);
  }
  const { token } = await take('bob', { id });
  expect(await fail(id, token)).toMatchObject({ status: 'failed', failures: 3, assignedTo: 'bob', retryAt: null });
  expect((await attempts(id)).map(({ attempt, outcome, error }) => [attempt, outcome, error])).toEqual([
    [1, 'failed', 'failure 1'],
    [2, 'failed', 'failure 2'],
    [3, 'failed', 'no idea'],
  ]);
});

test('a failure that is not to be retried is final', async () => {
  const id = await create();
  const { token } = await take('bob');
  expect(await fail(id, token, { retryable: false })).toMatchObject({ status: 'failed', failures: 1 });
});

test('release: open at once, nobody’s again, nothing counted; an assignment stays', async () => {
  const id = await create();
  const { token } = await take('bob');
  expect(await release(id, token)).toMatchObject({
    status: 'open',
    assignedTo: null,
    failures: 0,
    lostLeases: 0,
    ready: true,
  });
  expect((await attempts(id)).map(({ outcome }) => outcome)).toEqual(['released']);
  const mine = await create({ assignedTo: 'bob', priority: 1 });
  expect(await release(mine, (await take('bob')).token)).toMatchObject({ status: 'open', assignedTo: 'bob' });
});

test('a heartbeat renews all leases of that process, and of no other', async () => {
  const [one, two, other] = [await create(), await create(), await create()];
  await take('bob', { id: one, instance: 'b1' });
  await take('bob', { id: two, instance: 'b1' });
  await take('bob', { id: other, instance: 'b2' });
  await expire(one, two, other);
  await heartbeat(db, { agent: 'bob', instance: 'b1' });
  expect(await sweepTasks(db)).toMatchObject({ lost: 1 });
  expect([await state(one), await state(two), await state(other)]).toEqual([
    'in_progress by bob',
    'in_progress by bob',
    'open',
  ]);
});

test('an agent that stops gives back what it holds', async () => {
  const id = await create();
  await take('bob');
  await heartbeat(db, { agent: 'bob', instance: 'default' });
  await stopAgent(db, { agent: 'bob', instance: null });
  expect(await state(id)).toBe('open');
  expect((await take('cleo')).id).toBe(id);
});

test('a lost lease: handed on at once the first time, later after a backoff, failed at maxLostLeases', async () => {
  const id = await create({ maxLostLeases: 3 });
  await take('bob');
  await expire(id);
  expect(await sweepTasks(db)).toMatchObject({ lost: 1 });
  expect(await row(id)).toMatchObject({ status: 'open', lost_leases: 1, failures: 0, ready: true, retry_at: null });
  await take('bob');
  await expire(id);
  await sweepTasks(db);
  expect(await row(id)).toMatchObject({ status: 'open', lost_leases: 2, ready: false, retry_at: expect.any(Date) });
  await take('bob', { id });
  await expire(id);
  await sweepTasks(db);
  expect(await row(id)).toMatchObject({
    status: 'failed',
    lost_leases: 3,
    error: expect.stringContaining('expired 3 times'),
  });
  expect((await attempts(id)).map(({ outcome }) => outcome)).toEqual(['lost', 'lost', 'lost']);
});

test('the sweeper says when the next lease runs out', async () => {
  await create();
  const { id, token } = await take('bob');
  expect((await sweepTasks(db)).nextInMs).toBe(1_000);
  await expire(id);
  await psql.query('begin');
  await psql.query('select from agent_tasks where id = $1 for update', [id]);
  // Somebody is finishing it just now, or has left a transaction open: passed over, to be looked at again soon.
  expect(await sweepTasks(db)).toEqual({ lost: 0, promoted: 0, nextInMs: 250 });
  await psql.query('rollback');
  await renewLease(db, { id, token });
});

test('when the hub itself was away, everybody gets one full lease first', async () => {
  const id = await create();
  await take('bob', { leaseSeconds: 60 });
  await expire(id);
  await psql.query(`update rookery.sweeps set swept_at = swept_at - interval '11 seconds' where name = 'tasks'`);
  expect(await sweepTasks(db)).toMatchObject({ lost: 0 });
  expect((await expiry(id)).getTime()).toBeGreaterThan(Date.now() + 30_000);
  await expire(id);
  expect(await sweepTasks(db)).toMatchObject({ lost: 1 });
});

test('after the hub was away, a task that somebody has locked does not hold up the sweeper', async () => {
  for (const _each of [1, 2]) await create();
  const [locked, free] = [await take('ann'), await take('bob')];
  await expire(locked.id, free.id);
  await psql.query(`update rookery.sweeps set swept_at = swept_at - interval '11 seconds' where name = 'tasks'`);
  await psql.query('begin');
  try {
    await psql.query('select from agent_tasks where id = $1 for update', [locked.id]);
    await sweepTasks(db);
    expect((await expiry(free.id)).getTime()).toBeGreaterThan(Date.now());
    const away = `select swept_at < clock_timestamp() - interval '10 s' as away from rookery.sweeps where name = 'tasks'`;
    expect(await db.query(away)).toEqual([{ away: false }]);
  } finally {
    await psql.query('rollback');
  }
});

test('a session without the setting of the hub’s own claims, renews and completes under one lease', async () => {
  const id = await create();
  const call = async (verb: string, item: object) => {
    const { rows } = await psql.query(`select * from rookery.${verb}($1::jsonb)`, [JSON.stringify([item])]);
    expect(rows[0].error).toBeNull();
    return rows[0];
  };
  const { lease, task } = await call('claim_tasks', { agent: 'bob', instance: 'default', leaseSeconds: 30 });
  expect(task).toMatchObject({ assigned_to: 'bob', assigned_instance: 'default', fence: lease.fence });
  await call('report_progress', { id, token: lease.token, actor: 'bob', progress: 0.5 });
  await call('complete_tasks', { id, token: lease.token, actor: 'bob', agent: 'bob', instance: 'default' });
  expect(await attempts(id)).toMatchObject([{ agent: 'bob', outcome: 'done', fence: lease.fence }]);
});

test('one process sweeps at a time', async () => {
  const id = await create();
  await take('bob');
  await expire(id);
  await psql.query('begin');
  await psql.query('select rookery.sweep_tasks()');
  expect(await sweepTasks(db)).toEqual({ lost: 0, promoted: 0, nextInMs: 1_000 });
  await psql.query('rollback');
  expect(await sweepTasks(db)).toMatchObject({ lost: 1 });
});

test('cancel: by its creator or an operator; the holder learns it at its next call', async () => {
  const id = await create({}, 'ann');
  const { token } = await take('bob');
  await expect(cancelTask(db, agent('bob'), { id, reason: null })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await cancelTask(db, agent('ann'), { id, reason: 'too late' })).toMatchObject({
    status: 'cancelled',
    cancelReason: 'too late',
  });
  expect(await cancelTask(db, agent('ann'), { id, reason: 'again' })).toMatchObject({ cancelReason: 'too late' });
  await expect(complete(id, { token })).rejects.toMatchObject({
    code: 'LEASE_LOST',
    message: expect.stringContaining('cancelled by ann: too late'),
    details: { status: 'cancelled' },
  });
  expect((await attempts(id)).map(({ outcome, error }) => [outcome, error])).toEqual([['cancelled', 'too late']]);
  const done = await create({ assignedTo: 'bob' });
  await complete(done);
  await expect(cancelTask(db, operator, { id: done, reason: null })).rejects.toMatchObject({ code: 'CONFLICT' });
  await expect(cancelTask(db, operator, { id: '999999', reason: null })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('update: assigning a held task to another takes it back', async () => {
  const id = await create({}, 'ann');
  const { token } = await take('bob');
  await expect(updateTask(db, agent('eve'), { id, set: { priority: 1 } })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  expect(await updateTask(db, agent('bob'), { id, set: { priority: 2 } })).toMatchObject({
    priority: 2,
    status: 'in_progress',
  });
  expect(await updateTask(db, agent('ann'), { id, set: { assigned_to: 'cleo' } })).toMatchObject({
    status: 'open',
    assignedTo: 'cleo',
  });
  expect(await renewLease(db, { id, token }).catch(({ code }) => code)).toBe('LEASE_LOST');
  expect((await take('cleo')).id).toBe(id);
});

test('reopen: a finished task starts anew, a held one is taken back', async () => {
  const id = await create({ maxAttempts: 1 });
  const { token } = await take('bob');
  await fail(id, token);
  expect(await updateTask(db, operator, { id, set: { status: 'open' } })).toMatchObject({
    status: 'open',
    failures: 0,
    error: null,
    finishedAt: null,
  });
  await take('bob');
  expect(await updateTask(db, operator, { id, set: { status: 'open' } })).toMatchObject({
    status: 'open',
    assignedTo: null,
  });
  expect((await attempts(id)).map(({ outcome }) => outcome)).toEqual(['failed', 'released']);
});

test('finishing while the sweeper takes back: one of the two wins, and the loser is told', async () => {
  const rounds = 40;
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    const id = await create();
    const { token } = await take('bob');
    await expire(id);
    const [finish] = await Promise.allSettled([complete(id, { token }), sweepTasks(db)]);
    const after = await row(id);
    if (finish.status === 'fulfilled') expect(after['status']).toBe('done');
    else {
      expect(finish.reason).toMatchObject({ code: 'LEASE_LOST' });
      expect(after['status']).toBe('open');
      refused++;
    }
    expect(await attempts(id)).toHaveLength(1);
    await psql.query('delete from agent_tasks where id = $1', [id]);
  }
  expect(refused).toBeLessThanOrEqual(rounds);
});

test('one poisoned completion does not harm the others of its batch', async () => {
  const ids = [await create(), await create(), await create()];
  const held = await Promise.all(ids.map((id) => take('bob', { id })));
  const results = await Promise.allSettled([
    complete(ids[0]!, { token: held[0]!.token }),
    complete(ids[1]!, { token: 'wrong' }),
    complete('not a number', { token: 'x' }),
    complete(ids[2]!, { token: held[2]!.token, output: 'a\u0000b' }),
    complete(ids[2]!, { token: held[2]!.token, output: 'ab' }),
  ]);
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value.status : result.reason.code))).toEqual([
    'done',
    'LEASE_LOST',
    '22P02',
    'BAD_INPUT',
    'done',
  ]);
  expect((await row(ids[2]!))['output']).toBe('ab');
});

test('claims are keyed by token: the same name twice is two holders, of which one is current', async () => {
  const id = await create();
  await take('bob');
  await expire(id);
  await sweepTasks(db);
  const again = await claim(db, { agent: 'bob', instance: 'default', leaseSeconds: 30 });
  expect(again?.lease.fence).toBe(2);
});
