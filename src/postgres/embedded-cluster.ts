import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chown, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupError } from '../config.ts';
import type { Binaries } from './embedded-binaries.ts';
import { type Owner, ownDirectory } from './embedded-user.ts';

/** A data directory, and what it takes to run it. */
export interface Cluster {
  readonly binaries: Binaries;
  readonly data: string;
  readonly log: string;
  readonly owner: Owner | undefined;
}

/** A running PostgreSQL that this process started. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Settles when the process is gone, wanted or not. */
  readonly exited: Promise<void>;
  stop(mode: StopMode): Promise<void>;
}

/** `fast` ends all sessions and writes a checkpoint; `immediate` is a crash: the next start recovers from the log. */
export type StopMode = 'fast' | 'immediate';

export const SUPERUSER = 'rookery';

const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 10;

/** Creates the data directory with one database in it, all or nothing: it is made beside its place, then moved there. */
export async function initCluster(
  cluster: Cluster,
  first: { password: string; database: string; sync: boolean },
): Promise<void> {
  const draft = `${cluster.data}.new`;
  const passwordFile = `${cluster.data}.password`;
  await ownDirectory(dirname(cluster.data), cluster.owner);
  await rm(draft, { recursive: true, force: true });
  await writeFile(passwordFile, first.password, { mode: 0o600 });
  if (cluster.owner) await chown(passwordFile, cluster.owner.uid, cluster.owner.gid);
  const { initdb, postgres } = cluster.binaries;
  try {
    const major = Number(/\d+/.exec(await run(cluster, postgres, ['--version']))?.[0]);
    // Sorting by code point is the same on every machine and needs no system locale; lower() still knows Unicode.
    const locale = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
    const sync = first.sync ? [] : ['--no-sync'];
    await run(cluster, initdb, [
      ...['-D', draft, '-U', SUPERUSER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
      ...['-E', 'UTF8', '--locale=C', ...locale, ...sync],
    ]);
    await run(cluster, postgres, ['--single', '-D', draft, 'postgres'], `create database "${first.database}"\n`);
    await rename(draft, cluster.data);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Starts PostgreSQL on the loopback interface and waits until it takes connections, crash recovery included. */
export async function startPostmaster(
  cluster: Cluster,
  port: number,
  settings: Record<string, string> = {},
): Promise<Postmaster> {
  const all = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', timezone: 'UTC', ...settings };
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const log = openSync(cluster.log, 'a', 0o600);
  const logged = (await stat(cluster.log)).size;
  // Detached, so that Ctrl-C in a terminal reaches the hub alone, which drains first and stops PostgreSQL after.
  const child = spawn(cluster.binaries.postgres, ['-D', cluster.data, ...options], {
    ...surroundings(cluster),
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid!));
    child.once('error', (error) => reject(new SetupError(`PostgreSQL cannot be run: ${error.message}`)));
  });
  const deadline = performance.now() + READY_WITHIN_MS;
  while (!(await isReady(cluster, pid))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new SetupError(`PostgreSQL did not start: ${await lastFault(cluster.log, logged)}`);
    if (performance.now() > deadline) {
      child.kill('SIGQUIT');
      throw new SetupError(`PostgreSQL was not ready after ${READY_WITHIN_MS / 1000} s; see ${cluster.log}`);
    }
    await delay(LOOK_EVERY_MS);
  }
  return { pid, port, exited, stop: (mode) => stopProcess(pid, mode).then(() => exited) };
}

/** The process that says it runs this data directory, if it really does: its number may long have been given to another. */
export async function runningPostmaster(cluster: Pick<Cluster, 'data'>): Promise<number | undefined> {
  const pid = Number((await pidFile(cluster))[0]);
  if (!pid || !isAlive(pid)) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() =>
    run({ owner: undefined }, 'ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ''),
  );
  return command.includes(cluster.data) ? pid : undefined;
}

/** Asks, and insists when asking takes too long. Nothing acknowledged is lost either way. */
export async function stopProcess(pid: number, mode: StopMode): Promise<void> {
  for (const signal of mode === 'fast'
    ? (['SIGINT', 'SIGQUIT', 'SIGKILL'] as const)
    : (['SIGQUIT', 'SIGKILL'] as const)) {
    if (!isAlive(pid)) return;
    process.kill(pid, signal);
    const deadline = performance.now() + STOPPED_WITHIN_MS;
    while (isAlive(pid) && performance.now() < deadline) await delay(LOOK_EVERY_MS);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What PostgreSQL itself writes down: the first line is its process id, the eighth its state. */
async function pidFile(cluster: Pick<Cluster, 'data'>): Promise<string[]> {
  const content = await readFile(join(cluster.data, 'postmaster.pid'), 'utf8').catch(() => '');
  return content.split('\n').map((line) => line.trim());
}

async function isReady(cluster: Cluster, pid: number): Promise<boolean> {
  const lines = await pidFile(cluster);
  return Number(lines[0]) === pid && lines[7] === 'ready';
}

async function lastFault(log: string, from: number): Promise<string> {
  const lines = (await readFile(log)).subarray(from).toString().split('\n');
  const faults = lines.filter((line) => /FATAL|PANIC|error/.test(line));
  return (faults.at(-1) ?? lines.findLast(Boolean) ?? `see ${log}`).replace(/^.*?(FATAL|PANIC): +/, '');
}

async function run(cluster: Pick<Cluster, 'owner'>, program: string, args: string[], input?: string): Promise<string> {
  const child = spawn(program, args, { ...surroundings(cluster), stdio: 'pipe' });
  const failed = new Promise<never>((_, reject) => child.once('error', reject));
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stdin.end(input);
  const outcome = Promise.all([closed, text(child.stdout), text(child.stderr)]);
  const [code, output, errors] = await Promise.race([outcome, failed]);
  if (code === 0) return output;
  throw new SetupError(`${program} failed: ${errors.trim().split('\n').at(-1)}`);
}

/** None of this process's own environment: PGDATA or PGPORT in somebody's shell must not reach the embedded server. */
function surroundings({ owner }: Pick<Cluster, 'owner'>) {
  return { cwd: '/', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, ...(owner && { uid: owner.uid, gid: owner.gid }) };
}
