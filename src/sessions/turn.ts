import { type ErrorCode, RookeryError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';

type Row = Record<string, unknown>;

/** The batch functions of this room: each takes (items jsonb, patient boolean) and answers every item. */
type Verb = 'append_chunks' | 'remember' | 'save_artifacts';

/**
 * One call of a verb, joined with the concurrent ones. Where some other transaction writes to the session (one left open
 * in psql), its caller alone asks again and waits, for at most 2 s; the others go through. `CONFLICT` with `busy` if the
 * session is not free then.
 */
export async function inTurn<Answer extends object>(db: Database, verb: Verb, item: object): Promise<Answer> {
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
