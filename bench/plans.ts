import { open, stat } from 'node:fs/promises';

/** One statement that PostgreSQL ran, as auto_explain logged it. */
export interface Explained {
  readonly database: string;
  readonly query: string;
  readonly milliseconds: number;
  /** Kinds of nodes, with their indexes or tables, from the root down: `Limit(LockRows(Index Scan agent_tasks_ready))`. */
  readonly shape: string;
  /** Tables it reads or writes. */
  readonly relations: ReadonlySet<string>;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Added to the address of a database, so that the plan of each statement of its sessions is logged as it was run. */
export function explaining(url: string, { nested }: { nested: boolean }): string {
  const settings = {
    session_preload_libraries: 'auto_explain',
    'auto_explain.log_min_duration': 0,
    'auto_explain.log_format': 'json',
    'auto_explain.log_nested_statements': nested ? 'on' : 'off',
  };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  return `${url}?options=${encodeURIComponent(options.join(' '))}`;
}

/** Reads what is logged from now on; each call gives what came since the one before. Needs the line prefix `%d|`. */
export async function followLog(path: string): Promise<() => Promise<Explained[]>> {
  let { size: at } = await stat(path);
  return async () => {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      const { buffer } = await file.read({ buffer: Buffer.alloc(size - at), position: at });
      at = size;
      return parse(buffer.toString());
    } finally {
      await file.close();
    }
  };
}

function parse(log: string): Explained[] {
  return log
    .split(/\n(?!\t)/)
    .map((entry) => /^(\w*)\|LOG: {2}duration: ([\d.]+) ms {2}plan:\n([\s\S]*)$/.exec(entry))
    .filter((match) => match !== null)
    .map(([, database, milliseconds, json]) => {
      const { 'Query Text': query, Plan } = JSON.parse(json!) as { 'Query Text': string; Plan: PlanNode };
      return {
        ...{ database: database!, query, milliseconds: Number(milliseconds) },
        shape: shapeOf(Plan),
        relations: new Set(relationsOf(Plan)),
      };
    });
}

function shapeOf(node: PlanNode): string {
  const of = node['Index Name'] ?? node['Relation Name'];
  const below = node.Plans?.map(shapeOf).join(', ');
  return `${node['Node Type']}${of ? ` ${of}` : ''}${below ? `(${below})` : ''}`;
}

function* relationsOf(node: PlanNode): Generator<string> {
  if (node['Relation Name'] !== undefined) yield node['Relation Name'];
  for (const child of node.Plans ?? []) yield* relationsOf(child);
}
