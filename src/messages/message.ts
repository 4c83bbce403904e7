import { queryFromInfo } from '@pothos/plugin-prisma';
import { builder } from '../graphql/builder.ts';
import { requireViewer } from '../graphql/context.ts';
import { id as key, Listing, text } from '../graphql/listing.ts';
import type { AgentMessage, AgentMessageReceipt } from '../postgres/generated/client.ts';
import { factsOf, presentMessage, unreadCount, visibleMessage } from './facts.ts';
import { visibleTo } from './service.ts';

const MessageReceipt = builder.prismaObject('AgentMessageReceipt', {
  name: 'MessageReceipt',
  description: 'What became of a broadcast, for one agent.',
  fields: (t) => ({
    agentId: t.exposeID('agentId', { description: 'The agent.' }),
    agent: t.prismaField({
      type: 'Agent',
      nullable: true,
      description: 'The agent; null when it has been deleted since.',
      resolve: (query, { agentId }, _args, { db }) => db.prisma.agent.findUnique({ ...query, where: { agentId } }),
    }),
    deliveredAt: t.expose('deliveredAt', { type: 'DateTime', nullable: true, description: 'As Message.deliveredAt.' }),
    readAt: t.expose('readAt', { type: 'DateTime', nullable: true, description: 'As Message.readAt.' }),
    acknowledgedAt: t.expose('acknowledgedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'As Message.acknowledgedAt.',
    }),
  }),
});

const THREAD = new Listing<AgentMessage, 'thread'>(
  'thread',
  { column: 'id', as: key },
  { thread: { column: 'id', as: key, way: 'asc' } },
);
const RECEIPTS = new Listing<AgentMessageReceipt, 'receipts'>(
  'receipts',
  { column: 'agentId', as: text },
  { receipts: { column: 'agentId', as: text, way: 'asc' } },
);

/** Three facts; of a broadcast each agent has its own. */
const MINE = 'Of a broadcast: for the agent whose inbox it is in, else the caller.';

export const Message = builder.prismaObject('AgentMessage', {
  name: 'Message',
  description: 'Something one agent said to another, or to all.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    from: t.exposeID('fromAgent', { description: 'Who sent it.' }),
    to: t.exposeID('toAgent', { nullable: true, description: 'Who it is for; null: a broadcast, to all.' }),
    fromAgent: t.prismaField({
      type: 'Agent',
      nullable: true,
      description: 'Who sent it; null when plain SQL named one that never registered.',
      resolve: (query, message, _args, { db }) =>
        db.prisma.agent.findUnique({ ...query, where: { agentId: message.fromAgent } }),
    }),
    toAgent: t.prismaField({
      type: 'Agent',
      nullable: true,
      description: 'Who it is for; null for a broadcast, and for one that has not registered yet.',
      resolve: (query, { toAgent }, _args, { db }) =>
        toAgent === null ? null : db.prisma.agent.findUnique({ ...query, where: { agentId: toAgent } }),
    }),
    type: t.exposeString('messageType', { description: 'general, alert, question, response, or any other word.' }),
    content: t.string({
      description: 'What it says.',
      resolve: (message, _args, context) =>
        message.content ?? presentMessage(message.id, context).then((it) => it.content),
    }),
    metadata: t.field({
      type: 'JSON',
      description: 'Anything else; {} when there is nothing.',
      resolve: (message, _args, context) =>
        message.metadata ?? presentMessage(message.id, context).then((it) => it.metadata),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was sent.' }),
    deliveredAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: `When the agent's own inbox query first handed it out; null before. Live streams do not count. ${MINE}`,
      resolve: async (message, _args, context) => (await factsOf(message, context)).deliveredAt,
    }),
    readAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: `When the agent said that it had read it; null before. ${MINE}`,
      resolve: async (message, _args, context) => (await factsOf(message, context)).readAt,
    }),
    acknowledgedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: `When the agent said that it takes care of it; null before. ${MINE}`,
      resolve: async (message, _args, context) => (await factsOf(message, context)).acknowledgedAt,
    }),
    replyTo: t.prismaField({
      type: 'AgentMessage',
      nullable: true,
      description: 'What it answers; null when it answers nothing, or what the caller may not see.',
      resolve: (_query, { replyTo }, _args, context) => (replyTo === null ? null : visibleMessage(replyTo, context)),
    }),
    threadId: t.id({
      description: 'The message that began the thread; its own id when it answers nothing.',
      resolve: ({ threadId, id }) => String(threadId ?? id),
    }),
    receipts: t.connection(
      {
        type: MessageReceipt,
        description:
          'Of a broadcast: who it went to, and what became of it there, by agent. An agent sees those of its own broadcasts, and else only its own. Empty for a direct message.',
        resolve: ({ id, fromAgent }, args, context, info) => {
          const { role, agent } = requireViewer(context);
          const own = role === 'agent' && agent !== fromAgent ? { agentId: agent ?? '' } : {};
          return RECEIPTS.connection(
            'receipts',
            args,
            [{ messageId: id, ...own }],
            (page) =>
              context.db.prisma.agentMessageReceipt.findMany({
                ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
                ...page,
              }) as Promise<AgentMessageReceipt[]>,
          );
        },
      },
      { name: 'MessageReceiptConnection', description: 'A page of receipts.' },
      { name: 'MessageReceiptEdge', description: 'A receipt and its place in the list.' },
    ),
  }),
});

builder.prismaObjectFields(Message, (t) => ({
  thread: t.connection(
    {
      type: Message,
      description: 'All of the thread that the caller may see, this message too, oldest first.',
      resolve: ({ threadId, id }, args, context, info) => {
        const whole = { OR: [{ id: threadId ?? id }, { threadId: threadId ?? id }] };
        return THREAD.connection(
          'thread',
          args,
          [whole, visibleTo(requireViewer(context))],
          (page) =>
            context.db.prisma.agentMessage.findMany({
              ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
              ...page,
            }) as Promise<AgentMessage[]>,
        );
      },
    },
    { name: 'MessageConnection', description: 'A page of messages.' },
    { name: 'MessageEdge', description: 'A message and its place in the list.' },
  ),
}));

builder.prismaObjectFields('Agent', (t) => ({
  unreadCount: t.int({
    nullable: true,
    description:
      'Unread messages in its inbox, counted up to 10,000. An agent sees its own only; for others it is null.',
    resolve: ({ agentId }, _args, context) => {
      const { role, agent } = requireViewer(context);
      return role === 'agent' && agent !== agentId ? null : unreadCount(agentId, context);
    },
  }),
}));
