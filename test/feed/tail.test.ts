import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { testDatabase } from '../support/database.ts';

const { url } = await testDatabase();
const psql = new pg.Client({ connectionString: url });
await psql.connect();
afterAll(() => psql.end());

const EVENTS = 30_000;

test('the tail is an index range, also in a partition that was never analysed', async () => {
  const tail = async (after: number) => (await psql.query('select * from rookery.feed_tail($1, 1000)', [after])).rows;
  // The plan is made, and kept, while there is nothing to plan for.
  for (let n = 0; n < 8; n++) expect(await tail(0)).toEqual([]);
  await psql.query(
    `with events as (
       insert into rookery.change_events (topic, entity_id, op, data, actor)
       select 'tasks', n, 'insert', jsonb_build_object('n', n), 'psql' from generate_series(1, ${EVENTS}) n
       returning id, created_at, (data ->> 'n')::bigint as n)
     insert into rookery.feed (position, event_id, event_at, topic, at)
     select n, id, created_at, 'tasks', created_at from events`,
  );
  await psql.query('select pg_stat_force_next_flush()');
  await psql.query('begin');
  const rows = await tail(EVENTS - 10);
  const { rows: read } = await psql.query(
    `select sum(seq_scan)::int as scans, sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows
       from pg_stat_xact_user_tables where schemaname = 'rookery' and relname ~ '^(feed|change_events)_'`,
  );
  await psql.query('commit');
  expect(rows.map(({ position, data }) => [Number(position), data.n])).toEqual(
    Array.from({ length: 10 }, (_, n) => [EVENTS - 9 + n, EVENTS - 9 + n]),
  );
  expect(read).toEqual([{ scans: 0, rows: expect.toSatisfy((count: number) => count <= 30) }]);
});
