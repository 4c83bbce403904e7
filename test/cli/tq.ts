import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterAll } from 'vitest';
import { run } from '../../src/cli/program.ts';

/** What a call of tq left. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home for configuration and state of this file's calls, removed after the last test. */
export async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'tq-'));
  afterAll(() => rm(home, { recursive: true, force: true }));
  return home;
}

/** Calls tq as `main.ts` does, but in this process; with `columns`, standard output is a terminal. */
export async function callTq(args: string[], env: NodeJS.ProcessEnv, columns?: number): Promise<Outcome> {
  const said = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') =>
    new PassThrough({ encoding: 'utf8' }).on('data', (chunk) => {
      said[name] += chunk;
    });
  const stdout = Object.assign(stream('stdout'), { isTTY: columns !== undefined, columns });
  const stderr = stream('stderr');
  const code = await run(['node', 'tq', ...args], env, stdout as never, stderr as never);
  await Promise.all([finished(stdout.end()), finished(stderr.end())]);
  return { code, ...said };
}
