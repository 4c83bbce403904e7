import { RookeryError } from '../errors.ts';
import type { Database } from '../postgres/database.ts';

/** A table as the server's statistics have it: estimates, read without a look at the table. */
export interface TableFigures {
  name: string;
  totalBytes: number;
  tableBytes: number;
  indexBytes: number;
  liveRows: number;
  deadRows: number;
  changedSinceAnalyze: number;
  lastVacuum: Date | null;
  lastAnalyze: Date | null;
  transactionIdAge: number;
  transactionIdLimit: number;
}

export interface IndexFigures {
  name: string;
  table: string;
  bytes: number;
  scans: number;
  unique: boolean;
}

/** Tables of Rookery, the largest first. */
export function readTables(db: Database, limit: number): Promise<TableFigures[]> {
  return db.query(
    `/* table figures */
     select s.relid::regclass::text as name, pg_total_relation_size(s.relid)::float8 as "totalBytes",
            pg_table_size(s.relid)::float8 as "tableBytes", pg_indexes_size(s.relid)::float8 as "indexBytes",
            s.n_live_tup::float8 as "liveRows", s.n_dead_tup::float8 as "deadRows", s.n_mod_since_analyze::float8 as "changedSinceAnalyze",
            greatest(s.last_vacuum, s.last_autovacuum) as "lastVacuum", greatest(s.last_analyze, s.last_autoanalyze) as "lastAnalyze",
            age(c.relfrozenxid) as "transactionIdAge", current_setting('autovacuum_freeze_max_age')::integer as "transactionIdLimit"
       from pg_stat_user_tables s join pg_class c on c.oid = s.relid
      where s.schemaname in ('public', 'rookery') and c.relkind = 'r'
      order by "totalBytes" desc, name limit $1`,
    [limit],
  );
}

/** Indexes of Rookery, the largest first. */
export function readIndexes(db: Database, limit: number): Promise<IndexFigures[]> {
  return db.query(
    `/* index figures */
     select s.indexrelid::regclass::text as name, s.relid::regclass::text as "table",
            pg_relation_size(s.indexrelid)::float8 as bytes, s.idx_scan::float8 as scans, i.indisunique as "unique"
       from pg_stat_user_indexes s join pg_index i on i.indexrelid = s.indexrelid
      where s.schemaname in ('public', 'rookery') order by bytes desc, name limit $1`,
    [limit],
  );
}

export interface Advice {
  action: 'ANALYZE' | 'VACUUM' | 'FREEZE';
  reason: string;
}

/** Fewer rows than these are no matter. */
const FEW = 1_000;
const MANY_DEAD = 10_000;

/** What should be done to a table that autovacuum should have done by now; empty when all is well. */
export function adviceFor(table: TableFigures): Advice[] {
  const { liveRows, deadRows, changedSinceAnalyze, lastAnalyze, transactionIdAge, transactionIdLimit } = table;
  const advice: Advice[] = [];
  if (transactionIdAge > transactionIdLimit)
    advice.push({
      action: 'FREEZE',
      reason: `Its oldest transaction id is ${transactionIdAge} transactions old, over autovacuum_freeze_max_age (${transactionIdLimit}): run VACUUM (FREEZE), and look for transactions or replication slots that hold it back.`,
    });
  if (deadRows > MANY_DEAD + 0.2 * liveRows)
    advice.push({
      action: 'VACUUM',
      reason: `About ${deadRows} dead rows for ${liveRows} live ones: run VACUUM (ANALYZE). If they stay, an old transaction or a replication slot holds them.`,
    });
  if (lastAnalyze === null && changedSinceAnalyze > FEW)
    advice.push({ action: 'ANALYZE', reason: 'It was never analysed: the planner guesses. Run analyzeTables.' });
  else if (changedSinceAnalyze > FEW + 0.2 * liveRows)
    advice.push({
      action: 'ANALYZE',
      reason: `About ${changedSinceAnalyze} rows changed since it was last analysed: run analyzeTables.`,
    });
  return advice;
}

const MAX_TABLES = 1_000;

/**
 * Runs ANALYZE on these tables, or on those whose advice says so; which. A sample of each is read, and nobody waits but for
 * changes of the table itself. Errors: `BAD_INPUT` for a table that is none of Rookery's.
 */
export async function analyzeTables(db: Database, named: readonly string[] | null): Promise<string[]> {
  const tables = await readTables(db, MAX_TABLES);
  const known = new Set(tables.map(({ name }) => name));
  const foreign = named?.find((name) => !known.has(name));
  if (foreign !== undefined)
    throw new RookeryError('BAD_INPUT', `There is no table ${foreign}: databaseHealth lists them.`, { table: foreign });
  const advised = () =>
    tables.filter((table) => adviceFor(table).some(({ action }) => action === 'ANALYZE')).map(({ name }) => name);
  const chosen = [...new Set(named ?? advised())];
  for (const name of chosen) await db.upkeep(`analyze ${name}`);
  return chosen;
}
