import { type ErrorCode, RookeryError } from '../errors.ts';
import type { Database } from './database.ts';

/**
 * Joins `item` with the concurrent calls of `rookery.<verb>(items jsonb, patient boolean)`. What some other session has
 * locked (a transaction left open in psql) is left out of the shared statement and answered as `busy`, lest everybody
 * wait for it: its caller alone then asks again, with `patient`, and waits for at most 2 s. `CONFLICT` with `busy` if it
 * is locked still.
 */
export async function joinPatiently<Answer extends object>(db: Database, verb: string, item: object): Promise<Answer> {
  try {
    return await db.join<Answer>(`/* ${verb} */ select * from rookery.${verb}($1::jsonb)`, item);
  } catch (error) {
    if (!(error instanceof RookeryError) || error.details['busy'] !== true) throw error;
  }
  return askPatiently(db, `rookery.${verb}($1::jsonb, patient => true)`, item);
}

/** Calls a batch function for one item, in a statement of its own; `call` is its text, with the items as `$1`. */
export async function askPatiently<Answer extends object>(db: Database, call: string, item: object): Promise<Answer> {
  const statement = `/* patiently */ select * from ${call}`;
  const [row] = await db.write<Answer & { error: Row | null }>(statement, [JSON.stringify([item])]);
  if (row === undefined) throw new Error(`${call} did not answer`);
  if (row.error === null) return row;
  const { code, message, ...details } = row.error;
  throw new RookeryError(code as ErrorCode, message as string, details);
}

type Row = Record<string, unknown>;
