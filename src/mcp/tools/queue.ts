import { z } from 'zod';
import { cutJson, nextOf, said, WHOLE } from '../compact.ts';
import * as operations from '../generated/operations.ts';
import { heard, SIGNALS } from '../signals.ts';
import { type Call, needed, tool } from '../tool.ts';
import { MOST_WAIT, patience } from '../waiting.ts';

/** A model takes its time with a message. */
const VISIBILITY_SECONDS = 300;

const INPUT = {
  action: z.enum(['list', 'create', 'send', 'read', 'delete', 'archive', 'extend']),
  queue: z.string().max(47).optional().describe('For all but list.'),
  body: z.looseObject({}).optional().describe('Of send: any JSON object.'),
  group: z.string().max(255).optional().describe('Of send: delivered in order within it.'),
  delaySeconds: z.number().min(0).optional().describe('Of send.'),
  quantity: z.number().int().min(1).max(20).optional().describe('Of read; default 1.'),
  waitSeconds: z.number().min(0).max(MOST_WAIT).optional().describe('Of read; default 0.'),
  visibilitySeconds: z.number().min(0).max(43_200).optional().describe('Of read and extend; default 300.'),
  messages: z
    .array(z.strictObject({ id: z.string(), receipt: z.string() }))
    .min(1)
    .max(100)
    .optional()
    .describe('Of delete, archive, extend.'),
  maxReads: z.number().int().min(1).optional().describe('Of create: after so many to <queue>_dead.'),
  after: z.string().optional().describe('Of list: next of the page before.'),
};

const OUTPUT = {
  queues: z.array(z.looseObject({ name: z.string() })).optional(),
  next: z.string().optional(),
  id: z.string().optional(),
  messages: z.array(z.looseObject({ id: z.string(), receipt: z.string(), body: z.unknown() })).optional(),
  settled: z.array(z.string()).optional(),
  signals: SIGNALS,
};

type Arguments = z.output<z.ZodObject<typeof INPUT>>;
type Answer = z.input<z.ZodObject<typeof OUTPUT>>;
type Ask = Call['ask'];

const ONCE = { idempotent: true };

const ACTIONS: Record<Arguments['action'], (ask: Ask, args: Arguments) => Promise<Answer>> = {
  async list(ask, { after }) {
    const { edges, pageInfo } = (await ask(operations.SomeQueues, { first: 20, after })).queues;
    return { queues: edges.map(({ node }) => said(node)), ...nextOf(pageInfo) };
  },

  async create(ask, { queue, maxReads }) {
    const input = { name: needed(queue, 'queue', 'create'), maxReads };
    const { queue: made, signals } = (await ask(operations.CreateQueue, { input })).createQueue;
    return { queues: [said(made)], ...heard(signals) };
  },

  async send(ask, { queue, body, group, delaySeconds }) {
    const to = { queue: needed(queue, 'queue', 'send'), body: needed(body, 'body', 'send') };
    const input = { ...to, group, delaySeconds, idempotencyKey: crypto.randomUUID() };
    const { id, signals } = (await ask(operations.SendToQueue, { input }, ONCE)).sendToQueue;
    return { id, ...heard(signals) };
  },

  // Not repeated when its outcome is unknown: the messages come again by themselves.
  async read(ask, { queue, quantity = 1, waitSeconds = 0, visibilitySeconds = VISIBILITY_SECONDS }) {
    const input = { queue: needed(queue, 'queue', 'read'), quantity, waitSeconds, visibilitySeconds };
    const { deliveries, signals } = (await ask(operations.ReadQueue, { input }, patience(waitSeconds))).readQueue;
    const messages = deliveries.map(({ receipt, message: { body, ...message } }) => {
      return {
        ...said(message),
        receipt,
        body: cutJson(body, 'the field Queue.messages of the GraphQL API has them', WHOLE),
      };
    });
    return { messages, ...heard(signals) };
  },

  async delete(ask, args) {
    const { ids, signals } = (await ask(operations.DeleteFromQueue, { input: held(args) })).deleteQueueMessages;
    return { settled: ids, ...heard(signals) };
  },

  async archive(ask, args) {
    const { ids, signals } = (await ask(operations.ArchiveInQueue, { input: held(args) })).archiveQueueMessages;
    return { settled: ids, ...heard(signals) };
  },

  async extend(ask, { visibilitySeconds = VISIBILITY_SECONDS, ...args }) {
    const input = { ...held(args), visibilitySeconds };
    const { messages, signals } = (await ask(operations.ExtendInQueue, { input }, ONCE)).extendQueueVisibility;
    return { settled: messages.map(({ id }) => id), ...heard(signals) };
  },
};

function held({ action, queue, messages }: Pick<Arguments, 'action' | 'queue' | 'messages'>) {
  return { queue: needed(queue, 'queue', action), messages: needed(messages, 'messages', action) };
}

export const queue = tool({
  name: 'queue',
  title: 'Message queues',
  description:
    'Durable queues between programs (for work among agents use tasks). read hides what it takes for visibilitySeconds: settle it by delete or archive with id and receipt, or extend the time, else it comes again.',
  effect: 'end',
  input: INPUT,
  output: OUTPUT,
  run: (args, { ask }) => ACTIONS[args.action](ask, args),
});
