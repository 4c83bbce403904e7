import { RookeryError } from '../errors.ts';
import { decodePlace, encodePlace } from '../graphql/place.ts';
import type { Database } from '../postgres/database.ts';

/** From `since` on, before `until`. */
export interface Window {
  since: Date;
  until: Date;
}

/**
 * The window that a caller means: until now and from so long before, unless said otherwise, by the database's clock. It
 * ends a moment after now, since times are rounded to the millisecond: what the caller has just recorded is in it.
 * Errors: `BAD_INPUT` for one that ends before it begins.
 */
export async function windowOf(
  db: Database,
  since: Date | null | undefined,
  until: Date | null | undefined,
  defaultSeconds: number,
): Promise<Window> {
  const end = until ?? (await now(db));
  const start = since ?? new Date(end.valueOf() - defaultSeconds * 1_000);
  if (start >= end) throw new RookeryError('BAD_INPUT', '`since` must be before `until` (by default now).');
  return { since: start, until: end };
}

async function now(db: Database): Promise<Date> {
  const [row] = await db.query<{ now: Date }>(`select clock_timestamp() + interval '2 milliseconds' as now`);
  return row!.now;
}

/** Most points of a series, and how many are aimed at when the caller leaves the bucket to us. */
const MAX_POINTS = 1_000;
const AIM = 200;

/** Lengths that people can read off an axis, in seconds: up to a week. */
const BUCKETS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 604_800,
];

/** The bucket of a series, in seconds. Errors: `BAD_INPUT` when the asked one gives over 1,000 points. */
export function bucketOf({ since, until }: Window, asked: number | null | undefined): number {
  const seconds = (until.valueOf() - since.valueOf()) / 1_000;
  if (asked == null) return BUCKETS.find((bucket) => seconds / bucket <= AIM) ?? Math.ceil(seconds / AIM);
  // The window may begin in the middle of a bucket and end in another's.
  const least = Math.ceil(seconds / (MAX_POINTS - 1));
  if (asked < least)
    throw new RookeryError(
      'BAD_INPUT',
      `A series has at most ${MAX_POINTS} points: ask for a shorter time, for bucketSeconds of at least ${least}, or leave bucketSeconds out.`,
      { bucketSeconds: least },
    );
  return asked;
}

export interface Point {
  at: Date;
  avg: number;
  min: number;
  max: number;
  p95: number;
  count: number;
}

/** One point per bucket that has samples, in order of time. Reads one range of an index. */
export function readSeries(
  db: Database,
  { agent, metric, since, until, bucketSeconds }: Window & { agent: string; metric: string; bucketSeconds: number },
): Promise<Point[]> {
  return db.query(
    `/* metric series */
     select date_bin(make_interval(secs => $5), timestamp, 'epoch') as at, avg(value), min(value), max(value),
            percentile_cont(0.95) within group (order by value) as p95, count(*)::integer
       from performance_metrics
      where agent_id = $1 and metric_name = $2 and timestamp >= $3 and timestamp < $4
      group by 1 order by 1`,
    [agent, metric, since, until, bucketSeconds],
  );
}

/** The unit of the newest sample before a time; null when it has none, or there is no sample. */
export async function readUnit(db: Database, agent: string, metric: string, until: Date): Promise<string | null> {
  const [newest] = await db.query<{ unit: string | null }>(
    `/* metric unit */ select unit from performance_metrics
      where agent_id = $1 and metric_name = $2 and timestamp < $3 order by timestamp desc limit 1`,
    [agent, metric, until],
  );
  return newest?.unit ?? null;
}

export interface Summary {
  agent: string;
  metric: string;
  avg: number;
  min: number;
  max: number;
  count: number;
  lastAt: Date;
}

export interface SummaryPage extends Window {
  agent?: string | null | undefined;
  metric?: string | null | undefined;
  after?: string | undefined;
  before?: string | undefined;
  limit: number;
  /** Backwards from the end, or from `before`. */
  inverted: boolean;
}

/** One row per agent and metric, in that order. Reads the samples of the window: those of one agent, or all. */
export function readSummaries(db: Database, page: SummaryPage): Promise<Summary[]> {
  const values: unknown[] = [];
  const $ = (value: unknown) => `$${values.push(value)}`;
  const conditions = [`timestamp >= ${$(page.since)}`, `timestamp < ${$(page.until)}`];
  if (page.agent != null) conditions.push(`agent_id = ${$(page.agent)}`);
  if (page.metric != null) conditions.push(`metric_name = ${$(page.metric)}`);
  if (page.after !== undefined)
    conditions.push(`(agent_id, metric_name) > (${decodePlace('metrics', page.after, 2).map($).join(', ')})`);
  if (page.before !== undefined)
    conditions.push(`(agent_id, metric_name) < (${decodePlace('metrics', page.before, 2).map($).join(', ')})`);
  const way = page.inverted ? 'desc' : 'asc';
  // Planned as if all of it were wanted: for the first page alone PostgreSQL would else walk the samples of all times.
  return db.query(
    `/* metric summaries */
     with summaries as materialized (
       select agent_id as agent, metric_name as metric, avg(value), min(value), max(value), count(*)::integer,
              max(timestamp) as "lastAt"
         from performance_metrics where ${conditions.join(' and ')} group by agent_id, metric_name)
     select * from summaries order by agent ${way}, metric ${way} limit ${$(page.limit)}`,
    values,
  );
}

/** Opaque text. */
export function summaryCursor({ agent, metric }: Summary): string {
  return encodePlace('metrics', agent, metric);
}
