import { afterAll, beforeAll, expect, test } from 'vitest';
import { archiveDays, RETAINED, setRetention, sweepRetention } from '../../src/operations/service.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { testHub } from '../support/hub.ts';

const hub = await testHub({ tokens: true });
const { pg } = hub;
const first = openDatabase({ url: hub.db, poolSize: 3, statementTimeoutMs: 10_000 });
const second = openDatabase({ url: hub.db, poolSize: 3, statementTimeoutMs: 10_000 });
const operator = { token: hub.operator };
afterAll(() => Promise.all([first.close(), second.close()]));

const CLEAN = `mutation ($input: CleanupOldDataInput!) {
  cleanupOldData(input: $input) { done tables { table rows done } } }`;
const clean = async (input: object) => (await hub.data(CLEAN, { input }, operator))['cleanupOldData'];
const count = async (sql: string) => Number((await pg.query(`select count(*) from ${sql}`)).rows[0].count);
/** Of deletions, and of what this file does: the hub also sees who is silent. */
const events = () => count(`rookery.change_events where op = 'delete' or topic = 'system_events'`);

beforeAll(async () => {
  await pg.query(`insert into agent_heartbeats (agent_id, timestamp) select 'jean', now() - interval '1 day' * n from generate_series(1, 25) n;
    insert into system_events (event_type, timestamp) select 'a', now() - interval '1 day' * n from generate_series(1, 25) n;
    insert into agent_standups (agent_name, created_at) select 'jean', now() - interval '1 day' * n from generate_series(1, 25) n;
    insert into llm_conversations (prompt, timestamp) select 'a', now() - interval '1 day' * n from generate_series(1, 25) n;
    insert into performance_metrics (agent_id, metric_name, value, timestamp)
      select 'jean', 'cpu', n, now() - interval '1 day' * n from generate_series(1, 25) n`);
});

test('beats, measurements and the log are kept for 30 days, transitions for 90, idempotency keys for 7, the rest for ever, until an operator says otherwise', async () => {
  const rules = async () => (await hub.data('{ retention { table days updatedBy } }', {}, operator))['retention'];
  expect(await rules()).toHaveLength(RETAINED.length);
  const days = Object.fromEntries(
    (await rules()).map(({ table, days }: { table: string; days: number }) => [table, days]),
  );
  expect(days).toEqual({
    AGENT_HEARTBEATS: 30,
    AGENT_STATE_TRANSITIONS: 90,
    PERFORMANCE_METRICS: 30,
    SYSTEM_EVENTS: 30,
    QUEUE_ARCHIVE: 30,
    IDEMPOTENCY_RECEIPTS: 7,
    LLM_CONVERSATIONS: null,
    AGENT_TASKS: null,
    AGENT_MESSAGES: null,
    AGENT_STANDUPS: null,
    AGENT_REQUESTS: null,
  });
  const set = (input: object, token = hub.operator) =>
    hub.graphql(
      'mutation ($input: SetRetentionInput!) { setRetention(input: $input) { rule { table days updatedBy } } }',
      { input },
      { token, agent: 'boss' },
    );
  expect((await set({ table: 'QUEUE_ARCHIVE', days: 90 })).data?.['setRetention'].rule).toEqual({
    table: 'QUEUE_ARCHIVE',
    days: 90,
    updatedBy: 'boss',
  });
  expect(await archiveDays(first)).toBe(90);
  expect((await set({ table: 'QUEUE_ARCHIVE' })).data?.['setRetention'].rule.days).toBeNull();
  expect(await archiveDays(first)).toBe(36_500);
  for (const wrong of [0, 36_501])
    expect((await set({ table: 'AGENT_TASKS', days: wrong })).errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
});

test('a dry run counts, cleaning up removes as much, and a repeat finds nothing', async () => {
  const old = (rows: number) => ({
    done: true,
    tables: ['AGENT_HEARTBEATS', 'PERFORMANCE_METRICS', 'SYSTEM_EVENTS'].map((table) => ({ table, rows, done: true })),
  });
  expect(await clean({ daysToKeep: 15, dryRun: true })).toEqual(old(11));
  expect(await count('agent_heartbeats')).toBe(25);
  const before = await events();
  expect(await clean({ daysToKeep: 15 })).toEqual(old(11));
  expect(await clean({ daysToKeep: 15 })).toEqual(old(0));
  expect(await count('agent_heartbeats')).toBe(14);
  expect(await clean({ daysToKeep: 15, tables: ['AGENT_STANDUPS', 'LLM_CONVERSATIONS'] })).toMatchObject({
    tables: [
      { table: 'AGENT_STANDUPS', rows: 11 },
      { table: 'LLM_CONVERSATIONS', rows: 11 },
    ],
  });
  expect(await events()).toBe(before);
  for (const input of [{ daysToKeep: 0 }, { daysToKeep: 1, tables: [] }, { daysToKeep: 1, tables: ['QUEUE_ARCHIVE'] }])
    expect((await hub.graphql(CLEAN, { input }, operator)).errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
});

test('plain SQL cleans up with the function of the documents', async () => {
  const { rows } = await pg.query('select * from cleanup_old_data(days_to_keep => 10)');
  expect(rows).toEqual(
    ['agent_heartbeats', 'performance_metrics', 'system_events'].map((table_name) => ({
      table_name,
      rows_removed: 5,
      done: true,
    })),
  );
  await expect(pg.query('select cleanup_old_data(0)')).rejects.toMatchObject({ code: 'RK400' });
});

test('only finished tasks go, and none that something unfinished waits for', async () => {
  await pg.query(`insert into agent_tasks (id, title, created_by, status) values
      (1, 'done', 'jean', 'done'), (2, 'failed, waited for', 'jean', 'failed'), (3, 'waits', 'jean', 'open'), (4, 'open', 'jean', 'open'),
      (5, 'cancelled, waited for by what is done', 'jean', 'cancelled'), (6, 'done lately', 'jean', 'done'),
      (7, 'done, asked about', 'jean', 'done'), (8, 'done, answered', 'jean', 'done');
    insert into agent_requests (subject, from_agent, task_id) values ('may I?', 'jean', 7), ('could I?', 'jean', 8);
    update agent_requests set status = 'cancelled' where task_id = 8;
    insert into agent_task_dependencies (task_id, depends_on_id) values (3, 2), (1, 5);
    update agent_tasks set finished_at = now() - interval '100 days', created_at = now() - interval '1 year' where id <> 6`);
  const before = await events();
  expect(await clean({ daysToKeep: 90, dryRun: true, tables: ['AGENT_TASKS'] })).toMatchObject({
    tables: [{ rows: 3 }],
  });
  expect(await clean({ daysToKeep: 90, tables: ['AGENT_TASKS'] })).toMatchObject({ done: true, tables: [{ rows: 3 }] });
  const { rows } = await pg.query('select id::int, status from agent_tasks order by id');
  expect(rows).toEqual([
    { id: 2, status: 'failed' },
    { id: 3, status: 'blocked' },
    { id: 4, status: 'open' },
    { id: 6, status: 'done' },
    { id: 7, status: 'done' },
  ]);
  expect(await events()).toBe(before);
});

test('requests go when they are over, but for approvals that may still be used; what was said goes with them', async () => {
  await pg.query(`delete from agent_requests;
    insert into agent_requests (subject, from_agent, kind, status, decision, closed_at, deadline_at) values
      ('open', 'jean', 'help', 'open', null, null, null), ('rejected', 'jean', 'approval', 'decided', 'reject', null, null),
      ('approved', 'jean', 'approval', 'decided', 'approve', null, null), ('used', 'jean', 'approval', 'decided', 'approve', null, null),
      ('used lately', 'jean', 'approval', 'decided', 'approve', null, null), ('cancelled', 'jean', 'help', 'cancelled', null, null, null),
      ('cancelled lately', 'jean', 'help', 'open', null, null, null),
      ('approved, to be used by now', 'jean', 'approval', 'expired', 'approve', null, now() - interval '100 days'),
      ('approved, decided before it had to be', 'jean', 'approval', 'decided', 'approve', null, now());
    insert into agent_requests (id, subject, from_agent, kind) values (100, 'answered', 'jean', 'help');
    insert into agent_request_responses (request_id, responder, answer) values (100, 'ana', '"so"');
    update agent_requests set consumed_at = now() - interval '100 days' where subject = 'used';
    update agent_requests set closed_at = now() - interval '100 days' where status <> 'open' and consumed_at is null;
    update agent_requests set consumed_at = now() where subject = 'used lately';
    update agent_requests set status = 'cancelled' where subject = 'cancelled lately'`);
  const left = async () =>
    (await pg.query('select subject from agent_requests')).rows.map(({ subject }) => subject).sort();
  const kept = ['approved', 'approved, decided before it had to be', 'cancelled lately', 'open', 'used lately'];
  const before = await events();
  expect(await clean({ daysToKeep: 90, dryRun: true, tables: ['AGENT_REQUESTS'] })).toMatchObject({
    tables: [{ rows: 5 }],
  });
  expect(await clean({ daysToKeep: 90, tables: ['AGENT_REQUESTS'] })).toMatchObject({
    done: true,
    tables: [{ rows: 5 }],
  });
  expect(await left()).toEqual(kept);
  expect(await count('agent_request_responses')).toBe(0);
  expect(await events()).toBe(before);
});

test('messages go when they are read, answers first; broadcasts when all who are alive have read them', async () => {
  await pg.query(`insert into agents (agent_id, last_heartbeat) values ('alive', now()), ('dead', now() - interval '1 year');
    insert into agent_messages (id, from_agent, to_agent, content, read_at, reply_to) values
      (1, 'a', 'b', 'read', now() - interval '100 days', null), (2, 'a', 'b', 'unread', null, null),
      (3, 'a', 'b', 'asked', now() - interval '100 days', null), (4, 'b', 'a', 'answered', now() - interval '99 days', 3),
      (5, 'a', 'b', 'asked', now() - interval '100 days', null), (6, 'b', 'a', 'answered lately', now(), 5),
      (7, 'a', null, 'read by the living', null, null), (8, 'a', null, 'read by the dead', null, null);
    update agent_messages set created_at = now() - interval '100 days';
    update agent_message_receipts set read_at = now() where message_id = 7 and agent_id <> 'dead';
    update agent_message_receipts set read_at = now() where message_id = 8 and agent_id = 'dead'`);
  const before = await events();
  const left = async () => (await pg.query('select id::int from agent_messages order by id')).rows.map(({ id }) => id);
  expect(await clean({ daysToKeep: 90, dryRun: true, tables: ['AGENT_MESSAGES'] })).toMatchObject({
    tables: [{ rows: 3 }],
  });
  await clean({ daysToKeep: 90, tables: ['AGENT_MESSAGES'] });
  expect(await left()).toEqual([2, 3, 5, 6, 8]);
  await clean({ daysToKeep: 90, tables: ['AGENT_MESSAGES'] });
  expect(await left()).toEqual([2, 5, 6, 8]);
  expect(await count('agent_message_receipts where message_id = 7')).toBe(0);
  expect(await events()).toBe(before);
});

test('the receipts of one broadcast go in parts too', async () => {
  await pg.query(`insert into agents (agent_id, last_heartbeat) select 'crowd' || n, now() - interval '1 year' from generate_series(1, 50) n;
    insert into agent_messages (id, from_agent, content, created_at) values (100, 'a', 'to all', now() - interval '200 days')`);
  const receipts = await count('agent_message_receipts where message_id = 100');
  const alive = `update agent_message_receipts set read_at = now() where message_id = 100 and agent_id in (select agent_id from agents where last_heartbeat > now() - interval '150 days')`;
  await pg.query(alive);
  const parts: number[] = [];
  do {
    const { rows } = await pg.query(
      `select rookery.prune('agent_messages', now() - interval '150 days', 20) as pruned`,
    );
    parts.push(rows[0].pruned);
  } while (parts.at(-1) === 20);
  expect(parts.reduce((sum, part) => sum + part)).toBe(receipts + 1);
  expect(await count('agent_messages where id = 100')).toBe(0);
});

test('two hubs sweep side by side, pass over what somebody has locked, and leave nothing else', async () => {
  await pg.query(
    `delete from system_events; insert into system_events (event_type, timestamp) select 'a', now() - interval '100 days' from generate_series(1, 5000)`,
  );
  await pg.query(`begin; select 1 from system_events where id = (select min(id) from system_events) for update`);
  for (let more = true; more; )
    more = (await Promise.all([sweepRetention(first), sweepRetention(second)])).some(Boolean);
  expect(await count('system_events')).toBe(1);
  await pg.query('rollback');
  await pg.query(`insert into rookery.idempotency_receipts values ('a', 'v', 'old', '1', '', now() - interval '8 days'), ('a', 'v', 'young', '2', '', now());
    insert into agent_state_transitions (agent_id, to_state, actor, created_at) values
      ('a', 'active', 'a', now() - interval '91 days'), ('a', 'standby', 'a', now() - interval '89 days')`);
  expect(await sweepRetention(second)).toBe(false);
  expect(await count('system_events')).toBe(0);
  expect([
    await count('rookery.idempotency_receipts'),
    await count(`agent_state_transitions where agent_id = 'a'`),
  ]).toEqual([1, 1]);
  expect(await count(`agent_standups where created_at < now() - interval '10 days'`)).toBeGreaterThan(0);
  await setRetention(first, { table: 'agent_standups', days: 10, updatedBy: 'a test' });
  await sweepRetention(first);
  expect(await count(`agent_standups where created_at < now() - interval '10 days'`)).toBe(0);
});

test('a table that cannot be swept keeps no other', async () => {
  await pg.query(`insert into agent_heartbeats (agent_id, timestamp) values ('jean', now() - interval '99 days');
    insert into system_events (event_type, timestamp) values ('a', now() - interval '99 days');
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
    create trigger refuse before delete on agent_heartbeats execute function refuse()`);
  await expect(sweepRetention(first)).rejects.toThrow('no');
  await pg.query('drop function refuse cascade');
  expect(await count('system_events')).toBe(0);
  expect(await count(`agent_heartbeats where timestamp < now() - interval '98 days'`)).toBe(1);
});

test('who does not own the feed cannot write past it', async () => {
  const role = `silent_${hub.db.slice(-12)}`;
  await pg.query(`create role ${role}; grant insert on system_events to ${role}`);
  const before = await events();
  await pg.query(`begin; set local session authorization ${role}; set local rookery.silent = 'on';
    insert into system_events (event_type) values ('loud'); commit`);
  expect(await events()).toBe(before + 1);
  await pg.query(`begin; set local rookery.silent = 'on'; insert into system_events (event_type) values ('silent'); commit;
    drop owned by ${role}; drop role ${role}`);
  expect(await events()).toBe(before + 1);
});
