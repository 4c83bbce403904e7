import { readdir, readFile } from 'node:fs/promises';

/**
 * CPU seconds that a process and its present and past children have used; undefined where there is no /proc. Unlike a
 * rate, what a request costs hardly depends on who else is on the machine.
 */
export async function cpuSeconds(pid: number): Promise<number | undefined> {
  const own = await timesOf(pid);
  if (own === undefined) return undefined;
  const others = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const children = await Promise.all(others.map((name) => timesOf(Number(name))));
  return children.filter((child) => child?.parent === pid).reduce((sum, child) => sum + child!.own, own.own + own.past);
}

const TICKS_PER_SECOND = 100;

async function timesOf(pid: number): Promise<{ parent: number; own: number; past: number } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name of the program comes second, in brackets, and may hold anything.
  const fields = stat
    ?.slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  if (fields === undefined) return undefined;
  const [user = 0, system = 0, pastUser = 0, pastSystem = 0] = fields.slice(11, 15);
  return {
    parent: fields[1]!,
    own: (user + system) / TICKS_PER_SECOND,
    past: (pastUser + pastSystem) / TICKS_PER_SECOND,
  };
}

/** What a contestant's turns cost, added up. */
export class Cost {
  private readonly pids: readonly number[];
  private readonly used: number[];
  private work = 0;

  /** The processes of this contestant, the database's first one last. */
  constructor(...pids: number[]) {
    this.pids = pids;
    this.used = pids.map(() => 0);
  }

  /** Runs one turn, which gives its rate. */
  async of(turn: () => Promise<number>): Promise<number> {
    const before = await Promise.all(this.pids.map(cpuSeconds));
    const start = performance.now();
    const rate = await turn();
    this.work += (rate * (performance.now() - start)) / 1_000;
    const after = await Promise.all(this.pids.map(cpuSeconds));
    for (const i of this.pids.keys()) this.used[i]! += (after[i] ?? Number.NaN) - (before[i] ?? Number.NaN);
    return rate;
  }

  /** Microseconds of CPU for each piece of work, by process. */
  toString(): string {
    return this.used.map((seconds) => (1e6 * (seconds / this.work)).toFixed(0)).join(' + ');
  }
}
