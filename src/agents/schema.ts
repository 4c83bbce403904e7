import { z } from 'zod';
import type { ChangeEvent } from '../feed/event.ts';
import { builder } from '../graphql/builder.ts';
import { actingAgent, requireViewer } from '../graphql/context.ts';
import { AFTER, eventType } from '../graphql/event-fields.ts';
import { liveEvents } from '../graphql/live.ts';
import { fromEvent } from '../graphql/row.ts';
import { Agent, AgentInstance, AgentLiveness, AgentState, AgentStatus } from './agent.ts';
import { heartbeat, registerAgent, type StateRefusal, stopAgent } from './service.ts';
import './history.ts';
import './lifecycle.ts';
import './queries.ts';
import './standups.ts';

const NAME = z.string().min(1).max(255);
const WORD = z.string().min(1).max(100);
const TEXT = z.string().max(10_000);
const INTERVAL = z.number().int().min(1).max(86_400);

const RegisterAgentInput = builder.inputType('RegisterAgentInput', {
  description: 'What a starting process says of its agent. What is left out keeps its value, unless said otherwise.',
  fields: (t) => ({
    id: t.id({ description: "The agent; by default the caller's own.", validate: NAME }),
    instance: t.string({ description: 'The process; by default the one of the x-instance header.', validate: NAME }),
    name: t.string({ description: 'How to show it to people.', validate: NAME }),
    type: t.string({ description: 'For example code, research, document, analysis; any word.', validate: WORD }),
    command: t.string({ description: 'How to start it.', validate: TEXT }),
    capabilities: t.stringList({ description: 'What it can do, at most 100.', validate: z.array(NAME).max(100) }),
    status: t.field({ type: AgentStatus, description: 'Default ONLINE, unless another process of the agent beats.' }),
    state: t.field({
      type: AgentState,
      description:
        'Any; default INITIALIZING. Where another process of the agent beats, it keeps its state, or follows an arrow of the lifecycle.',
    }),
    currentTask: t.string({
      description: 'What it works on; default null, unless another process of the agent beats.',
      validate: TEXT,
    }),
    intervalSeconds: t.int({
      description: 'How often it will beat, in seconds, 1 to 86400. Default 60.',
      validate: INTERVAL,
    }),
    config: t.field({ type: 'JSON', description: 'Its configuration.' }),
    metadata: t.field({ type: 'JSON', description: 'Anything else.' }),
  }),
});

const RegisterAgentPayload = builder
  .objectRef<{ agent: typeof Agent.$inferType; instance: typeof AgentInstance.$inferType }>('RegisterAgentPayload')
  .implement({
    description: 'The result of registerAgent.',
    fields: (t) => ({
      agent: t.expose('agent', { type: Agent, description: 'The agent.' }),
      instance: t.expose('instance', {
        type: AgentInstance,
        description: 'The process. Beat with its incarnation, to hear of a successor.',
      }),
    }),
  });

const HeartbeatInput = builder.inputType('HeartbeatInput', {
  description: 'A sign of life. What is left out keeps its value.',
  fields: (t) => ({
    agent: t.id({ description: "Who beats; by default the caller's own agent.", validate: NAME }),
    instance: t.string({ description: 'The process; by default the one of the x-instance header.', validate: NAME }),
    incarnation: t.int({
      description: 'As registerAgent gave it: a process that has been replaced then gets CONFLICT.',
    }),
    status: t.field({
      type: AgentStatus,
      description: 'Whether it takes work. OFFLINE ends the watch until the next beat.',
    }),
    state: t.field({
      type: AgentState,
      description:
        'Where it is in its lifecycle; the message is the reason of a change. One that may not follow the present state is not taken: see stateRefused.',
    }),
    currentTask: t.string({ description: 'What it works on; null for nothing.', validate: TEXT }),
    message: t.string({ description: 'A remark; null takes the last one back.', validate: TEXT }),
    errorCount: t.int({ description: 'Errors so far.', validate: z.number().int().min(0) }),
    metrics: t.field({ type: 'JSON', description: 'Any measurements. A change of these alone is no event.' }),
    metadata: t.field({ type: 'JSON', description: 'Anything else; goes to the history only.' }),
    uptimeDetails: t.field({
      type: 'JSON',
      description: 'What it keeps about its uptime. A change of this alone is no event.',
    }),
    intervalSeconds: t.int({
      description: 'How often it will beat from now on, in seconds, 1 to 86400.',
      validate: INTERVAL,
    }),
  }),
});

const StateRefused = builder.objectRef<StateRefusal>('StateRefused').implement({
  description: 'Why a beat left the state as it was. Everything else of the beat was taken.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'The same in words.' }),
    from: t.field({ type: AgentState, description: 'The state it is in.', resolve: ({ from }) => from as State }),
    to: t.field({ type: AgentState, description: 'The state the beat said.', resolve: ({ to }) => to as State }),
    allowed: t.field({
      type: [AgentState],
      description: 'The states that may follow.',
      resolve: ({ allowed }) => allowed as State[],
    }),
  }),
});

type State = typeof AgentState.$inferType;

interface Beaten {
  agent: typeof Agent.$inferType;
  refused: StateRefusal | null;
}

const HeartbeatPayload = builder.objectRef<Beaten>('HeartbeatPayload').implement({
  description: 'The result of heartbeat.',
  fields: (t) => ({
    agent: t.expose('agent', { type: Agent, description: 'The agent after the beat.' }),
    stateRefused: t.expose('refused', {
      type: StateRefused,
      nullable: true,
      description: 'Set when the beat said a state that may not follow the one the agent is in; null otherwise.',
    }),
    serverTime: t.field({
      type: 'DateTime',
      description: 'When the beat was taken, by the clock that counts.',
      resolve: ({ agent }) => agent.lastHeartbeat,
    }),
    nextBeatInSeconds: t.int({
      description: 'When the next beat is due, in seconds from serverTime.',
      resolve: ({ agent }) => agent.heartbeatIntervalSeconds,
    }),
  }),
});

const StopAgentInput = builder.inputType('StopAgentInput', {
  description: 'Who stops.',
  fields: (t) => ({
    agent: t.id({ description: "The agent; by default the caller's own.", validate: NAME }),
    instance: t.string({ description: 'Only this process of it; by default all.', validate: NAME }),
    reason: t.string({ description: 'Why; up to 1,000 characters.', validate: z.string().max(1_000) }),
  }),
});

const StopAgentPayload = builder.objectRef<{ agent: typeof Agent.$inferType }>('StopAgentPayload').implement({
  description: 'The result of stopAgent.',
  fields: (t) => ({ agent: t.expose('agent', { type: Agent, description: 'The agent after it stopped.' }) }),
});

builder.mutationFields((t) => ({
  registerAgent: t.field({
    type: RegisterAgentPayload,
    description:
      'Tells that a process of an agent starts. It need not: a first beat or act registers an agent too. Errors: BAD_INPUT, CONFLICT (a state that may not follow while another process beats, with `from`, `to`, `allowed`; or locked by plain SQL, with `busy`: repeat), FORBIDDEN (an agent registers as itself only).',
    authScopes: { act: true },
    args: {
      input: t.arg({
        type: RegisterAgentInput,
        required: true,
        defaultValue: {},
        description: 'The process and its agent.',
      }),
    },
    resolve: (_root, { input: { id, ...input } }, context) =>
      registerAgent(context.db, {
        ...input,
        agent: actingAgent(context, id),
        instance: input.instance ?? requireViewer(context).instance,
      }),
  }),
  heartbeat: t.field({
    type: HeartbeatPayload,
    description:
      'A sign of life; renews the leases of that process. Errors: BAD_INPUT, CONFLICT (another process registered as this instance: stop, or register again; or locked by plain SQL, with `busy`: repeat), FORBIDDEN (an agent beats as itself only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: HeartbeatInput, required: true, defaultValue: {}, description: 'What it says.' }) },
    resolve: (_root, { input }, context) =>
      heartbeat(context.db, {
        ...input,
        agent: actingAgent(context, input.agent),
        instance: input.instance ?? requireViewer(context).instance,
      }),
  }),
  stopAgent: t.field({
    type: StopAgentPayload,
    description:
      'Ends an agent, or one process of it, gracefully: what it held is free at once. Its state becomes SHUTDOWN, from whichever it was. Stopping twice is no error. Errors: BAD_INPUT, NOT_FOUND, CONFLICT (locked by plain SQL, with `busy`: repeat), FORBIDDEN (an agent stops itself only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: StopAgentInput, required: true, defaultValue: {}, description: 'Who stops.' }) },
    resolve: async (_root, { input }, context) => ({
      agent: await stopAgent(context.db, {
        agent: actingAgent(context, input.agent),
        instance: input.instance ?? null,
        reason: input.reason,
      }),
    }),
  }),
}));

const AgentEvent = eventType('AgentEvent', {
  description: 'A change of an agent. A beat that changes nothing else is none.',
  actor:
    'The agent itself; who moved it along its lifecycle; `hub` where its silence was noticed; the database role of a plain SQL writer.',
  fields: (t) => ({
    agent: t.field({
      type: Agent,
      description: 'The agent as it was right after the change; before it, when it was deleted.',
      resolve: (event) => fromEvent('Agent', event),
    }),
    previousLiveness: t.field({
      type: AgentLiveness,
      nullable: true,
      description: 'What the liveness was before; null when it did not change.',
      resolve: ({ previous }) => previous?.['liveness'] as typeof AgentLiveness.$inferType | undefined,
    }),
    previousStatus: t.field({
      type: AgentStatus,
      nullable: true,
      description: 'What the status was before; null when it did not change.',
      resolve: ({ previous }) => previous?.['status'] as typeof AgentStatus.$inferType | undefined,
    }),
    previousState: t.field({
      type: AgentState,
      nullable: true,
      description: 'What the state was before; null when it did not change.',
      resolve: ({ previous }) => previous?.['state'] as State | undefined,
    }),
    reason: t.string({
      nullable: true,
      description: 'Why the state changed; null when it did not, or nobody said.',
      resolve: ({ previous, data }) => (previous?.['state'] == null ? null : (data['state_reason'] as string | null)),
    }),
  }),
});

builder.subscriptionField('agentEvents', (t) =>
  t.field({
    type: AgentEvent,
    description:
      'Agents that come, go, fall silent, or change their status, state, current task or registration. Errors: CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: {
      agents: t.arg.idList({
        description: 'Only these; by default all.',
        validate: z.array(z.string()).min(1).max(1_000),
      }),
      after: t.arg(AFTER),
    },
    subscribe: (_root, { agents, after }, context) => {
      const wanted = agents == null ? null : new Set(agents);
      return liveEvents(context, after, {
        topics: ['agents'],
        matches: (event) => wanted?.has(event.entityId) ?? true,
      });
    },
    resolve: (event) => event as ChangeEvent,
  }),
);
