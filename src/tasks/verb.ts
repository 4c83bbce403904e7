import { type ErrorCode, RookeryError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';

type Row = Record<string, unknown>;

/** The batch functions of the tasks room: each takes (items jsonb, patient boolean) and answers every item. */
type Verb = 'claim_tasks' | 'renew_leases' | 'report_progress' | 'complete_tasks' | 'fail_tasks' | 'release_tasks';

/**
 * One call of a verb, joined with the concurrent ones. A task that some other session has locked (an open transaction
 * in psql) is left out of the shared statement, lest everybody wait for it: that caller alone then asks again and
 * waits, for at most 2 s. `CONFLICT` with `busy` if it is locked still.
 */
export async function callVerb<Answer extends object = { task: Row }>(
  db: Database,
  verb: Verb,
  item: object,
): Promise<Answer> {
  try {
    return await db.join<Answer>(`/* ${verb} */ select * from rookery.${verb}($1::jsonb)`, item);
  } catch (error) {
    if (!(error instanceof RookeryError) || error.details['busy'] !== true) throw error;
  }
  const statement = `/* ${verb}, patiently */ select * from rookery.${verb}($1::jsonb, true)`;
  const [row] = await db.write<Answer & { error: Row | null }>(statement, [JSON.stringify([item])]);
  if (row === undefined) throw new Error(`rookery.${verb} did not answer`);
  if (row.error === null) return row;
  const { code, message, ...details } = row.error;
  throw new RookeryError(code as ErrorCode, message as string, details);
}
