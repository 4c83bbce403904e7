import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { actingAgent, type Context, requireViewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import { asReadBy, unreadCount, visibleMessage } from './facts.ts';
import { Message } from './message.ts';
import { acknowledge, markRead, sendMessage, sendMessages } from './service.ts';

const NAME = z.string().min(1).max(255);
const KEYS = z
  .array(z.union([z.string(), z.number()]))
  .min(1)
  .max(1_000);
/** Most messages of one sendMessages. */
const MAX_MESSAGES = 200;

type MessageShape = typeof Message.$inferType;

const SendMessageInput = builder.inputType('SendMessageInput', {
  description: 'A message to send.',
  fields: (t) => ({
    from: t.id({ description: "Who sends it; by default the caller's own agent.", validate: NAME }),
    to: t.id({
      description:
        'Who it is for; it need not have registered yet. Null: a broadcast, to every agent registered by now but the sender. Left out: the same, but in an answer (`replyTo`) the other side of what it answers.',
      validate: NAME,
    }),
    type: t.string({
      description: 'general (default), alert, question, response, or any other word.',
      validate: z.string().min(1).max(100),
    }),
    content: t.string({
      required: true,
      description: 'What it says, up to 1 MiB.',
      validate: z.string().min(1).max(1_048_576),
    }),
    metadata: t.field({ type: 'JSON', description: 'Anything else. Default {}.' }),
    replyTo: t.id({ description: 'The message that this one answers: they become one thread.' }),
    idempotencyKey: t.string({
      description: 'Any text of up to 255 characters that names this call: a repeat gets the message of the first.',
      validate: NAME,
    }),
  }),
});

const SendMessagePayload = builder.objectRef<{ message: MessageShape }>('SendMessagePayload').implement({
  description: 'The result of sendMessage.',
  fields: (t) => ({ message: t.expose('message', { type: Message, description: 'The message as sent.' }) }),
});

const SendMessagesPayload = builder.objectRef<{ messages: MessageShape[] }>('SendMessagesPayload').implement({
  description: 'The result of sendMessages.',
  fields: (t) => ({
    messages: t.expose('messages', { type: [Message], description: 'The messages as sent, in the order given.' }),
  }),
});

const MarkReadInput = builder.inputType('MarkReadInput', {
  description: 'Which messages were read: exactly one of ids, through and all.',
  fields: (t) => ({
    agent: t.id({ description: "Who read them; by default the caller's own agent.", validate: NAME }),
    ids: t.idList({ description: 'These, at most 1,000.', validate: KEYS }),
    through: t.field({
      type: 'Cursor',
      description:
        'All that came up to this cursor: that of an inbox event, or a feedCursor, which may lie a moment back. What was committed after it stays unread, however small its id.',
    }),
    all: t.boolean({ description: 'True: all there are.' }),
  }),
});

const AcknowledgeInput = builder.inputType('AcknowledgeInput', {
  description: 'Which messages an agent takes care of.',
  fields: (t) => ({
    agent: t.id({ description: "Who takes care; by default the caller's own agent.", validate: NAME }),
    ids: t.idList({ required: true, description: 'These, at most 1,000.', validate: KEYS }),
  }),
});

interface Marking {
  agent: string;
  /** How many messages changed. */
  marked: number;
  ids: readonly (string | number | bigint)[];
}

function markPayload(name: string, mutation: string) {
  return builder.objectRef<Marking>(name).implement({
    description: `The result of ${mutation}.`,
    fields: (t) => ({
      markedCount: t.exposeInt('marked', {
        description: 'How many messages this changed; those marked before do not count.',
      }),
      unreadCount: t.int({
        description: 'How many messages of the agent are unread now, counted up to 10,000.',
        resolve: ({ agent }, _args, context) => unreadCount(agent, context),
      }),
      messages: t.field({
        type: [Message],
        description: 'The messages that `ids` named, as they are now; empty where there were no ids.',
        resolve: ({ agent, ids }, _args, context) => named(agent, ids, context),
      }),
    }),
  });
}

const MarkReadPayload = markPayload('MarkReadPayload', 'markRead');
const AcknowledgePayload = markPayload('AcknowledgePayload', 'acknowledge');

async function named(agent: string, ids: Marking['ids'], context: Context): Promise<MessageShape[]> {
  const found = await Promise.all([...new Set(ids)].map((id) => visibleMessage(parseId(id, 'message'), context)));
  return found.filter((message) => message !== null).map((message) => asReadBy(agent, message));
}

builder.mutationFields((t) => ({
  sendMessage: t.field({
    type: SendMessagePayload,
    description:
      'Sends a message to one agent, or to all. Errors: BAD_INPUT, NOT_FOUND (replyTo), IDEMPOTENCY_CONFLICT, FORBIDDEN (an agent sends as itself only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: SendMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_root, { input: { from, ...message } }, context) => ({
      message: await sendMessage(context.db, requireViewer(context), actingAgent(context, from), message),
    }),
  }),
  sendMessages: t.field({
    type: SendMessagesPayload,
    description:
      'Sends up to 200 messages: all of them or, if one fails, none. Errors: those of sendMessage, with the failed one in extensions.index.',
    authScopes: { act: true },
    args: {
      inputs: t.arg({
        type: [SendMessageInput],
        required: true,
        description: 'The messages.',
        validate: z.array(z.unknown()).min(1).max(MAX_MESSAGES) as never,
      }),
    },
    resolve: async (_root, { inputs }, context) => ({
      messages: await sendMessages(
        context.db,
        requireViewer(context),
        inputs.map(({ from, ...message }) => ({ from: actingAgent(context, from), message })),
      ),
    }),
  }),
  markRead: t.field({
    type: MarkReadPayload,
    description:
      'Says that an agent has read messages; to say so again changes nothing. Errors: BAD_INPUT, NOT_FOUND (one of the ids is not in its inbox; nothing is marked then), CURSOR_INVALID, CURSOR_EXPIRED, FORBIDDEN (an agent marks its own only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: MarkReadInput, required: true, description: 'Which messages.' }) },
    resolve: async (_root, { input: { agent: namedAgent, ...marks } }, context) => {
      const agent = actingAgent(context, namedAgent);
      return { agent, ids: marks.ids ?? [], marked: await markRead(context.db, context.feed, agent, marks) };
    },
  }),
  acknowledge: t.field({
    type: AcknowledgePayload,
    description:
      'Says that an agent takes care of messages; implies that it read them. Errors: BAD_INPUT, NOT_FOUND (one of the ids is not in its inbox; nothing is marked then), FORBIDDEN (an agent acknowledges for itself only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: AcknowledgeInput, required: true, description: 'Which messages.' }) },
    resolve: async (_root, { input: { agent: namedAgent, ids } }, context) => {
      const agent = actingAgent(context, namedAgent);
      return { agent, ids, marked: await acknowledge(context.db, agent, ids) };
    },
  }),
}));
