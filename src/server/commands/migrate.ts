import { parseConfig } from '../../config.ts';
import { openLog } from '../../log.ts';
import { bringUpToDate, withDatabase } from './with-database.ts';

/** `rookery migrate`: for those who let nothing but a deployment step change their database. A hub migrates by itself. */
export async function migrateOnly(env: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(env);
  const log = openLog(config.logLevel);
  const applied = await withDatabase(config, log, (url) => bringUpToDate(url, log));
  for (const name of applied) process.stdout.write(`${name}\n`);
}
