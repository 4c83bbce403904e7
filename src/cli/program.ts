import module from 'node:module';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { COMMANDS, type Entry } from './commands.ts';
import { EXIT, EXIT_MEANINGS, exitCodeOf, Failure } from './exit-codes.ts';
import { durationOption } from './options.ts';
import { Output } from './output.ts';
import { type GlobalOptions, readSettings } from './settings.ts';
import { harmless } from './table.ts';
import { DURATIONS } from './time.ts';
import { Tq } from './tq.ts';
import { ownVersion } from './version.ts';
import { inVerbsOfTq } from './wording.ts';

// From Node 22 on, the second start finds its sources compiled.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

type Terminal = NodeJS.WriteStream;

/** Runs `tq` with these arguments, as a process has them; returns the exit code. */
export async function run(argv: string[], env: NodeJS.ProcessEnv, stdout: Terminal, stderr: Terminal): Promise<number> {
  // Whoever read has seen enough: `tq list | head -1`.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    stderr.write(`tq: ${error.message}\n`, () => process.exit(EXIT.unexpected));
  });
  // Words that nobody takes don't change what was done.
  stderr.on('error', () => {});
  const tq = new Tq(env);
  try {
    await (await program(argv, tq, { stdout, stderr })).parseAsync(argv);
    return EXIT.ok;
  } catch (error) {
    // Those of commander have been told already, but for what a command itself finds wrong with an argument.
    const usage = error instanceof CommanderError;
    if (!usage || error instanceof InvalidArgumentError) stderr.write(`tq: ${harmless(explain(error, env))}\n`);
    if (!usage) return exitCodeOf(error);
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } finally {
    tq.close();
  }
}

/** Only the command that is asked for is loaded; of the others there is what the help shows. */
async function program(
  argv: readonly string[],
  tq: Tq,
  { stdout, stderr }: { stdout: Terminal; stderr: Terminal },
): Promise<Command> {
  const tree = new Command('tq')
    .description('Tasks, messages, knowledge and requests of agents, at a Rookery hub.')
    .version(ownVersion(), '-V, --version', 'show the version')
    .option('--json', 'one JSON document')
    .option('--jsonl', 'a line of JSON for each record; for streams')
    .option('-q, --quiet', 'ids only')
    .option('--no-color', 'no colour, as with NO_COLOR')
    .option('--url <address>', 'of the hub (ROOKERY_URL, else where you logged in, else http://127.0.0.1:4000)')
    .option('--agent <name>', 'who you are (AGENT_NAME, else as whom you logged in)')
    .addOption(
      durationOption('--patience <duration>', 'how long to try again while the hub cannot be reached', { initial: 2 }),
    )
    .addHelpText('after', helpEnd())
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text.replace(/^error: /, 'tq: ')),
    })
    .hook('preAction', (root) => {
      const options = root.opts<GlobalOptions>();
      tq.begin(readSettings(options, tq.env), outputFor(options, tq.env, stdout, stderr), options.patience ?? 0);
    });
  const wanted = new Set(argv.slice(2));
  const all = wanted.has('completion');
  for (const [usage, description, load] of COMMANDS)
    await add(tree, tq, [usage, description, load], all || wanted.has(nameOf(usage)));
  return tree;
}

async function add(tree: Command, tq: Tq, [usage, description, load]: Entry, loaded: boolean): Promise<void> {
  const command = tree.command(usage).description(description);
  // Not in the list of all commands: there it only takes space.
  command.copyInheritedSettings(tree).exitOverride();
  if (!loaded) return;
  (await load())(command, tq);
  for (const each of [command, ...command.commands])
    if (takesDuration(each)) each.addHelpText('after', `\n${DURATIONS}`);
}

function takesDuration({ options, registeredArguments }: Command): boolean {
  return [...options.map(({ flags }) => flags), ...registeredArguments.map((each) => `<${each.name()}>`)].some((text) =>
    text.includes('<duration>'),
  );
}

function nameOf(usage: string): string {
  return usage.split(' ', 1)[0]!;
}

function outputFor(
  { json, jsonl, quiet, color }: GlobalOptions,
  env: NodeJS.ProcessEnv,
  stdout: Terminal,
  stderr: Terminal,
): Output {
  if ([json, jsonl, quiet].filter(Boolean).length > 1)
    throw new Failure(EXIT.usage, 'Say one of --json, --jsonl and --quiet.');
  return new Output({
    format: json ? 'json' : jsonl ? 'jsonl' : quiet ? 'ids' : 'text',
    colour: stdout.isTTY === true && color !== false && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    width: stdout.isTTY ? stdout.columns : undefined,
    stdout,
    stderr,
  });
}

function helpEnd(): string {
  const codes = EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `
${DURATIONS}
Environment: ROOKERY_URL, ROOKERY_TOKEN, AGENT_NAME, NO_COLOR.
New here? tq prime

Exit codes:
${codes.join('\n')}`;
}

/** One line, whatever was thrown: what the hub says, and its code; the whole of it for those who ask. */
function explain(error: unknown, env: NodeJS.ProcessEnv): string {
  if (!(error instanceof Error)) return String(error);
  if (env['TQ_DEBUG']) return error.stack ?? error.message;
  const { code, extensions } = error as { code?: string; extensions?: unknown };
  const text = error.message.replace(/\s+/g, ' ');
  return extensions === undefined ? text : `${inVerbsOfTq(text)} (${code})`;
}
