import { resolveCursorConnection } from '@pothos/plugin-relay';
import { z } from 'zod';
import { builder, MAX_PAGE } from '../graphql/builder.ts';
import { type AgentHealth, healthCursor, type Overview, readAgentHealth, systemOverview } from './reports.ts';

const AgentCounts = builder.objectRef<Overview['agents']>('AgentCounts').implement({
  description: 'How many agents there are, by what the hub sees of them.',
  fields: (t) => ({
    total: t.exposeInt('total', { description: 'All that ever registered.' }),
    running: t.int({
      description: 'Those that are alive: online or late.',
      resolve: ({ online, late }) => online + late,
    }),
    online: t.exposeInt('online', { description: 'Their beats come.' }),
    late: t.exposeInt('late', { description: 'They missed one beat.' }),
    stale: t.exposeInt('stale', { description: 'They missed more than two.' }),
    offline: t.exposeInt('offline', { description: 'They stopped.' }),
    active: t.exposeInt('active', {
      description: 'Those that say to be in state ACTIVE, which older clients call running.',
    }),
  }),
});

const OpenTaskCounts = builder.objectRef<Overview['openTasks']>('OpenTaskCounts').implement({
  description: 'How many tasks are not finished, by status.',
  fields: (t) => ({
    open: t.exposeInt('open', { description: 'To be claimed, now or later.' }),
    claimed: t.exposeInt('claimed', { description: 'Held, and not begun.' }),
    inProgress: t.exposeInt('in_progress', { description: 'Being worked on.' }),
    blocked: t.exposeInt('blocked', { description: 'Waiting for other tasks.' }),
  }),
});

const TaskQueueDepth = builder.objectRef<Overview['taskQueues'][number]>('TaskQueueDepth').implement({
  description: 'How many tasks of a type wait to be claimed.',
  fields: (t) => ({
    type: t.exposeString('type', { description: 'The type.' }),
    ready: t.exposeInt('ready', { description: 'How many may be claimed now.' }),
  }),
});

const QueueDepth = builder.objectRef<Overview['queueDepths'][number]>('QueueDepth').implement({
  description: 'How many messages a queue holds.',
  fields: (t) => ({
    queue: t.exposeID('queue', { description: 'Its name.' }),
    length: t.exposeFloat('length', { description: 'Messages waiting, delayed or in flight.' }),
  }),
});

const SystemOverview = builder.objectRef<Overview>('SystemOverview').implement({
  description: 'The system at a glance.',
  fields: (t) => ({
    asOf: t.expose('asOf', { type: 'DateTime', description: 'When it was read.' }),
    agents: t.expose('agents', { type: AgentCounts, description: 'The agents.' }),
    recentHeartbeats: t.exposeInt('recentHeartbeats', {
      description:
        'Beats recorded in the last 5 minutes; at most one per agent and minute is, unless something changed.',
    }),
    recentErrors: t.exposeInt('recentErrors', {
      description: 'Entries of the log of the last hour, ERROR or CRITICAL.',
    }),
    openTasks: t.expose('openTasks', { type: OpenTaskCounts, description: 'The tasks that are not finished.' }),
    taskQueues: t.expose('taskQueues', {
      type: [TaskQueueDepth],
      description: 'Types that have tasks waiting to be claimed, the longest queue first; at most 100.',
    }),
    queueDepths: t.expose('queueDepths', {
      type: [QueueDepth],
      description: 'Queues of messages, the longest first; at most 100.',
    }),
  }),
});

const AgentHealthRef = builder.objectRef<AgentHealth>('AgentHealth').implement({
  description: 'The recorded beats of an agent in the 24 hours before asOf.',
  fields: (t) => ({
    agentId: t.exposeID('agent', { description: 'The agent.' }),
    heartbeatCount: t.exposeInt('heartbeats', {
      description: 'How many; at most one per minute is recorded, unless something changed.',
    }),
    lastHeartbeat: t.expose('lastHeartbeat', { type: 'DateTime', description: 'The newest of them.' }),
    averageCpu: t.exposeFloat('averageCpu', {
      nullable: true,
      description: 'Mean of `cpu_usage` in the metrics of those that have one; null when none has.',
    }),
    asOf: t.expose('asOf', {
      type: 'DateTime',
      description: 'When this was summed up: about a minute ago at most, unless no hub was running.',
    }),
  }),
});

builder.queryFields((t) => ({
  systemOverview: t.field({
    type: SystemOverview,
    description: 'The system at a glance, up to 5 s old: see asOf.',
    authScopes: { read: true },
    resolve: (_root, _args, { db }) => systemOverview(db),
  }),
  agentHealth: t.connection(
    {
      type: AgentHealthRef,
      description:
        'The health of each agent that beat in the last 24 hours, by id; up to about a minute old: see asOf. Errors: BAD_INPUT.',
      authScopes: { read: true },
      args: {
        agents: t.arg.idList({
          description: 'Only of these; by default of all.',
          validate: z.array(z.string()).min(1).max(1_000),
        }),
      },
      resolve: (_root, { agents, ...args }, { db }) =>
        resolveCursorConnection<Promise<AgentHealth[]>>(
          { args, maxSize: MAX_PAGE, defaultSize: 20, toCursor: healthCursor },
          (page) => readAgentHealth(db, { agents, ...page }),
        ),
    },
    { name: 'AgentHealthConnection', description: 'A page of summaries.' },
    { name: 'AgentHealthEdge', description: 'A summary and its place in the list.' },
  ),
}));
