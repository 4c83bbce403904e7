import DataLoader from 'dataloader';
import { RookeryError } from '../errors.ts';
import type { Context } from '../graphql/context.ts';
import type { AgentMessage } from '../postgres/generated/client.ts';
import { visibleTo } from './service.ts';

/** What became of a message, for one agent. */
export type Facts = Pick<AgentMessage, 'deliveredAt' | 'readAt' | 'acknowledgedAt'>;

const NONE: Facts = { deliveredAt: null, readAt: null, acknowledgedAt: null };

/** Messages whose own columns tell what became of them for the agent that is looked at. */
const settled = new WeakSet<object>();
/** Broadcasts looked at as this agent, who need not be the caller. */
const readers = new WeakMap<object, string>();

/** Marks a message whose facts are in its own columns, also if it is a broadcast. */
export function asRead<Message extends object>(message: Message): Message {
  settled.add(message);
  return message;
}

/** Says as which agent a message is looked at; otherwise it is the caller's own. */
export function asReadBy<Message extends object>(reader: string, message: Message): Message {
  readers.set(message, reader);
  return message;
}

/**
 * What became of a message: a direct one, for the agent it was sent to; a broadcast, for the agent it is looked at as.
 * Broadcasts whose receipt is not at hand are read together, one statement for all.
 */
export function factsOf(message: AgentMessage, context: Context): Facts | Promise<Facts> {
  if (message.toAgent !== null || settled.has(message)) return message;
  const agent = readers.get(message) ?? context.viewer?.agent;
  if (agent == null) return NONE;
  return loadersOf(context).receipts.load({ id: message.id, agent });
}

/** A message the viewer may see, or null. Calls of one tick are one statement. */
export function visibleMessage(id: bigint, context: Context): Promise<AgentMessage | null> {
  return loadersOf(context).messages.load(id);
}

/** As `visibleMessage`, for one that an event spoke of. Errors: `NOT_FOUND`. */
export async function presentMessage(id: bigint, context: Context): Promise<AgentMessage> {
  const message = await visibleMessage(id, context);
  if (message === null) throw new RookeryError('NOT_FOUND', `Message ${id} has been deleted since.`);
  return message;
}

/** Unread messages of an agent, counted up to 10,000. Calls of one tick are one statement. */
export function unreadCount(agent: string, context: Context): Promise<number> {
  return loadersOf(context).unread.load(agent);
}

interface Loaders {
  receipts: DataLoader<{ id: bigint; agent: string }, Facts>;
  messages: DataLoader<bigint, AgentMessage | null>;
  unread: DataLoader<string, number>;
}

const loaders = new WeakMap<Context, Loaders>();

/** They join but do not remember: the context of a subscription lives for hours. */
function loadersOf(context: Context): Loaders {
  let known = loaders.get(context);
  if (known === undefined) {
    known = createLoaders(context);
    loaders.set(context, known);
  }
  return known;
}

function createLoaders({ db, viewer }: Context): Loaders {
  const cache = false;
  return {
    receipts: new DataLoader(
      async (keys) => {
        return await db.query<Facts>(
          `/* receipts */ select r.delivered_at as "deliveredAt", r.read_at as "readAt", r.acknowledged_at as "acknowledgedAt"
             from unnest($1::bigint[], $2::text[]) with ordinality key (message_id, agent_id, place)
             left join agent_message_receipts r on r.message_id = key.message_id and r.agent_id = key.agent_id
            order by key.place`,
          [keys.map(({ id }) => id), keys.map(({ agent }) => agent)],
        );
      },
      { cache },
    ),
    messages: new DataLoader(
      async (ids) => {
        if (viewer === null) return ids.map(() => null);
        const found = await db.prisma.agentMessage.findMany({ where: { id: { in: [...ids] }, ...visibleTo(viewer) } });
        const byId = new Map(found.map((message) => [message.id, message]));
        return ids.map((id) => byId.get(id) ?? null);
      },
      { cache },
    ),
    unread: new DataLoader(
      async (agents) => {
        const rows = await db.query<{ unread: number }>(
          `/* unread */ select rookery.unread_count(agent) as unread
             from unnest($1::text[]) with ordinality key (agent, place) order by place`,
          [agents],
        );
        return rows.map(({ unread }) => unread);
      },
      { cache },
    ),
  };
}
