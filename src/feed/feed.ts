import { RookeryError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../postgres/database.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { ChangeEvent, Selection } from './event.ts';
import { openListener } from './listener.ts';
import { createPacemaker } from './pacemaker.ts';
import { createReader, type Tap } from './reader.ts';

export interface FeedOptions {
  db: Database;
  /** A session connection for LISTEN: the database itself, not a pooler in transaction mode. */
  listenUrl: string;
  log: Logger;
  /** How long events are kept, in days. */
  retentionDays: number;
}

/** What `/readyz` and `/metrics` tell of the feed. */
export interface FeedStatus {
  /** True when the listening connection proved itself within the last seconds. Without it the feed polls. */
  readonly listening: boolean;
  /** Position up to which this process has handed out events. */
  readonly position: number;
  /** Age of the newest event when it was handed out, in milliseconds. */
  readonly lagMs: number;
  /** Share of the instance's notification queue in use, 0 to 1. */
  readonly notifyQueueUsage: number;
  readonly epoch: string;
}

/**
 * The change feed as one process sees it: one listening connection, one tail query, whatever the number of subscribers.
 *
 * States: a feed is *current* (woken by notifications, polling once a second besides), or *blind* (database away: it
 * retries for ever and then reads on from its position; nobody loses anything).
 */
export interface Feed {
  readonly status: FeedStatus;
  /** Position up to which taps have been served; every event up to here can be replayed. */
  readonly position: number;
  cursorAt(position: number): string;
  /**
   * The position a cursor names. `CURSOR_INVALID` when malformed, of another epoch or ahead of the head;
   * `CURSOR_EXPIRED` when older than retention.
   */
  resolve(cursor: string): Promise<number>;
  /** Hands over every event from `position` on, in order, as soon as it is known; returns the way to stop it. */
  tap(tap: Tap): () => void;
  /**
   * One page of the past: events of the selection after `after`, at most `limit`, and the position up to which the
   * page is complete. Cost: one index range of the topics.
   */
  page(selection: Selection, after: number, limit: number): Promise<{ events: ChangeEvent[]; upTo: number }>;
  /** Numbers what has been committed and hands it out; resolves when that is done. Coalesced: cheap to call often. */
  advance(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the feed: renews the epoch if the database was restored, then starts to listen and to read. */
export async function openFeed({ db, listenUrl, log, retentionDays }: FeedOptions): Promise<Feed> {
  const reader = await createReader(db, log);
  const pacemaker = createPacemaker({ db, log, reader, retentionDays });
  const listener = await openListener({ url: listenUrl, log, onWake: pacemaker.wake });
  db.onWrite(() => pacemaker.wake('own'));
  pacemaker.start();

  return {
    get status() {
      return {
        listening: listener.alive,
        position: reader.position,
        lagMs: reader.lagMs,
        notifyQueueUsage: pacemaker.notifyQueueUsage,
        epoch: reader.epoch,
      };
    },
    get position() {
      return reader.position;
    },
    cursorAt: (position) => encodeCursor(reader.epoch, position),
    async resolve(cursor) {
      const position = decodeCursor(reader.epoch, cursor);
      // Another process may have handed out what this one has not read yet.
      if (position > reader.position) await pacemaker.advance();
      if (position > reader.position)
        throw new RookeryError(
          'CURSOR_INVALID',
          'This cursor is ahead of the feed (the database was restored?). Read the list again and subscribe after feedCursor.',
        );
      if (position < (await reader.oldest()))
        throw new RookeryError(
          'CURSOR_EXPIRED',
          `This cursor is older than the ${retentionDays} days that are kept. Read the list again and subscribe after feedCursor.`,
        );
      return position;
    },
    tap: reader.tap,
    page: reader.page,
    advance: pacemaker.advance,
    async close() {
      await pacemaker.stop();
      await listener.close();
    },
  };
}
