import { z } from 'zod';
import { ensureAgent } from '../agents/service.ts';
import type { ChangeEvent } from '../feed/event.ts';
import { builder } from '../graphql/builder.ts';
import { requireViewer } from '../graphql/context.ts';
import { AFTER, eventType } from '../graphql/event-fields.ts';
import { liveEvents } from '../graphql/live.ts';
import { fromEvent } from '../graphql/row.ts';
import { deleteState, readValue, STATES, setState, stateWhere } from './service.ts';

const KEY = z.string().min(1).max(255);
const PREFIX = z.string().max(255);
const MAX_VERSION = 2 ** 31 - 1;

const State = builder.prismaObject('SystemStateValue', {
  name: 'State',
  description: 'A value that all share, by key.',
  fields: (t) => ({
    key: t.exposeID('key', { description: 'For example deploy/lock.' }),
    value: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'Any JSON, null too. In an event, a value over 16 kB is read from the table: it is then the present one. Error there: NOT_FOUND, when the key has been deleted since.',
      resolve: ({ key, value }, _args, { db }) => (value === undefined ? readValue(db, key) : value),
    }),
    version: t.int({
      description:
        '1 when the key is set, and 1 more with every write of it. A key that was deleted begins at 1 again.',
      resolve: ({ version }) => Number(version),
    }),
    updatedBy: t.exposeString('updatedBy', {
      nullable: true,
      description: 'Who last set it: the agent, the name that plain SQL gave, or its database role.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the key was first set.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last set.' }),
  }),
});

builder.queryFields((t) => ({
  state: t.prismaField({
    type: State,
    nullable: true,
    description: 'The value of one key; null when there is none.',
    authScopes: { read: true },
    args: { key: t.arg.id({ required: true, description: 'The key.' }) },
    resolve: (query, _root, { key }, { db }) => db.prisma.systemStateValue.findUnique({ ...query, where: { key } }),
  }),
  states: t.connection(
    {
      type: State,
      description: 'Keys and their values, by key in byte order. Errors: BAD_INPUT.',
      authScopes: { read: true },
      args: {
        prefix: t.arg.string({
          defaultValue: '',
          description: 'Only keys that begin with this; by default all.',
          validate: PREFIX,
        }),
      },
      resolve: (_root, { prefix, ...args }, { db }) =>
        STATES.connection('state', args, [stateWhere(prefix ?? '')], (page) =>
          db.prisma.systemStateValue.findMany(page),
        ),
    },
    { name: 'StateConnection', description: 'A page of keys.' },
    { name: 'StateEdge', description: 'A key and its place in the list.' },
  ),
}));

const SetStateInput = builder.inputType('SetStateInput', {
  description: 'What to set.',
  fields: (t) => ({
    key: t.id({ required: true, description: '1 to 255 characters.', validate: KEY }),
    value: t.field({ type: 'JSON', description: 'Any JSON; left out: null.' }),
    expectedVersion: t.int({
      description:
        'Set it only if this is the version that the key has; 0: only if there is no such key. Left out: in any case.',
      validate: z.number().int().min(0).max(MAX_VERSION),
    }),
  }),
});

const SetStatePayload = builder.objectRef<{ state: typeof State.$inferType }>('SetStatePayload').implement({
  description: 'The result of setState.',
  fields: (t) => ({ state: t.expose('state', { type: State, description: 'The key as it was set.' }) }),
});

const DeleteStateInput = builder.inputType('DeleteStateInput', {
  description: 'What to delete.',
  fields: (t) => ({
    key: t.id({ required: true, description: 'The key.', validate: KEY }),
    expectedVersion: t.int({
      description: 'Delete it only if this is the version that the key has. Left out: in any case.',
      validate: z.number().int().min(1).max(MAX_VERSION),
    }),
  }),
});

const DeleteStatePayload = builder
  .objectRef<{ state: typeof State.$inferType | null }>('DeleteStatePayload')
  .implement({
    description: 'The result of deleteState.',
    fields: (t) => ({
      state: t.expose('state', {
        type: State,
        nullable: true,
        description: 'The key as it was; null when there was none.',
      }),
    }),
  });

builder.mutationFields((t) => ({
  setState: t.field({
    type: SetStatePayload,
    description:
      'Sets the value of a key. Errors: BAD_INPUT, CONFLICT (the key has not the expected version; `extensions` hold its `version`, 0 for none, and `value`).',
    authScopes: { act: true },
    args: { input: t.arg({ type: SetStateInput, required: true, description: 'What to set.' }) },
    resolve: async (_root, { input }, context) => {
      const { agent } = requireViewer(context);
      if (agent !== null) await ensureAgent(context.db, agent);
      return { state: await setState(context.db, agent, { ...input, value: input.value ?? null }) };
    },
  }),
  deleteState: t.field({
    type: DeleteStatePayload,
    description:
      'Deletes a key; to delete one that is not there is no error, unless a version was expected. Errors: BAD_INPUT, CONFLICT (as setState).',
    authScopes: { act: true },
    args: { input: t.arg({ type: DeleteStateInput, required: true, description: 'What to delete.' }) },
    resolve: async (_root, { input }, context) => ({
      state: await deleteState(context.db, requireViewer(context).agent, input),
    }),
  }),
}));

const StateEvent = eventType('StateEvent', {
  description: 'A key that was set or deleted.',
  op: 'INSERT: the key is new. UPDATE: it was set again.',
  actor: 'The agent that set it, or deleted it, or the database role of a plain SQL writer.',
  fields: (t) => ({
    state: t.field({
      type: State,
      description: 'The key as it was right after the change; before it, when it was deleted.',
      resolve: (event) => fromEvent('SystemStateValue', event),
    }),
  }),
});

builder.subscriptionField('stateEvents', (t) =>
  t.field({
    type: StateEvent,
    description:
      'Keys as they are set and deleted, each write of a key in order. Errors: CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: {
      prefix: t.arg.string({
        defaultValue: '',
        description: 'Only keys that begin with this; by default all.',
        validate: PREFIX,
      }),
      after: t.arg(AFTER),
    },
    subscribe: (_root, { prefix, after }, context) =>
      liveEvents(context, after, { topics: ['state'], matches: ({ entityId }) => entityId.startsWith(prefix ?? '') }),
    resolve: (event) => event as ChangeEvent,
  }),
);
