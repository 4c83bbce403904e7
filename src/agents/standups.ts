import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import { z } from 'zod';
import type { ChangeEvent } from '../feed/event.ts';
import { builder } from '../graphql/builder.ts';
import { actingAgent, type Context } from '../graphql/context.ts';
import { AFTER, eventType } from '../graphql/event-fields.ts';
import { id, Listing, type PagingArgs } from '../graphql/listing.ts';
import { liveEvents } from '../graphql/live.ts';
import { fromEvent } from '../graphql/row.ts';
import type { AgentStandup } from '../postgres/generated/client.ts';
import { Agent, AgentStatus } from './agent.ts';
import { postStandup, readStandupColumn } from './service.ts';

const Standup = builder.prismaObject('AgentStandup', {
  name: 'Standup',
  description: 'What an agent reported of itself.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    agentId: t.exposeID('agentName', { description: 'Who reported.' }),
    agent: t.prismaField({
      type: Agent,
      nullable: true,
      description: 'Who reported; null when it has been deleted since.',
      resolve: (query, { agentName }, _args, { db }) =>
        db.prisma.agent.findUnique({ ...query, where: { agentId: agentName } }),
    }),
    status: t.exposeString('status', {
      nullable: true,
      description: 'Availability: online, busy, offline, error. Plain SQL may use its own words.',
    }),
    currentTask: t.string({
      nullable: true,
      description: 'What it works on.',
      resolve: (standup, _args, { db }) =>
        standup.currentTask === undefined ? readStandupColumn(db, standup.id, 'currentTask') : standup.currentTask,
    }),
    blockers: t.string({
      nullable: true,
      description: 'What keeps it from going on.',
      resolve: (standup, _args, { db }) =>
        standup.blockers === undefined ? readStandupColumn(db, standup.id, 'blockers') : standup.blockers,
    }),
    nextActions: t.string({
      nullable: true,
      description: 'What it will do next.',
      resolve: (standup, _args, { db }) =>
        standup.nextActions === undefined ? readStandupColumn(db, standup.id, 'nextActions') : standup.nextActions,
    }),
    heartbeatIntervalMinutes: t.exposeInt('heartbeatIntervalMin', {
      nullable: true,
      description: 'How often it means to be heard of, in minutes; null when it did not say.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
  }),
});

const StandupEdge = builder.edgeObject({
  type: Standup,
  name: 'StandupEdge',
  description: 'A standup and its place in the list.',
});
const StandupConnection = builder.connectionObject(
  { type: Standup, name: 'StandupConnection', description: 'A page of standups.' },
  StandupEdge,
);

const STANDUPS = new Listing<AgentStandup, 'standups'>(
  'standups',
  { column: 'id', as: id },
  { standups: { column: 'id', as: id, way: 'desc' } },
);

function readStandups(wanted: object, args: PagingArgs, context: Context, info: GraphQLResolveInfo) {
  return STANDUPS.connection(
    'standups',
    args,
    [wanted],
    (page) =>
      context.db.prisma.agentStandup.findMany({
        ...(queryFromInfo({ context, info, path: ['edges', 'node'] }) as object),
        ...page,
      }) as Promise<AgentStandup[]>,
  );
}

builder.queryField('standups', (t) =>
  t.connection(
    {
      type: Standup,
      description: 'Standups, newest first.',
      authScopes: { read: true },
      args: {
        agent: t.arg.id({ description: 'Only of this agent.' }),
        since: t.arg({ type: 'DateTime', description: 'Only those after this time.' }),
      },
      resolve: (_root, { agent, since, ...args }, context, info) => {
        const wanted = {
          ...(agent == null ? {} : { agentName: agent }),
          ...(since == null ? {} : { createdAt: { gt: since } }),
        };
        return readStandups(wanted, args, context, info);
      },
    },
    StandupConnection,
    StandupEdge,
  ),
);

builder.prismaObjectField(Agent, 'standups', (t) =>
  t.connection(
    {
      type: Standup,
      description: 'What it reported of itself, newest first.',
      resolve: ({ agentId }, args, context, info) => readStandups({ agentName: agentId }, args, context, info),
    },
    StandupConnection,
    StandupEdge,
  ),
);

const PostStandupInput = builder.inputType('PostStandupInput', {
  description: 'What an agent reports of itself.',
  fields: (t) => ({
    agent: t.id({
      description: "Who reports; by default the caller's own agent.",
      validate: z.string().min(1).max(255),
    }),
    status: t.field({ type: AgentStatus, description: 'Whether it takes work. Default ONLINE.' }),
    currentTask: t.string({ description: 'What it works on.', validate: z.string().max(10_000) }),
    blockers: t.string({ description: 'What keeps it from going on.', validate: z.string().max(100_000) }),
    nextActions: t.string({ description: 'What it will do next.', validate: z.string().max(100_000) }),
    heartbeatIntervalMinutes: t.int({
      description: 'How often it means to be heard of, in minutes, 1 to 1440 (a day).',
      validate: z.number().int().min(1).max(1_440),
    }),
    idempotencyKey: t.string({
      description: 'Any text of up to 255 characters that names this call: a repeat gets the standup of the first.',
      validate: z.string().min(1).max(255),
    }),
  }),
});

const PostStandupPayload = builder.objectRef<{ standup: typeof Standup.$inferType }>('PostStandupPayload').implement({
  description: 'The result of postStandup.',
  fields: (t) => ({ standup: t.expose('standup', { type: Standup, description: 'The standup.' }) }),
});

builder.mutationField('postStandup', (t) =>
  t.field({
    type: PostStandupPayload,
    description:
      'Reports what an agent does; counts as a beat of it. Errors: BAD_INPUT, IDEMPOTENCY_CONFLICT, CONFLICT (its agent is locked by plain SQL, with `busy`: repeat), FORBIDDEN (an agent reports for itself only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: PostStandupInput, required: true, description: 'The report.' }) },
    resolve: async (_root, { input }, context) => ({
      standup: await postStandup(context.db, { ...input, agent: actingAgent(context, input.agent) }),
    }),
  }),
);

const StandupEvent = eventType('StandupEvent', {
  description: 'A standup that was posted, or changed since.',
  actor: 'The agent that reported, or the database role of a plain SQL writer.',
  fields: (t) => ({
    standup: t.field({
      type: Standup,
      description: 'The standup.',
      resolve: (event) => fromEvent('AgentStandup', event),
    }),
  }),
});

builder.subscriptionField('standupEvents', (t) =>
  t.field({
    type: StandupEvent,
    description: 'Standups as they are posted. Errors: CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: {
      agents: t.arg.idList({
        description: 'Only of these; by default of all.',
        validate: z.array(z.string()).min(1).max(1_000),
      }),
      after: t.arg(AFTER),
    },
    subscribe: (_root, { agents, after }, context) => {
      const wanted = agents == null ? null : new Set<unknown>(agents);
      return liveEvents(context, after, {
        topics: ['standups'],
        matches: (event) => wanted?.has(event.data['agent_name']) ?? true,
      });
    },
    resolve: (event) => event as ChangeEvent,
  }),
);
