import type { Feed } from '../feed/feed.ts';

/** Who waits, and how it is served. */
export interface Waiting<Found> {
  /** How long, in milliseconds. */
  readonly ms: number;
  /** Fires when the caller has gone. */
  readonly signal: AbortSignal | null;
  /** Takes what there is; an empty array when there is nothing. */
  readonly take: () => Promise<Found[]>;
  /** Undoes `take` for a caller that went away meanwhile. */
  readonly giveBack: (found: Found[]) => void;
}

/** Those who wait for messages of a queue, in this process. */
export interface WaitingLines<Found> {
  /** Joins the line of a queue; resolves with what `take` found when its turn came, with an empty array when time is over. */
  wait(queue: string, waiting: Waiting<Found>): Promise<Found[]>;
  /** Something of this queue became readable other than by being sent. Returns at once. */
  wake(queue: string): void;
}

interface Waiter<Found> extends Waiting<Found> {
  readonly settle: (found: Found[]) => void;
  readonly reject: (error: unknown) => void;
  timeIsOver: boolean;
  gone: boolean;
}

/**
 * What is not a send comes to light by looking: a message whose time ran out, one that plain SQL gave back, the next of a
 * group. Jittered, so that the lines of many processes do not look in step.
 */
const LOOK_MS = 1_000;

/**
 * One line per queue and process, first come first served. A send (through the feed, whoever made it) wakes the line, and
 * the line asks for its first in turn until there is nothing left: a thousand waiters cost one read per message, not a
 * thousand reads, and an idle line costs one read a second.
 */
export function createWaitingLines<Found>(feed: Feed): WaitingLines<Found> {
  const lines = new Map<string, ReturnType<typeof openLine<Found>>>();
  return {
    wake: (queue) => lines.get(queue)?.wake(),
    wait(queue, waiting) {
      let line = lines.get(queue);
      if (line === undefined) {
        line = openLine<Found>(feed, queue, () => lines.delete(queue));
        lines.set(queue, line);
      }
      return line.join(waiting);
    },
  };
}

/** A line begins with its first waiter and ends with its last. */
function openLine<Found>(feed: Feed, queue: string, onEnd: () => void) {
  const waiters: Waiter<Found>[] = [];
  let serving = false;
  let again = false;
  let timer: NodeJS.Timeout;

  // A break of the feed ends the tap; looking goes on.
  const untap = feed.tap({ topics: [`queue:${queue}`], onEvent: wake, onBreak: () => {} });
  look();

  function look(): void {
    timer = setTimeout(
      () => {
        wake();
        look();
      },
      LOOK_MS * (0.75 + Math.random() / 2),
    );
  }

  function wake(): void {
    again = true;
    if (!serving) void serve();
  }

  async function serve(): Promise<void> {
    serving = true;
    while (again) {
      again = false;
      for (let first = waiters[0]; first !== undefined; first = waiters[0]) if (!(await serveOne(first))) break;
    }
    serving = false;
  }

  /** False when there was nothing for it, and so nothing for those behind it. */
  async function serveOne(waiter: Waiter<Found>): Promise<boolean> {
    try {
      const found = await waiter.take();
      if (found.length === 0) {
        if (waiter.timeIsOver) leave(waiter).settle([]);
        return false;
      }
      if (waiter.gone) waiter.giveBack(found);
      else leave(waiter).settle(found);
    } catch (error) {
      leave(waiter).reject(error);
    }
    return true;
  }

  function leave(waiter: Waiter<Found>): Waiter<Found> {
    const place = waiters.indexOf(waiter);
    if (place >= 0) waiters.splice(place, 1);
    if (place >= 0 && waiters.length === 0) {
      clearTimeout(timer);
      untap();
      onEnd();
    }
    return waiter;
  }

  return {
    wake,
    join: (waiting: Waiting<Found>) =>
      new Promise<Found[]>((resolve, reject) => {
        const { signal } = waiting;
        const end = () => {
          clearTimeout(deadline);
          signal?.removeEventListener('abort', onGone);
        };
        const waiter: Waiter<Found> = {
          ...waiting,
          timeIsOver: false,
          gone: false,
          settle: (found) => {
            end();
            resolve(found);
          },
          reject: (error) => {
            end();
            reject(error);
          },
        };
        const onGone = () => {
          waiter.gone = true;
          leave(waiter).settle([]);
        };
        const deadline = setTimeout(() => {
          waiter.timeIsOver = true;
          // Its turn may have come just now: then what it gets is its own.
          if (!serving || waiters[0] !== waiter) leave(waiter).settle([]);
        }, waiting.ms);
        signal?.addEventListener('abort', onGone, { once: true });
        waiters.push(waiter);
        if (signal?.aborted) onGone();
        else wake();
      }),
  };
}
