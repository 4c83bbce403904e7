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

/**
 * Calls a batch function for one item, in a statement of its own; `call` is its text, with the items as `$1`. A few run
 * at once and the others queue, so that those who wait for locks never hold the whole pool.
 */
export async function askPatiently<Answer extends object>(db: Database, call: string, item: object): Promise<Answer> {
  const statement = `/* patiently */ select * from ${call}`;
  const [row] = await inTurn(db, () => db.write<Answer & { error: Row | null }>(statement, [JSON.stringify([item])]));
  if (row === undefined) throw new Error(`${call} did not answer`);
  if (row.error === null) return row;
  const { code, message, ...details } = row.error;
  throw new RookeryError(code as ErrorCode, message as string, details);
}

/** Does what may wait for a lock: a few of these at once, the others queue, so that they never hold the whole pool. */
export async function inTurn<Result>(db: Database, work: () => Promise<Result>): Promise<Result> {
  const leave = await enter(db);
  try {
    return await work();
  } finally {
    leave();
  }
}

type Row = Record<string, unknown>;

/** Most patient statements at once, and never more than half of the pool. */
const MAX_PATIENT = 4;
const rooms = new WeakMap<Database, { places: number; inside: number; queue: (() => void)[] }>();

/** Waits for a place; call what it returns to leave it to the next. */
async function enter(db: Database): Promise<() => void> {
  let room = rooms.get(db);
  if (room === undefined) {
    room = { places: Math.max(1, Math.min(MAX_PATIENT, db.pool.options.max >> 1)), inside: 0, queue: [] };
    rooms.set(db, room);
  }
  const { queue } = room;
  if (room.inside < room.places) room.inside++;
  else await new Promise<void>((resolve) => queue.push(resolve));
  return () => {
    const next = queue.shift();
    if (next === undefined) room.inside--;
    else next();
  };
}
