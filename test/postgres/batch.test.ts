import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';
import { testDatabase } from '../support/database.ts';

const { url } = await testDatabase();
const db = openDatabase({ url, poolSize: 8, statementTimeoutMs: 5_000 });
const psql = new pg.Client({ connectionString: url });
await psql.connect();
afterAll(async () => {
  await psql.end();
  await db.close();
});

/** Answers each item with its number, unless one of them is -1: then the statement fails, which a sequence counts for good. */
await psql.query(`
  create sequence failures;
  create function number_items(items jsonb, sqlstate_of_failure text) returns table (item integer, number integer, error jsonb)
    language plpgsql as $$
  begin
    if items @> '[-1]' then
      perform nextval('failures');
      raise exception 'A culprit' using errcode = sqlstate_of_failure;
    end if;
    return query select (ordinality - 1)::integer, value::integer, null::jsonb
      from jsonb_array_elements_text(items) with ordinality;
  end
  $$`);

async function failuresOf(sqlstate: string): Promise<number> {
  await psql.query('alter sequence failures restart');
  const join = (item: number) =>
    db
      .join<{ number: number }>(`select * from number_items($1::jsonb, '${sqlstate}')`, item)
      .then(({ number }) => number);
  // The first leaves alone, the others together.
  const items = Array.from({ length: 65 }, (_, n) => (n === 40 ? -1 : n));
  const outcomes = await Promise.allSettled(items.map(join));
  for (const [index, item] of items.entries())
    if (item === -1) expect(outcomes[index]!.status).toBe('rejected');
    else expect(outcomes[index]).toEqual({ status: 'fulfilled', value: item });
  return Number((await psql.query('select last_value from failures')).rows[0].last_value);
}

test.each([
  ['a statement that was cancelled', '57014'],
  ['a lock not had in time', '55P03'],
])('%s: each item by itself, so the culprit costs one timeout more', async (_what, sqlstate) => {
  expect(await failuresOf(sqlstate)).toBe(2);
});

test('bad data is found by halving', async () => {
  expect(await failuresOf('22012')).toBe(7);
});
