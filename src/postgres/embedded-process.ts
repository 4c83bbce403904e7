import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupError } from '../config.ts';
import type { Owner } from './embedded-user.ts';

/** `fast` ends all sessions and writes a checkpoint; `immediate` is a crash: the next start recovers from the log. */
export type StopMode = 'fast' | 'immediate';

export const LOOK_EVERY_MS = 10;
const STOPPED_WITHIN_MS = 4_000;
const INSISTENCE: Record<StopMode, NodeJS.Signals[]> = {
  fast: ['SIGINT', 'SIGQUIT', 'SIGKILL'],
  immediate: ['SIGQUIT', 'SIGKILL'],
};

/** Runs a program to its end as `owner` and gives what it printed. */
export async function run(owner: Owner | undefined, program: string, args: string[], input = ''): Promise<string> {
  const child = spawn(program, args, { ...surroundings(owner), stdio: 'pipe' });
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  // A program that ends before it has read its input has told why; that it could not be written says nothing more.
  child.stdin.on('error', () => {}).end(input);
  const outcome = Promise.all([closed, text(child.stdout), text(child.stderr)]);
  const [code, output, complaint] = await Promise.race([outcome, failed]);
  if (code === 0) return output;
  throw new SetupError(`${program} failed: ${complaint.trim().split('\n').at(-1)}`);
}

/** None of this process's own environment: PGDATA or PGPORT in somebody's shell must not reach the embedded server. */
export function surroundings(owner: Owner | undefined) {
  return {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' },
    ...(owner && { uid: owner.uid, gid: owner.gid }),
  };
}

/** What PostgreSQL itself writes down: the first line is its process id, the eighth its state. */
export async function pidFile(data: string): Promise<string[]> {
  const content = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  return content.split('\n').map((line) => line.trim());
}

/** The process that is said to run this data directory, if it really does: its id may long have been given to another. */
export async function runningPostmaster(data: string): Promise<number | undefined> {
  const pid = Number((await pidFile(data))[0]);
  if (!pid || !isAlive(pid)) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() =>
    run(undefined, 'ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ''),
  );
  return command.includes(data) ? pid : undefined;
}

/**
 * PostgreSQL survives its own stale file, unless the id in it is still taken: by some other process, or by the dead server,
 * which nobody has collected yet. Only then is the file removed. Backends of a dead server that are still leaving keep a
 * new one out all the same, by their shared memory, whose key is that of the directory.
 */
export async function clearStalePid(data: string): Promise<void> {
  const pid = Number((await pidFile(data))[0]);
  if (pid && isTaken(pid)) await rm(join(data, 'postmaster.pid'), { force: true });
}

/** Asks, and insists when asking takes too long. Nothing acknowledged is lost either way. */
export async function stopProcess(pid: number, mode: StopMode): Promise<void> {
  for (const signal of INSISTENCE[mode]) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    const deadline = performance.now() + STOPPED_WITHIN_MS;
    while (isAlive(pid) && performance.now() < deadline) await delay(LOOK_EVERY_MS);
  }
}

/** A process that has ended counts as gone at once, though its parent (a container's first process, say) may never collect it. */
export function isAlive(pid: number): boolean {
  if (!isTaken(pid)) return false;
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
