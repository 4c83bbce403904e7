import type { Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { program } from '../../src/server/program.ts';
import { rookery } from '../support/command.ts';

/** What a misuse or a call for help makes of it; no command runs. */
async function say(...args: string[]) {
  let stdout = '';
  let stderr = '';
  const terminal = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  };
  const ended: CommanderError = await program({}, terminal)
    .parseAsync(args, { from: 'user' })
    .then(() => expect.unreachable('it ran'))
    .catch((error) => error);
  return { stdout, stderr, exitCode: ended.exitCode };
}

function paths(command: Command, before: string[] = []): string[][] {
  return command.commands.flatMap((each) => {
    const path = [...before, each.name()];
    return [path, ...paths(each, path)];
  });
}

test.each([[], ...paths(program({}))].map((path) => [path]))('rookery %j --help', async (path) => {
  const { stdout, stderr, exitCode } = await say(...path, '--help');
  expect([stderr, exitCode]).toEqual(['', 0]);
  expect(stdout).toMatch(new RegExp(`^Usage: ${['rookery', ...path].join(' ')} .*\n\n\\w`));
});

test.each([
  ['strat', /^rookery: unknown command 'strat'\n\(Did you mean start\?\)\nSee rookery --help\.\n$/],
  ['__proto__', /^rookery: unknown command '__proto__'\n/],
  ['--port 5000', /^rookery: unknown option '--port'\nSee rookery --help\.\n$/],
  ['start --port 5000', /^rookery: unknown option '--port'\nUsage: rookery start /],
  ['migrate now', /^rookery: too many arguments for 'migrate'.*\nUsage: rookery migrate /],
  ['token', /^Usage: rookery token [\s\S]+create[\s\S]+list[\s\S]+revoke/],
  ['token create', /^rookery: required option '--role <role>'.*\nUsage: rookery token create /],
  ['token create --role', /^rookery: option '--role <role>' argument missing\n/],
  ['token create --role admin', /Allowed choices are agent, operator, observer\./],
  ['token create --role agent', /^rookery: a token of role agent acts as one agent: say --agent <id>\n/],
  ['token create --role operator --expires soon', /'soon' is invalid\. Say for how long, for example 30d/],
  ['token list --verbose', /^rookery: unknown option '--verbose'\n/],
  ['token revoke', /^rookery: missing required argument 'id'\nUsage: rookery token revoke \[options\] <id>/],
  ['feed', /^Usage: rookery feed [\s\S]+rebase/],
])('rookery %s: what is wrong, and how it is said', async (line, complaint) => {
  const { stdout, stderr, exitCode } = await say(...line.split(' '));
  expect(stdout).toBe('');
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(complaint);
});

describe('the process', () => {
  test('ends with 0 for help, and with 2 for misuse', async () => {
    const help = rookery(['token', '--help']);
    const misuse = rookery(['doctor', '--fix']);
    expect(await help.ended).toBe(0);
    expect(help.stdout()).toMatch(/^Usage: rookery token /);
    expect([await misuse.ended, misuse.stdout()]).toEqual([2, '']);
    expect(misuse.stderr()).toMatch(/^rookery: unknown option '--fix'\n/);
  });

  test('says where the embedded database cannot be, with 1', async () => {
    const command = rookery(['token', 'list'], { ROOKERY_HOME: 'package.json/home' });
    expect(await command.ended).toBe(1);
    expect(command.stderr()).toMatch(/^rookery: The embedded database can't be kept in .+ Set ROOKERY_HOME .+\n$/);
  });
});
