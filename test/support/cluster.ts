import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASE, newAddress, urlOf } from '../../src/postgres/embedded-address.ts';
import { binariesIn, embeddedBinaries } from '../../src/postgres/embedded-binaries.ts';
import { type Cluster, initCluster, type Postmaster, startPostmaster } from '../../src/postgres/embedded-cluster.ts';
import { isAlive, runningPostmaster, type StopMode, stopProcess } from '../../src/postgres/embedded-process.ts';
import { unprivilegedOwner } from '../../src/postgres/embedded-user.ts';

/** A real PostgreSQL of this test run's own, which a test may crash and start again under the same address. */
export interface TestCluster {
  /** Superuser address of a database of the cluster; `rookery` is there from the start. */
  url(database?: string): string;
  readonly pid: number | undefined;
  start(): Promise<void>;
  /** `immediate` is a crash, as by pulling the plug on the process; `fast` is an orderly stop. */
  stop(mode?: StopMode): Promise<void>;
  dispose(): Promise<void>;
}

const PREFIX = 'rookery-test-';

/**
 * Starts a PostgreSQL in the temporary directory: the embedded one, or the programs in TEST_POSTGRES_BIN, so that the
 * same tests run on other majors. fsync stays on: what is tested is what runs.
 */
export async function openCluster(settings: Record<string, string> = {}): Promise<TestCluster> {
  const home = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const binaries = process.env['TEST_POSTGRES_BIN'];
  const cluster: Cluster = {
    binaries: binaries ? binariesIn(binaries) : await embeddedBinaries(),
    data: join(home, 'postgres'),
    log: join(home, 'postgres.log'),
    owner: await unprivilegedOwner(),
  };
  const address = await newAddress();
  await initCluster(cluster, { password: address.password, database: DATABASE, sync: false });
  let running: Postmaster | undefined;
  const self: TestCluster = {
    url: (database = DATABASE) => urlOf(address, database),
    get pid() {
      return running?.pid;
    },
    async start() {
      running ??= await startPostmaster(cluster, address.port, { max_connections: '300', ...settings });
    },
    async stop(mode = 'fast') {
      const stopping = running;
      running = undefined;
      await stopping?.stop(mode);
    },
    async dispose() {
      await self.stop('immediate');
      await rm(home, { recursive: true, force: true });
    },
  };
  await self.start();
  return self;
}

/** Ends what a test run left behind that was itself ended by force: its directories carry its process id. */
export async function sweepAbandonedClusters(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (!pid || isAlive(pid)) continue;
    const home = join(tmpdir(), name);
    const left = await runningPostmaster(join(home, 'postgres'));
    if (left !== undefined) await stopProcess(left, 'immediate');
    await rm(home, { recursive: true, force: true });
  }
}
