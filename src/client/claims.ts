import { Conflict, LeaseLost, NotFound } from './errors.ts';
import type { ClaimTaskInput } from './generated/operations.ts';
import type { Holding } from './holding.ts';
import type { Presence } from './presence.ts';
import type { RequestOptions } from './request.ts';
import type { taskVerbs } from './tasks.ts';

type Tasks = Pick<ReturnType<typeof taskVerbs>, 'claim' | 'renew' | 'release'>;

/** The claims of one loop, made one after the other, by which nothing is left behind. */
export interface Claims {
  /**
   * As `hub.tasks.claim`, but held: renewed from now on. After a failure the next call asks for the same claim, so that a task
   * whose reply was lost is had after all. Errors: as there.
   */
  claim(options: RequestOptions): Promise<Holding | null>;
  /** Gives back what the last claim got, if its reply never came. Never rejects; ends with the signal. */
  giveBack(signal: AbortSignal): Promise<void>;
}

/**
 * A claim whose reply was lost may have been granted, and then nobody works on a task that this process's beats keep alive.
 * So a claim has a key, which is kept until there is an answer.
 */
export function createClaims(
  tasks: Tasks,
  presence: Pick<Presence, 'hold'>,
  input: ClaimTaskInput & { readonly leaseSeconds: number },
): Claims {
  let unanswered: string | undefined;

  async function claim(options: RequestOptions): Promise<Holding | null> {
    const repeated = unanswered !== undefined;
    unanswered ??= crypto.randomUUID();
    let askedAt = performance.now();
    const claimed = await tasks.claim({ ...input, idempotencyKey: unanswered }, options);
    if (claimed === null) return null;
    let { task, lease } = claimed;
    if (repeated) {
      // Nobody here knows when this one began.
      askedAt = performance.now();
      lease = await tasks.renew({ id: task.id, leaseToken: lease.token }, options);
    }
    return presence.hold({ task, lease }, input.leaseSeconds * 1_000, askedAt);
  }

  return {
    async claim(options) {
      try {
        const holding = await claim({ ...options, idempotent: false });
        unanswered = undefined;
        return holding;
      } catch (error) {
        // What it got is over, by the end of its lease or by somebody's hand: that is an answer too.
        if (error instanceof LeaseLost || error instanceof NotFound) unanswered = undefined;
        else if (!(error instanceof Conflict && error.extensions['busy'] === true)) throw error;
        return null;
      }
    },
    async giveBack(signal) {
      if (unanswered === undefined) return;
      const patiently = { signal, patienceMs: Number.POSITIVE_INFINITY };
      try {
        const again = { ...input, waitSeconds: 0, idempotencyKey: unanswered };
        const claimed = await tasks.claim(again, patiently);
        if (claimed !== null) await tasks.release({ id: claimed.task.id, leaseToken: claimed.lease.token }, patiently);
      } catch {
        // It is not ours any more, or its lease will end.
      }
    },
  };
}
