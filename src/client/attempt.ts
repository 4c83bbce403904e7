import type { presenceVerbs } from './agents.ts';
import type { Approval, ApproveOptions, AskOptions, askingVerbs } from './ask.ts';
import { backoffMs, pause } from './backoff.ts';
import { isPassing, LeaseLost } from './errors.ts';
import type { Holding } from './holding.ts';
import type { RequestOptions } from './request.ts';
import type { Scope } from './scope.ts';
import type { Task, taskVerbs } from './tasks.ts';

/** What a handler is given besides its task. */
export interface TaskContext {
  /** Aborts when the lease is lost (`LeaseLost`), the task cancelled (`TaskCancelled`) or the process drained (`Draining`). */
  readonly signal: AbortSignal;
  /** Put it into what you write elsewhere, and let that place refuse a smaller one. */
  readonly fence: number;
  /** Says how far it is, 0 to 1, and in words. */
  progress(fraction: number, note?: string): Promise<void>;
  /** Kept with the task, and handed to the next attempt as `task.checkpoint`, should this one not finish. Any JSON. */
  checkpoint(state: unknown): Promise<void>;
  /** Adds to the system's log, under the type `task`. */
  log(message: string, data?: Record<string, unknown>): Promise<void>;
  /** As `hub.ask`; a later attempt that asks the same waits on for the same answer. */
  ask(subject: string, options?: AskOptions): Promise<unknown>;
  /** As `hub.approve`; a later attempt that asks the same waits on for the same decision. */
  approve(subject: string, options?: ApproveOptions): Promise<Approval>;
}

/** The work of a task. What it returns (any JSON) is the task's output; what it throws is why the attempt failed. */
export type Handler = (task: Task, context: TaskContext) => unknown;

/** Thrown by a handler: trying again is of no use, so the task fails for good. */
export class PermanentFailure extends Error {
  override readonly name = 'PermanentFailure';
}

/** Why a handler is to stop: this process ends. Its task is released when it throws, completed when it returns. */
export class Draining extends Error {
  override readonly name = 'Draining';
}

export interface AttemptOptions {
  readonly tasks: ReturnType<typeof taskVerbs>;
  readonly log: ReturnType<typeof presenceVerbs>['log'];
  readonly asking: ReturnType<typeof askingVerbs>;
  /** Ends when handlers are to come to an end. */
  readonly drain: Scope;
  /** Ends when those that have not are left behind. */
  readonly abandon: Scope;
}

const MAX_ERROR = 10_000;
const FAREWELL_MS = 5_000;

/** Runs the handler and tells the hub how it ended. Rejects with what went wrong, after the hub has been told. */
export async function runAttempt(holding: Holding, handler: Handler, options: AttemptOptions): Promise<void> {
  const { tasks, drain } = options;
  const { id } = holding.task;
  const leaseToken = holding.lease.token;
  const abandon = options.abandon.open();
  const { signal } = abandon;
  try {
    const output = await unlessAborted(handle(holding, handler, options), signal);
    holding.settling = true;
    // Also if the lease seems lost: the hub knows, and a repeat of what it has taken is no error.
    await tasks.complete({ id, leaseToken, output: output ?? null }, { signal, patienceMs: Number.POSITIVE_INFINITY });
  } catch (error) {
    const lost = holding.signal.aborted;
    if (holding.settling && error instanceof LeaseLost) throw error;
    holding.settling = true;
    if (lost || drain.ended) await settle((call) => tasks.release({ id, leaseToken }, call), signal);
    else await settle((call) => tasks.fail({ id, leaseToken, ...reasonOf(error) }, call), signal);
    if (lost) throw holding.signal.reason;
    if (!drain.ended) throw error;
  } finally {
    abandon.release();
  }
}

function reasonOf(error: unknown): { error: string; retryable: boolean } {
  const why = error instanceof Error ? error.message : String(error);
  return { error: why.slice(0, MAX_ERROR) || 'failed', retryable: !(error instanceof PermanentFailure) };
}

async function handle(
  holding: Holding,
  handler: Handler,
  { tasks, log, asking, drain }: AttemptOptions,
): Promise<unknown> {
  const { task, lease } = holding;
  const abort = drain.open(holding.signal);
  const report = async (said: { progress?: number; note?: string; checkpoint?: unknown }) => {
    try {
      await tasks.progress({ id: task.id, leaseToken: lease.token, ...said }, { signal: abort.signal });
    } catch (error) {
      if (error instanceof LeaseLost) holding.lose(error);
      throw error;
    }
  };
  /** The same question of the same task, whichever attempt asks. */
  const ofTask = async (
    verb: 'ask' | 'approve',
    subject: string,
    { signal, ...what }: AskOptions | ApproveOptions,
  ) => ({
    taskId: task.id,
    idempotencyKey: await digest(JSON.stringify([task.id, verb, subject, what])),
    ...what,
    signal: signal === undefined ? abort.signal : AbortSignal.any([abort.signal, signal]),
  });
  try {
    return await handler(task, {
      signal: abort.signal,
      fence: lease.fence,
      progress: (progress, note) => report(note === undefined ? { progress } : { progress, note }),
      checkpoint: (checkpoint) => report({ checkpoint }),
      async log(message, data = {}) {
        const about = { ...data, message, taskId: task.id, attempt: task.attempt };
        await log({ type: 'task', data: about }, { signal: abort.signal });
      },
      ask: async (subject, options = {}) => asking.ask(subject, await ofTask('ask', subject, options)),
      approve: async (subject, options = {}) => asking.approve(subject, await ofTask('approve', subject, options)),
    });
  } finally {
    abort.release();
  }
}

/**
 * Gives a lease up, for as long as it takes to be heard. It can be given up once: when the answer was lost, a repeat that
 * is refused with LEASE_LOST says that it was.
 */
async function settle(call: (options: RequestOptions) => Promise<unknown>, abandon: AbortSignal): Promise<void> {
  const until = abandon.aborted ? AbortSignal.timeout(FAREWELL_MS) : abandon;
  for (let failures = 0; ; failures++)
    try {
      await call({ patienceMs: 0, timeoutMs: FAREWELL_MS });
      return;
    } catch (error) {
      if (error instanceof LeaseLost) return;
      if (!isPassing(error) || until.aborted) throw error;
      await pause(backoffMs(failures), until);
    }
}

/** The value, or the reason of the signal if that comes first; what is left behind is not waited for. */
function unlessAborted<Value>(value: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    value.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
