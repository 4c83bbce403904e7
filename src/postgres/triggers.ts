import type { ClientBase } from 'pg';
import { readMigrations } from './migrations.ts';

/**
 * The triggers of the migrations that a database has not got, or has switched off, as `_900_emit_insert on public.agents`.
 * Without one of them changes are not told, or rules do not hold, and nothing else says so: `alter table … disable
 * trigger`, a restore with `--disable-triggers` that broke off, a table that was copied and renamed.
 */
export async function idleTriggers(client: ClientBase): Promise<{ idle: string[]; expected: number }> {
  const expected = new Set<string>();
  for (const { sql } of await readMigrations())
    for (const [, verb, name, table] of sql.matchAll(TRIGGER)) {
      const trigger = `${name} on ${table!.includes('.') ? table : `public.${table}`}`;
      if (verb!.toLowerCase() === 'create') expected.add(trigger);
      else expected.delete(trigger);
    }
  const { rows } = await client.query<{ trigger: string }>(
    `select format('%s on %s.%s', t.tgname, n.nspname, c.relname) as trigger
       from pg_trigger t
       join pg_class c on c.oid = t.tgrelid
       join pg_namespace n on n.oid = c.relnamespace
      where not t.tgisinternal and t.tgenabled in ('O', 'A')`,
  );
  const working = new Set(rows.map(({ trigger }) => trigger));
  return { idle: [...expected].filter((trigger) => !working.has(trigger)).sort(), expected: expected.size };
}

/** Ours are named by the order in which they run: `_900_emit_insert`. Those made at run time, for a queue, are not. */
const TRIGGER = /\b(create|drop)\s+(?:constraint\s+)?trigger\s+(?:if exists\s+)?(_\d{3}_\w+)\s[^;]*?\bon\s+([\w.]+)/gi;
