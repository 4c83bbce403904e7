import { RookeryError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';

/** Tables whose rows grow old, by their names in SQL. */
export const RETAINED = [
  'agent_heartbeats',
  'agent_state_transitions',
  'performance_metrics',
  'system_events',
  'llm_conversations',
  'agent_tasks',
  'agent_messages',
  'agent_standups',
  'agent_requests',
  'queue_archive',
  'idempotency_receipts',
] as const;

export type RetainedTable = (typeof RETAINED)[number];

/** What the documents archive by age; cleanupOldData takes these unless told otherwise. */
export const HISTORY: readonly RetainedTable[] = ['agent_heartbeats', 'performance_metrics', 'system_events'];

/** How long the rows of a table are kept. */
export interface RetentionRule {
  table: RetainedTable;
  /** Null: for ever. */
  days: number | null;
  updatedBy: string;
  updatedAt: Date;
}

const RULE = `table_name as "table", days, updated_by as "updatedBy", updated_at as "updatedAt"`;

/** All rules, by name of table. */
export function readRetention(db: Database): Promise<RetentionRule[]> {
  return db.query(`/* retention */ select ${RULE} from rookery.retention order by table_name`);
}

/** Changes how long the rows of a table are kept; the next sweep goes by it. */
export async function setRetention(
  db: Database,
  rule: Pick<RetentionRule, 'table' | 'days' | 'updatedBy'>,
): Promise<RetentionRule> {
  const [row] = await db.write<RetentionRule>(
    `/* set retention */ update rookery.retention set days = $2, updated_by = $3, updated_at = clock_timestamp()
      where table_name = $1 returning ${RULE}`,
    [rule.table, rule.days, rule.updatedBy],
  );
  return row!;
}

/** Rows of one sweep's transaction: small enough to be done in a fraction of the statement timeout, cascades included. */
const BATCH = 2_000;
/** Rows of one table and call of cleanupOldData. */
const CALL = 50_000;
/** Beyond, a dry run says "at least". */
const MAX_COUNTED = 1_000_000;

async function prune(db: Database, table: RetainedTable, days: number, most: number): Promise<number> {
  const [row] = await db.write<{ pruned: number }>(
    '/* prune */ select rookery.prune($1, clock_timestamp() - make_interval(days => $2), $3) as pruned',
    [table, days, most],
  );
  return row!.pruned;
}

/**
 * Deletes what is older than its table's rule, at most 2,000 rows of each table, each in a transaction of its own; true
 * when there is more. For the sweeper of any number of hubs. The archive of queues goes by whole days: `archiveDays`.
 */
export async function sweepRetention(db: Database): Promise<boolean> {
  let more = false;
  const failures: unknown[] = [];
  for (const { table, days } of await readRetention(db)) {
    if (days === null || table === 'queue_archive') continue;
    // One table that cannot be swept just now keeps no other.
    const pruned = await prune(db, table, days, BATCH).catch((error) => void failures.push(error));
    more ||= pruned === BATCH;
  }
  if (failures.length > 0) throw failures[0];
  return more;
}

/** How long archived messages of queues are kept, in days; a century for ever. */
export async function archiveDays(db: Database): Promise<number> {
  const rules = await readRetention(db);
  return rules.find(({ table }) => table === 'queue_archive')?.days ?? 36_500;
}

/** What became of the old rows of a table. */
export interface Cleaned {
  table: RetainedTable;
  rows: number;
  /** False when there are more than this call may take, or count. */
  done: boolean;
}

/**
 * Deletes rows older than so many days, at most 50,000 of each table, or counts what would go. The archive of queues is
 * dropped by whole days, by its rule alone. Errors: `BAD_INPUT`.
 */
export async function cleanUp(
  db: Database,
  { daysToKeep, dryRun, tables }: { daysToKeep: number; dryRun: boolean; tables: readonly RetainedTable[] },
): Promise<Cleaned[]> {
  if (tables.includes('queue_archive'))
    throw new RookeryError('BAD_INPUT', 'The archive of queues is dropped by whole days: use setRetention for it.');
  const cleaned: Cleaned[] = [];
  for (const table of new Set(tables))
    cleaned.push(dryRun ? await count(db, table, daysToKeep) : await remove(db, table, daysToKeep));
  return cleaned;
}

async function remove(db: Database, table: RetainedTable, days: number): Promise<Cleaned> {
  let rows = 0;
  while (rows < CALL) {
    const pruned = await prune(db, table, days, BATCH);
    rows += pruned;
    if (pruned < BATCH) return { table, rows, done: true };
  }
  return { table, rows, done: false };
}

async function count(db: Database, table: RetainedTable, days: number): Promise<Cleaned> {
  const [row] = await db.query<{ rows: number }>(
    '/* count expired */ select rookery.count_expired($1, clock_timestamp() - make_interval(days => $2), $3) as rows',
    [table, days, MAX_COUNTED],
  );
  const { rows } = row!;
  return { table, rows, done: rows < MAX_COUNTED };
}
