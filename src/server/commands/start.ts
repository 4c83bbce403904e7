import { parseArgs } from 'node:util';
import { parseConfig } from '../../config.ts';
import { openLog } from '../../log.ts';
import { awaitShutdown } from './shutdown.ts';
import { welcome } from './welcome.ts';
import { bringUpToDate, openDatabase } from './with-database.ts';

/**
 * `rookery start`: database, migrations, hub; then it waits to be told to stop, and takes them down in the opposite
 * order. Whatever fails on the way up is taken down too.
 */
export async function run(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  parseArgs({ args });
  const config = parseConfig(env);
  const log = openLog(config.logLevel);
  // From the first moment on: Ctrl-C while the database is being created must not leave it running.
  const shutdown = awaitShutdown(log, config.drainSeconds);
  const database = await openDatabase(config, log);
  try {
    await bringUpToDate(database.listenUrl, log);
    const { startHub } = await import('../hub.ts');
    const hub = await startHub({ config, databaseUrl: database.url, listenUrl: database.listenUrl, log });
    try {
      process.stdout.write(welcome(hub, config));
      await shutdown.asked;
    } finally {
      await hub.close({ drainSeconds: config.drainSeconds });
      log.debug('the hub is closed');
    }
  } finally {
    await database.stop();
    log.debug('the database is stopped');
  }
  shutdown.done();
}
