import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '../../src/postgres/migrations.ts';
import { createDatabase, testDatabase } from '../support/database.ts';
import { heldUp } from '../support/locks.ts';

const database = await testDatabase();
const client = new pg.Client({ connectionString: database.url });
beforeAll(() => client.connect());
afterAll(() => client.end());

const rows = async (sql: string, values: unknown[] = []) => (await client.query(sql, values)).rows;
const value = async (sql: string, values: unknown[] = []) => Object.values((await rows(sql, values))[0] ?? {})[0];

describe('the statements of the fourth source document', () => {
  beforeAll(() => client.query(`select pgmq.create(name) from unnest(array['llm_requests', 'llm_results']) name`));

  test('list, send, insert, read, watch, archive', async () => {
    expect(await rows('SELECT * FROM pgmq.queue_list();')).toEqual([
      expect.objectContaining({ queue_name: 'llm_requests', is_partitioned: false, is_unlogged: false }),
      expect.objectContaining({ queue_name: 'llm_results' }),
    ]);
    await client.query(`SELECT * FROM pgmq.send('llm_requests', '{"agent_id": "test", "task": "hello"}')`);
    await client.query(`INSERT INTO pgmq.llm_requests (msg) VALUES ('{"agent_id": "test", "task": "again"}')`);
    const watched = await rows('SELECT msg_id, read_ct, enqueued_at FROM pgmq.llm_requests LIMIT 10;');
    expect(watched).toEqual([
      { msg_id: expect.any(String), read_ct: 0, enqueued_at: expect.any(Date) },
      { msg_id: expect.any(String), read_ct: 0, enqueued_at: expect.any(Date) },
    ]);
    // Its read('llm_requests', limit:10) is no valid SQL; this is what it means.
    const read = await rows(`SELECT * FROM pgmq.read('llm_requests', 30, 10)`);
    expect(read.map(({ message }) => message.task)).toEqual(['hello', 'again']);
    expect(await value(`SELECT pgmq.archive('llm_requests', $1::bigint)`, [read[0].msg_id])).toBe(true);
    expect(await value('SELECT msg FROM pgmq.llm_requests_archive')).toEqual({ agent_id: 'test', task: 'hello' });
    expect(await value('SELECT message FROM pgmq.a_llm_requests')).toEqual({ agent_id: 'test', task: 'hello' });
    expect(await rows('SELECT msg_id, vt FROM pgmq.llm_requests')).toEqual([
      { msg_id: read[1].msg_id, vt: read[1].vt },
    ]);
    await expect(client.query(`SELECT * FROM pgmq.read('llm_requests', limit:10)`)).rejects.toThrow('syntax error');
  });
});

describe('the functions of pgmq', () => {
  test('have its signatures', async () => {
    const signatures = await rows(
      `select p.oid::regprocedure::text as signature from pg_proc p where pronamespace = 'pgmq'::regnamespace order by 1`,
    );
    for (const signature of [
      'pgmq."create"(text)',
      'pgmq.create_unlogged(text)',
      'pgmq.drop_queue(text)',
      'pgmq.send(text,jsonb)',
      'pgmq.send(text,jsonb,integer)',
      'pgmq.send(text,jsonb,timestamp with time zone)',
      'pgmq.send(text,jsonb,jsonb)',
      'pgmq.send(text,jsonb,jsonb,integer)',
      'pgmq.send(text,jsonb,jsonb,timestamp with time zone)',
      'pgmq.send_batch(text,jsonb[])',
      'pgmq.send_batch(text,jsonb[],integer)',
      'pgmq.send_batch(text,jsonb[],timestamp with time zone)',
      'pgmq.send_batch(text,jsonb[],jsonb[])',
      'pgmq.read(text,integer,integer,jsonb)',
      'pgmq.read_with_poll(text,integer,integer,integer,integer,jsonb)',
      'pgmq.read_grouped(text,integer,integer)',
      'pgmq.pop(text,integer)',
      'pgmq.archive(text,bigint)',
      'pgmq.archive(text,bigint[])',
      'pgmq.delete(text,bigint)',
      'pgmq.delete(text,bigint[])',
      'pgmq.set_vt(text,bigint,integer)',
      'pgmq.set_vt(text,bigint[],integer)',
      'pgmq.set_vt(text,bigint,timestamp with time zone)',
      'pgmq.purge_queue(text)',
      'pgmq.list_queues()',
      'pgmq.metrics(text)',
      'pgmq.metrics_all()',
    ])
      expect(signatures.map((row) => row.signature)).toContain(signature);
  });

  test('send with delays, headers and in batches, by position and by name', async () => {
    await client.query(`select pgmq.create(queue_name => 'varied')`);
    await client.query(`select * from pgmq.send(queue_name => 'varied', msg => '{"n": 1}')`);
    await client.query(`select pgmq.send('varied', '{"n": 2}', 60)`);
    await client.query(`select pgmq.send('varied', '{"n": 3}', now() + interval '1 hour')`);
    await client.query(`select pgmq.send('varied', '{"n": 4}', '{"h": 1}'::jsonb, 0)`);
    const ids = await rows(
      `select * from pgmq.send_batch('varied', array['{"n": 5}', '{"n": 6}']::jsonb[], array['{"h": 2}', null]::jsonb[])`,
    );
    expect(ids).toHaveLength(2);
    const read = await rows(`select * from pgmq.read('varied', 30, 10)`);
    expect(read.map(({ message, headers }) => [message.n, headers])).toEqual([
      [1, null],
      [4, { h: 1 }],
      [5, { h: 2 }],
      [6, null],
    ]);
    expect(Object.keys(read[0])).toEqual([
      'msg_id',
      'read_ct',
      'enqueued_at',
      'last_read_at',
      'vt',
      'message',
      'headers',
    ]);
    const delays = await rows(
      `select extract(epoch from vt - enqueued_at)::int as s from pgmq.q_varied where read_ct = 0 order by msg_id`,
    );
    expect(delays[0].s).toBe(60);
    expect(delays[1].s).toBeGreaterThan(3_500);
    await expect(client.query(`select pgmq.send_batch('varied', array[]::jsonb[])`)).rejects.toMatchObject({
      code: 'RK400',
    });
  });

  test('read what a condition picks, pop, set_vt, delete, purge, drop', async () => {
    await client.query(`select pgmq.create('Work')`);
    await client.query(
      `select pgmq.send_batch('Work', array(select jsonb_build_object('n', n, 'odd', n % 2 = 1) from generate_series(1, 6) n))`,
    );
    expect(
      (await rows(`select message from pgmq.read('Work', 30, 10, '{"odd": false}')`)).map(({ message }) => message.n),
    ).toEqual([2, 4, 6]);
    expect((await rows(`select message from pgmq.pop('work')`)).map(({ message }) => message.n)).toEqual([1]);
    const [back] = await rows(
      `select * from pgmq.set_vt('Work', (select min(msg_id) from pgmq.q_work where message @> '{"n": 4}'), 0)`,
    );
    expect(back.message.n).toBe(4);
    // In the order of becoming visible: 3 and 5 have been since they were sent, 4 only now.
    expect(
      (await rows(`select message from pgmq.read_with_poll('Work', 30, 3, 1, 10)`)).map(({ message }) => message.n),
    ).toEqual([3, 5, 4]);
    expect(await rows(`select * from pgmq.read_with_poll('Work', 30, 1, 0)`)).toEqual([]);
    const ids = (await rows('select msg_id from pgmq.q_work order by msg_id')).map((row) => row.msg_id);
    expect(ids).toHaveLength(5);
    expect(await rows(`select * from pgmq.delete('Work', $1::bigint[])`, [[...ids.slice(0, 2), 999_999]])).toHaveLength(
      2,
    );
    expect(await value(`select pgmq.delete('Work', 999999)`)).toBe(false);
    expect(await rows(`select * from pgmq.archive('Work', $1::bigint[])`, [ids.slice(2, 3)])).toEqual([
      { archive: ids[2] },
    ]);
    expect(
      await rows(`select queue_name, queue_length, total_messages, queue_visible_length from pgmq.metrics('work')`),
    ).toEqual([{ queue_name: 'Work', queue_length: '2', total_messages: '6', queue_visible_length: '0' }]);
    expect(await value(`select count(*) from pgmq.metrics_all()`)).toBe(await value('select count(*) from pgmq.meta'));
    expect(await value(`select pgmq.purge_queue('Work')`)).toBe('2');
    expect(await value(`select pgmq.drop_queue('Work')`)).toBe(true);
    expect(await value(`select to_regclass('pgmq.q_work')`)).toBeNull();
    expect(await value(`select pgmq.drop_queue('Work')`)).toBe(false);
    await client.query(`select pgmq.create('work')`);
    expect(await rows('select * from pgmq.a_work'), 'the archive of the dropped queue is not shown').toEqual([]);
  });

  test('the views can be written as the tables of pgmq can', async () => {
    await client.query(`select pgmq.create('tables')`);
    const [sent] = await rows(
      `insert into pgmq.q_tables (message, vt, headers) values ('{"n": 1}', now(), '{"x-pgmq-group": "g"}'), ('{"n": 2}', now(), '{"x-pgmq-group": "g"}') returning msg_id`,
    );
    await client.query(`update pgmq.q_tables set vt = now() + interval '1 hour' where msg_id = $1`, [sent.msg_id]);
    expect(await rows(`select * from pgmq.read('tables', 0, 10)`)).toEqual([]);
    await client.query('delete from pgmq.tables where msg_id = $1', [sent.msg_id]);
    expect((await rows(`select message from pgmq.read('tables', 0, 10)`)).map(({ message }) => message.n)).toEqual([2]);
  });

  test('names that would meet the view of another queue have two views only', async () => {
    await client.query(`select pgmq.create(name) from unnest(array['x', 'q_x', 'a_x', 'x_archive', 'meta']) name`);
    await client.query(
      `select pgmq.send(name, to_jsonb(name)) from unnest(array['x', 'q_x', 'a_x', 'x_archive', 'meta']) name`,
    );
    expect(await value('select message from pgmq.q_x')).toBe('x');
    expect(await value('select message from pgmq.q_q_x')).toBe('q_x');
    expect(await value('select message from pgmq.q_x_archive')).toBe('x_archive');
    expect(await value('select message from pgmq.q_meta')).toBe('meta');
    expect(await value('select count(*) from pgmq.x_archive')).toBe('0');
  });

  test('what is wrong is said with a code of ours', async () => {
    await expect(client.query(`select pgmq.send('nowhere', '{}')`)).rejects.toMatchObject({
      code: 'RK404',
      detail: '{"queue": "nowhere"}',
    });
    await expect(client.query(`select pgmq.create('no-dash')`)).rejects.toMatchObject({ code: 'RK400' });
    await expect(client.query(`select pgmq.create('${'x'.repeat(48)}')`)).rejects.toMatchObject({ code: 'RK400' });
    await client.query('begin isolation level repeatable read');
    await expect(client.query(`select pgmq.send('tables', '1', '{"x-pgmq-group": "g"}'::jsonb)`)).rejects.toMatchObject(
      { code: 'RK400' },
    );
    await client.query('rollback');
  });
});

test('sends of one group wait for each other, so that their ids rise in the order of commit', async () => {
  await client.query(`select pgmq.create('ordered')`);
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  const send = (n: number) => `select pgmq.send('ordered', '${n}', '{"x-pgmq-group": "g"}'::jsonb)`;
  await client.query('begin');
  await client.query(send(1));
  const later = other.query(send(2));
  await expect.poll(() => heldUp(client)).toBe(1);
  await client.query('commit');
  await later;
  expect((await rows(`select message from pgmq.read('ordered', 30, 10)`)).map(({ message }) => message)).toEqual([1]);
  // Who removes the head while a send to the group is open sees what that send adds.
  await other.query('begin');
  await other.query(send(3));
  const removed = client.query(
    `select pgmq.delete('ordered', array(select msg_id from pgmq.q_ordered where message in ('1', '2')))`,
  );
  await expect.poll(() => heldUp(other)).toBe(1);
  await other.query('commit');
  await removed;
  expect((await rows(`select message from pgmq.read('ordered', 30, 10)`)).map(({ message }) => message)).toEqual([3]);
  await other.end();
});

test('the archive goes by partitions, and what was sent to a queue while it was dropped goes too', async () => {
  await client.query(`select pgmq.create('kept')`);
  await client.query(`select pgmq.archive('kept', pgmq.send('kept', '"today"'))`);
  await client.query(`insert into queue_archive (msg_id, queue, message, read_ct, enqueued_at, vt, archived_at)
    select 0, 'kept', '"old"', 1, at, at, at from (select now() - interval '40 days' as at) old`);
  await client.query(
    `insert into queue_messages (queue, message, enqueued_at) values ('dropped', '1', now() - interval '2 hours')`,
  );
  const fortyDaysAgo = `clock_timestamp() - interval '40 days'`;
  // As if a hub had run then: the partition of that day is made, and takes what the default one held.
  await client.query(`select rookery.queues_maintain('30 days', ${fortyDaysAgo})`);
  expect(await value(`select count(*)::int from queue_archive where queue = 'kept'`)).toBe(2);
  const dropped = await value(`select rookery.queues_maintain('30 days')`);
  expect(dropped).toBeGreaterThanOrEqual(1);
  expect(await rows(`select message from queue_archive where queue = 'kept'`)).toEqual([{ message: 'today' }]);
  expect(await value(`select count(*)::int from queue_messages where queue = 'dropped'`)).toBe(0);
  await expect(client.query(`select rookery.queues_maintain('1 hour')`)).rejects.toMatchObject({ code: 'RK400' });
});

test('a schema pgmq that is not ours is left alone, and that is said', async () => {
  const other = await createDatabase({ from: 'template1' });
  const session = new pg.Client({ connectionString: other.url });
  await session.connect();
  try {
    await session.query('create schema pgmq; create table pgmq.meta (queue_name text)');
    const notices: string[] = [];
    session.on('notice', ({ message }) => notices.push(String(message)));
    await migrate(session);
    expect(notices.join('\n')).toContain('Rookery leaves it alone');
    const ask = async (sql: string) => (await session.query(sql)).rows;
    expect(await ask('select rookery.pgmq_provider() as provider')).toEqual([{ provider: 'foreign' }]);
    // The queues work all the same, and leave that schema as it is.
    await ask(`select rookery.create_queue('ours')`);
    await ask(`select rookery.enqueue('[{"queue": "ours", "message": 1}]')`);
    expect(await ask(`select message from rookery.take_messages('ours', array[30])`)).toEqual([{ message: 1 }]);
    expect(await ask(`select rookery.drop_queue('ours')`)).toEqual([{ drop_queue: true }]);
    expect(await ask(`select relname from pg_class where relnamespace = 'pgmq'::regnamespace`)).toEqual([
      { relname: 'meta' },
    ]);
  } finally {
    await session.end();
    await other.drop();
  }
});
