import type { Logger } from '../log.ts';

export interface Sweeper {
  /** Resolves when the sweep that is under way has ended. */
  stop(): Promise<void>;
}

/** What one sweep does; safe to run in several processes at once (an advisory lock lets one through). */
export type Sweep = () => Promise<unknown>;

const PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 15_000;

/**
 * Repeats the sweeps about once a second: what falls due by itself (leases, beats) happens within that time. The pause
 * has jitter, so that the processes do not sweep in step, and grows while the database is away. Never two at once.
 */
export function startSweeper(sweeps: Readonly<Record<string, Sweep>>, log: Logger): Sweeper {
  let stopped = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();

  async function sweepAll(): Promise<void> {
    let failed = false;
    for (const [name, sweep] of Object.entries(sweeps)) {
      if (stopped) return;
      try {
        await sweep();
      } catch (error) {
        failed = true;
        log.warn({ err: error, sweep: name }, 'a sweep failed and will be repeated');
      }
    }
    failures = failed ? failures + 1 : 0;
  }

  function schedule(): void {
    if (stopped) return;
    const pause = Math.min(PAUSE_MS * 2 ** failures, MAX_PAUSE_MS) * (0.8 + Math.random() * 0.4);
    timer = setTimeout(() => {
      current = sweepAll().finally(schedule);
    }, pause);
  }

  schedule();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
