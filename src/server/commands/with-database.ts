import { join } from 'node:path';
import type { Config } from '../../config.ts';
import type { Logger } from '../../log.ts';
import { startEmbedded } from '../../postgres/embedded.ts';
import { readAddress, urlOf } from '../../postgres/embedded-address.ts';
import { HomeBusy } from '../../postgres/embedded-lock.ts';
import { migrate } from '../../postgres/migrations.ts';

export interface OpenDatabase {
  /** For the pool. */
  readonly url: string;
  /** For what needs a session of its own. */
  readonly listenUrl: string;
  stop(): Promise<void>;
}

/** The database of this configuration, running: the one at DATABASE_URL, or the embedded one, which is then ours to stop. */
export async function openDatabase(config: Config, log: Logger): Promise<OpenDatabase> {
  if (config.databaseUrl !== undefined)
    return { url: config.databaseUrl, listenUrl: config.databaseListenUrl ?? config.databaseUrl, stop: async () => {} };
  const { url, stop } = await startEmbedded(config.rookeryHome, log);
  return { url, listenUrl: url, stop };
}

/** For the short commands: they may run beside a hub, and then share its embedded database. */
export async function withDatabase<T>(config: Config, log: Logger, work: (url: string) => Promise<T>): Promise<T> {
  const database = await openDatabase(config, log).catch(async (error) => {
    const address = await readAddress(join(config.rookeryHome, 'database-url'));
    if (!(error instanceof HomeBusy) || address === undefined) throw error;
    return { listenUrl: urlOf(address), stop: async () => {} };
  });
  try {
    return await work(database.listenUrl);
  } finally {
    await database.stop();
  }
}

/** Migrates, and says so when there was something to do or to wait for. */
export async function bringUpToDate(listenUrl: string, log: Logger): Promise<string[]> {
  const onWait = () => log.info('another process is migrating the database: waiting for it');
  const { applied } = await migrate(listenUrl, { onWait });
  if (applied.length > 0) log.info({ applied }, 'migrated the database');
  return applied;
}
