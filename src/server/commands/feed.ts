import { parseConfig } from '../../config.ts';
import { openLog } from '../../log.ts';
import { connect } from '../../postgres/connect.ts';
import { bringUpToDate, withDatabase } from './with-database.ts';

/**
 * `rookery feed rebase`: for what the hub can't notice by itself, a snapshot of the file system put back in place. Works
 * beside running hubs, which take up the new epoch at once. Only the epoch goes to standard output.
 */
export async function rebase(env: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(env);
  const log = openLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  await withDatabase(config, log, async (url) => {
    await bringUpToDate(url, log);
    const session = await connect(url, 'rookery feed rebase');
    try {
      const { rows } = await session.query<{ epoch: string }>('select rookery.feed_rebase() as epoch');
      process.stderr.write('The feed begins a new epoch. Cursors given out before are refused from now on.\n');
      process.stdout.write(`${rows[0]!.epoch}\n`);
    } finally {
      await session.end();
    }
  });
}
