import { beforeEach, expect, test } from 'vitest';
import { openRoom } from './room.ts';

const room = await openRoom();
const { psql } = room;

const BACKLOG = 30_000;

/** Rows without triggers, as many as a hub has after a while; `ready` is what the triggers would have made of it. */
const fill = (columns: string, values: string, count = BACKLOG) =>
  psql.query(
    `set session_replication_role = replica;
     insert into agent_tasks (title, created_by, ${columns}) select 'x', 'psql', ${values} from generate_series(1, ${count}) n;
     set session_replication_role = origin`,
  );

/** What this transaction has read of the table so far. */
const TABLE_READS = `select seq_scan::int as scans, (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows
  from pg_stat_xact_user_tables where relid = 'agent_tasks'::regclass`;

/** What earlier transactions of this session read is still in its counters until they are flushed. */
const flushCounters = () => psql.query('select pg_stat_force_next_flush()');

/** What one claim reads of the table: rows, and whether it ever read the table whole. */
async function costOf(item: object): Promise<{ claimed: string | null; rows: number; scans: number }> {
  await flushCounters();
  await psql.query(`begin; set local rookery.wakeup = 'self'`);
  const claim = await psql.query('select task, error from rookery.claim_tasks($1::jsonb)', [
    JSON.stringify([{ agent: 'bob', instance: 'default', leaseSeconds: 30, ...item }]),
  ]);
  const { rows } = await psql.query(TABLE_READS);
  await psql.query('commit');
  expect(claim.rows[0].error).toBeNull();
  return { claimed: claim.rows[0].task?.title ?? null, ...rows[0] };
}

const wanted = () =>
  psql.query(
    `insert into agent_tasks (title, type, session_id, created_by, priority) values ('wanted', 'code', 7, 'ann', 10)`,
  );

// The plans are made, and kept, while there is nothing to plan for: the worst beginning.
beforeEach(async () => {
  await psql.query('discard plans');
  for (const item of [{}, { types: ['code'] }, { sessionId: 7 }, { idempotencyKey: 'k' }])
    for (let n = 0; n < 8; n++) await costOf(item);
});

test.each([
  ['finished', 'status, ready', `'done', false`],
  ['of other types and sessions', 'type, session_id, priority', `'docs', 8, 1`],
  ['of other assignees', 'assigned_to', `'zoe'`],
  ['of the future', 'run_after, ready', `now() + n * interval '1 minute', false`],
  ['blocked', 'status, ready', `'blocked', false`],
  ['held', 'status, ready, assigned_to, lease_expires_at', `'in_progress', false, 'zoe', now() + interval '1 hour'`],
])('a claim reads a handful of rows past thirty thousand that are %s', async (_what, columns, values) => {
  await fill(columns, values);
  const few = { claimed: 'wanted', rows: expect.toSatisfy((rows: number) => rows < 20), scans: 0 };
  // With statistics of an empty table, and with those that know the rest and nothing of what is wanted.
  for (const key of ['before', 'after']) {
    const keyed = { types: ['code'], idempotencyKey: key };
    for (const item of [{ types: ['code'] }, { types: ['code', 'paint'] }, { sessionId: 7 }, keyed]) {
      await wanted();
      expect(await costOf(item)).toEqual(few);
    }
    expect(await costOf(keyed)).toEqual(few);
    await psql.query('analyze agent_tasks');
  }
});

test('the best of thirty thousand ready ones, as well', async () => {
  await fill('type, priority', `'code', 1 + n % 10`);
  expect(await costOf({})).toEqual({ claimed: 'x', rows: expect.toSatisfy((rows: number) => rows < 20), scans: 0 });
  expect(await costOf({ types: ['code'] })).toMatchObject({ claimed: 'x', scans: 0 });
});

test.each([
  ['finished', 'status, ready', `'done', false`],
  ['ready', 'type', `'code'`],
  ['of the future', 'run_after, ready', `now() + n * interval '1 minute', false`],
  ['blocked', 'status, ready', `'blocked', false`],
])('a sweep reads next to nothing of thirty thousand that are %s', async (_what, columns, values) => {
  for (let n = 0; n < 8; n++) await psql.query('select rookery.sweep_tasks()');
  await fill(columns, values);
  await flushCounters();
  await psql.query('begin');
  await psql.query('select rookery.sweep_tasks()');
  const { rows } = await psql.query(TABLE_READS);
  await psql.query('commit');
  expect(rows).toEqual([{ scans: 0, rows: expect.toSatisfy((count: number) => count < 20) }]);
});

test('pages of lists are index ranges, wherever they begin', async () => {
  await fill('status, priority, ready, created_at', `'open', 1 + n % 10, true, now() - n * interval '1 second'`);
  await psql.query('analyze agent_tasks');
  const plan = async (text: string) =>
    (await psql.query(`explain (format text) ${text}`)).rows.map((row) => row['QUERY PLAN']).join('\n');
  // The statements that listing.ts has Prisma make, for a cursor in the middle.
  const middle = (
    await psql.query(
      `select id, priority from agent_tasks where status = 'open' order by priority, id offset 15000 limit 1`,
    )
  ).rows[0];
  const byPriority = await plan(
    `select * from agent_tasks where status in ('open') and priority >= ${middle.priority}
        and (priority > ${middle.priority} or id > ${middle.id}) order by priority, id limit 21`,
  );
  expect(byPriority).toContain('agent_tasks_status');
  expect(byPriority).not.toContain('Sort');
  expect(await plan(`select * from agent_tasks where id < ${middle.id} order by id desc limit 21`)).toContain(
    'agent_tasks_pkey',
  );
});
