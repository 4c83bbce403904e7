import { ensureAgent } from '../agents/service.ts';
import { RookeryError } from '../errors.ts';
import type { Feed } from '../feed/feed.ts';
import type { Viewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { AgentMessage, Prisma } from '../postgres/generated/client.ts';

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

/**
 * Says that the agent has read these messages, and tells how many this changed; saying so again changes none. Joins concurrent calls. Errors:
 * `BAD_INPUT` unless exactly one of ids, through and all is given; `NOT_FOUND` when one of the ids is not in its inbox
 * (nothing is marked then); `CURSOR_INVALID`, `CURSOR_EXPIRED`.
 */
export async function markRead(db: Database, feed: Feed, agent: string, { ids, through, all }: Marks): Promise<number> {
  if (Number(ids != null) + Number(through != null) + Number(all === true) !== 1)
    throw new RookeryError('BAD_INPUT', 'Say which messages: exactly one of `ids`, `through` and `all: true`.');
  const which = ids != null ? { ids: keys(ids) } : through != null ? { position: await feed.resolve(through) } : {};
  await ensureAgent(db, agent);
  const { marked } = await db.join<{ marked: number }>('/* mark read */ select * from rookery.mark_read($1::jsonb)', {
    agent,
    ...which,
  });
  return marked;
}

/** Says that the agent takes care of these messages, and tells how many this changed; implies read. Joins concurrent calls. Errors: `NOT_FOUND`. */
export async function acknowledge(
  db: Database,
  agent: string,
  ids: readonly (string | number | bigint)[],
): Promise<number> {
  await ensureAgent(db, agent);
  const { marked } = await db.join<{ marked: number }>(
    '/* acknowledge */ select * from rookery.acknowledge($1::jsonb)',
    {
      agent,
      ids: keys(ids),
    },
  );
  return marked;
}

function keys(ids: readonly (string | number | bigint)[]): string[] {
  return ids.map((id) => String(parseId(id, 'message')));
}
