import { z } from 'zod';
import { ensureAgent } from '../agents/service.ts';
import type { ChangeEvent } from '../feed/event.ts';
import { builder, MAX_PAGE } from '../graphql/builder.ts';
import { actingAgent, type Context, requireViewer } from '../graphql/context.ts';
import { AFTER, ChangeOp } from '../graphql/event-fields.ts';
import { parseId } from '../graphql/ids.ts';
import { liveEvents } from '../graphql/live.ts';
import { decodePlace, encodePlace } from '../graphql/place.ts';
import { fromEvent } from '../graphql/row.ts';
import { asRead, asReadBy, presentMessage, unreadCount } from './facts.ts';
import { deliver, readInbox } from './inbox.ts';
import { Message } from './message.ts';
import { visibleTo } from './service.ts';
import './mutations.ts';

type MessageShape = typeof Message.$inferType;

interface Inbox {
  agent: string;
  messages: MessageShape[];
  /** Whether it is the first page, and whether more follow. */
  first: boolean;
  more: boolean;
}

const InboxEdge = builder.objectRef<MessageShape>('InboxEdge').implement({
  description: 'A message and its place in the inbox.',
  fields: (t) => ({
    cursor: t.string({ description: 'To continue `after` it.', resolve: (message) => pageCursor(message) }),
    node: t.field({ type: Message, description: 'The message.', resolve: (message) => message }),
  }),
});

const InboxConnection = builder.objectRef<Inbox>('InboxConnection').implement({
  description: 'A page of an inbox.',
  fields: (t) => ({
    edges: t.field({
      type: [InboxEdge],
      description: 'The messages.',
      complexity: { multiplier: 1 },
      resolve: ({ messages }) => messages,
    }),
    pageInfo: t.field({
      type: builder.pageInfoRef(),
      description: 'Where the page is.',
      resolve: ({ messages, first, more }) => ({
        hasNextPage: more,
        hasPreviousPage: !first,
        startCursor: messages[0] === undefined ? null : pageCursor(messages[0]),
        endCursor: messages.length === 0 ? null : pageCursor(messages.at(-1)!),
      }),
    }),
    unreadCount: t.int({
      description: 'All unread messages of the agent, whatever the page and its filter, counted up to 10,000.',
      resolve: ({ agent }, _args, context) => unreadCount(agent, context),
    }),
  }),
});

const InboxOrder = builder.enumType('InboxOrder', {
  description: 'Which messages of an inbox come first.',
  values: {
    OLDEST_FIRST: { value: 'oldest', description: 'The order to work them off.' },
    NEWEST_FIRST: { value: 'newest', description: 'The order to look at them.' },
  } as const,
});

builder.queryFields((t) => ({
  message: t.prismaField({
    type: Message,
    nullable: true,
    description:
      'One message; null when there is none, or the caller may not see it: an agent sees what it sent or received, and broadcasts.',
    authScopes: { read: true },
    args: { id: t.arg.id({ required: true, description: 'The message.' }) },
    resolve: (query, _root, { id }, context) =>
      context.db.prisma.agentMessage.findFirst({
        ...query,
        where: { id: parseId(id, 'message'), ...visibleTo(requireViewer(context)) },
      }),
  }),
  inbox: t.field({
    type: InboxConnection,
    description:
      'What was sent to an agent, and the broadcasts since it registered but for its own. When the agent itself asks, the messages count as delivered. Errors: BAD_INPUT, FORBIDDEN (an agent sees its own inbox only).',
    authScopes: { read: true },
    complexity: ({ first }) => ({ field: 1, multiplier: first ?? 20 }),
    args: {
      agent: t.arg.id({
        description: "Whose inbox; by default the caller's own.",
        validate: z.string().min(1).max(255),
      }),
      unreadOnly: t.arg.boolean({
        defaultValue: true,
        description: 'Only what the agent has not said to have read.',
      }),
      types: t.arg.stringList({
        description: 'Only messages of these types.',
        validate: z.array(z.string()).min(1).max(50),
      }),
      order: t.arg({ type: InboxOrder, defaultValue: 'oldest', description: 'Which come first.' }),
      first: t.arg.int({
        description: 'Length of the page: 1 to 200, default 20.',
        validate: z.number().int().min(1).max(MAX_PAGE),
      }),
      after: t.arg.string({ description: 'Continue after this edge cursor.' }),
    },
    resolve: async (_root, args, context) => {
      const agent = actingAgent(context, args.agent);
      const own = await readsOwn(context, agent);
      const limit = args.first ?? 20;
      const found = await readInbox(context.db, {
        agent,
        unreadOnly: args.unreadOnly ?? true,
        newestFirst: args.order === 'newest',
        types: args.types ?? null,
        after: args.after == null ? null : keyOf(args.after),
        limit: limit + 1,
      });
      const messages = found.slice(0, limit);
      if (own) await deliver(context.db, agent, messages);
      return { agent, messages, first: args.after == null, more: found.length > limit };
    },
  }),
}));

/** Whether the agent itself is asking; looking into its inbox makes it known. */
async function readsOwn(context: Context, agent: string): Promise<boolean> {
  const viewer = requireViewer(context);
  const own = viewer.agent === agent && viewer.role !== 'observer';
  if (own) await ensureAgent(context.db, agent);
  return own;
}

function pageCursor({ id }: MessageShape): string {
  return encodePlace('inbox', String(id));
}

function keyOf(cursor: string): bigint {
  return parseId(decodePlace('inbox', cursor, 1)[0] ?? '', 'message');
}

interface InboxNews {
  event: ChangeEvent;
  agent: string;
}

const InboxEvent = builder.objectRef<InboxNews>('InboxEvent').implement({
  description: 'A message that came, or of which something became: it was read, acknowledged, changed or deleted.',
  fields: (t) => ({
    cursor: t.field({
      type: 'Cursor',
      description: 'Resume after this; markRead takes it as `through`.',
      resolve: ({ event }) => event.cursor,
    }),
    op: t.field({
      type: ChangeOp,
      description: 'INSERT: it came. UPDATE: it was read, acknowledged or changed.',
      resolve: ({ event }) => event.op,
    }),
    message: t.prismaField({
      type: Message,
      description:
        'The message as it was right after the change; before it, when it was deleted. Error: NOT_FOUND, for a broadcast that was read and has been deleted since.',
      resolve: (_query, news, _args, context) => messageOf(news, context),
    }),
    actor: t.string({
      description: 'The agent that did it (the sender, or who read it), or the database role of a plain SQL writer.',
      resolve: ({ event }) => event.actor,
    }),
    at: t.field({ type: 'DateTime', description: 'When.', resolve: ({ event }) => event.at }),
  }),
});

async function messageOf({ event, agent }: InboxNews, context: Context): Promise<MessageShape> {
  const { message_id: broadcast } = event.data;
  if (broadcast === undefined) {
    const message = fromEvent('AgentMessage', event);
    // When it came, nothing had become of it yet.
    return event.op === 'insert' ? asRead(message) : asReadBy(agent, message);
  }
  // A receipt carries what became of a broadcast for this agent, and nothing of the broadcast itself.
  const message = await presentMessage(BigInt(broadcast as number), context);
  return asRead({ ...message, ...factsIn(event) });
}

function factsIn(event: ChangeEvent): Pick<MessageShape, 'deliveredAt' | 'readAt' | 'acknowledgedAt'> {
  const { deliveredAt, readAt, acknowledgedAt } = fromEvent('AgentMessageReceipt', event);
  return { deliveredAt, readAt, acknowledgedAt };
}

builder.subscriptionField('inbox', (t) =>
  t.field({
    type: InboxEvent,
    description:
      'Messages to an agent and broadcasts of others as they come, and as they are read or acknowledged. Errors: BAD_INPUT, FORBIDDEN (an agent hears of its own inbox only), CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: {
      agent: t.arg.id({
        description: "Whose inbox; by default the caller's own.",
        validate: z.string().min(1).max(255),
      }),
      after: t.arg(AFTER),
    },
    subscribe: async (_root, args, context) => {
      const agent = actingAgent(context, args.agent);
      await readsOwn(context, agent);
      return liveEvents(context, args.after, {
        topics: [`inbox:${agent}`, 'inbox:*'],
        matches: ({ topic, data }) => topic !== 'inbox:*' || data['from_agent'] !== agent,
      });
    },
    resolve: (event, args, context) => ({ event: event as ChangeEvent, agent: actingAgent(context, args.agent) }),
  }),
);
