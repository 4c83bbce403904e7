import { expect, test } from 'vitest';
import { createDatabase, testDatabase } from '../support/database.ts';
import { ALL, collect, connect, createToys, feedOf } from './toys.ts';

const { url, name } = await testDatabase();
await createToys(url);

test('a cursor that is malformed, of another epoch or ahead of the head is refused', async () => {
  const { feed, close } = await feedOf(url);
  const here = feed.cursorAt(feed.position);
  expect(await feed.resolve(here)).toBe(feed.position);
  for (const cursor of ['', 'nonsense', `${here} `, '-1', `000000000000-${'1'}`, feed.cursorAt(feed.position + 1)])
    await expect(feed.resolve(cursor), cursor).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  await close();
});

test('a cursor older than retention is refused; the newest position outlives any retention', async () => {
  const { db, feed, close } = await feedOf(url);
  const old = feed.cursorAt(feed.position);
  await db.write(`insert into toys (name) values ('old')`);
  await feed.advance();
  const page = await feed.page(ALL, feed.position - 1, 10);
  expect(page.events).toHaveLength(1);
  // Age what there is by ten days, as if it had been written then.
  await db.query(`
    with moved as (delete from rookery.feed returning *)
    insert into rookery.feed select position, event_id, event_at - interval '10 days', topic, at - interval '10 days', snapshot from moved`);
  await db.query(`update rookery.change_events set created_at = created_at - interval '10 days'`);
  await db.query(`select rookery.feed_maintain('7 days', clock_timestamp() - interval '10 days')`);
  await db.query(`select rookery.feed_maintain('7 days')`);
  expect(await feed.resolve(feed.cursorAt(feed.position))).toBe(feed.position);
  await db.write(`insert into toys (name) values ('new')`);
  await feed.advance();
  const [{ dropped }] = (await db.query<{ dropped: number }>(`select rookery.feed_maintain('7 days') as dropped`)) as [
    { dropped: number },
  ];
  expect(dropped).toBeGreaterThan(0);
  await expect(feed.resolve(old)).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  expect(await feed.resolve(feed.cursorAt(feed.position - 1))).toBe(feed.position - 1);
  await close();
});

test('a restored copy begins a new epoch, refuses the old cursors and loses no event', async () => {
  const original = await feedOf(url);
  const before = original.feed.cursorAt(original.feed.position);
  const position = original.feed.position;
  await original.close();
  const writer = await connect(url);
  await writer.query(`insert into toys (name) values ('not yet numbered')`);
  await writer.end();

  const copy = await createDatabase({ from: name });
  const { feed, close } = await feedOf(copy.url);
  await expect(feed.resolve(before)).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  const { events } = await feed.page(ALL, position, 10);
  expect(events.map((event) => event.data['name'])).toEqual(['not yet numbered']);
  const heard = collect(feed, 1);
  const psql = await connect(copy.url);
  await psql.query(`insert into toys (name) values ('after')`);
  expect((await heard)[0]?.data).toMatchObject({ name: 'after' });
  await psql.end();
  await close();
  await copy.drop();
});

test('a tick from the future of this database is refused until the feed is rebased', async () => {
  // While no feed is open: it would look, and begin a new history by itself.
  const psql = await connect(url);
  await psql.query(`
    insert into rookery.feed (position, topic, at, snapshot)
    select max(position) + 1, '-', max(at), '900000000:900000000:' from rookery.feed`);
  await expect(psql.query('select rookery.feed_advance()')).rejects.toMatchObject({ code: 'RK421' });
  await psql.query('select rookery.feed_rebase()');
  await psql.end();
  const { db, feed, close } = await feedOf(url);
  await db.write(`insert into toys (name) values ('rebased')`);
  await feed.advance();
  const { events } = await feed.page(ALL, feed.position - 1, 10);
  expect(events.map((event) => event.data['name'])).toEqual(['rebased']);
  await close();
});
