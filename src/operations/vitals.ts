import { isConnectionFailure } from '../errors.ts';
import type { Database } from '../postgres/database.ts';

/** Sessions of clients of the whole server, which share its limit. */
export interface Connections {
  max: number;
  /** Of these, kept for superusers. */
  reserved: number;
  total: number;
  active: number;
  idle: number;
  idleInTransaction: number;
}

/** The cumulative figures of this database, and what may come to an end. */
export interface Vitals {
  asOf: Date;
  version: string;
  startedAt: Date;
  bytes: number;
  cacheHitRatio: number | null;
  commits: number;
  rollbacks: number;
  deadlocks: number;
  temporaryBytes: number;
  notificationQueueUsage: number;
  transactionIdAge: number;
  transactionIdLimit: number;
  oldestTransactionSeconds: number | null;
  walBytes: number;
}

/** What another session is doing. */
export interface Session {
  pid: number;
  user: string | null;
  application: string | null;
  state: string | null;
  waitsFor: string | null;
  seconds: number | null;
  query: string | null;
}

export interface BlockedSession {
  session: Session;
  mode: string;
  relation: string | null;
  waitedSeconds: number;
  blockedBy: Session[];
}

export interface Replica {
  name: string;
  state: string | null;
  lagBytes: number | null;
}

export interface StatementStatistics {
  since: Date | null;
  slowest: { id: string; calls: number; meanMs: number; totalMs: number; rows: number; query: string }[];
}

export async function readConnections(db: Database): Promise<Connections> {
  const [row] = await db.query<Connections>(`/* connections */
    select current_setting('max_connections')::integer as max, current_setting('superuser_reserved_connections')::integer as reserved,
           count(*)::integer as total, (count(*) filter (where state = 'active'))::integer as active,
           (count(*) filter (where state = 'idle'))::integer as idle,
           (count(*) filter (where state like 'idle in transaction%'))::integer as "idleInTransaction"
      from pg_stat_activity where backend_type = 'client backend'`);
  return row!;
}

/** Reads statistics that the server keeps anyway; no table is looked at. */
export async function readVitals(db: Database): Promise<Vitals> {
  const [row] = await db.query<Vitals>(`/* vitals */
    select clock_timestamp() as "asOf", current_setting('server_version') as version, pg_postmaster_start_time() as "startedAt",
           pg_database_size(d.datid)::float8 as bytes, (d.blks_hit / nullif(d.blks_hit + d.blks_read, 0)::float8) as "cacheHitRatio",
           d.xact_commit::float8 as commits, d.xact_rollback::float8 as rollbacks, d.deadlocks::float8 as deadlocks,
           d.temp_bytes::float8 as "temporaryBytes", pg_notification_queue_usage() as "notificationQueueUsage",
           (select age(c.datfrozenxid) from pg_database c where c.oid = d.datid) as "transactionIdAge",
           current_setting('autovacuum_freeze_max_age')::integer as "transactionIdLimit",
           (select extract(epoch from clock_timestamp() - min(a.xact_start))::float8 from pg_stat_activity a
             where a.backend_type = 'client backend' and a.pid <> pg_backend_pid()) as "oldestTransactionSeconds",
           (select w.wal_bytes::float8 from pg_stat_wal w) as "walBytes"
      from pg_stat_database d where d.datname = current_database()`);
  return row!;
}

const session = (a: string, since: string) => `jsonb_build_object('pid', ${a}.pid, 'user', ${a}.usename,
  'application', ${a}.application_name, 'state', ${a}.state, 'waitsFor', ${a}.wait_event_type || ' ' || ${a}.wait_event,
  'seconds', extract(epoch from clock_timestamp() - ${since}), 'query', left(${a}.query, 1000))`;

/** Statements, and transactions left open, that began longer ago than that; the longest first, at most 50. */
export async function readLongQueries(db: Database, overSeconds: number): Promise<Session[]> {
  const rows = await db.query<{ session: Session }>(
    `/* long queries */
     select ${session('a', "case when a.state = 'active' then a.query_start else a.xact_start end")} as session
       from pg_stat_activity a
      where a.datname = current_database() and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
        and case when a.state = 'active' then a.query_start else a.xact_start end < clock_timestamp() - make_interval(secs => $1)
      order by case when a.state = 'active' then a.query_start else a.xact_start end limit 50`,
    [overSeconds],
  );
  return rows.map((row) => row.session);
}

/** Sessions that wait for a lock, and those they wait for; the longest first, at most 50. */
export function readBlocked(db: Database): Promise<BlockedSession[]> {
  return db.query(`/* blocked locks */
    select ${session('a', 'a.query_start')} as session, w.mode, w.relation, w."waitedSeconds",
           coalesce((select jsonb_agg(${session('b', "case when b.state = 'active' then b.query_start else b.xact_start end")} order by b.pid)
              from pg_stat_activity b where b.pid = any (w.blockers)), '[]') as "blockedBy"
      from (select l.pid, l.mode, l.relation::regclass::text as relation, pg_blocking_pids(l.pid) as blockers,
                   coalesce(extract(epoch from clock_timestamp() - l.waitstart)::float8, 0) as "waitedSeconds"
              from pg_locks l
             where not l.granted and l.pid in (select pid from pg_stat_activity where datname = current_database())
             order by l.waitstart limit 50) w
      join pg_stat_activity a on a.pid = w.pid
     order by w."waitedSeconds" desc`);
}

export function readReplicas(db: Database): Promise<Replica[]> {
  return db.query(`/* replicas */
    select application_name as name, state, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 as "lagBytes"
      from pg_stat_replication where not pg_is_in_recovery() order by application_name`);
}

/** What pg_stat_statements says, the slowest on the mean first; null where it is not installed, not loaded or not ours to read. */
export async function readStatementStatistics(db: Database, limit: number): Promise<StatementStatistics | null> {
  const [extension] = await db.query<{ schema: string }>(
    `/* find pg_stat_statements */ select quote_ident(n.nspname) as schema
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements'`,
  );
  if (extension === undefined) return null;
  const { schema } = extension;
  try {
    const [row] = await db.query<StatementStatistics>(
      `/* slow statements */
       select i.stats_reset as since, coalesce((
         select jsonb_agg(jsonb_build_object('id', s.queryid::text, 'calls', s.calls, 'meanMs', s.mean_exec_time, 'totalMs', s.total_exec_time,
                  'rows', s.rows, 'query', left(s.query, 1000)) order by s.mean_exec_time desc)
           from (select * from ${schema}.pg_stat_statements p
                  where p.dbid = (select oid from pg_database where datname = current_database())
                  order by p.mean_exec_time desc limit $1) s), '[]') as slowest
         from ${schema}.pg_stat_statements_info i`,
      [limit],
    );
    return row!;
  } catch (error) {
    if (isConnectionFailure(error)) throw error;
    const code = (error as { code?: string }).code;
    // Not among shared_preload_libraries; of an older version; not granted.
    if (code === '55000' || code === '42P01' || code === '42501') return null;
    throw error;
  }
}
