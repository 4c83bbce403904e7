import type { ChangeEvent } from '../feed/event.ts';
import type { Feed } from '../feed/feed.ts';
import type { Database } from '../postgres/database.ts';
import { type Claim, type ClaimRequest, claim, releaseTask } from './leases.ts';

/** Callers that wait for a task to claim, in the order they came. */
export interface WaitingLine {
  /**
   * Null when the time is over, or the caller has gone; what was claimed for one who has gone is given back. Not so with a key:
   * the claim under way at that moment is still the answer, since after a null nobody would ask for it again.
   */
  wait(request: ClaimRequest, seconds: number, signal: AbortSignal | null): Promise<Claim | null>;
  readonly length: number;
  /** How many are claiming at this moment, those who have gone included. */
  readonly trying: number;
  /** Claims tried so far. */
  readonly tries: number;
}

/**
 * A waiter is *resting*, or *trying* to claim. While it tries it may be *told* of another task: should its try come
 * back empty it tries once more, and should it succeed the word goes to the next in line.
 */
interface Waiter {
  readonly request: ClaimRequest;
  trying: boolean;
  told: boolean;
  gone: boolean;
  done(result: Claim | null): void;
  fail(error: unknown): void;
}

/** Notifications and events make waiting short; this makes it end even without them. */
const POLL_MS = 5_000;

const lines = new WeakMap<Feed, WaitingLine>();

/** The waiting line of this process. */
export function waitingLine(db: Database, feed: Feed): WaitingLine {
  let line = lines.get(feed);
  if (line === undefined) {
    line = createWaitingLine(db, feed);
    lines.set(feed, line);
  }
  return line;
}

/**
 * A task that becomes ready wakes one waiter, the first in line that it suits, so that a thousand idle workers cost
 * nothing and a new task one claim. All tries of a moment join into one statement.
 */
function createWaitingLine(db: Database, feed: Feed): WaitingLine {
  const waiters = new Set<Waiter>();
  let untap: (() => void) | undefined;
  let poll: NodeJS.Timeout | undefined;
  let trying = 0;
  let tries = 0;

  async function attempt(waiter: Waiter): Promise<void> {
    waiter.trying = true;
    waiter.told = false;
    trying++;
    tries++;
    try {
      const result = await claim(db, waiter.request);
      if (!waiters.has(waiter)) {
        if (result !== null) await giveBack(db, result);
      } else if (result !== null || waiter.gone) waiter.done(result);
      // Whoever asked again meanwhile, since a reply was lost, is waiting for this very task.
      if (result !== null) wakeAll((request) => isRepeat(request, waiter.request));
    } catch (error) {
      waiter.fail(error);
    }
    waiter.trying = false;
    trying--;
    if (!waiter.told) return;
    if (waiters.has(waiter)) return attempt(waiter);
    wake((other) => suits(other, waiter.request));
  }

  /** The first that rests; if all try just now, the first of those hears of it. */
  function wake(wanted: (request: ClaimRequest) => boolean): void {
    let busy: Waiter | undefined;
    for (const waiter of waiters) {
      if (!wanted(waiter.request)) continue;
      if (!waiter.trying) return void attempt(waiter);
      if (!waiter.told) busy ??= waiter;
    }
    if (busy !== undefined) busy.told = true;
  }

  function wakeAll(wanted: (request: ClaimRequest) => boolean = () => true): void {
    for (const waiter of waiters) {
      if (!wanted(waiter.request)) continue;
      if (waiter.trying) waiter.told = true;
      else void attempt(waiter);
    }
  }

  function listen(): void {
    untap = feed.tap({
      topics: ['tasks'],
      onEvent: (event) => {
        if (event.data['ready'] === true) wake((request) => isFor(event, request));
      },
      onBreak: () => {
        listen();
        wakeAll();
      },
    });
  }

  function schedulePoll(): void {
    poll = setTimeout(
      () => {
        wakeAll();
        schedulePoll();
      },
      POLL_MS * (0.75 + Math.random() / 2),
    );
    poll.unref();
  }

  function leave(waiter: Waiter): void {
    waiters.delete(waiter);
    if (waiters.size > 0) return;
    untap?.();
    untap = undefined;
    clearTimeout(poll);
  }

  return {
    get length() {
      return waiters.size;
    },
    get trying() {
      return trying;
    },
    get tries() {
      return tries;
    },
    wait: (request, seconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return resolve(null);
        const end = (settle: () => void) => {
          clearTimeout(deadline);
          signal?.removeEventListener('abort', depart);
          leave(waiter);
          settle();
        };
        const waiter: Waiter = {
          request,
          trying: false,
          told: false,
          gone: false,
          done: (result) => end(() => resolve(result)),
          fail: (error) => end(() => reject(error)),
        };
        const depart = () => {
          waiter.gone = true;
          if (!waiter.trying || request.idempotencyKey === undefined) waiter.done(null);
        };
        const deadline = setTimeout(depart, seconds * 1_000);
        signal?.addEventListener('abort', depart, { once: true });
        if (waiters.size === 0) {
          listen();
          schedulePoll();
        }
        waiters.add(waiter);
        void attempt(waiter);
      }),
  };
}

/** Nobody is there to work on it: what was claimed is open again before its lease could run out. */
export async function giveBack(db: Database, { task, lease }: Claim): Promise<void> {
  await releaseTask(db, { id: String(task.id), token: lease.token, actor: task.assignedTo ?? 'hub' }).catch(() => {
    // The lease runs out by itself.
  });
}

function isFor({ data }: ChangeEvent, { agent, types, sessionId }: ClaimRequest): boolean {
  const assignee = data['assigned_to'];
  return (
    (assignee === null || assignee === agent) &&
    (types === undefined || types.includes(data['type'] as string)) &&
    (sessionId === undefined || String(data['session_id']) === sessionId)
  );
}

/** Whether what would have suited one waiter may suit another. */
function suits(other: ClaimRequest, one: ClaimRequest): boolean {
  return other.types === undefined || one.types === undefined || other.types.some((type) => one.types?.includes(type));
}

function isRepeat(one: ClaimRequest, other: ClaimRequest): boolean {
  return one.idempotencyKey !== undefined && one.idempotencyKey === other.idempotencyKey && one.agent === other.agent;
}
