import { builder } from '../graphql/builder.ts';
import { readAgentColumn } from './service.ts';

export const AgentStatus = builder.enumType('AgentStatus', {
  description: 'Whether an agent takes work, as it says itself.',
  values: {
    ONLINE: { value: 'online', description: 'Ready for work.' },
    BUSY: { value: 'busy', description: 'Working; do not expect an answer soon.' },
    OFFLINE: { value: 'offline', description: 'Gone, and says so. It is not watched until it beats again.' },
    ERROR: { value: 'error', description: 'Something keeps it from working.' },
  },
});

export const AgentState = builder.enumType('AgentState', {
  description: 'Where an agent is in its lifecycle, as it says itself.',
  values: {
    INITIALIZING: { value: 'initializing', description: 'Starting up.' },
    DEPLOYING: { value: 'deploying', description: 'Being installed where it will run.' },
    MONITORING: { value: 'monitoring', description: 'Running, and looking on before it acts.' },
    ACTIVE: { value: 'active', description: 'Doing its work.' },
    OPTIMIZING: { value: 'optimizing', description: 'Improving itself meanwhile.' },
    STANDBY: { value: 'standby', description: 'Waiting to be activated.' },
    MAINTENANCE: { value: 'maintenance', description: 'Taken out of work for upkeep.' },
    ERROR: { value: 'error', description: 'Failed.' },
    RECOVERY: { value: 'recovery', description: 'Trying to get over a failure.' },
    MANUAL: { value: 'manual', description: 'Waiting for a person to put it right.' },
    SHUTDOWN: { value: 'shutdown', description: 'Ended.' },
  },
});

export const AgentLiveness = builder.enumType('AgentLiveness', {
  description: 'What the hub sees of an agent, by the clock of the database alone.',
  values: {
    ONLINE: { value: 'online', description: 'Its beats come.' },
    LATE: { value: 'late', description: 'It missed a beat: none came for one and a quarter of its intervals.' },
    STALE: {
      value: 'stale',
      description: 'It missed more than two: none came for three and a quarter of its intervals.',
    },
    OFFLINE: { value: 'offline', description: 'It stopped, or said that it is offline.' },
  },
});

const Heartbeat = builder.prismaObject('AgentHeartbeat', {
  name: 'Heartbeat',
  description: 'One beat out of the history, which keeps one per minute and every change, for 30 days.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    instance: t.exposeString('instance', { description: 'The process that beat.' }),
    at: t.expose('timestamp', { type: 'DateTime', description: 'When.' }),
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

export const AgentInstance = builder.prismaObject('AgentInstance', {
  description: 'A process of an agent. Leases of tasks belong to it, not to the agent.',
  fields: (t) => ({
    instance: t.exposeString('instance', { description: 'Its name: `default` unless the process gave another.' }),
    incarnation: t.exposeInt('incarnation', {
      description:
        'How often it registered. A process that beats with an older incarnation is told that it has been replaced.',
    }),
    lastHeartbeat: t.expose('lastHeartbeat', { type: 'DateTime', description: 'When it last beat or registered.' }),
    heartbeatIntervalSeconds: t.exposeInt('heartbeatIntervalSeconds', {
      description: 'How often it means to beat, in seconds.',
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it last registered, or first beat.' }),
    stoppedAt: t.expose('stoppedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it stopped gracefully; null while it runs.',
    }),
  }),
});

export const Agent = builder.prismaObject('Agent', {
  description: 'One name that beats, claims and sends; one or more processes stand behind it.',
  fields: (t) => ({
    id: t.exposeID('agentId', { description: 'Its name in every call and column, for example `jean`.' }),
    name: t.exposeString('agentName', { description: 'How to show it to people; its id unless it gave one.' }),
    type: t.exposeString('type', {
      nullable: true,
      description: 'For example code, research, document, analysis; any word.',
    }),
    command: t.exposeString('command', { nullable: true, description: 'How to start it.' }),
    capabilities: t.stringList({
      description: 'What it can do.',
      resolve: async ({ agentId, capabilities }, _args, { db }) =>
        stringsIn(capabilities ?? (await readAgentColumn(db, agentId, 'capabilities'))),
    }),
    status: t.field({
      type: AgentStatus,
      description: 'Whether it takes work, as it says itself.',
      resolve: ({ status }) => status as typeof AgentStatus.$inferType,
    }),
    state: t.field({
      type: AgentState,
      description: 'Where it is in its lifecycle, as it says itself.',
      resolve: ({ state }) => state as typeof AgentState.$inferType,
    }),
    liveness: t.field({
      type: AgentLiveness,
      description: 'Whether its beats come, as the hub sees it.',
      resolve: ({ liveness }) => liveness as typeof AgentLiveness.$inferType,
    }),
    currentTask: t.exposeString('currentTask', { nullable: true, description: 'What it works on, in its own words.' }),
    heartbeatIntervalSeconds: t.exposeInt('heartbeatIntervalSeconds', {
      description: 'How often it means to beat, in seconds.',
    }),
    lastHeartbeat: t.expose('lastHeartbeat', {
      type: 'DateTime',
      description: 'Its newest beat, of whichever process; registering counts.',
    }),
    lastStateChange: t.expose('lastStateChange', { type: 'DateTime', description: 'When `state` last changed.' }),
    errorCount: t.exposeInt('errorCount', { description: 'Errors so far, as the agent counts them.' }),
    message: t.exposeString('message', { nullable: true, description: 'Its latest remark.' }),
    metrics: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its latest measurements.',
      resolve: (agent, _args, { db }) => large(agent.metrics, () => readAgentColumn(db, agent.agentId, 'metrics')),
    }),
    config: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its configuration, as it registered it.',
      resolve: (agent, _args, { db }) => large(agent.config, () => readAgentColumn(db, agent.agentId, 'config')),
    }),
    metadata: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Anything else it registered.',
      resolve: (agent, _args, { db }) => large(agent.metadata, () => readAgentColumn(db, agent.agentId, 'metadata')),
    }),
    uptimeDetails: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What plain SQL writers keep about its uptime.',
      resolve: (agent, _args, { db }) =>
        large(agent.uptimeDetails, () => readAgentColumn(db, agent.agentId, 'uptimeDetails')),
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its first running process started; null when it only ever acted.',
    }),
    stoppedAt: t.expose('stoppedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it stopped gracefully; null while it runs.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first heard of.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When its row last changed, beats included.' }),
    instances: t.relation('instances', {
      description: 'Its processes, those that stopped too, the latest first.',
      query: { orderBy: [{ lastHeartbeat: 'desc' }, { instance: 'asc' }], take: 100 },
    }),
    heartbeats: t.prismaConnection(
      {
        type: Heartbeat,
        cursor: 'id',
        description: 'The history of its beats, newest first.',
        resolve: (query, { agentId }, _args, { db }) =>
          db.prisma.agentHeartbeat.findMany({ ...query, where: { agentId }, orderBy: { id: 'desc' } }),
      },
      { name: 'HeartbeatConnection', description: 'A page of beats.' },
      { name: 'HeartbeatEdge', description: 'A beat and its place in the list.' },
    ),
  }),
});

/** A column over 16 kB is missing (undefined, not null) from what an event carries. */
function large<Value>(value: Value | undefined, read: () => Promise<Value>): Value | Promise<Value> {
  return value === undefined ? read() : value;
}

function stringsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
