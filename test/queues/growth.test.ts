import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';

const database = await testDatabase();
const client = new pg.Client({ connectionString: database.url });

/** Messages of the large queue: a third visible, a third in flight, a third delayed; groups of 10,000 in another. */
const ROWS = 120_000;

beforeAll(async () => {
  await client.connect();
  await client.query(`select pgmq.create(name) from unnest(array['large', 'small', 'grouped']) name`);
  // Plans are cached while the tables are empty, as they are in a hub that was started on a new database.
  for (let n = 0; n < 7; n++) await client.query(READ, ['small', [30]]);
  // The triggers are not what is measured; the counts they would make are added at once.
  await client.query('alter table queue_messages disable trigger user');
  await client.query(
    `insert into queue_messages (queue, message, read_ct, receipt, vt)
     select 'large', jsonb_build_object('n', n), case n % 3 when 1 then 1 else 0 end, case n % 3 when 1 then gen_random_uuid() end,
            clock_timestamp() + case n % 3 when 0 then interval '0' when 1 then interval '30 seconds' else interval '1 day' end
       from generate_series(1, $1::int) n`,
    [ROWS],
  );
  await client.query(
    `insert into queue_messages (queue, message, group_key, head)
     select 'grouped', to_jsonb(n), 'g' || n % 2, n < 2 from generate_series(0, 19999) n`,
  );
  await client.query('alter table queue_messages enable trigger user');
  await client.query(`insert into rookery.queue_deltas (queue, sent) values ('large', $1), ('grouped', 20000)`, [ROWS]);
}, 120_000);
afterAll(() => client.end());

const READ = 'select msg_id, receipt from rookery.take_messages($1, $2)';

/** Pages that one statement touches, with all it calls: what it costs whatever the machine is doing. */
async function pages(sql: string, values: unknown[]): Promise<number> {
  const { rows } = await client.query(`explain (analyze, buffers, format json) ${sql}`, values);
  const plan = rows[0]['QUERY PLAN'][0].Plan as Record<string, number>;
  return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
}

async function pagesOfTable(): Promise<number> {
  const { rows } = await client.query(`select (pg_relation_size('queue_messages') / 8192)::int as pages`);
  return rows[0].pages;
}

test('the table is large enough for a scan to show', async () => {
  expect(await pagesOfTable()).toBeGreaterThan(1_500);
});

test('a read costs what it gives, before and after statistics', async () => {
  const ten = Array(10).fill(30);
  expect(await pages(READ, ['large', ten])).toBeLessThan(400);
  expect(await pages(READ, ['grouped', ten])).toBeLessThan(200);
  await client.query('analyze queue_messages');
  expect(await pages(READ, ['large', ten])).toBeLessThan(400);
  expect(await pages('select * from pgmq.read($1, 30, 10)', ['large'])).toBeLessThan(400);
});

test('a read that finds nothing does not look at what is hidden', async () => {
  await client.query(`update queue_messages set vt = clock_timestamp() + interval '1 hour' where queue = 'large'`);
  await client.query('vacuum queue_messages');
  expect((await client.query(READ, ['large', [30]])).rows).toEqual([]);
  expect(await pages(READ, ['large', [30]])).toBeLessThan(100);
});

test('settling, removing by id and a look at a page cost what they touch', async () => {
  await client.query(`update queue_messages set vt = clock_timestamp() where queue = 'large' and msg_id % 10 = 0`);
  const { rows } = await client.query(READ, ['large', Array(10).fill(30)]);
  const messages = rows.map(({ msg_id, receipt }) => ({ id: msg_id, receipt }));
  // The first call reads the catalog: its pages are not the statement's.
  await client.query('select rookery.archive_messages($1::jsonb)', [
    JSON.stringify([{ queue: 'large', messages: messages.splice(0, 2) }]),
  ]);
  const items = JSON.stringify([{ queue: 'large', messages: messages.slice(0, 4) }]);
  expect(await pages('select * from rookery.archive_messages($1::jsonb)', [items])).toBeLessThan(500);
  expect(
    await pages(`select pgmq.archive('large', $1::bigint[])`, [messages.slice(4).map(({ id }) => id)]),
  ).toBeLessThan(300);
  const page = 'select * from queue_messages where queue = $1 and msg_id > $2 order by msg_id limit 20';
  expect(await pages(page, ['large', ROWS / 2])).toBeLessThan(100);
});

test('figures cost index probes, not the queue, and are right', async () => {
  expect(await pages('select * from rookery.queue_metrics($1)', [['large', 'small', 'grouped']])).toBeLessThan(1_000);
  const { rows } = await client.query(
    `select queue, length, visible_length from rookery.queue_metrics(array['large', 'grouped']) order by 1`,
  );
  const { rows: truth } = await client.query(
    `select queue, count(*) as length, count(*) filter (where head and vt <= clock_timestamp()) as visible
       from queue_messages where queue in ('large', 'grouped') group by 1 order by 1`,
  );
  expect(rows.map(({ length }) => length)).toEqual(truth.map(({ length }) => length));
  expect(rows[0].visible_length).toBe('0');
});

test('a send to a long group finds that it is not the head by index', async () => {
  const send = `select pgmq.send('grouped', '1', '{"x-pgmq-group": "g1"}'::jsonb)`;
  expect(await pages(send, [])).toBeLessThan(300);
});

test('the next of a long group is found by index when its head goes', async () => {
  const { rows } = await client.query(
    `select msg_id from queue_messages where queue = 'grouped' and head order by msg_id limit 1`,
  );
  expect(await pages(`select pgmq.delete('grouped', $1::bigint)`, [rows[0].msg_id])).toBeLessThan(300);
  const heads = await client.query(`select count(*)::int as n from queue_messages where queue = 'grouped' and head`);
  expect(heads.rows[0].n).toBe(2);
});

test('a snapshot held open does not make reads dearer, though nothing they leave behind can be cleaned up', async () => {
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query('begin isolation level repeatable read');
  await holder.query('select count(*) from queues');
  await client.query(`select pgmq.create('pinned')`);
  // Sent over the last two hours, so that what was read lies far behind what is next.
  await client.query(
    `insert into queue_messages (queue, message, vt)
     select 'pinned', to_jsonb(n), clock_timestamp() - interval '2 hours' + n * interval '0.3 seconds' from generate_series(1, 20000) n`,
  );
  await client.query(READ, ['pinned', [600]]);
  const early = await pages(READ, ['pinned', [600]]);
  for (let n = 0; n < 150; n++) await client.query(READ, ['pinned', Array(100).fill(600)]);
  // The better of two: every 5 s one begins at the beginning.
  const late = [await pages(READ, ['pinned', [600]]), await pages(READ, ['pinned', [600]])];
  expect(Math.min(...late)).toBeLessThan(early * 2);
  // Without the mark that the session keeps, the same read goes over all that was read before.
  await client.query(`set rookery_queue.q_pinned = ''`);
  expect(await pages(READ, ['pinned', [600]])).toBeGreaterThan(early * 2);
  // Nothing is skipped for it: what lies before the mark is found as soon as there is nothing after it.
  await client.query(`select pgmq.set_vt('pinned', (select min(msg_id) from pgmq.q_pinned), now() - interval '1 day')`);
  await client.query(
    `select pgmq.delete('pinned', array(select msg_id from pgmq.q_pinned where vt between now() - interval '3 hours' and now()))`,
  );
  expect((await client.query('select message from rookery.take_messages($1, $2)', ['pinned', [30]])).rows).toEqual([
    { message: 1 },
  ]);
  await holder.query('rollback');
  await holder.end();
});
