import type { Database } from '../postgres/database.ts';
import { lastMinutes, type Window } from './measures.ts';

/** A figure the system is held to. */
export interface Kpi {
  name: string;
  value: number | null;
  unit: string;
  comparison: 'BELOW' | 'AT_MOST' | 'ABOVE';
  threshold: number;
  /** Null when too little was measured to tell. */
  holds: boolean | null;
  measuredOver: string;
}

interface Agents {
  /** Seconds since the last beat that 95 of 100 living agents do not exceed; null without any. */
  silence: number | null;
  stale: number;
  /** The same for measurements, of agents that measured in the last five minutes. */
  unmeasured: number | null;
  finished: number;
  failed: number;
}

/** Ranges of indexes: the living, five minutes of measurements, an hour of finished tasks. With clock_timestamp(), which is volatile, they would be none. */
const AGENTS = `/* agent indicators */
  select (select percentile_disc(0.95) within group (order by extract(epoch from clock_timestamp() - last_heartbeat))::float8
            from public.agents where liveness in ('online', 'late')) as silence,
         (select count(*)::integer from public.agents where liveness = 'stale') as stale,
         (select percentile_disc(0.95) within group (order by extract(epoch from clock_timestamp() - newest))::float8
            from (select max(timestamp) as newest from public.performance_metrics
                   where timestamp > now() - interval '5 minutes' group by agent_id) m) as unmeasured,
         count(*) filter (where status in ('done', 'failed'))::integer as finished,
         count(*) filter (where status = 'failed')::integer as failed
    from public.agent_tasks where finished_at > now() - interval '1 hour'`;

const AGE_MS = 5_000;
const known = new WeakMap<Database, { at: number; kpis: Promise<Kpi[]> }>();

/** The indicators, read at most once in 5 s per process. `time`: a clock in milliseconds. */
export function readKpis(db: Database, time: () => number = () => performance.now()): Promise<Kpi[]> {
  const last = known.get(db);
  if (last !== undefined && time() - last.at < AGE_MS) return last.kpis;
  const kpis = db.query<Agents>(AGENTS).then(([agents]) => kpisOf(lastMinutes(db), agents!));
  const entry = { at: time(), kpis };
  known.set(db, entry);
  // A failure is for who asked meanwhile, not for the next 5 s.
  kpis.catch(() => known.get(db) === entry && known.delete(db));
  return kpis;
}

/** The figures against the thresholds of the source documents. */
export function kpisOf(window: Window | null, agents: Agents): Kpi[] {
  const lately = window === null ? 'nothing yet' : `the last ${Math.round(window.seconds)} s of this hub`;
  const percent = (share: number | null | undefined) => (share == null ? null : share * 100);
  return [
    kpi('CONNECTION_POOL_UTILIZATION', percent(window?.poolUse), 'percent', 'BELOW', 80, lately),
    kpi('QUERY_TIME_P95', window?.p95Ms ?? null, 'ms', 'BELOW', 100, lately),
    throughput(window, lately),
    kpi('LOCK_CONTENTION', percent(window?.blockedShare), 'percent', 'BELOW', 5, lately),
    kpi('HEARTBEAT_INTERVAL', agents.silence, 's', 'AT_MOST', 60, 'now'),
    kpi('SILENT_AGENTS', agents.stale, 'agents', 'AT_MOST', 0, 'now'),
    kpi('METRICS_INTERVAL', agents.unmeasured, 's', 'AT_MOST', 30, 'the last 5 minutes'),
    kpi(
      'ERROR_RATE',
      agents.finished === 0 ? null : (agents.failed / agents.finished) * 100,
      'percent',
      'AT_MOST',
      5,
      'the last hour',
    ),
  ];
}

function kpi(
  name: string,
  value: number | null,
  unit: string,
  comparison: Kpi['comparison'],
  threshold: number,
  measuredOver: string,
): Kpi {
  return { name, value, unit, comparison, threshold, holds: holds(value, comparison, threshold), measuredOver };
}

function holds(value: number | null, comparison: Kpi['comparison'], threshold: number): boolean | null {
  if (value === null) return null;
  if (comparison === 'ABOVE') return value > threshold;
  return comparison === 'BELOW' ? value < threshold : value <= threshold;
}

/** A target for what the system can do: that nobody asked for so much breaks it no more than it proves it. */
function throughput(window: Window | null, measuredOver: string): Kpi {
  const target = kpi(
    'TRANSACTION_THROUGHPUT',
    window?.commitsPerSecond ?? null,
    'commits/s',
    'ABOVE',
    1_000,
    measuredOver,
  );
  const asked = (window?.saturated ?? 0) > 0.5;
  return target.holds === false && !asked ? { ...target, holds: null } : target;
}
