import DataLoader from 'dataloader';
import type { Context } from '../graphql/context.ts';
import type { Database } from '../postgres/database.ts';

/** What there is in a session, counted when asked for: nothing is kept that each append would have to update. */
export interface Counters {
  readonly participants: number;
  readonly chunks: number;
  readonly memories: number;
  readonly artifacts: number;
  readonly tasks: number;
  /** When somebody last added to it. */
  readonly lastActivity: Date;
}

/** What is left of a session that was deleted after its event. */
const NOTHING = { participants: 0, chunks: 0, memories: 0, artifacts: 0, tasks: 0 };

const loaders = new WeakMap<Database, DataLoader<bigint, Counters | null>>();

/** Calls of one tick are one statement; nothing is remembered. */
export async function countersOf(
  { id, lastActivity }: { id: bigint; lastActivity: Date },
  { db }: Context,
): Promise<Counters> {
  let loader = loaders.get(db);
  if (loader === undefined) {
    loader = new DataLoader((ids) => readCounters(db, ids), { cache: false, maxBatchSize: 200 });
    loaders.set(db, loader);
  }
  return (await loader.load(id)) ?? { ...NOTHING, lastActivity };
}

async function readCounters(db: Database, ids: readonly bigint[]): Promise<(Counters | null)[]> {
  const rows = await db.query<{ session_id: string; last_activity: Date } & Record<keyof Counters, string>>(
    '/* session counters */ select * from rookery.session_counters($1::bigint[])',
    [ids.map(String)],
  );
  const found = new Map(rows.map((row) => [row.session_id, row]));
  return ids.map((id) => {
    const row = found.get(String(id));
    if (row === undefined) return null;
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
