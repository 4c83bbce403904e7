import type { Database } from '../postgres/database.ts';
import type { StatementFigures } from '../postgres/statements.ts';

type Buckets = StatementFigures['buckets'];

/** All statements of a process together. */
export interface Total {
  count: number;
  errors: number;
  totalMs: number;
  buckets: Buckets;
}

export function sumOf(figures: readonly StatementFigures[]): Total {
  const [first] = figures;
  return {
    count: figures.reduce((sum, { count }) => sum + count, 0),
    errors: figures.reduce((sum, { errors }) => sum + errors, 0),
    totalMs: figures.reduce((sum, { totalMs }) => sum + totalMs, 0),
    buckets: (first?.buckets ?? []).map(({ le }, i) => ({
      le,
      count: figures.reduce((sum, { buckets }) => sum + (buckets[i]?.count ?? 0), 0),
    })),
  };
}

/** What was counted between two moments. */
function between(earlier: Buckets, later: Buckets): Buckets {
  return later.map(({ le, count }, i) => ({ le, count: count - (earlier[i]?.count ?? 0) }));
}

/**
 * The time in milliseconds that the given share of statements did not exceed, interpolated within its bucket; beyond the
 * last finite bound, that bound. Null when there were none.
 */
export function quantile(buckets: Buckets, share: number): number | null {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return null;
  const rank = share * total;
  const at = buckets.findIndex(({ count }) => count >= rank);
  const { le, count } = buckets[at]!;
  const below = buckets[at - 1] ?? { le: 0, count: 0 };
  if (le === Number.POSITIVE_INFINITY) return below.le * 1_000;
  return (below.le + ((le - below.le) * (rank - below.count)) / (count - below.count)) * 1_000;
}

/** What was seen at one moment. */
interface Sample {
  /** On the monotonic clock, in milliseconds. */
  at: number;
  poolUse: number;
  poolWaiting: number;
  commits: number;
  active: number;
  blocked: number;
  buckets: Buckets;
}

/** Five minutes, at one sample each ten seconds. */
const KEPT = 31;
const samples = new WeakMap<Database, Sample[]>();

/** Notes how things are, for measures over the last five minutes. For the sweeper, each ten seconds. `time`: in milliseconds. */
export async function takeSample(db: Database, time: () => number = () => performance.now()): Promise<void> {
  const { totalCount, idleCount, waitingCount, options } = db.pool;
  const [row] = await db.query<Pick<Sample, 'commits' | 'active' | 'blocked'>>(`/* sample */
    select (select xact_commit::float8 from pg_stat_database where datname = current_database()) as commits,
           (count(*) filter (where state = 'active' and pid <> pg_backend_pid()))::integer as active,
           (count(*) filter (where wait_event_type = 'Lock'))::integer as blocked
      from pg_stat_activity where datname = current_database() and backend_type = 'client backend'`);
  const { buckets } = sumOf(await db.statements.figures());
  const taken = samples.get(db) ?? [];
  samples.set(db, taken);
  taken.push({
    ...row!,
    at: time(),
    poolUse: (totalCount - idleCount) / options.max,
    poolWaiting: waitingCount,
    buckets,
  });
  if (taken.length > KEPT) taken.shift();
}

/** Measures over the time between the oldest and the newest sample; null until there are two. */
export interface Window {
  seconds: number;
  /** Mean share of the pool in use, 0 to 1. */
  poolUse: number;
  /** Share of the samples in which somebody waited for a connection. */
  saturated: number;
  p95Ms: number | null;
  commitsPerSecond: number;
  /** Share of running statements that waited for a lock; null when nothing ran. */
  blockedShare: number | null;
}

export function lastMinutes(db: Database): Window | null {
  const taken = samples.get(db) ?? [];
  const [first] = taken;
  const last = taken.at(-1);
  if (first === undefined || last === undefined || first === last) return null;
  const seconds = (last.at - first.at) / 1_000;
  const active = sum(taken, 'active');
  return {
    seconds,
    poolUse: sum(taken, 'poolUse') / taken.length,
    saturated: taken.filter(({ poolWaiting }) => poolWaiting > 0).length / taken.length,
    p95Ms: quantile(between(first.buckets, last.buckets), 0.95),
    commitsPerSecond: (last.commits - first.commits) / seconds,
    blockedShare: active === 0 ? null : sum(taken, 'blocked') / active,
  };
}

function sum(taken: readonly Sample[], key: 'poolUse' | 'active' | 'blocked'): number {
  return taken.reduce((total, sample) => total + sample[key], 0);
}
