import { decodePlace, encodePlace } from '../graphql/place.ts';
import type { Database } from '../postgres/database.ts';
import { queueLengths } from '../queues/service.ts';

export interface Overview {
  asOf: Date;
  agents: { total: number; online: number; late: number; stale: number; offline: number; active: number };
  recentHeartbeats: number;
  recentErrors: number;
  openTasks: { open: number; claimed: number; in_progress: number; blocked: number };
  taskQueues: { type: string; ready: number }[];
  queueDepths: { queue: string; length: number }[];
}

/** Each part is a small table, or a range of an index that grows with what is going on, not with what there ever was. */
const OVERVIEW = `/* system overview */
  select clock_timestamp() as "asOf",
         (select jsonb_build_object(
            'total', count(*),
            'online', count(*) filter (where liveness = 'online'), 'late', count(*) filter (where liveness = 'late'),
            'stale', count(*) filter (where liveness = 'stale'), 'offline', count(*) filter (where liveness = 'offline'),
            'active', count(*) filter (where state = 'active')) from agents) as agents,
         (select count(*)::integer from agent_heartbeats where timestamp > now() - interval '5 minutes') as "recentHeartbeats",
         (select count(*)::integer from system_events
           where severity in ('ERROR', 'CRITICAL') and timestamp > now() - interval '1 hour') as "recentErrors",
         (select jsonb_build_object(
            'open', count(*) filter (where status = 'open'), 'claimed', count(*) filter (where status = 'claimed'),
            'in_progress', count(*) filter (where status = 'in_progress'), 'blocked', count(*) filter (where status = 'blocked'))
            from agent_tasks where status in ('open', 'claimed', 'in_progress', 'blocked')) as "openTasks",
         (select coalesce(jsonb_agg(q order by q.ready desc, q.type), '[]')
            from (select type, count(*) as ready from agent_tasks where ready group by type order by ready desc, type limit 100) q
         ) as "taskQueues"`;

const OVERVIEW_AGE_MS = 5_000;
const overviews = new WeakMap<Database, { at: number; overview: Promise<Overview> }>();

/** The system at a glance, read at most once in 5 s per process, however many ask. `time`: a clock in milliseconds. */
export function systemOverview(db: Database, time: () => number = () => performance.now()): Promise<Overview> {
  const known = overviews.get(db);
  if (known !== undefined && time() - known.at < OVERVIEW_AGE_MS) return known.overview;
  const overview = readOverview(db);
  const entry = { at: time(), overview };
  overviews.set(db, entry);
  // A failure is for who asked meanwhile, not for the next 5 s.
  overview.catch(() => overviews.get(db) === entry && overviews.delete(db));
  return overview;
}

async function readOverview(db: Database): Promise<Overview> {
  const [rows, queueDepths] = await Promise.all([db.query<Omit<Overview, 'queueDepths'>>(OVERVIEW), queueLengths(db)]);
  return { ...rows[0]!, queueDepths };
}

export interface AgentHealth {
  agent: string;
  heartbeats: number;
  lastHeartbeat: Date;
  averageCpu: number | null;
  asOf: Date;
}

export interface HealthPage {
  agents?: readonly string[] | null | undefined;
  after?: string | undefined;
  before?: string | undefined;
  limit: number;
  /** Backwards from the end, or from `before`. */
  inverted: boolean;
}

/** What `agent_health_summary` holds, by agent. */
export function readAgentHealth(
  db: Database,
  { agents, after, before, limit, inverted }: HealthPage,
): Promise<AgentHealth[]> {
  return db.query(
    `/* agent health */
     select h.agent_id as agent, h.heartbeat_count::integer as heartbeats, h.last_heartbeat as "lastHeartbeat",
            h.avg_cpu::float8 as "averageCpu", s.swept_at as "asOf"
       from agent_health_summary h join rookery.sweeps s on s.name = 'agent_health'
      where ($1::text[] is null or h.agent_id = any ($1)) and ($2::text is null or h.agent_id > $2)
        and ($3::text is null or h.agent_id < $3)
      order by h.agent_id ${inverted ? 'desc' : 'asc'} limit $4`,
    [agents ?? null, after === undefined ? null : agentAt(after), before === undefined ? null : agentAt(before), limit],
  );
}

/** Opaque text. */
export function healthCursor({ agent }: AgentHealth): string {
  return encodePlace('health', agent);
}

const agentAt = (cursor: string) => decodePlace('health', cursor, 1)[0];
