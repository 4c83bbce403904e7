import { isPassing } from './errors.ts';
import type { ClaimTaskInput } from './generated/operations.ts';
import type { Holding } from './holding.ts';
import type { Presence } from './presence.ts';
import type { RequestOptions } from './request.ts';
import type { Task, taskVerbs } from './tasks.ts';

type Tasks = Pick<ReturnType<typeof taskVerbs>, 'claim' | 'list' | 'get' | 'update'>;

/** Claims by which nothing is left behind. */
export interface Claims {
  /** As `hub.tasks.claim`, but held: renewed from now on. Errors: as there. */
  claim(input: ClaimTaskInput & { leaseSeconds: number }, options: RequestOptions): Promise<Holding | null>;
}

/**
 * A claim whose reply was lost may have been granted, and then nobody works on a task that this process's beats keep
 * alive. So after such a loss, what the hub says this process holds is compared with what it knows to hold.
 */
export function createClaims(tasks: Tasks, presence: Presence, instance: string): Claims {
  const underWay = new Set<Promise<unknown>>();
  let looking = false;
  let lookAgain = false;

  async function claim(input: ClaimTaskInput & { leaseSeconds: number }, options: RequestOptions) {
    const askedAt = performance.now();
    const claimed = await tasks.claim(input, options);
    return claimed && presence.hold(claimed, input.leaseSeconds * 1_000, askedAt);
  }

  /** Gives back what nobody here knows of. */
  async function giveBackOrphans(patiently: RequestOptions): Promise<void> {
    const known = new Set([...presence.held.values()].map(keyOf));
    const remember = (holding: Holding) => void known.add(keyOf(holding));
    presence.onHold.add(remember);
    try {
      const heldThere = await heldByInstance(patiently);
      // One of these may be on its way to us.
      await Promise.allSettled([...underWay]);
      for (const task of heldThere) {
        if (known.has(`${task.id}:${task.fence}`)) continue;
        const now = await tasks.get(task.id, patiently);
        if (now?.fence === task.fence && isHeld(now)) await tasks.update({ id: task.id, reopen: true }, patiently);
      }
    } finally {
      presence.onHold.delete(remember);
    }
  }

  async function heldByInstance(patiently: RequestOptions): Promise<Task[]> {
    const filter = { assignedTo: await presence.agent(), statuses: ['CLAIMED' as const, 'IN_PROGRESS' as const] };
    const found: Task[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const page = await tasks.list({ filter, first: 200, after }, patiently);
      found.push(...page.items.filter(({ assignedInstance }) => assignedInstance === instance));
      after = page.next;
    }
    return found;
  }

  /** One look at a time; what was lost during it needs another. */
  async function look({ signal }: Presence): Promise<void> {
    looking = true;
    do {
      lookAgain = false;
      await giveBackOrphans({ signal, patienceMs: Number.POSITIVE_INFINITY }).catch((error) => {
        lookAgain = isPassing(error);
      });
    } while (lookAgain);
    looking = false;
  }

  return {
    async claim(input, options) {
      const asked = claim(input, options);
      underWay.add(asked);
      try {
        return await asked;
      } catch (error) {
        const unknown = isPassing(error) && error.extensions['outcome'] !== 'none';
        if (unknown || options.signal?.aborted) {
          lookAgain = true;
          if (!looking) void look(presence);
        }
        throw error;
      } finally {
        underWay.delete(asked);
      }
    },
  };
}

function keyOf({ task, lease }: Holding): string {
  return `${task.id}:${lease.fence}`;
}

function isHeld({ status }: Task): boolean {
  return status === 'CLAIMED' || status === 'IN_PROGRESS';
}
