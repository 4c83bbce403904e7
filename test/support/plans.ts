import type { Database } from '../../src/postgres/database.ts';

/** How PostgreSQL answered a statement. */
export interface Plan {
  readonly sql: string;
  /** The indexes it walked, and `seq <table>` for each table it read whole, in order of name. */
  readonly paths: readonly string[];
  /** Rows that its scans looked at, those included that a filter threw away. */
  readonly scanned: number;
  /** Blocks of 8 kB that it looked at, of tables and indexes. */
  readonly blocks: number;
  /** Whether it sorted. */
  readonly sorted: boolean;
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Node[];
}

/** Does the work, then explains (and runs again) each statement that it sent. For statements that only read. */
export async function plansOf(db: Database, work: () => Promise<unknown>): Promise<Plan[]> {
  const sent: { text: string; values: unknown[] }[] = [];
  const query = db.pool.query.bind(db.pool);
  db.pool.query = ((statement: { text: string; values?: unknown[] }) => {
    sent.push({ text: statement.text, values: statement.values ?? [] });
    return query(statement);
  }) as typeof db.pool.query;
  try {
    await work();
  } finally {
    db.pool.query = query;
  }
  const plans: Plan[] = [];
  for (const { text, values } of sent) {
    const { rows } = await query(`explain (analyze, buffers, format json) ${text}`, values);
    const root: Node = rows[0]['QUERY PLAN'][0].Plan;
    const nodes = flatten(root);
    plans.push({
      sql: text,
      paths: [...new Set(nodes.flatMap(pathOf))].sort(),
      scanned: nodes.reduce((sum, node) => sum + scannedBy(node), 0),
      blocks: root['Shared Hit Blocks'] + root['Shared Read Blocks'],
      sorted: nodes.some((node) => node['Node Type'].endsWith('Sort')),
    });
  }
  return plans;
}

function flatten(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}

function pathOf(node: Node): string[] {
  if (node['Index Name'] !== undefined) return [node['Index Name']];
  return node['Node Type'].endsWith('Seq Scan') ? [`seq ${node['Relation Name']}`] : [];
}

function scannedBy(node: Node): number {
  if (!node['Node Type'].endsWith('Scan') || node['Node Type'] === 'Bitmap Index Scan') return 0;
  const each =
    node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return each * node['Actual Loops'];
}
