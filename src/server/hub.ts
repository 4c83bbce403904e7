import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sweepAgents } from '../agents/service.ts';
import { type Config, SetupError } from '../config.ts';
import { openFeed } from '../feed/feed.ts';
import type { Logger } from '../log.ts';
import { takeSample } from '../operations/measures.ts';
import { archiveDays, sweepRetention } from '../operations/service.ts';
import { type Database, openDatabase } from '../postgres/database.ts';
import { foldQueueCounts, maintainQueues } from '../queues/service.ts';
import { sweepRequests } from '../requests/service.ts';
import { sweepTasks } from '../tasks/service.ts';
import { refreshAgentHealth } from '../telemetry/service.ts';
import { createAuthenticator } from './auth.ts';
import { createHttpServer } from './http.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createOperations } from './operations.ts';
import { schema } from './schema.ts';
import { type Sweep, startSweeper } from './sweeper.ts';
import { tokensExist } from './tokens.ts';
import { createWebSockets } from './ws.ts';

export interface HubOptions {
  readonly config: Config;
  /** A migrated database. */
  readonly databaseUrl: string;
  /** The same database, for LISTEN: not through a pooler in transaction mode. */
  readonly listenUrl: string;
  readonly log: Logger;
}

/** A running hub. */
export interface Hub {
  /** Where it is reached, e.g. `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly port: number;
  /** True while no token was ever made. */
  readonly open: boolean;
  /**
   * Stops it: no new connections, streams end with `GOING_AWAY` and their cursor, requests in flight finish, for at most
   * `drainSeconds`. Does not throw; may be called again.
   */
  close(options?: { drainSeconds?: number }): Promise<void>;
}

/** Puts the house together and opens its doors. Errors: `SetupError` for what the operator has to put right. */
export async function startHub({ config, databaseUrl, listenUrl, log }: HubOptions): Promise<Hub> {
  const closers: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    for (let close = closers.pop(); close !== undefined; close = closers.pop())
      await Promise.resolve(close()).catch((error) => log.warn({ err: error }, 'a part of the hub did not close well'));
  };
  try {
    const db = openDatabase({
      url: databaseUrl,
      poolSize: config.poolSize,
      statementTimeoutMs: config.statementTimeoutMs,
      settings: { 'rookery.embedding_dimensions': String(config.embeddingDimensions ?? '') },
      onIdleError: (error) => {
        if (closing === undefined) log.warn({ err: error }, 'a database connection was lost');
      },
    });
    closers.push(() => db.close());
    const loopback = isLoopback(config.host);
    if (!loopback && !(await tokensExist(db)))
      throw new SetupError(
        `Without tokens the hub serves only loopback, not ${config.host}: make one with \`rookery token create --role operator\`, or unset HOST.`,
      );
    const feed = await openFeed({ db, listenUrl, log, retentionDays: config.retentionDays });
    closers.push(() => feed.close());
    const auth = await createAuthenticator({ db, feed, log, mayBeOpen: loopback });
    closers.push(() => auth.close());
    const metrics = createMetrics();
    closers.push(() => metrics.close());
    const maxSubscriptions = config.maxSockets * config.maxOperationsPerSocket;
    const operations = createOperations({ schema, db, feed, auth, metrics, log, maxSubscriptions });
    closers.push(() => operations.drain());
    const sockets = createWebSockets({ operations, auth, log, ...config });
    const http = createHttpServer({ config, schema, db, feed, auth, operations, sockets, metrics, log, loopback });
    metrics.watch({ db, feed, operations, sockets, http });
    const sweeper = startSweeper(sweepsOf(db, metrics), log);
    closers.push(() => sweeper.stop());
    const port = await listen(http.server, config);

    const drain = async () => {
      const answered = http.drain();
      operations.drain();
      await Promise.all([sockets.drain(), answered]);
    };
    const close = async (drainSeconds: number) => {
      const inTime = await within(drainSeconds, drain());
      if (!inTime) log.warn({ drainSeconds }, 'not all requests ended in time: they are cut off');
      sockets.terminate();
      http.server.closeAllConnections();
      await closeAll();
    };
    return {
      url: `http://${hostOf(config)}:${port}`,
      port,
      get open() {
        return auth.open;
      },
      close({ drainSeconds = config.drainSeconds } = {}) {
        closing ??= close(drainSeconds);
        return closing;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** What falls due by itself, room by room. */
function sweepsOf(db: Database, metrics: Metrics): Sweep[] {
  return [
    { name: 'agents', everySeconds: 1, run: async () => void (await sweepAgents(db)) },
    { name: 'retention', everySeconds: 60, run: async () => ((await sweepRetention(db)) ? 0 : undefined) },
    {
      name: 'tasks',
      everySeconds: 1,
      async run() {
        const { lost, nextInMs } = await sweepTasks(db);
        metrics.leasesLost(lost);
        return nextInMs;
      },
    },
    { name: 'requests', everySeconds: 1, run: async () => void (await sweepRequests(db)) },
    { name: 'agent health', everySeconds: 10, run: async () => void (await refreshAgentHealth(db)) },
    { name: 'samples', everySeconds: 10, run: () => takeSample(db).then(() => undefined) },
    { name: 'queue counts', everySeconds: 1, run: async () => void (await foldQueueCounts(db)) },
    {
      name: 'queue archive',
      everySeconds: 3_600,
      run: async () => void (await maintainQueues(db, await archiveDays(db))),
    },
  ];
}

async function listen(server: Server, { host, port }: Config): Promise<number> {
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new SetupError(
        `Port ${port} of ${host} is in use: stop what uses it, or set PORT to another (0 takes any free one).`,
      );
    const advice =
      code === 'EACCES' ? 'set PORT to 1024 or above' : 'set HOST to an address of this machine, or leave it out';
    throw new SetupError(`Cannot listen on ${host}, port ${port}: ${message} (${advice}).`, { cause: error });
  }
  return (server.address() as AddressInfo).port;
}

/** The addresses that only programs on the same machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function hostOf({ host }: Config): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

async function within(seconds: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), seconds * 1000);
  });
  return Promise.race([work.then(() => true), timeout]).finally(() => clearTimeout(timer));
}
