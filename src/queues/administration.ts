import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { requireViewer } from '../graphql/context.ts';
import { Queue, QueueGrant } from './queue.ts';
import { createQueue, dropQueue, grantQueue, purgeQueue, redriveQueue, revokeQueue } from './service.ts';

const NAME = z
  .string()
  .regex(
    /^[A-Za-z0-9_]{1,47}$/,
    "A queue's name has 1 to 47 characters: letters of the English alphabet, digits and _.",
  );
const AGENT = z.string().min(1).max(255);

const CreateQueueInput = builder.inputType('CreateQueueInput', {
  description: 'The queue to make.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Up to 47 letters, digits and _.', validate: NAME }),
    maxReads: t.int({
      description: 'After so many reads a message goes to the dead letter queue. By default it never does.',
      validate: z.number().int().min(1).max(1_000),
    }),
    deadLetterQueue: t.string({
      description: 'Where it goes; made if it is not there. With maxReads, <name>_dead by default.',
      validate: NAME,
    }),
  }),
});
const CreateQueuePayload = builder.objectRef<{ queue: typeof Queue.$inferType }>('CreateQueuePayload').implement({
  description: 'The result of createQueue.',
  fields: (t) => ({ queue: t.expose('queue', { type: Queue, description: 'The queue.' }) }),
});

const QueueInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({ queue: t.string({ required: true, description: 'Its name.', validate: NAME }) }),
  });
const DropQueueInput = QueueInput('DropQueueInput', 'The queue to drop.');
const DropQueuePayload = builder.objectRef<{ name: string; purged: number }>('DropQueuePayload').implement({
  description: 'The result of dropQueue.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The queue that is gone.' }),
    purged: t.exposeInt('purged', { description: 'How many messages went with it.' }),
  }),
});
const PurgeQueueInput = QueueInput('PurgeQueueInput', 'The queue to empty.');
const PurgeQueuePayload = builder.objectRef<{ purged: number }>('PurgeQueuePayload').implement({
  description: 'The result of purgeQueue.',
  fields: (t) => ({ purged: t.exposeInt('purged', { description: 'How many messages were deleted.' }) }),
});

const RedriveQueueInput = builder.inputType('RedriveQueueInput', {
  description: 'Which dead letters to send again.',
  fields: (t) => ({
    queue: t.string({ required: true, description: 'The dead letter queue.', validate: NAME }),
    to: t.string({
      description: 'Send them to this queue; by default each goes back to where it came from.',
      validate: NAME,
    }),
    limit: t.int({
      defaultValue: 1_000,
      required: true,
      description: 'At most so many.',
      validate: z.number().int().min(1).max(10_000),
    }),
  }),
});
const RedriveQueuePayload = builder.objectRef<{ redriven: number }>('RedriveQueuePayload').implement({
  description: 'The result of redriveQueue.',
  fields: (t) => ({
    redriven: t.exposeInt('redriven', {
      description: 'How many were sent again. Fewer than the limit: there are no more.',
    }),
  }),
});

const GrantQueueInput = builder.inputType('GrantQueueInput', {
  description: 'What an agent may do; replaces what it was granted before.',
  fields: (t) => ({
    queue: t.string({ required: true, description: 'The queue.', validate: NAME }),
    agent: t.id({ required: true, description: 'The agent; * stands for all.', validate: AGENT }),
    send: t.boolean({ required: true, defaultValue: false, description: 'It may send.' }),
    read: t.boolean({
      required: true,
      defaultValue: false,
      description: 'It may receive and settle messages, and view.',
    }),
    view: t.boolean({ required: true, defaultValue: false, description: 'It may look without receiving.' }),
  }),
});
const GrantQueuePayload = builder.objectRef<{ grant: typeof QueueGrant.$inferType }>('GrantQueuePayload').implement({
  description: 'The result of grantQueue.',
  fields: (t) => ({ grant: t.expose('grant', { type: QueueGrant, description: 'The grant as it is now.' }) }),
});

const RevokeQueueInput = builder.inputType('RevokeQueueInput', {
  description: 'Whose grant to take back.',
  fields: (t) => ({
    queue: t.string({ required: true, description: 'The queue.', validate: NAME }),
    agent: t.id({ required: true, description: 'The agent; * is the grant for all.', validate: AGENT }),
  }),
});
const RevokeQueuePayload = builder.objectRef<{ revoked: boolean }>('RevokeQueuePayload').implement({
  description: 'The result of revokeQueue.',
  fields: (t) => ({ revoked: t.exposeBoolean('revoked', { description: 'False when there was no such grant.' }) }),
});

builder.mutationFields((t) => ({
  createQueue: t.field({
    type: CreateQueuePayload,
    description:
      'Makes a queue. One that is there with the same settings is returned as it is. Errors: BAD_INPUT, CONFLICT (other settings).',
    authScopes: { operate: true },
    args: { input: t.arg({ type: CreateQueueInput, required: true, description: 'The queue.' }) },
    resolve: async (_root, { input }, context) => ({
      queue: await createQueue(context.db, requireViewer(context), input),
    }),
  }),
  dropQueue: t.field({
    type: DropQueuePayload,
    description:
      'Drops a queue with its messages and grants. Errors: NOT_FOUND, CONFLICT while another sends its dead letters there.',
    authScopes: { operate: true },
    args: { input: t.arg({ type: DropQueueInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, context) => dropQueue(context.db, requireViewer(context), input.queue),
  }),
  purgeQueue: t.field({
    type: PurgeQueuePayload,
    description: 'Deletes every message that is in the queue when it begins, in flight or not. Errors: NOT_FOUND.',
    authScopes: { operate: true },
    args: { input: t.arg({ type: PurgeQueueInput, required: true, description: 'Which.' }) },
    resolve: async (_root, { input }, context) => ({
      purged: await purgeQueue(context.db, requireViewer(context), input.queue),
    }),
  }),
  redriveQueue: t.field({
    type: RedriveQueuePayload,
    description:
      'Sends dead letters again, in their first order, with a new id and a read count of 0. Letters that somebody is reading stay, and so do those whose queue is gone. Errors: NOT_FOUND.',
    authScopes: { operate: true },
    args: { input: t.arg({ type: RedriveQueueInput, required: true, description: 'Which.' }) },
    resolve: async (_root, { input }, context) => ({
      redriven: await redriveQueue(context.db, requireViewer(context), input),
    }),
  }),
  grantQueue: t.field({
    type: GrantQueuePayload,
    description:
      'Says what an agent may do with a queue. A queue is open to all agents until its first grant; from then on, and also when the last is revoked, only grants count. Errors: NOT_FOUND.',
    authScopes: { operate: true },
    args: { input: t.arg({ type: GrantQueueInput, required: true, description: 'The grant.' }) },
    resolve: async (_root, { input }, context) => ({
      grant: await grantQueue(context.db, requireViewer(context), input),
    }),
  }),
  revokeQueue: t.field({
    type: RevokeQueuePayload,
    description: 'Takes a grant back. Errors: NOT_FOUND (the queue).',
    authScopes: { operate: true },
    args: { input: t.arg({ type: RevokeQueueInput, required: true, description: 'Whose.' }) },
    resolve: async (_root, { input }, context) => ({
      revoked: await revokeQueue(context.db, requireViewer(context), input),
    }),
  }),
}));
