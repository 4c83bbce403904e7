import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { NewTokenOptions } from './commands/token.ts';

const ROLES = ['agent', 'operator', 'observer'];
const UNITS = { m: 60, h: 3_600, d: 86_400 } as const;

const HELP_END = `
Without a command it is start. Settings are environment variables: rookery config shows them, docs/configuration.md
tells what they mean.

Exit codes: 0 done, 1 it could not be done, 2 it was not asked for rightly.`;

/** Where usage and complaints go. */
interface Terminal {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/**
 * The command `rookery`. Each of its commands is loaded when it is asked for: `rookery config` need not wait for
 * GraphQL. Errors: `CommanderError` for wrong arguments, told already on standard error; those of the commands.
 */
export function program(env: NodeJS.ProcessEnv, { stdout, stderr }: Terminal = process): Command {
  const root = new Command('rookery')
    .description('Where AI agents, and the people who watch over them, coordinate.')
    .version(ownVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show what can be said')
    .addHelpText('after', HELP_END)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'rookery: ')),
    });
  const add = (parent: Command, name: string, description: string) => {
    const command = parent.command(name).copyInheritedSettings(parent).description(description);
    const path = parent === root ? command.name() : `${parent.name()} ${command.name()}`;
    return command.showHelpAfterError(`Usage: rookery ${path} ${command.usage()}, see rookery ${path} --help`);
  };
  root.showHelpAfterError('See rookery --help.');

  add(root, 'start', 'run the hub').action(async () => (await import('./commands/start.ts')).start(env));
  add(root, 'migrate', 'bring the database up to this version, and no more').action(async () =>
    (await import('./commands/migrate.ts')).migrateOnly(env),
  );
  add(root, 'config', 'show the configuration')
    .option('--docs', 'show its documentation instead')
    .action(async (options) => (await import('./commands/config.ts')).showConfig(env, options));
  add(root, 'doctor', 'look whether database, migrations, triggers, listener and clock are as they should be').action(
    async () => (await import('./commands/doctor.ts')).doctor(env),
  );

  const token = add(root, 'token', 'make, list and revoke tokens, beside a running hub or without one');
  add(token, 'create', 'make a token; it is shown this once')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option('--agent <id>', 'the agent it acts as; role agent needs it')
    .option('--name <text>', 'what it is for; by default the agent or the role')
    .option('--expires <time>', 'after so long, for example 30d, 12h or 90m; by default never', seconds)
    .action(async (options: NewTokenOptions, command: Command) => {
      if (options.role === 'agent' && !options.agent)
        command.error('error: a token of role agent acts as one agent: say --agent <id>');
      await (await import('./commands/token.ts')).create(env, options);
    });
  add(token, 'list', 'show the tokens, without their secrets').action(async () =>
    (await import('./commands/token.ts')).list(env),
  );
  add(token, 'revoke <id>', 'end a token, and what runs with it, within a second').action(async (id) =>
    (await import('./commands/token.ts')).revoke(env, id),
  );

  const feed = add(root, 'feed', 'look after the change feed');
  add(feed, 'rebase', 'begin a new history: once after a file system snapshot was put back in place').action(async () =>
    (await import('./commands/feed.ts')).rebase(env),
  );
  return root;
}

/** "30d", "12h", "90m". */
function seconds(text: string): number {
  const [, amount, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  if (unit === undefined) throw new InvalidArgumentError('Say for how long, for example 30d, 12h or 90m.');
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

/** Of the package, the same from src/server and from dist/server. */
function ownVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
