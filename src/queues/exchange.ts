import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { requireViewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import { type Delivery, extendVisibility, type Held, popQueue, readQueue, removeMessages } from './consuming.ts';
import { QueueDelivery, QueueMessage } from './queue.ts';
import { sendToQueue } from './service.ts';

const NAME = z.string().min(1).max(47);
/** Twelve hours, as elsewhere. */
const VISIBILITY = z.number().min(0).max(43_200);
const KEY = z.string().min(1).max(255);
const HEADERS = z.record(z.string(), z.unknown(), 'headers is an object, for example {"trace": "9f"}.').nullish();
const GROUP = z.string().min(1).max(255);
const DELAY = z.number().min(0).max(31_536_000);
const QUANTITY = z.number().int().min(1).max(100);

const ABOUT = {
  body: 'What to send: any JSON.',
  headers: 'An object to go beside it, for example {"trace": "9f"}.',
  group: 'Messages of a group are delivered one at a time, in the order they were sent.',
  delaySeconds: 'Not to be read before so many seconds have passed. Default 0.',
  key: 'A repeat with the same key and arguments sends nothing and returns the first ids.',
};

const SendToQueueInput = builder.inputType('SendToQueueInput', {
  description: 'What to send where.',
  fields: (t) => ({
    queue: t.string({ required: true, description: 'The queue.', validate: NAME }),
    body: t.field({ type: 'JSON', required: true, description: ABOUT.body }),
    headers: t.field({ type: 'JSON', description: ABOUT.headers, validate: HEADERS }),
    group: t.string({ description: ABOUT.group, validate: GROUP }),
    delaySeconds: t.float({ description: ABOUT.delaySeconds, validate: DELAY }),
    idempotencyKey: t.string({ description: ABOUT.key, validate: KEY }),
  }),
});
const SendToQueuePayload = builder.objectRef<{ id: string }>('SendToQueuePayload').implement({
  description: 'The result of sendToQueue.',
  fields: (t) => ({ id: t.exposeID('id', { description: 'The id of the message.' }) }),
});

const QueueMessageInput = builder.inputType('QueueMessageInput', {
  description: 'One message of a batch.',
  fields: (t) => ({
    body: t.field({ type: 'JSON', required: true, description: ABOUT.body }),
    headers: t.field({ type: 'JSON', description: ABOUT.headers, validate: HEADERS }),
    group: t.string({ description: ABOUT.group, validate: GROUP }),
    delaySeconds: t.float({ description: ABOUT.delaySeconds, validate: DELAY }),
  }),
});
const SendBatchToQueueInput = builder.inputType('SendBatchToQueueInput', {
  description: 'Messages that are sent together, or not at all.',
  fields: (t) => ({
    queue: t.string({ required: true, description: 'The queue.', validate: NAME }),
    messages: t.field({
      type: [QueueMessageInput],
      required: true,
      description: 'The messages, 1 to 100, in order.',
      validate: z.array(z.unknown()).min(1).max(100) as never,
    }),
    idempotencyKey: t.string({ description: ABOUT.key, validate: KEY }),
  }),
});
const SendBatchToQueuePayload = builder.objectRef<{ ids: string[] }>('SendBatchToQueuePayload').implement({
  description: 'The result of sendBatchToQueue.',
  fields: (t) => ({ ids: t.exposeIDList('ids', { description: 'The ids of the messages, in order.' }) }),
});

const ReadQueueInput = builder.inputType('ReadQueueInput', {
  description: 'What to read, and how long to hide and to wait.',
  fields: (t) => ({
    queue: t.string({ required: true, description: 'The queue.', validate: NAME }),
    quantity: t.int({
      required: true,
      defaultValue: 1,
      description: 'At most so many messages, up to 100.',
      validate: QUANTITY,
    }),
    visibilitySeconds: t.float({
      required: true,
      defaultValue: 30,
      description: 'How long they are hidden from others: long enough to settle them. Up to 12 hours.',
      validate: VISIBILITY,
    }),
    waitSeconds: t.float({
      required: true,
      defaultValue: 0,
      description: 'How long to wait for the first message, up to 60. By default not at all.',
      validate: z.number().min(0).max(60),
    }),
  }),
});
const ReadQueuePayload = builder.objectRef<{ deliveries: Delivery[] }>('ReadQueuePayload').implement({
  description: 'The result of readQueue.',
  fields: (t) => ({
    deliveries: t.expose('deliveries', {
      type: [QueueDelivery],
      description: 'The messages with their receipts; empty when there were none.',
    }),
  }),
});

const PopQueueInput = builder.inputType('PopQueueInput', {
  description: 'What to read and delete in one.',
  fields: (t) => ({
    queue: t.string({ required: true, description: 'The queue.', validate: NAME }),
    quantity: t.int({
      required: true,
      defaultValue: 1,
      description: 'At most so many messages, up to 100.',
      validate: QUANTITY,
    }),
  }),
});
const PopQueuePayload = builder
  .objectRef<{ messages: (typeof QueueMessage.$inferType)[] }>('PopQueuePayload')
  .implement({
    description: 'The result of popQueue.',
    fields: (t) => ({
      messages: t.expose('messages', { type: [QueueMessage], description: 'The messages, which are deleted.' }),
    }),
  });

const HeldMessageInput = builder.inputType('HeldMessageInput', {
  description: 'A message the caller has read.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'Its id.' }),
    receipt: t.id({
      required: true,
      description: 'The receipt that came with it.',
      validate: z.string().min(1).max(100),
    }),
  }),
});
const heldMessages = {
  description: 'The messages, 1 to 100; all are settled, or none.',
  validate: z.array(z.unknown()).min(1).max(100) as never,
};

const SettleInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      queue: t.string({ required: true, description: 'The queue.', validate: NAME }),
      messages: t.field({ type: [HeldMessageInput], required: true, ...heldMessages }),
    }),
  });
const ArchiveQueueMessagesInput = SettleInput('ArchiveQueueMessagesInput', 'What to archive.');
const DeleteQueueMessagesInput = SettleInput('DeleteQueueMessagesInput', 'What to delete.');
const ExtendQueueVisibilityInput = builder.inputType('ExtendQueueVisibilityInput', {
  description: 'What to hide for longer, or to give back.',
  fields: (t) => ({
    queue: t.string({ required: true, description: 'The queue.', validate: NAME }),
    messages: t.field({ type: [HeldMessageInput], required: true, ...heldMessages }),
    visibilitySeconds: t.float({
      required: true,
      description: 'Hidden for so many seconds from now, up to 12 hours; 0 gives them back at once.',
      validate: VISIBILITY,
    }),
  }),
});

const Settled = (name: string, description: string) =>
  builder.objectRef<{ ids: string[] }>(name).implement({
    description,
    fields: (t) => ({ ids: t.exposeIDList('ids', { description: 'The messages it was done to.' }) }),
  });
const ArchiveQueueMessagesPayload = Settled('ArchiveQueueMessagesPayload', 'The result of archiveQueueMessages.');
const DeleteQueueMessagesPayload = Settled('DeleteQueueMessagesPayload', 'The result of deleteQueueMessages.');
const ExtendedMessage = builder.objectRef<{ id: string; visibleAt: Date }>('ExtendedQueueMessage').implement({
  description: 'A message and when others can read it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The message.' }),
    visibleAt: t.expose('visibleAt', { type: 'DateTime', description: 'From when on others can read it.' }),
  }),
});
const ExtendQueueVisibilityPayload = builder
  .objectRef<{ messages: { id: string; visibleAt: Date }[] }>('ExtendQueueVisibilityPayload')
  .implement({
    description: 'The result of extendQueueVisibility.',
    fields: (t) => ({ messages: t.expose('messages', { type: [ExtendedMessage], description: 'The messages.' }) }),
  });

const SETTLE_ERRORS =
  'Errors: LEASE_LOST (a receipt is stale: leave out the messages in extensions.lost, each with reason READ_AGAIN or GONE), CONFLICT (busy: try again), NOT_FOUND, FORBIDDEN.';

builder.mutationFields((t) => ({
  sendToQueue: t.field({
    type: SendToQueuePayload,
    description: 'Sends a message. Errors: NOT_FOUND, FORBIDDEN, IDEMPOTENCY_CONFLICT.',
    authScopes: { act: true },
    args: { input: t.arg({ type: SendToQueueInput, required: true, description: 'What to send.' }) },
    resolve: async (_root, { input: { queue, idempotencyKey, body, ...rest } }, context) => {
      const messages = [{ message: body, ...rest }];
      const [id] = await sendToQueue(context.db, requireViewer(context), { queue, messages, idempotencyKey });
      return { id: id as string };
    },
  }),
  sendBatchToQueue: t.field({
    type: SendBatchToQueuePayload,
    description: 'Sends messages, all or none. Errors: NOT_FOUND, FORBIDDEN, IDEMPOTENCY_CONFLICT.',
    authScopes: { act: true },
    args: { input: t.arg({ type: SendBatchToQueueInput, required: true, description: 'What to send.' }) },
    resolve: async (_root, { input: { messages, ...rest } }, context) => ({
      ids: await sendToQueue(context.db, requireViewer(context), {
        ...rest,
        messages: messages.map(({ body, ...more }) => ({ message: body, ...more })),
      }),
    }),
  }),
  readQueue: t.field({
    type: ReadQueuePayload,
    description:
      'Reads messages and hides them from others for a while; who does not settle them in time sees them delivered again. Waits for the first, if asked to, without polling: callers are served in turn. Errors: NOT_FOUND, FORBIDDEN.',
    authScopes: { act: true },
    args: { input: t.arg({ type: ReadQueueInput, required: true, description: 'What to read.' }) },
    resolve: async (_root, { input }, context) => ({
      deliveries: await readQueue(context, requireViewer(context), input, () => context.signal),
    }),
  }),
  popQueue: t.field({
    type: PopQueuePayload,
    description:
      'Reads and deletes in one: delivered at most once, and lost with a consumer that dies. Errors: NOT_FOUND, FORBIDDEN.',
    authScopes: { act: true },
    args: { input: t.arg({ type: PopQueueInput, required: true, description: 'What to read.' }) },
    resolve: async (_root, { input }, context) => ({
      messages: await popQueue(context.db, requireViewer(context), input.queue, input.quantity),
    }),
  }),
  archiveQueueMessages: t.field({
    type: ArchiveQueueMessagesPayload,
    description: `Moves messages the caller has read to the archive: they are done. Doing it again is no error. ${SETTLE_ERRORS}`,
    authScopes: { act: true },
    args: { input: t.arg({ type: ArchiveQueueMessagesInput, required: true, description: 'Which.' }) },
    resolve: async (_root, { input }, context) => ({
      ids: await removeMessages(context, requireViewer(context), 'archive', {
        queue: input.queue,
        messages: held(input.messages),
      }),
    }),
  }),
  deleteQueueMessages: t.field({
    type: DeleteQueueMessagesPayload,
    description: `Deletes messages the caller has read. ${SETTLE_ERRORS}`,
    authScopes: { act: true },
    args: { input: t.arg({ type: DeleteQueueMessagesInput, required: true, description: 'Which.' }) },
    resolve: async (_root, { input }, context) => ({
      ids: await removeMessages(context, requireViewer(context), 'delete', {
        queue: input.queue,
        messages: held(input.messages),
      }),
    }),
  }),
  extendQueueVisibility: t.field({
    type: ExtendQueueVisibilityPayload,
    description: `Hides messages the caller has read for longer, or gives them back. ${SETTLE_ERRORS}`,
    authScopes: { act: true },
    args: {
      input: t.arg({ type: ExtendQueueVisibilityInput, required: true, description: 'Which, and for how long.' }),
    },
    resolve: async (_root, { input }, context) => ({
      messages: await extendVisibility(context, requireViewer(context), {
        queue: input.queue,
        messages: held(input.messages),
        seconds: input.visibilitySeconds,
      }),
    }),
  }),
}));

function held(messages: readonly { id: string | number | bigint; receipt: string | number | bigint }[]): Held[] {
  return messages.map(({ id, receipt }) => ({ id: String(parseId(id, 'message')), receipt: String(receipt) }));
}
