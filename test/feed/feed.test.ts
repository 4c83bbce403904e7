import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';
import { ALL, collect, connect, createToys, feedOf, until } from './toys.ts';

const { url } = await testDatabase();
await createToys(url);
const { db, feed } = await feedOf(url);
const psql = await connect(url);
afterAll(() => psql.end());

test('a plain SQL writer is heard: insert, update, delete, with what was before and who did it', async () => {
  const heard = collect(feed, 3);
  const { rows } = await psql.query(`insert into toys (owner, name) values ('ann', 'kite') returning id`);
  const id = rows[0].id as string;
  await psql.query(`update toys set status = 'flown' where id = $1`, [id]);
  await psql.query('delete from toys where id = $1', [id]);
  const events = await heard;
  expect(events.map((event) => [event.op, event.topic, event.entityId, event.recipients])).toEqual([
    ['insert', 'toys:ann', id, ['ann']],
    ['update', 'toys:ann', id, ['ann']],
    ['delete', 'toys:ann', id, ['ann']],
  ]);
  expect(events[1]?.previous).toEqual({ status: 'new' });
  expect(events[2]?.data).toMatchObject({ name: 'kite', status: 'flown' });
  expect(events[0]?.actor).toBe(new URL(url).username);
  expect(events[2]?.position).toBe((events[0]?.position ?? 0) + 2);
});

test('a write through the API session needs no notification, and its actor is the agent', async () => {
  const heard = collect(feed, 1);
  await db.write(`insert into toys (owner, name) values ('bob', 'drum')`);
  const [event] = await heard;
  expect(event?.actor).toBe('bob');
});

test('a writer whose notification was left out is found by the poll', async () => {
  const quiet = await connect(url);
  await quiet.query(`set rookery.wakeup = 'self'`);
  const heard = collect(feed, 1);
  await quiet.query(`insert into toys (name) values ('silent')`);
  expect((await heard)[0]?.data).toMatchObject({ name: 'silent' });
  await quiet.end();
});

test('what commits late is neither lost nor out of order; what is rolled back is never seen', async () => {
  const heard = collect(feed, 4);
  const slow = await connect(url);
  await slow.query('begin');
  await slow.query(`insert into toys (name) values ('late')`);
  await psql.query('begin');
  await psql.query(`insert into toys (name) values ('never')`);
  await psql.query('rollback');
  await psql.query(`insert into toys (name) values ('early')`);
  await feed.advance();
  await psql.query('begin');
  await psql.query('savepoint a');
  await psql.query(`insert into toys (name) values ('undone')`);
  await psql.query('rollback to a');
  await psql.query(`insert into toys (name) values ('kept')`);
  await psql.query('commit');
  await feed.advance();
  await slow.query('commit');
  await psql.query(`insert into toys (name) values ('end')`);
  const events = await heard;
  expect(events.map((event) => event.data['name'])).toEqual(['early', 'kept', 'late', 'end']);
  const positions = events.map((event) => event.position);
  expect(positions).toEqual(positions.map((_, index) => (positions[0] ?? 0) + index));
  await slow.end();
});

test('changes of one row arrive in the order of commit, also when the first writer had begun later', async () => {
  const { rows } = await psql.query(`insert into toys (name) values ('ball') returning id`);
  const id = rows[0].id as string;
  await feed.advance();
  const heard = collect(feed, 2, { topics: ALL.topics, matches: (event) => event.entityId === id });
  const first = await connect(url);
  const second = await connect(url);
  // `first` gets its transaction id before `second`, but changes the row after it.
  await first.query('begin');
  await first.query(`insert into toys (name) values ('other')`);
  await second.query('begin');
  await second.query(`update toys set status = 'one' where id = $1`, [id]);
  const waiting = first.query(`update toys set status = 'two' where id = $1`, [id]);
  await second.query('commit');
  await waiting;
  await first.query('commit');
  expect((await heard).map((event) => event.data['status'])).toEqual(['one', 'two']);
  await first.end();
  await second.end();
});

test('an update that changes nothing, or only ignored columns, is no event', async () => {
  const { rows } = await psql.query(`insert into toys (name) values ('bear') returning id`);
  await feed.advance();
  const heard = collect(feed, 1);
  await psql.query('update toys set name = name, seen_at = now() where id = $1', [rows[0].id]);
  await psql.query(`update toys set status = 'loved' where id = $1`, [rows[0].id]);
  expect((await heard)[0]?.data).toMatchObject({ status: 'loved' });
});

test('a statement of many rows gives each its own event; a column over 16 kB is left out and named', async () => {
  const heard = collect(feed, 1001);
  await psql.query(`insert into toys (name) select 'n' || i from generate_series(1, 1000) i`);
  await psql.query(
    `insert into toys (name) values ((select string_agg(md5(i::text), '') from generate_series(1, 1000) i))`,
  );
  const events = await heard;
  expect(new Set(events.map((event) => event.entityId)).size).toBe(1001);
  expect(events.at(-1)?.omitted).toEqual(['name']);
  expect(events.at(-1)?.data).not.toHaveProperty('name');
});

test('a page of the past and the live stream join without gap or double', async () => {
  await feed.advance();
  const from = feed.position;
  await psql.query(`insert into toys (name) select 'past' || i from generate_series(1, 250) i`);
  await feed.advance();
  const heard = collect(feed, 500, ALL, from);
  for (let i = 0; i < 250; i++) await psql.query(`insert into toys (name) values ('live')`);
  const positions = (await heard).map((event) => event.position);
  expect(positions).toEqual(Array.from({ length: 500 }, (_, index) => from + index + 1));
});

test('advance is refused in a transaction that cannot see what others commit', async () => {
  await psql.query('begin isolation level repeatable read');
  await expect(psql.query('select rookery.feed_advance()')).rejects.toMatchObject({ code: 'RK400' });
  await psql.query('rollback');
});

test('the listening connection is replaced when it is cut, and notifications arrive again', async () => {
  const listener = `from pg_stat_activity where datname = current_database() and application_name = 'rookery listener'`;
  await until(() => feed.status.listening);
  const { rows } = await psql.query(`select pid, pg_terminate_backend(pid) ${listener}`);
  expect(rows).toHaveLength(1);
  await until(async () => {
    const now = await psql.query(`select pid ${listener} and pid <> $1`, [rows[0].pid]);
    return now.rowCount === 1 && feed.status.listening;
  });
  const heard = collect(feed, 1);
  await psql.query(`insert into toys (name) values ('again')`);
  expect((await heard)[0]?.data).toMatchObject({ name: 'again' });
});
