import type { Logger } from '../log.ts';

/** Something that falls due by itself and has to be looked after. Safe to run in several processes at once. */
export interface Sweep {
  readonly name: string;
  /** Longest pause between two runs, in seconds. */
  readonly everySeconds: number;
  /** May say after how many milliseconds something is due again, if that is sooner. */
  run(): Promise<number | undefined>;
}

export interface Sweeper {
  /** Resolves when the runs under way have ended. */
  stop(): Promise<void>;
}

const MIN_PAUSE_MS = 20;
const MAX_PAUSE_MS = 15_000;

/**
 * Repeats each sweep, never two of a kind at once. The pause has jitter, so that the processes do not sweep in step,
 * and grows while the database is away.
 */
export function startSweeper(sweeps: readonly Sweep[], log: Logger): Sweeper {
  const stops = sweeps.map((sweep) => repeat(sweep, log));
  return {
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

function repeat({ name, everySeconds, run }: Sweep, log: Logger): () => Promise<void> {
  let stopped = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();

  async function sweep(): Promise<void> {
    let dueIn: number | undefined;
    try {
      dueIn = await run();
      failures = 0;
    } catch (error) {
      failures++;
      log.warn({ err: error, sweep: name }, 'a sweep failed and will be repeated');
    }
    if (!stopped) schedule(dueIn ?? Number.POSITIVE_INFINITY);
  }

  function schedule(dueIn: number): void {
    const jitter = 0.8 + Math.random() * 0.2;
    const pause = everySeconds * 1_000 * jitter;
    const patience = failures === 0 ? pause : Math.max(pause, Math.min(1_000 * 2 ** failures, MAX_PAUSE_MS) * jitter);
    timer = setTimeout(
      () => {
        current = sweep();
      },
      Math.max(Math.min(patience, dueIn), MIN_PAUSE_MS),
    );
  }

  schedule(0);
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await current;
  };
}
