import { builder } from '../graphql/builder.ts';
import { id, Listing } from '../graphql/listing.ts';
import type { AgentHeartbeat, AgentStateTransition } from '../postgres/generated/client.ts';
import { Agent, AgentState } from './agent.ts';

const Heartbeat = builder.prismaObject('AgentHeartbeat', {
  name: 'Heartbeat',
  description: 'One beat out of the history, which keeps one per minute and every change, for 30 days.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    instance: t.exposeString('instance', { description: 'The process that beat.' }),
    at: t.expose('timestamp', { type: 'DateTime', description: 'When it beat.' }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When this was written down: later than `at` for history that was copied in.',
    }),
    status: t.exposeString('status', {
      nullable: true,
      description: 'Availability: online, busy, offline, error. Plain SQL may say otherwise.',
    }),
    state: t.exposeString('state', {
      nullable: true,
      description: 'Place in the lifecycle. Plain SQL may use its own words.',
    }),
    errorCount: t.exposeInt('errorCount', { nullable: true, description: 'Errors so far, as the agent counts them.' }),
    message: t.exposeString('message', { nullable: true, description: 'A remark.' }),
    metrics: t.expose('metrics', { type: 'JSON', nullable: true, description: 'Any measurements.' }),
    metadata: t.expose('metadata', { type: 'JSON', nullable: true, description: 'Anything else.' }),
  }),
});

const AgentTransition = builder.prismaObject('AgentStateTransition', {
  name: 'AgentTransition',
  description: 'A change of state out of the history, which is kept for 90 days.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    from: t.field({
      type: AgentState,
      nullable: true,
      description: 'The state it left; null where it was first heard of.',
      resolve: ({ fromState }) => fromState as typeof AgentState.$inferType | null,
    }),
    to: t.field({
      type: AgentState,
      description: 'The state it came to.',
      resolve: ({ toState }) => toState as typeof AgentState.$inferType,
    }),
    reason: t.exposeString('reason', { nullable: true, description: 'Why; null when nobody said.' }),
    actor: t.exposeString('actor', {
      description:
        'The agent itself, `operator`, the agent of an operator, or the database role of a plain SQL writer.',
    }),
    at: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
  }),
});

const by = { column: 'id', as: id } as const;
const newest = { ...by, way: 'desc' } as const;
const HEARTBEATS = new Listing<AgentHeartbeat, 'heartbeats'>('heartbeats', by, { heartbeats: newest });
const TRANSITIONS = new Listing<AgentStateTransition, 'transitions'>('transitions', by, { transitions: newest });

builder.prismaObjectFields(Agent, (t) => ({
  heartbeats: t.connection(
    {
      type: Heartbeat,
      description: 'The history of its beats, newest first.',
      args: { since: t.arg({ type: 'DateTime', description: 'Only those from this time on.' }) },
      resolve: ({ agentId }, { since, ...args }, { db }) =>
        HEARTBEATS.connection(
          'heartbeats',
          args,
          [{ agentId, ...(since == null ? {} : { timestamp: { gte: since } }) }],
          (page) => db.prisma.agentHeartbeat.findMany(page),
        ),
    },
    { name: 'HeartbeatConnection', description: 'A page of beats.' },
    { name: 'HeartbeatEdge', description: 'A beat and its place in the list.' },
  ),
  transitions: t.connection(
    {
      type: AgentTransition,
      description: 'The history of its states, newest first.',
      resolve: ({ agentId }, args, { db }) =>
        TRANSITIONS.connection('transitions', args, [{ agentId }], (page) =>
          db.prisma.agentStateTransition.findMany(page),
        ),
    },
    { name: 'AgentTransitionConnection', description: 'A page of changes of state.' },
    { name: 'AgentTransitionEdge', description: 'A change of state and its place in the list.' },
  ),
}));
