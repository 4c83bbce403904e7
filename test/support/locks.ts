import type { ClientBase } from 'pg';

/** How many sessions of this database wait for a lock: to be polled, also by the transaction that holds it. */
export async function heldUp(pg: ClientBase): Promise<number> {
  // Else a transaction sees all activity for ever as it was when it first looked.
  await pg.query('select pg_stat_clear_snapshot()');
  const { rows } = await pg.query<{ held: number }>(
    `select count(*)::int as held from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]!.held;
}
