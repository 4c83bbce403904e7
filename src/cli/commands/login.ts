import type { Command } from 'commander';
import { loginFile, readLogins, writeLogins } from '../login-file.ts';
import type { Tq } from '../tq.ts';

/** Keeps address, token and name of the agent, once the hub has taken them. The token is read, never shown. */
export function login(command: Command, tq: Tq): void {
  command
    .addHelpText(
      'after',
      '\nThe token is taken from ROOKERY_TOKEN, or from standard input. Without one: a hub in open mode.',
    )
    .action(async () => {
      const { url, agent } = tq.settings;
      const token = tq.env['ROOKERY_TOKEN'] || (await readToken()) || undefined;
      const { connect, operations } = await import('../../client/index.ts');
      const hub = connect({ url, token, agent, patienceMs: 0 });
      const { viewer } = await hub.request(operations.Viewer, {}, tq.call);
      const name = viewer.agentId ?? agent;
      const file = loginFile(tq.env);
      const before = readLogins(file);
      writeLogins(file, { url, hubs: { ...before.hubs, [url]: { token, agent: name } } });
      const who = name === undefined ? 'without a name' : `as ${name}`;
      const shown = { url, agent: name ?? null, role: viewer.role, file };
      await tq.out.record(
        shown,
        url,
        () => `Logged in at ${url} ${who}, ${viewer.role.toLowerCase()}; kept in ${file}.`,
      );
    });
}

/** Forgets what was kept for the hub: from the next call on this computer is a stranger there. */
export function logout(command: Command, tq: Tq): void {
  command.action(async () => {
    const { url } = tq.settings;
    const file = loginFile(tq.env);
    const { url: last, hubs } = readLogins(file);
    const kept = hubs[url];
    if (kept === undefined) return tq.out.say(`Nothing is kept for ${url}.`);
    const { [url]: _, ...others } = hubs;
    writeLogins(file, { url: last === url ? undefined : last, hubs: others });
    const more = kept.token === undefined ? '' : ' The token stays valid until it is revoked: rookery token revoke.';
    await tq.out.record({ url, file }, url, () => `Logged out at ${url}.${more}`);
  });
}

/** A line of standard input, unseen on a terminal. */
async function readToken(): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const { Writable } = await import('node:stream');
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = process.stdin.isTTY === true;
  if (terminal) process.stderr.write('Token (empty for none): ');
  const lines = createInterface({ input: process.stdin, output: unseen, terminal });
  try {
    for await (const line of lines) return line.trim();
    return '';
  } finally {
    lines.close();
    if (terminal) process.stderr.write('\n');
  }
}
