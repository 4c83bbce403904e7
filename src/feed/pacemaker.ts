import type { Logger } from '../log.ts';
import type { Database } from '../postgres/database.ts';
import type { Wake } from './listener.ts';
import type { Reader } from './reader.ts';

export interface PacemakerOptions {
  db: Database;
  log: Logger;
  reader: Reader;
  retentionDays: number;
}

/** Decides when the feed is numbered, read and tidied. */
export interface Pacemaker {
  start(): void;
  stop(): Promise<void>;
  /** Something happened: `own` is a commit of this process. Returns at once. */
  wake(cause: Wake | 'own'): void;
  /** Numbers and reads; resolves when a round that began after this call has ended. Rejects when the database is away. */
  advance(): Promise<void>;
  readonly notifyQueueUsage: number;
}

/** While writers outside the API are busy their wake-ups ride on one another: poll faster, then slow down again. */
const FASTEST_POLL_MS = 100;
const IDLE_POLL_MS = 1_000;
const CHECK_MS = 30_000;
const MAINTAIN_MS = 3_600_000;

/**
 * One round = number the new events, tell the other processes, read on. Rounds never overlap: calls that come during a
 * round share the next one, so a thousand commits cost a handful of rounds. A poll each second (jittered; each 100 ms
 * while it finds something) makes up for every notification that was not sent or got lost.
 */
export function createPacemaker({ db, log, reader, retentionDays }: PacemakerOptions): Pacemaker {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let polling: Promise<void> | undefined;
  let pollMs = IDLE_POLL_MS;
  let stopped = false;
  let failing = false;
  /** The next round is to compare epochs. In a round, since nothing may read meanwhile. */
  let recheck = false;
  /** What this process told the others, and hears too. */
  let announced = 0;
  let lastCheck = 0;
  let lastMaintenance = 0;
  let notifyQueueUsage = 0;

  async function round(): Promise<void> {
    // The database that comes back may be another one: a restored copy, or a standby that took over.
    if (recheck || failing) {
      await reader.checkEpoch();
      announced = 0;
    }
    recheck = false;
    const [row] = await db.query<{ head: string }>('/* feed advance */ select rookery.feed_advance() as head');
    // In a statement of its own: a transaction that only notifies writes no WAL and holds the notify lock for nothing.
    const head = Number(row?.head);
    if (head > reader.position) {
      announced = head;
      db.query("/* feed head */ select pg_notify('rookery', 'head ' || $1)", [String(head)]).catch((err) =>
        log.debug({ err }, 'could not notify'),
      );
    }
    await reader.read();
  }

  /** Shares the round that has not begun yet, or begins one. */
  function advance(): Promise<void> {
    if (running === undefined) {
      running = round().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        return advance();
      });
    return next;
  }

  async function attempt(): Promise<void> {
    if (stopped) return;
    try {
      await advance();
      if (failing) log.info('the feed reads on');
      failing = false;
    } catch (err) {
      if (!failing && !stopped) log.warn({ err }, 'the feed cannot be read; it goes on trying');
      failing = true;
    }
  }

  async function poll(): Promise<void> {
    const before = reader.position;
    await attempt();
    if (!failing)
      await tidy().catch((err) => log.warn({ err }, 'the feed could not be tidied; the next run tries again'));
    pollMs = reader.position > before ? FASTEST_POLL_MS : Math.min(IDLE_POLL_MS, pollMs * 2);
    if (stopped) return;
    const wait = pollMs * (0.75 + Math.random() / 2);
    timer = setTimeout(() => {
      polling = poll();
    }, wait);
  }

  async function tidy(): Promise<void> {
    const now = performance.now();
    if (lastCheck === 0 || now - lastCheck > CHECK_MS) {
      lastCheck = now;
      recheck = true;
      // Asking also moves the queue's tail on: without it, writers can keep failing after a stuck listener has left.
      const [row] = await db.query<{ usage: number }>('select pg_notification_queue_usage() as usage');
      notifyQueueUsage = row?.usage ?? 0;
      if (notifyQueueUsage > 0.5)
        log.error({ notifyQueueUsage }, 'the notification queue fills up: a listener does not read');
    }
    if (lastMaintenance === 0 || now - lastMaintenance > MAINTAIN_MS) {
      lastMaintenance = now;
      await db.upkeep('select rookery.feed_maintain(make_interval(days => $1))', [retentionDays]);
    }
  }

  return {
    start: () => {
      polling = poll();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.allSettled([polling, running, next]);
    },
    wake(cause) {
      if (cause.startsWith('head ') && Number(cause.slice(5)) <= Math.max(announced, reader.position)) return;
      if (cause === 'rebase' || cause === 'reconnected') recheck = true;
      void attempt();
    },
    advance,
    get notifyQueueUsage() {
      return notifyQueueUsage;
    },
  };
}
