import { queryFromInfo } from '@pothos/plugin-prisma';
import { z } from 'zod';
import { RookeryError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { type Context, requireViewer, type Viewer } from '../graphql/context.ts';
import { AFTER, eventType } from '../graphql/event-fields.ts';
import { Listing, text } from '../graphql/listing.ts';
import { liveEvents } from '../graphql/live.ts';
import { fromEvent } from '../graphql/row.ts';
import type { Queue as QueueRow } from '../postgres/generated/client.ts';
import { Queue, QueueMessage } from './queue.ts';
import { boundAgent, pgmqProvider, requireQueue, storedName, visibleQueues } from './service.ts';
import './administration.ts';
import './exchange.ts';

const PgmqProvider = builder.enumType('PgmqProvider', {
  description: 'Whose the SQL schema pgmq of the database is.',
  values: {
    ROOKERY: { value: 'rookery', description: "Rookery's: pgmq.send() and the rest work on these queues." },
    EXTENSION: {
      value: 'extension',
      description: 'The extension itself: Rookery leaves it alone, its queues are others.',
    },
    FOREIGN: { value: 'foreign', description: 'Somebody made a schema of that name: Rookery leaves it alone.' },
    NONE: { value: 'none', description: 'There is no such schema any more.' },
  } as const,
});

const QUEUES = new Listing<QueueRow, 'queues'>(
  'queues',
  { column: 'name', as: text },
  { queues: { column: 'name', as: text, way: 'asc' } },
);

builder.queryFields((t) => ({
  queue: t.prismaField({
    type: Queue,
    nullable: true,
    description: 'One queue; null when there is none, or an agent has no grant for it.',
    authScopes: { read: true },
    args: {
      name: t.arg.string({ required: true, description: 'Its name, in any case.', validate: z.string().max(100) }),
    },
    resolve: async (query, _root, { name }, context) => {
      const stored = await storedName(context.db, name);
      if (stored === null) return null;
      return context.db.prisma.queue.findFirst({
        ...query,
        where: { name: stored, ...visibleQueues(requireViewer(context)) },
      });
    },
  }),
  queues: t.connection(
    {
      type: Queue,
      description: 'Queues by name; an agent sees those that are open to all and those it has a grant for.',
      authScopes: { read: true },
      resolve: (_root, args, context, info) =>
        QUEUES.connection(
          'queues',
          args,
          [visibleQueues(requireViewer(context))],
          (page) =>
            context.db.prisma.queue.findMany({
              ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
              ...page,
            }) as Promise<QueueRow[]>,
        ),
    },
    { name: 'QueueConnection', description: 'A page of queues.' },
    { name: 'QueueEdge', description: 'A queue and its place in the list.' },
  ),
  pgmqProvider: t.field({
    type: PgmqProvider,
    description: 'Whether SQL clients of pgmq reach these queues.',
    authScopes: { read: true },
    resolve: async (_root, _args, { db }) => (await pgmqProvider(db)) as 'rookery',
  }),
}));

const QueueEvent = eventType('QueueEvent', {
  description: 'A message came into a queue.',
  op: 'INSERT: only arrivals are events.',
  actor: 'Who sent it: an agent, or the database role of a plain SQL writer.',
  fields: (t) => ({
    queue: t.string({ description: 'The queue.', resolve: ({ data }) => String(data['queue']) }),
    message: t.field({
      type: QueueMessage,
      description: 'The message as it was sent. It may have been read, or settled, since.',
      resolve: (event) => fromEvent('QueueMessage', event),
    }),
  }),
});

builder.subscriptionField('queueEvents', (t) =>
  t.field({
    type: QueueEvent,
    description:
      'Every message that comes into these queues: sent, redriven or given up elsewhere. Reads and settlements are no events; see the figures of Queue. A queue that is not there yet is watched from its first message on. Errors: FORBIDDEN (also for single events, once the grant is revoked), CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: {
      queues: t.arg.stringList({
        required: true,
        description: 'Their names, 1 to 100.',
        validate: z.array(z.string().min(1).max(100)).min(1).max(100),
      }),
      after: t.arg(AFTER),
    },
    subscribe: async (_root, { queues, after }, context) => {
      const viewer = requireViewer(context);
      const names = await Promise.all(queues.map((queue) => nameToWatch(context, viewer, queue)));
      return liveEvents(context, after, { topics: [...new Set(names)].map((name) => `queue:${name}`) });
    },
    resolve: async (event, _args, context) => {
      const viewer = requireViewer(context);
      // The grant may have been revoked since.
      if (boundAgent(viewer) !== null) await requireQueue(context.db, viewer, String(event.data['queue']), 'view');
      return event;
    },
  }),
);

/** Consumers may start before the queue is made: its name is then taken as given. */
async function nameToWatch({ db }: Context, viewer: Viewer, queue: string): Promise<string> {
  try {
    return await requireQueue(db, viewer, queue, 'view');
  } catch (error) {
    if (error instanceof RookeryError && error.code === 'NOT_FOUND') return queue;
    throw error;
  }
}
