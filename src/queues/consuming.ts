import type { Feed } from '../feed/feed.ts';
import type { Viewer } from '../graphql/context.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { QueueMessage } from '../postgres/generated/client.ts';
import { actorOf, boundAgent, registerCaller, requireQueue } from './service.ts';
import { createWaitingLines, type WaitingLines } from './waiting-line.ts';

/** A message as one read gave it. */
export interface Delivery {
  readonly message: QueueMessage;
  /** What settles it: good until the message is read again. */
  readonly receipt: string;
}

/** A message that a consumer has read, as it names it. */
export interface Held {
  id: string;
  receipt: string;
}

type Row = Record<string, unknown>;

const lines = new WeakMap<Feed, WaitingLines<Delivery>>();

function linesOf(feed: Feed): WaitingLines<Delivery> {
  let known = lines.get(feed);
  if (known === undefined) {
    known = createWaitingLines(feed);
    lines.set(feed, known);
  }
  return known;
}

export interface Read {
  queue: string;
  quantity: number;
  visibilitySeconds: number;
  /** How long to wait when there is nothing; 0 does not wait. */
  waitSeconds: number;
}

/**
 * Reads up to `quantity` messages and hides them for `visibilitySeconds`; waits for the first when there is none. Joins
 * concurrent calls. Errors: `NOT_FOUND`, `FORBIDDEN`.
 */
export async function readQueue(
  { db, feed }: { db: Database; feed: Feed },
  viewer: Viewer,
  { queue, quantity, visibilitySeconds, waitSeconds }: Read,
  signal: () => AbortSignal | null = () => null,
): Promise<Delivery[]> {
  await registerCaller(db, viewer);
  const item = { queue, quantity, visibilitySeconds, agent: boundAgent(viewer), reader: actorOf(viewer) };
  const take = () =>
    db.join<{ queue: string; messages: Row[] }>('/* read queue */ select * from rookery.read_queues($1::jsonb)', item);
  const first = await take();
  if (first.messages.length > 0 || waitSeconds === 0) return first.messages.map(toDelivery);
  return linesOf(feed).wait(first.queue, {
    ms: waitSeconds * 1000,
    signal: signal(),
    take: async () => (await take()).messages.map(toDelivery),
    giveBack: (found) => {
      const messages = found.map(({ message, receipt }) => ({ id: String(message.msgId), receipt }));
      // Should this fail, they are visible again when their time has run out.
      extendVisibility({ db, feed }, viewer, { queue, messages, seconds: 0 }).catch(() => {});
    },
  });
}

/** Reads and deletes in one: each message is delivered at most once. Errors: `NOT_FOUND`, `FORBIDDEN`. */
export async function popQueue(db: Database, viewer: Viewer, queue: string, quantity: number): Promise<QueueMessage[]> {
  await registerCaller(db, viewer);
  const name = await requireQueue(db, viewer, queue, 'read');
  const rows = await db.write<{ message: Row }>(
    '/* pop queue */ select to_jsonb(m) as message from rookery.pop_messages($1, $2) m',
    [name, quantity],
  );
  return rows.map(({ message }) => fromRow('QueueMessage', message));
}

const SETTLE = {
  archive: '/* archive messages */ select * from rookery.archive_messages($1::jsonb)',
  delete: '/* delete messages */ select * from rookery.delete_messages($1::jsonb)',
  extend: '/* extend messages */ select * from rookery.extend_messages($1::jsonb)',
} as const;

/**
 * Archives or deletes messages the caller has read, all or none. Joins concurrent calls.
 * Errors: `LEASE_LOST` (a receipt is stale), `CONFLICT` (busy), `NOT_FOUND`, `FORBIDDEN`.
 */
export async function removeMessages(
  { db, feed }: { db: Database; feed: Feed },
  viewer: Viewer,
  verb: 'archive' | 'delete',
  { queue, messages }: { queue: string; messages: readonly Held[] },
): Promise<string[]> {
  const { settled } = await db.join<{ settled: { id: string }[] }>(SETTLE[verb], {
    agent: boundAgent(viewer),
    queue,
    messages,
  });
  // The next of a group may have become readable.
  linesOf(feed).wake(queue);
  return settled.map(({ id }) => id);
}

/** Hides messages the caller has read for `seconds` from now; 0 gives them back. Errors as `removeMessages`. */
export async function extendVisibility(
  { db, feed }: { db: Database; feed: Feed },
  viewer: Viewer,
  { queue, messages, seconds }: { queue: string; messages: readonly Held[]; seconds: number },
): Promise<{ id: string; visibleAt: Date }[]> {
  const { settled } = await db.join<{ settled: { id: string; vt: string }[] }>(SETTLE.extend, {
    agent: boundAgent(viewer),
    queue,
    messages,
    seconds,
  });
  if (seconds === 0) linesOf(feed).wake(queue);
  return settled.map(({ id, vt }) => ({ id, visibleAt: new Date(vt) }));
}

function toDelivery(row: Row): Delivery {
  return { message: fromRow('QueueMessage', row), receipt: String(row['receipt']) };
}
