import { type AttemptOptions, Draining, type Handler, runAttempt } from './attempt.ts';
import { backoffMs, pause } from './backoff.ts';
import { createClaims } from './claims.ts';
import { BadInput, isPassing } from './errors.ts';
import type { Holding } from './holding.ts';
import type { Presence } from './presence.ts';
import { linked, Scope } from './scope.ts';
import type { Task } from './tasks.ts';
import { onTermination } from './termination.ts';

export interface WorkOptions {
  /** How many tasks at a time, at least 1. Default 1. */
  readonly concurrency?: number | undefined;
  /** Only tasks of this session. */
  readonly sessionId?: string | undefined;
  /** How long a task stays yours without a sign of life, 5 to 86400; renewed at a third of it. Default 60. */
  readonly leaseSeconds?: number | undefined;
  /** Ends the work: no more is claimed, what runs is drained. */
  readonly signal?: AbortSignal | undefined;
  /** How long handlers may go on once the work is to end. After that their signal aborts, and their tasks are released. 0 to 86400, default 30. */
  readonly drainSeconds?: number | undefined;
  /** Drain on SIGTERM and SIGINT too, where there are such. Default true. A second one ends the process at once. */
  readonly signals?: boolean | undefined;
  /** Told of what a handler threw, of lost leases, and of a hub that can't be reached; the work goes on. If it throws, the work is drained, and rejects with that. */
  readonly onError?: ((error: unknown, task?: Task) => void) | undefined;
}

const LEASE_SECONDS = 60;
const DRAIN_SECONDS = 30;
const DAY = 86_400;
const MAX_WAIT_SECONDS = 20;
/** What a handler has to come to an end once its signal has aborted. */
const GRACE_MS = 5_000;
/** What there is to give back to a hub that may be away. */
const FAREWELL_MS = 5_000;

/**
 * Works on tasks of these types (undefined: of any) until it is told to stop; resolves when what ran has ended. Each is
 * claimed, renewed while the handler runs, completed with what it returns, failed with what it throws (and offered again,
 * after a backoff), released when the process drains. At least once: what was done before a crash may be done again.
 * Rejects if claiming can't succeed: `Unauthenticated`, `Forbidden`, `BadInput` (of these options too).
 */
export async function work(
  house: { presence: Presence } & Pick<AttemptOptions, 'tasks' | 'log' | 'asking'>,
  types: string | readonly string[] | undefined,
  handler: Handler,
  options: WorkOptions = {},
): Promise<void> {
  const { concurrency = 1, leaseSeconds = LEASE_SECONDS, drainSeconds = DRAIN_SECONDS, sessionId, onError } = options;
  const { presence, ...verbs } = house;
  demand('concurrency', concurrency, { least: 1 });
  demand('leaseSeconds', leaseSeconds, { least: 5, most: DAY });
  demand('drainSeconds', drainSeconds, { least: 0, most: DAY });
  const stop = linked(options.signal);
  const drain = new Scope();
  const abandon = new Scope();
  const unheed =
    options.signals === false ? () => {} : onTermination(() => stop.abort(new Draining('The process ends.')));
  let fault: { error: unknown } | undefined;
  /** What the caller's own function throws ends the work in good order, and is what `work` rejects with. */
  const tell = (error: unknown, task?: Task) => {
    try {
      onError?.(error, task);
    } catch (thrown) {
      fault ??= { error: thrown };
      stop.abort(new Draining('onError threw.'));
    }
  };
  const running = new Set<Promise<void>>();
  let freed = () => {};
  const claims = createClaims(verbs.tasks, presence, {
    ...(types === undefined ? {} : { types: typeof types === 'string' ? [types] : [...types] }),
    ...(sessionId === undefined ? {} : { sessionId }),
    leaseSeconds,
    // The lease is counted from when it was asked for: so at least half of it is left when it comes.
    waitSeconds: Math.min(MAX_WAIT_SECONDS, Math.floor(leaseSeconds / 2)),
  });

  async function attempt(holding: Holding): Promise<void> {
    try {
      await runAttempt(holding, handler, { ...verbs, drain, abandon });
    } catch (error) {
      tell(error, holding.task);
    } finally {
      presence.drop(holding);
    }
  }

  async function claimOn(): Promise<void> {
    for (let failures = 0; !stop.signal.aborted; )
      try {
        const holding = await claims.claim({ signal: stop.signal, patienceMs: 0 });
        failures = 0;
        if (holding === null) continue;
        const attempted = attempt(holding).finally(() => {
          running.delete(attempted);
          freed();
        });
        running.add(attempted);
        if (running.size >= concurrency && !stop.signal.aborted) await slot();
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!isPassing(error)) throw error;
        tell(error);
        await pause(backoffMs(failures++), stop.signal);
      }
  }

  function slot(): Promise<void> {
    return new Promise((resolve) => {
      freed = resolve;
    });
  }

  stop.signal.addEventListener('abort', () => freed());
  presence.enter();
  try {
    await claimOn();
  } finally {
    const given = claims.giveBack(AbortSignal.timeout(FAREWELL_MS));
    const ended = Promise.all(running);
    const patience = linked();
    void ended.then(() => patience.abort());
    await pause(drainSeconds * 1_000, patience.signal);
    drain.end(new Draining('The process ends.'));
    await pause(GRACE_MS, patience.signal);
    abandon.end(new Draining('The process ends.'));
    await ended;
    await given;
    unheed();
    stop.release();
    await presence.leave();
  }
  if (fault !== undefined) throw fault.error;
}

function demand(
  name: string,
  given: number,
  { least, most = Number.MAX_SAFE_INTEGER }: { least: number; most?: number },
) {
  if (Number.isInteger(given) && given >= least && given <= most) return;
  const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
  throw new BadInput('BAD_INPUT', `${name}: a whole number ${range}, not ${given}.`);
}
