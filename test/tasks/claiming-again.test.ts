import { beforeEach, expect, test } from 'vitest';
import { type TestHub, testHub } from '../support/hub.ts';

const hub = await testHub();
const other = await testHub({ over: hub });
const bob = { agent: 'bob', instance: 'b1' };

const CLAIM = `mutation ($input: ClaimTaskInput!) {
  claimTask(input: $input) { task { id fence attempt } lease { token fence expiresAt } }
}`;
const claim = async (input: object, at: TestHub = hub, as = bob) => (await at.data(CLAIM, { input }, as))['claimTask'];
const refusal = async (input: object, as = bob) => (await hub.graphql(CLAIM, { input }, as)).errors?.[0];
const state = async (id: string) =>
  (await hub.pg.query('select status, attempt, fence::int from agent_tasks where id = $1', [id])).rows[0];
const receipts = async () => (await hub.pg.query('select * from rookery.idempotency_receipts')).rows;

async function create(count = 1): Promise<string[]> {
  const { rows } = await hub.pg.query(
    `insert into agent_tasks (title, created_by) select 'x', 'psql' from generate_series(1, $1) returning id`,
    [count],
  );
  return rows.map(({ id }) => id);
}

beforeEach(async () => {
  await hub.pg.query('truncate agent_tasks cascade; delete from rookery.idempotency_receipts');
});

test('a repeat returns the same task under the same lease, whichever hub is asked, and takes no other', async () => {
  const [best, named] = await create(3);
  for (const [input, id] of [
    [{ idempotencyKey: 'best' }, best],
    [{ idempotencyKey: 'named', id: named }, named],
  ] as const) {
    const first = await claim(input);
    expect(first.task.id).toBe(id);
    expect(await claim(input)).toEqual(first);
    expect(await claim(input, other)).toEqual(first);
    await hub.data('mutation ($input: RenewLeaseInput!) { renewLease(input: $input) { task { id } } }', {
      input: { id, leaseToken: first.lease.token, leaseSeconds: 600 },
    });
    const renewed = await claim(input);
    expect(renewed.lease).toMatchObject({ token: first.lease.token, fence: 1 });
    expect(Date.parse(renewed.lease.expiresAt)).toBeGreaterThan(Date.parse(first.lease.expiresAt));
    expect(await state(id!)).toEqual({ status: 'in_progress', attempt: 1, fence: 1 });
  }
  expect((await claim({})).task.id).not.toBe(best);
});

test('in a race, in one batch and between hubs, a key takes one task', async () => {
  const ids = await create(12);
  const named = ids.slice(9);
  const inputs = Array.from({ length: 60 }, (_, n) =>
    n % 2 ? { idempotencyKey: `best ${n % 5}` } : { idempotencyKey: `named ${n % 3}`, id: named[n % 3] },
  );
  const claims = await Promise.all(inputs.map((input, n) => claim(input, n % 4 < 2 ? hub : other)));
  for (const [n, { task, lease }] of claims.entries()) {
    const same = claims.filter((_, m) => inputs[m]!.idempotencyKey === inputs[n]!.idempotencyKey);
    expect(new Set(same.map((one) => one.lease.token))).toEqual(new Set([lease.token]));
    expect(lease.fence).toBe(1);
    expect(named.includes(task.id)).toBe(n % 2 === 0);
  }
  expect(new Set(claims.map(({ task }) => task.id)).size).toBe(8);
  expect(await receipts()).toHaveLength(8);
});

test('what gets no task leaves the key as good as new', async () => {
  expect(await claim({ idempotencyKey: 'k' })).toEqual({ task: null, lease: null });
  expect(await refusal({ idempotencyKey: 'n', id: '999999' })).toMatchObject({ extensions: { code: 'NOT_FOUND' } });
  expect(await receipts()).toEqual([]);
  const [id] = await create();
  expect((await claim({ idempotencyKey: 'k' })).task.id).toBe(id);
});

test('other arguments are refused, those of another process among them; another agent has keys of its own', async () => {
  const [first, second] = await create(2);
  expect((await claim({ idempotencyKey: 'k' })).task.id).toBe(first);
  for (const [input, as] of [
    [{ leaseSeconds: 60 }, bob],
    [{ id: first }, bob],
    [{}, { agent: 'bob', instance: 'b2' }],
  ] as const)
    expect(await refusal({ ...input, idempotencyKey: 'k' }, as)).toMatchObject({
      extensions: { code: 'IDEMPOTENCY_CONFLICT', idempotencyKey: 'k', id: first },
    });
  expect((await claim({ idempotencyKey: 'k' }, hub, { agent: 'cleo', instance: 'b1' })).task.id).toBe(second);
});

test.each([
  [
    'given back',
    'releaseTask(input: {id: $id, leaseToken: $token}) { task { id } }',
    'LEASE_LOST',
    /was given or taken back, and is open/,
  ],
  ['done', 'completeTask(input: {id: $id, leaseToken: $token}) { task { id } }', 'LEASE_LOST', /is done/],
  ['taken by plain SQL', `update agent_tasks set assigned_to = 'zoe' where id = $1`, 'LEASE_LOST', /is held by zoe/],
  ['deleted', 'delete from agent_tasks where id = $1', 'NOT_FOUND', /There is no task/],
])('a repeat when the task was %s says so, and takes no other', async (_what, act, code, reason) => {
  const [id] = await create();
  const input = { idempotencyKey: 'k' };
  const { lease } = await claim(input);
  if (act.includes('$token'))
    await hub.data(`mutation ($id: ID!, $token: String!) { ${act} }`, { id, token: lease.token }, bob);
  else await hub.pg.query(act, [id]);
  const [next] = await create();
  expect(await refusal(input)).toMatchObject({
    message: expect.stringMatching(reason),
    extensions: { code, id },
  });
  expect(await state(next!)).toMatchObject({ status: 'open' });
});

test('the receipt knows neither the token nor the key', async () => {
  await create();
  const { lease } = await claim({ idempotencyKey: 'a key nobody guesses' });
  const stored = JSON.stringify(await receipts());
  expect(stored).not.toContain(lease.token);
  expect(stored).not.toContain('a key nobody guesses');
});
