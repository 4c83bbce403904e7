import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { SetupError } from '../config.ts';

/** The home is in use by a hub that is alive. */
export class HomeBusy extends SetupError {}

/**
 * One hub for each home. The lock is a file that names its holder by process id and start time, since ids are given out
 * again: in a container the next hub regularly has the id of the one that was killed. Returns the release.
 */
export async function takeLock(file: string, home: string): Promise<() => Promise<void>> {
  const mine = await identity(process.pid);
  while (!(await create(file, mine))) {
    const held = await readFile(file, 'utf8').catch(() => '');
    const pid = Number(held.split(' ')[0]);
    if (pid && held === (await identity(pid)))
      throw new HomeBusy(
        `Another hub (process ${pid}) runs in ${home}: stop it, or set ROOKERY_HOME to another directory.`,
      );
    await removeStale(file, held);
  }
  return async () => {
    if ((await readFile(file, 'utf8').catch(() => '')) === mine) await rm(file, { force: true });
  };
}

/** Written beside its place and linked into it, so that nobody ever reads a lock that is not yet written whole. */
async function create(file: string, content: string): Promise<boolean> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, content);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Two processes may find the same stale lock: whoever takes away what the other has just put there gives it back. */
async function removeStale(file: string, stale: string): Promise<void> {
  const taken = `${file}.${process.pid}.stale`;
  try {
    await rename(file, taken);
    if ((await readFile(taken, 'utf8')) !== stale) await link(taken, file).catch(() => {});
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await rm(taken, { force: true });
}

/** "pid start-time boot", or what the platform tells of it; empty when there is no such process. */
async function identity(pid: number): Promise<string> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return '';
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  // The command name, in parentheses, may hold spaces; the start time is the 20th field after it.
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${pid} ${started} ${boot.trim()}`;
}
