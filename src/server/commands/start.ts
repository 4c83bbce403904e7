import { parseConfig } from '../../config.ts';
import { openLog } from '../../log.ts';
import { raise } from '../rookery.ts';
import { awaitShutdown } from './shutdown.ts';
import { welcome } from './welcome.ts';

/** `rookery start`: database, migrations, hub; then it waits to be told to stop. */
export async function start(env: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(env);
  const log = openLog(config.logLevel);
  // From the first moment on: Ctrl-C while the database is being created must not leave it running.
  const shutdown = awaitShutdown(log, config.drainSeconds);
  const hub = await raise(config, log);
  try {
    process.stdout.write(welcome(hub, config));
    await shutdown.asked;
  } finally {
    await hub.close({ drainSeconds: config.drainSeconds });
  }
  shutdown.done();
}
