import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupError } from '../config.ts';

/** The home is in use by a hub that is alive. */
export class HomeBusy extends SetupError {}

const LOOK_EVERY_MS = 5;

/**
 * One hub for each home. The lock is a file that names its holder by process id and start time, since ids are given out
 * again: in a container the next hub regularly has the id of the one that was killed. Returns the release.
 */
export async function takeLock(file: string, home: string): Promise<() => Promise<void>> {
  const mine = await identity(process.pid);
  while (!(await create(file, mine))) {
    const held = await read(file);
    if (await isHolder(held))
      throw new HomeBusy(
        `Another hub (process ${held.split(' ')[0]}) runs in ${home}: stop it, or set ROOKERY_HOME to another directory.`,
      );
    if (await replaceStale(file, held, mine)) break;
  }
  return async () => {
    if ((await read(file)) === mine) await rm(file, { force: true });
  };
}

/**
 * Several may find the same stale lock. Whoever creates the second file may replace the first, if it is still the stale
 * one; a slower process then finds the new holder in it, instead of throwing it out.
 */
async function replaceStale(file: string, stale: string, mine: string): Promise<boolean> {
  const right = `${file}.takeover`;
  if (!(await create(right, mine))) {
    if (!(await isHolder(await read(right)))) await rm(right, { force: true });
    await delay(LOOK_EVERY_MS);
    return false;
  }
  try {
    if ((await read(file)) !== stale) return false;
    await rename(await draft(file, mine), file);
    return true;
  } finally {
    await rm(right, { force: true });
  }
}

/** Linked into its place, so that nobody ever reads a lock that is not yet written whole. */
async function create(file: string, content: string): Promise<boolean> {
  const written = await draft(file, content);
  try {
    await link(written, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(written, { force: true });
  }
}

async function draft(file: string, content: string): Promise<string> {
  const path = `${file}.${randomUUID()}`;
  await writeFile(path, content);
  return path;
}

function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

async function isHolder(held: string): Promise<boolean> {
  const pid = Number(held.split(' ')[0]);
  return pid > 0 && held === (await identity(pid));
}

/** "pid start-time boot", or what the platform tells of it; empty when there is no such process or it has ended. */
async function identity(pid: number): Promise<string> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return '';
  }
  const [stat, boot] = await Promise.all([read(`/proc/${pid}/stat`), read('/proc/sys/kernel/random/boot_id')]);
  // The command name, in parentheses, may hold spaces; after it come the state and, 19 fields on, the start time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') return '';
  const started = fields[19] ?? '';
  return `${pid} ${started} ${boot.trim()}`;
}
