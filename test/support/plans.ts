import { type ExecutionResult, graphql } from 'graphql';
import pg from 'pg';
import { afterAll, expect } from 'vitest';
import type { Context, Viewer } from '../../src/graphql/context.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { schema } from '../../src/server/schema.ts';
import { testDatabase } from './database.ts';
import type { Data } from './live.ts';

/**
 * Rows in each of a room's main tables. What a page costs must not depend on it: the same bounds hold for `npm test` and
 * for `npm run plans`, which sets it to a million.
 */
export const ROWS = Number(process.env['PLAN_ROWS'] ?? 20_000);

/** Rows that a page of 20 reads: one more, to know whether there is more, and one to see where a range ends. */
export const PAGE = 22;

/** What PostgreSQL did for one operation, all its statements together, those within functions too. */
export interface Plan {
  readonly data: Data;
  /** The indexes it walked, and `seq <table>` for each table it read whole, in order of name. */
  readonly paths: readonly string[];
  /** Rows of tables that its scans looked at, those included that a filter threw away. */
  readonly scanned: number;
  /** Blocks of 8 kB that it looked at, of tables and indexes. */
  readonly blocks: number;
  /** Most rows that it sorted at once. */
  readonly sorted: number;
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

const OPERATOR: Viewer = { role: 'operator', agent: null, instance: 'default', tokenId: null };

/** PostgreSQL tells the session of every plan as it ran: none is asked for, and none is run twice. */
const TELL_PLANS = Object.entries({
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_level': 'notice',
  'auto_explain.log_format': 'json',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_timing': 'off',
}).map(([name, value]) => `-c ${name}=${value}`);

export interface Room {
  /** A plain client, to fill the tables with. */
  readonly psql: pg.Client;
  /** Fills these tables without triggers: what they do is not what this is about. Then gathers their statistics. */
  fill(tables: readonly string[], ...statements: string[]): Promise<void>;
  /** Answers a query as the hub does, for an operator or the viewer given. */
  ask(query: string, variables?: Record<string, unknown>, viewer?: Partial<Viewer>): Promise<Plan>;
  /**
   * Asks for the first page of a list, its last, and one that begins deep down, where the last one does:
   * `tasks(orderBy: DUE)`, or `chunks` of `session(id: 7)`. Each has as many entries as it can have.
   */
  pages(list: string, of?: { parent?: string; viewer?: Partial<Viewer>; node?: string }): Promise<Plan[]>;
  /** Runs one statement; `data.rows` is what it gave. */
  run(text: string, values?: unknown[]): Promise<Plan>;
}

/** A database of this file's own, and the plans of what is asked of it. Call it at the top of the file. */
export async function planRoom(): Promise<Room> {
  const { url } = await testDatabase();
  const psql = new pg.Client({ connectionString: url });
  await psql.connect();
  const telling = new URL(url);
  telling.searchParams.set('options', TELL_PLANS.join(' '));
  const db = openDatabase({ url: telling.href, poolSize: 1, statementTimeoutMs: 60_000 });
  let told: { root: Node; within: boolean }[] = [];
  db.pool.on('connect', (client) => {
    client.on('notice', ({ message = '', where }) => {
      const at = message.indexOf('plan:\n{');
      if (at >= 0) told.push({ root: JSON.parse(message.slice(at + 6)).Plan, within: where !== undefined });
    });
  });
  const seen: [what: string, plan: Plan][] = [];
  afterAll(async () => {
    await Promise.all([db.close(), psql.end()]);
    if (process.env['PLAN_ROWS'] !== undefined) console.log(report(seen));
  });

  const planOf = async (what: string, work: () => Promise<Plan['data']>): Promise<Plan> => {
    told = [];
    const data = await work();
    const nodes = told.flatMap(({ root }) => flatten(root));
    const plan = {
      data,
      paths: [...new Set(nodes.flatMap(pathOf))].sort(),
      scanned: sum(nodes.map(scannedBy)),
      // A statement counts what those within it looked at.
      blocks: sum(
        told.map(({ root, within }) => (within ? 0 : root['Shared Hit Blocks'] + root['Shared Read Blocks'])),
      ),
      sorted: Math.max(0, ...nodes.map(sortedBy)),
    };
    seen.push([what, plan]);
    return plan;
  };

  const room: Room = {
    psql,
    async fill(tables, ...statements) {
      // An index is made of a million rows in a fraction of the time that so many entries take.
      const { rows: indexes } = await psql.query<{ name: string; definition: string }>(
        `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
           from unnest($1::regclass[]) t join pg_index i on i.indrelid = t
          where not exists (select from pg_constraint c where c.conindid = i.indexrelid) and not i.indisreplident`,
        [tables],
      );
      await psql.query(`set session_replication_role = replica; set maintenance_work_mem = '256MB'`);
      for (const { name } of indexes) await psql.query(`drop index ${name}`);
      for (const statement of statements) await psql.query(statement);
      for (const { definition } of indexes) await psql.query(definition);
      await psql.query(`set session_replication_role = default; reset maintenance_work_mem`);
      for (const table of tables) await psql.query(`vacuum (analyze) ${table}`);
    },
    ask: (source, variableValues = {}, viewer = {}) =>
      planOf(source.replace(/ \{ (edges|pageInfo)[^}]*\}+/g, ''), async () => {
        // Nothing here listens: a list needs no feed.
        const context: Omit<Context, 'feed'> = {
          db,
          viewer: { ...OPERATOR, ...viewer },
          feedPosition: 0,
          lastEventId: null,
          signal: null,
        };
        const { data, errors }: ExecutionResult = await graphql({
          schema,
          source,
          variableValues,
          contextValue: context,
        });
        if (errors?.[0] !== undefined) throw errors[0].originalError ?? errors[0];
        return data ?? {};
      }),
    async pages(list, { parent, viewer, node = 'id' } = {}) {
      const page = (args: string) => {
        const field = list.endsWith(')') ? `${list.slice(0, -1)}, ${args})` : `${list}(${args})`;
        const query = `${field} { edges { node { ${node} } } pageInfo { startCursor endCursor } }`;
        return room.ask(parent === undefined ? `{ ${query} }` : `{ ${parent} { ${query} } }`, {}, viewer);
      };
      const [first, last] = [await page('first: 20'), await page('last: 20')];
      const name = /^\w+/.exec(list)![0];
      const [found] = Object.values(last.data);
      const { startCursor } = (parent === undefined ? found : found[name]).pageInfo;
      if (!startCursor) return [first, last];
      return [first, last, await page(`first: 20, after: "${startCursor}"`)];
    },
    run: (text, values = []) => planOf(text, async () => ({ rows: (await db.pool.query(text, values)).rows })),
  };
  return room;
}

/** Each read so many rows at most, of blocks what these and the way to them cost, and whole only those tables, which stay small. */
export function expectFew(plans: readonly Plan[], most = PAGE, whole: readonly string[] = []): void {
  for (const { paths, scanned, blocks, sorted } of plans) {
    expect(paths.filter((path) => path.startsWith('seq ') && !whole.includes(path.slice(4)))).toEqual([]);
    expect(scanned).toBeLessThanOrEqual(most);
    expect(sorted).toBeLessThanOrEqual(most);
    expect(blocks).toBeLessThanOrEqual(3 * most + 40);
  }
}

/** A line for each query: the most that it read in one go, and by which ways. */
function report(seen: readonly (readonly [string, Plan])[]): string {
  return seen
    .map(
      ([what, { scanned, blocks, sorted, paths }]) =>
        `${scanned} rows (${sorted} sorted), ${blocks} blocks: ${what}  by ${paths.join(', ')}`,
    )
    .join('\n');
}

function flatten(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}

function pathOf(node: Node): string[] {
  if (node['Index Name'] !== undefined) return [node['Index Name']];
  return node['Node Type'].endsWith('Seq Scan') ? [`seq ${node['Relation Name']}`] : [];
}

function scannedBy(node: Node): number {
  if (node['Relation Name'] === undefined || !node['Node Type'].endsWith('Scan')) return 0;
  const each =
    node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return Math.round(each * node['Actual Loops']);
}

function sortedBy(node: Node): number {
  return node['Node Type'].endsWith('Sort') ? sum((node.Plans ?? []).map((child) => child['Actual Rows'])) : 0;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
