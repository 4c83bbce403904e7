import { ensureAgent } from '../agents/service.ts';
import { RookeryError } from '../errors.ts';
import type { Feed } from '../feed/feed.ts';
import type { Viewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { AgentMessage, Prisma } from '../postgres/generated/client.ts';
import { askPatiently, joinPatiently } from '../postgres/patience.ts';

type Row = Record<string, unknown>;

export interface NewMessage {
  /** Null: all agents. Left out: all agents, or, in an answer, the other side of what it answers. */
  to?: string | null | undefined;
  /** general, alert, question, response, or any other word. Default general. */
  type?: string | null | undefined;
  content: string;
  /** Default {}. */
  metadata?: unknown;
  /** The message that this one answers. */
  replyTo?: string | number | bigint | null | undefined;
  idempotencyKey?: string | null | undefined;
}

/** Sends one message. Joins concurrent calls. Errors: `NOT_FOUND` (replyTo), `BAD_INPUT`, `IDEMPOTENCY_CONFLICT`. */
export async function sendMessage(
  db: Database,
  viewer: Viewer,
  from: string,
  message: NewMessage,
): Promise<AgentMessage> {
  const item = letter(viewer, from, message);
  await ensureAgent(db, from);
  const row = await db.join<{ message: Row }>(
    '/* send message */ select * from rookery.send_messages($1::jsonb)',
    item,
  );
  return fromRow('AgentMessage', row.message);
}

/** Sends them all or, if one of them fails, none. The errors of `sendMessage`, with the failed one's `index`. */
export async function sendMessages(
  db: Database,
  viewer: Viewer,
  letters: readonly { from: string; message: NewMessage }[],
): Promise<AgentMessage[]> {
  const items = letters.map(({ from, message }) => letter(viewer, from, message));
  for (const from of new Set(letters.map((each) => each.from))) await ensureAgent(db, from);
  const rows = await db.write<{ message: Row }>(
    '/* send messages */ select message from rookery.send_messages($1::jsonb, atomic => true) order by item',
    [JSON.stringify(items)],
  );
  return rows.map(({ message }) => fromRow('AgentMessage', message));
}

function letter(viewer: Viewer, from: string, message: NewMessage): object {
  return {
    ...message,
    from,
    ...(message.replyTo == null ? {} : { replyTo: String(parseId(message.replyTo, 'message')) }),
    anyReply: viewer.role !== 'agent',
  };
}

/** The messages a viewer may see: an agent, those it sent or received, and broadcasts; others, all. */
export function visibleTo({ role, agent }: Viewer): Prisma.AgentMessageWhereInput {
  if (role !== 'agent') return {};
  return { OR: [{ toAgent: null }, { toAgent: agent }, { fromAgent: agent ?? '' }] };
}

/** Which messages of an agent's inbox: those with `ids`, those committed up to the cursor `through`, or `all` unread ones. */
export interface Marks {
  ids?: readonly (string | number | bigint)[] | null | undefined;
  through?: string | null | undefined;
  all?: boolean | null | undefined;
}

/** Most direct messages, and most broadcasts, that one statement of markRead calls read. */
const MARKED_AT_ONCE = 5_000;

/**
 * Says that the agent has read these messages, and tells how many this changed; saying so again changes none. With ids,
 * joins concurrent calls; else marks the oldest first, some thousands in one transaction. Errors: `BAD_INPUT` unless
 * exactly one of ids, through and all is given; `NOT_FOUND` when one of the ids is not in its inbox (nothing is marked
 * then); `CONFLICT` when another session has one locked; `CURSOR_INVALID`, `CURSOR_EXPIRED`.
 */
export async function markRead(db: Database, feed: Feed, agent: string, { ids, through, all }: Marks): Promise<number> {
  if (Number(ids != null) + Number(through != null) + Number(all === true) !== 1)
    throw new RookeryError('BAD_INPUT', 'Say which messages: exactly one of `ids`, `through` and `all: true`.');
  const position = through != null ? { position: await feed.resolve(through) } : {};
  await ensureAgent(db, agent);
  if (ids != null) return (await joinPatiently<Marked>(db, 'mark_read', { agent, ids: keys(ids) })).marked;
  return markRounds(db, { agent, ...position });
}

interface Marked {
  /** How many messages it was about. */
  found: number;
  /** How many of them this changed. */
  marked: number;
}

/** Marks so many at a time that no statement comes near its time limit, and none of the other callers waits. */
export async function markRounds(
  db: Database,
  which: { agent: string; position?: unknown },
  most = MARKED_AT_ONCE,
): Promise<number> {
  let total = 0;
  for (;;) {
    const call = `rookery.mark_read($1::jsonb, patient => true, most => ${most})`;
    const { found, marked } = await askPatiently<Marked>(db, call, which);
    total += marked;
    if (found < most) return total;
  }
}

/**
 * Says that the agent takes care of these messages, and tells how many this changed; implies read. Joins concurrent
 * calls. Errors: `NOT_FOUND`; `CONFLICT` when another session has one locked.
 */
export async function acknowledge(
  db: Database,
  agent: string,
  ids: readonly (string | number | bigint)[],
): Promise<number> {
  await ensureAgent(db, agent);
  return (await joinPatiently<Marked>(db, 'acknowledge', { agent, ids: keys(ids) })).marked;
}

function keys(ids: readonly (string | number | bigint)[]): string[] {
  return ids.map((id) => String(parseId(id, 'message')));
}
