#!/usr/bin/env node
import module from 'node:module';
import { inspect } from 'node:util';
import { SetupError } from '../config.ts';

// Most of a start is compiling GraphQL libraries. From Node 22 on, the second start finds that already done.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

/** Each command is loaded when it is asked for: `rookery config` need not wait for GraphQL. */
const COMMANDS: Record<string, () => Promise<{ run(args: string[], env: NodeJS.ProcessEnv): Promise<void> }>> = {
  start: () => import('./commands/start.ts'),
  migrate: () => import('./commands/migrate.ts'),
  config: () => import('./commands/config.ts'),
  token: () => import('./commands/token.ts'),
  doctor: () => import('./commands/doctor.ts'),
  feed: () => import('./commands/feed.ts'),
};

const USAGE = `rookery [start]             run the hub
rookery migrate             bring the database up to this version, and no more
rookery config [--docs]     show the configuration, or its documentation
rookery token create --role agent|operator|observer [--agent <id>] [--name <text>] [--expires 30d]
rookery token list
rookery token revoke <id>
rookery doctor              look whether database, migrations, triggers, listener and clock are as they should be
rookery feed rebase         begin a new history of the feed: once after a file system snapshot was put back in place
`;

const [name = 'start', ...args] = process.argv.slice(2);
const load = COMMANDS[name];
if (load === undefined) {
  if (['help', '--help', '-h'].includes(name)) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  process.stderr.write(`rookery: there is no command ${name}\n\n${USAGE}`);
  process.exit(2);
}
try {
  await (await load()).run(args, process.env);
} catch (error) {
  if (error instanceof SetupError) giveUp(error.message, 1);
  if (String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS')) giveUp((error as Error).message, 2);
  giveUp(inspect(error), 1);
}

function giveUp(message: string, exitCode: number): never {
  process.stderr.write(`rookery: ${message}\n`);
  process.exit(exitCode);
}
