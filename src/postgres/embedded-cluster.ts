import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chown, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupError } from '../config.ts';
import type { Binaries } from './embedded-binaries.ts';
import { LOOK_EVERY_MS, pidFile, run, type StopMode, stopProcess, surroundings } from './embedded-process.ts';
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

/** Not `hub`, which is how the hub signs what it does by itself. */
export const SUPERUSER = 'postgres';

const READY_WITHIN_MS = 60_000;

/** Creates the data directory with one database in it, all or nothing: it is made beside its place, then moved there. */
export async function initCluster(
  cluster: Cluster,
  first: { password: string; database: string; sync: boolean },
): Promise<void> {
  const {
    owner,
    binaries: { initdb, postgres },
  } = cluster;
  const draft = `${cluster.data}.new`;
  const passwordFile = `${cluster.data}.password`;
  await ownDirectory(dirname(cluster.data), owner);
  await rm(draft, { recursive: true, force: true });
  await writeFile(passwordFile, first.password, { mode: 0o600 });
  if (owner) await chown(passwordFile, owner.uid, owner.gid);
  try {
    const major = Number(/\d+/.exec(await run(owner, postgres, ['--version']))?.[0]);
    // Sorting by code point is the same on every machine and needs no system locale; lower() still knows Unicode.
    const locale = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
    const sync = first.sync ? [] : ['--no-sync'];
    await run(owner, initdb, [
      ...['-D', draft, '-U', SUPERUSER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
      ...['-E', 'UTF8', '--locale=C', ...locale, ...sync],
    ]);
    await run(owner, postgres, ['--single', '-D', draft, 'postgres'], `create database "${first.database}"\n`);
    await rename(draft, cluster.data);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Gives the superuser another password, while the server is stopped. */
export async function setPassword({ owner, binaries, data }: Cluster, password: string): Promise<void> {
  await run(
    owner,
    binaries.postgres,
    ['--single', '-D', data, 'postgres'],
    `alter role ${SUPERUSER} password '${password}'\n`,
  );
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
    ...surroundings(cluster.owner),
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

async function isReady(cluster: Cluster, pid: number): Promise<boolean> {
  const lines = await pidFile(cluster.data);
  return Number(lines[0]) === pid && lines[7] === 'ready';
}

async function lastFault(log: string, from: number): Promise<string> {
  const lines = (await readFile(log)).subarray(from).toString().split('\n');
  const faults = lines.filter((line) => /FATAL|PANIC|error/.test(line));
  return (faults.at(-1) ?? lines.findLast(Boolean) ?? `see ${log}`).replace(/^.*?(FATAL|PANIC): +/, '');
}
