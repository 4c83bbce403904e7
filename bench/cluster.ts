import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DATABASE, newAddress, urlOf } from '../src/postgres/embedded-address.ts';
import { embeddedBinaries } from '../src/postgres/embedded-binaries.ts';
import { type Cluster, initCluster, startPostmaster } from '../src/postgres/embedded-cluster.ts';
import { unprivilegedOwner } from '../src/postgres/embedded-user.ts';
import { migrate } from '../src/postgres/migrations.ts';
import { atEnd } from './at-end.ts';

/** The one PostgreSQL that all contestants share. */
export interface BenchCluster {
  readonly directory: string;
  readonly pid: number;
  /** The server's log file. */
  readonly log: string;
  /** Creates a database with the hub's migrations applied, so that every contestant has the same tables; gives its address. */
  createDatabase(name: string): Promise<string>;
  dispose(): Promise<void>;
}

/**
 * PostgreSQL's defaults, fsync on; besides, what the hub's own embedded server preloads, and room for all contestants.
 * The prefix of the log tells databases apart (plans.ts).
 */
const SETTINGS = { shared_preload_libraries: 'pg_stat_statements', max_connections: '300', log_line_prefix: '%d|' };

export async function openCluster(): Promise<BenchCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'rookery-bench-'));
  const log = join(directory, 'postgres.log');
  const cluster: Cluster = {
    binaries: await embeddedBinaries(),
    data: join(directory, 'postgres'),
    log,
    owner: await unprivilegedOwner(),
  };
  const address = await newAddress();
  let running: number | undefined;
  // Whatever ends this process: PostgreSQL is no part of its process group and would live on.
  const end = () => {
    if (running !== undefined) process.kill(running, 'SIGQUIT');
    removeNow(directory);
  };
  process.once('exit', end);
  await initCluster(cluster, { password: address.password, database: DATABASE, sync: true });
  const postmaster = await startPostmaster(cluster, address.port, SETTINGS);
  running = postmaster.pid;
  return {
    directory,
    pid: postmaster.pid,
    log,
    async createDatabase(name) {
      await execute(urlOf(address), `create database ${name}`);
      const url = urlOf(address, name);
      await migrate(url);
      return url;
    },
    async dispose() {
      await postmaster.stop('fast');
      running = undefined;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A session that lasts as long as the bench. */
export async function openSession(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // That the connection was lost is told by the query that needed it.
  client.on('error', () => {});
  await client.connect();
  atEnd(() => client.end());
  return client;
}

/** Runs SQL in a session of its own and gives the rows of its only (or last) statement. */
export async function execute<Row = Record<string, unknown>>(
  url: string,
  sql: string,
  values?: unknown[],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const results = [await client.query(sql, values)].flat();
    return (results.at(-1)?.rows ?? []) as Row[];
  } finally {
    await client.end();
  }
}

/** Without an event loop. PostgreSQL or initdb need a moment to end, in which they still write. */
function removeNow(directory: string): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < 100 && existsSync(directory); tries++)
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {
      Atomics.wait(clock, 0, 0, 20);
    }
}
