import { RookeryError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { requireViewer } from '../graphql/context.ts';
import { id, Listing } from '../graphql/listing.ts';
import type { Database } from '../postgres/database.ts';
import type { QueueArchive, QueueMessage as QueueMessageRow } from '../postgres/generated/client.ts';
import type { Delivery } from './consuming.ts';
import { figuresOf } from './figures.ts';
import { requireQueue } from './service.ts';

const Origin = builder.objectRef<Record<string, unknown>>('DeadLetterOrigin').implement({
  description: 'Where a dead letter comes from.',
  fields: (t) => ({
    queue: t.string({
      description: 'The queue it was read from in vain.',
      resolve: (origin) => String(origin['queue']),
    }),
    messageId: t.id({ description: 'Its id there.', resolve: (origin) => String(origin['messageId']) }),
    readCount: t.int({ description: 'How often it was read there.', resolve: (origin) => Number(origin['readCount']) }),
    group: t.string({
      nullable: true,
      description: 'Its group there; redriving restores it.',
      resolve: (origin) => origin['group'] as string | undefined,
    }),
    reader: t.string({
      nullable: true,
      description: 'Who read it last.',
      resolve: (origin) => origin['reader'] as string | undefined,
    }),
    sentAt: t.field({
      type: 'DateTime',
      description: 'When it was sent there.',
      resolve: (origin) => new Date(String(origin['sentAt'])),
    }),
    diedAt: t.field({
      type: 'DateTime',
      description: 'When it was given up.',
      resolve: (origin) => new Date(String(origin['diedAt'])),
    }),
  }),
});

export const QueueMessage = builder.prismaObject('QueueMessage', {
  description: 'A message of a queue.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number, unique over all queues.', resolve: ({ msgId }) => String(msgId) }),
    queue: t.exposeString('queue', { description: 'The queue it is in.' }),
    body: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'What was sent. One over 16 kB is not in the event: it is read on demand, and NOT_FOUND once deleted.',
      resolve: (message, _args, { db }) =>
        message.message === undefined ? readColumn(db, message, 'message') : message.message,
    }),
    headers: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What the sender put beside it; null: nothing.',
      resolve: (message, _args, { db }) =>
        message.headers === undefined ? readColumn(db, message, 'headers') : message.headers,
    }),
    group: t.exposeString('groupKey', {
      nullable: true,
      description: 'Messages of a group are delivered one at a time, in order.',
    }),
    readCount: t.exposeInt('readCt', { description: 'How often it has been read.' }),
    sentAt: t.expose('enqueuedAt', { type: 'DateTime', description: 'When it came into this queue.' }),
    sentBy: t.exposeString('sentBy', { nullable: true, description: 'Who sent it; null for plain SQL.' }),
    lastReadAt: t.expose('lastReadAt', { type: 'DateTime', nullable: true, description: 'When it was last read.' }),
    lastReader: t.exposeString('reader', { nullable: true, description: 'Who read it last.' }),
    visibleAt: t.expose('vt', { type: 'DateTime', description: 'From when on it can be read (again).' }),
    origin: t.field({
      type: Origin,
      nullable: true,
      description: 'Where it comes from, if it is a dead letter.',
      resolve: ({ headers }) => (headers as { 'x-origin'?: Record<string, unknown> } | null)?.['x-origin'] ?? null,
    }),
  }),
});

export const QueueDelivery = builder.objectRef<Delivery>('QueueDelivery').implement({
  description: 'A message as one read delivered it.',
  fields: (t) => ({
    message: t.expose('message', { type: QueueMessage, description: 'The message.' }),
    receipt: t.exposeID('receipt', {
      description: 'Settles the message. Good until it is read again, also when its time has run out.',
    }),
  }),
});

const ArchivedMessage = builder.prismaObject('QueueArchive', {
  name: 'ArchivedQueueMessage',
  description: 'A message that its consumer archived. Kept for 30 days.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ msgId }) => String(msgId) }),
    queue: t.exposeString('queue', { description: 'The queue it was in.' }),
    body: t.expose('message', { type: 'JSON', nullable: true, description: 'What was sent.' }),
    headers: t.expose('headers', { type: 'JSON', nullable: true, description: 'What the sender put beside it.' }),
    readCount: t.exposeInt('readCt', { description: 'How often it was read.' }),
    sentAt: t.expose('enqueuedAt', { type: 'DateTime', description: 'When it was sent.' }),
    sentBy: t.exposeString('sentBy', { nullable: true, description: 'Who sent it; null for plain SQL.' }),
    lastReader: t.exposeString('reader', { nullable: true, description: 'Who read it last.' }),
    archivedAt: t.expose('archivedAt', { type: 'DateTime', description: 'When it was archived.' }),
  }),
});

export const QueueGrant = builder.prismaObject('QueueGrant', {
  description: 'What an agent may do with a restricted queue.',
  fields: (t) => ({
    queue: t.exposeString('queue', { description: 'The queue.' }),
    agent: t.exposeID('agent', { description: 'The agent; * stands for all.' }),
    send: t.exposeBoolean('canSend', { description: 'Whether it may send.' }),
    read: t.exposeBoolean('canRead', { description: 'Whether it may receive and settle messages; implies view.' }),
    view: t.exposeBoolean('canView', { description: 'Whether it may look at figures and messages without receiving.' }),
    grantedBy: t.exposeString('grantedBy', { nullable: true, description: 'Who granted it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Since when.' }),
  }),
});

const by = { column: 'msgId', as: id } as const;
const MESSAGES = new Listing<QueueMessageRow, 'messages'>('queueMessages', by, { messages: { ...by, way: 'asc' } });
const ARCHIVE = new Listing<QueueArchive, 'archive'>('queueArchive', by, { archive: { ...by, way: 'desc' } });

export const Queue = builder.prismaObject('Queue', {
  description: 'A durable queue: each message is delivered to one consumer at a time until it is settled.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Up to 47 letters, digits and _; found whatever its case.' }),
    maxReads: t.exposeInt('maxReads', {
      nullable: true,
      description: 'After so many reads a message goes to the dead letter queue; null: never.',
    }),
    deadLetterQueue: t.exposeString('deadLetterQueue', { nullable: true, description: 'Where they go.' }),
    restricted: t.exposeBoolean('restricted', {
      description: 'False: every agent may send, read and view. True, from the first grant on: those with a grant.',
    }),
    createdBy: t.exposeString('createdBy', { nullable: true, description: 'Who made it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
    grants: t.relation('grants', { description: 'Who may do what.', query: { orderBy: { agent: 'asc' } } }),
    length: t.int({
      description: 'Messages in it, in flight and delayed ones too. Exact.',
      resolve: async ({ name }, _args, context) => (await figuresOf(context, name)).length,
    }),
    visibleLength: t.int({
      description:
        'Those that could be read now. Exact up to 2,000; beyond, the length less those hidden, of which at most 2,000 are counted.',
      resolve: async ({ name }, _args, context) => (await figuresOf(context, name)).visibleLength,
    }),
    totalMessages: t.float({
      description: 'Messages ever sent to it. Exact.',
      resolve: async ({ name }, _args, context) => (await figuresOf(context, name)).totalMessages,
    }),
    oldestMessageAgeSeconds: t.int({
      nullable: true,
      description: 'Age of the oldest message in it; null when it is empty.',
      resolve: async ({ name }, _args, context) => (await figuresOf(context, name)).oldestAgeSeconds,
    }),
    newestMessageAgeSeconds: t.int({
      nullable: true,
      description: 'Age of the newest message in it; null when it is empty.',
      resolve: async ({ name }, _args, context) => (await figuresOf(context, name)).newestAgeSeconds,
    }),
    messages: t.connection(
      {
        type: QueueMessage,
        description: 'A look at its messages in the order of sending, which receives none. Errors: FORBIDDEN.',
        resolve: async ({ name }, args, context) => {
          await requireQueue(context.db, requireViewer(context), name, 'view');
          return MESSAGES.connection('messages', args, [{ queue: name }], (page) =>
            context.db.prisma.queueMessage.findMany(page),
          );
        },
      },
      { name: 'QueueMessageConnection', description: 'A page of messages.' },
      { name: 'QueueMessageEdge', description: 'A message and its place in the list.' },
    ),
    archive: t.connection(
      {
        type: ArchivedMessage,
        description: 'What was archived since the queue was made, newest message first. Errors: FORBIDDEN.',
        resolve: async ({ name, createdAt }, args, context) => {
          await requireQueue(context.db, requireViewer(context), name, 'view');
          return ARCHIVE.connection('archive', args, [{ queue: name, archivedAt: { gte: createdAt } }], (page) =>
            context.db.prisma.queueArchive.findMany(page),
          );
        },
      },
      { name: 'ArchivedQueueMessageConnection', description: 'A page of archived messages.' },
      { name: 'ArchivedQueueMessageEdge', description: 'An archived message and its place in the list.' },
    ),
  }),
});

/** A column that was too large for the event, from the queue or its archive. */
async function readColumn(
  db: Database,
  { queue, msgId }: { queue: string; msgId: bigint },
  column: 'message' | 'headers',
): Promise<unknown> {
  const [row] = await db.query<{ value: unknown }>(
    `select ${column} as value from public.queue_messages where queue = $1 and msg_id = $2
     union all select ${column} from public.queue_archive where queue = $1 and msg_id = $2 limit 1`,
    [queue, msgId],
  );
  if (row === undefined)
    throw new RookeryError('NOT_FOUND', `Message ${msgId} of queue ${queue} has been deleted since.`);
  return row.value;
}
