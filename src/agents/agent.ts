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
  description:
    'Where an agent is in its lifecycle. Each description says which states may follow; a process that starts begins in any, and one that stops leads to SHUTDOWN from any.',
  values: {
    INITIALIZING: { value: 'initializing', description: 'Starting up. Then DEPLOYING.' },
    DEPLOYING: { value: 'deploying', description: 'Being installed where it will run. Then MONITORING.' },
    MONITORING: { value: 'monitoring', description: 'Running, and looking on before it acts. Then ACTIVE.' },
    ACTIVE: {
      value: 'active',
      description: 'Doing its work. Then OPTIMIZING, STANDBY, MAINTENANCE, ERROR or SHUTDOWN.',
    },
    OPTIMIZING: { value: 'optimizing', description: 'Improving itself meanwhile. Then ACTIVE.' },
    STANDBY: { value: 'standby', description: 'Waiting to be activated. Then ACTIVE.' },
    MAINTENANCE: { value: 'maintenance', description: 'Taken out of work for upkeep. Then ACTIVE.' },
    ERROR: { value: 'error', description: 'Failed. Then RECOVERY or MANUAL.' },
    RECOVERY: { value: 'recovery', description: 'Trying to get over a failure. Then ACTIVE or ERROR.' },
    MANUAL: { value: 'manual', description: 'Waiting for a person to put it right. Then ACTIVE.' },
    SHUTDOWN: { value: 'shutdown', description: 'Ended. Then INITIALIZING, when it starts again.' },
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
      description: 'Where it is in its lifecycle.',
      resolve: ({ state }) => state as typeof AgentState.$inferType,
    }),
    stateReason: t.exposeString('stateReason', {
      nullable: true,
      description: 'Why it is in this state; null when nobody said.',
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
      description: 'Its newest beat, of whichever process; registering and starting again count.',
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
      description: 'What it keeps about its uptime, in its own form.',
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
  }),
});

/** A column over 16 kB is missing (undefined, not null) from what an event carries. */
function large<Value>(value: Value | undefined, read: () => Promise<Value>): Value | Promise<Value> {
  return value === undefined ? read() : value;
}

function stringsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
