import DataLoader from 'dataloader';
import { RookeryError } from '../errors.ts';
import type { Context } from '../graphql/context.ts';
import type { Database } from '../postgres/database.ts';

/** What there is in a session, counted when asked for: nothing is kept that each append would have to update. */
export interface Counters {
  readonly participants: number;
  readonly chunks: number;
  readonly memories: number;
  readonly artifacts: number;
  readonly tasks: number;
  readonly lastActivity: Date;
}

const loaders = new WeakMap<Database, DataLoader<bigint, Counters>>();

/** Calls of one tick are one statement; nothing is remembered. Errors: `NOT_FOUND` once the session is deleted. */
export function countersOf(id: bigint, { db }: Context): Promise<Counters> {
  let loader = loaders.get(db);
  if (loader === undefined) {
    loader = new DataLoader((ids) => readCounters(db, ids), { cache: false, maxBatchSize: 200 });
    loaders.set(db, loader);
  }
  return loader.load(id);
}

async function readCounters(db: Database, ids: readonly bigint[]): Promise<(Counters | Error)[]> {
  const rows = await db.query<{ session_id: string; last_activity: Date } & Record<keyof Counters, string>>(
    '/* session counters */ select * from rookery.session_counters($1::bigint[])',
    [ids.map(String)],
  );
  const found = new Map(rows.map((row) => [row.session_id, row]));
  return ids.map((id) => {
    const row = found.get(String(id));
    if (row === undefined) return new RookeryError('NOT_FOUND', `Session ${id} has been deleted since.`);
    return {
      participants: Number(row.participants),
      chunks: Number(row.chunks),
      memories: Number(row.memories),
      artifacts: Number(row.artifacts),
      tasks: Number(row.tasks),
      lastActivity: row.last_activity,
    };
  });
}
