import { access, mkdir, rename, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupError } from '../config.ts';
import type { Logger } from '../log.ts';
import { type Address, DATABASE, freePort, newAddress, readAddress, urlOf, writeAddress } from './embedded-address.ts';
import { embeddedBinaries } from './embedded-binaries.ts';
import { type Cluster, initCluster, type Postmaster, setPassword, startPostmaster } from './embedded-cluster.ts';
import { takeLock } from './embedded-lock.ts';
import { placeCluster } from './embedded-place.ts';
import { clearStalePid, runningPostmaster, stopProcess } from './embedded-process.ts';

/**
 * A real PostgreSQL for those who have none: the programs come with an npm package, the data lies in the home.
 *
 *     hub.lock         which hub holds this home
 *     database-url     where the server is, with its password (mode 0600): for psql and other writers of plain SQL
 *     postgres.log     what the server says
 *     postgres/data    the cluster; `postgres` belongs to an unprivileged user when root runs the hub
 *
 * The server is a child of the hub and is started again when it dies. When the hub is killed, the server lives on as an
 * orphan; the next hub stops it in good order, which takes less time than proving that it may be kept.
 */
export interface EmbeddedServer {
  readonly url: string;
  stop(): Promise<void>;
}

const LONGEST_LOG = 16 * 1024 * 1024;
const START_ATTEMPTS = 50;
const SETTINGS = { shared_preload_libraries: 'pg_stat_statements', log_line_prefix: '%m [%p] ' };

export async function startEmbedded(homePath: string, log: Logger): Promise<EmbeddedServer> {
  const home = resolve(homePath);
  const release = await enter(home);
  try {
    const cluster = await placeCluster(home, await embeddedBinaries());
    if ((await exists(cluster.log)) && (await stat(cluster.log)).size > LONGEST_LOG)
      await rename(cluster.log, `${cluster.log}.1`);
    await stopOrphan(cluster, log);
    const file = join(home, 'database-url');
    const { address, postmaster } = await startSomewhere(cluster, await prepare(cluster, file, log));
    await writeAddress(file, address);
    const supervised = supervise(cluster, postmaster, log);
    return { url: urlOf(address), stop: () => supervised.stop().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Makes the home if it is not there, and takes its lock. Errors: `SetupError` for a place where that can't be. */
async function enter(home: string): Promise<() => Promise<void>> {
  try {
    await mkdir(home, { recursive: true, mode: 0o755 });
    return await takeLock(join(home, 'hub.lock'), home);
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw new SetupError(
      `The embedded database can't be kept in ${home}: ${(error as Error).message}. Set ROOKERY_HOME to a directory that can be written, or DATABASE_URL to a PostgreSQL.`,
      { cause: error },
    );
  }
}

async function stopOrphan(cluster: Cluster, log: Logger): Promise<void> {
  const orphan = await runningPostmaster(cluster.data);
  if (orphan === undefined) return clearStalePid(cluster.data);
  log.warn({ pid: orphan }, 'a PostgreSQL has outlived its hub: stopping it before the new start');
  await stopProcess(orphan, 'fast');
}

/** Makes the cluster at the first start. The address is written before it, so that no cluster has an unknown password. */
async function prepare(cluster: Cluster, file: string, log: Logger): Promise<Address> {
  const known = await readAddress(file);
  const address = known ?? (await newAddress());
  if (known === undefined) await writeAddress(file, address);
  if (!(await exists(cluster.data))) {
    log.info({ data: cluster.data }, 'creating the embedded database');
    await initCluster(cluster, { password: address.password, database: DATABASE, sync: true });
  } else if (known === undefined) {
    log.warn({ file }, 'the password of the embedded database was lost: setting a new one');
    await setPassword(cluster, address.password);
  }
  return address;
}

/** On its port of last time if that is still free. The backends of a killed server need a moment to notice and leave. */
async function startSomewhere(
  cluster: Cluster,
  wanted: Address,
): Promise<{ address: Address; postmaster: Postmaster }> {
  let address = wanted;
  for (let attempt = 1; ; attempt++)
    try {
      return { address, postmaster: await startPostmaster(cluster, address.port, SETTINGS) };
    } catch (error) {
      if (!(error instanceof SetupError) || attempt === START_ATTEMPTS) throw error;
      if (/TCP\/IP/.test(error.message)) address = { ...address, port: await freePort() };
      else if (/shared memory block/.test(error.message)) await delay(100);
      else throw error;
    }
}

/** Starts the server again, under the same address, whenever it ends unasked. */
function supervise(cluster: Cluster, first: Postmaster, log: Logger): { stop(): Promise<void> } {
  let current = first;
  let stopping = false;
  const watching = (async () => {
    while (true) {
      await current.exited;
      if (stopping) return;
      log.error({ pid: current.pid }, 'the embedded PostgreSQL ended unexpectedly: starting it again');
      for (let wait = 50; !stopping; wait = Math.min(2 * wait, 5_000))
        try {
          current = await startPostmaster(cluster, current.port, SETTINGS);
          log.info({ pid: current.pid }, 'the embedded PostgreSQL is back');
          break;
        } catch (error) {
          log.warn({ reason: (error as Error).message }, 'the embedded PostgreSQL does not start yet');
          await delay(wait);
        }
    }
  })();
  return {
    async stop() {
      stopping = true;
      await current.stop('fast');
      await watching;
    },
  };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
