import { type Config, parseConfig, SetupError, unknownSettings } from '../config.ts';
import { type Logger, openLog } from '../log.ts';
import { bringUpToDate, openDatabase } from './commands/with-database.ts';
import type { Hub } from './hub.ts';

export type { Hub } from './hub.ts';
export { SetupError };

/**
 * Runs Rookery inside a Node program: database (an embedded PostgreSQL, unless `DATABASE_URL` names one), migrations and
 * hub. `close()` of what it returns stops all of them.
 *
 * `settings` are those of docs/configuration.md by the same names, e.g. `{ PORT: '0', ROOKERY_HOME: '/var/lib/rookery' }`;
 * the environment is not read: pass what is to count of it. Errors: `SetupError`, for what is to be put right from outside,
 * an unknown setting included; its message says how.
 */
export async function startRookery(settings: Readonly<Record<string, string | undefined>> = {}): Promise<Hub> {
  const unknown = unknownSettings(settings);
  if (unknown.length > 0)
    throw new SetupError(`No setting is called ${unknown.join(', ')}: see docs/configuration.md.`);
  const config = parseConfig(settings);
  return raise(config, openLog(config.logLevel));
}

/** Database, migrations, hub; taken down in the opposite order. Whatever fails on the way up is taken down too. */
export async function raise(config: Config, log: Logger): Promise<Hub> {
  const database = await openDatabase(config, log);
  try {
    await bringUpToDate(database.listenUrl, log);
    const { startHub } = await import('./hub.ts');
    const hub = await startHub({ config, databaseUrl: database.url, listenUrl: database.listenUrl, log });
    return {
      url: hub.url,
      port: hub.port,
      get open() {
        return hub.open;
      },
      async close(options) {
        try {
          await hub.close(options);
          log.debug('the hub is closed');
        } finally {
          await database.stop();
          log.debug('the database is stopped');
        }
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}
