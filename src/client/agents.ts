import type {
  AgentFieldsFragment,
  HeartbeatInput,
  ListAgentsQueryVariables,
  LogEventInput,
  PostStandupInput,
  RegisterAgentInput,
  StopAgentInput,
} from './generated/operations.ts';
import * as operations from './generated/operations.ts';
import { type Page, pageOf } from './page.ts';
import type { Request, RequestOptions } from './request.ts';

export type Agent = AgentFieldsFragment;

/** Verbs on agents. Each may reject with `Unreachable`, `Unavailable`, `Unauthenticated`, `Forbidden` or `BadInput` besides what it names. */
export function agentVerbs(request: Request) {
  return {
    /** One agent; null if there is none. */
    async get(id: string, options?: RequestOptions): Promise<Agent | null> {
      return (await request(operations.GetAgent, { id }, options)).agent;
    },
    /** A page of agents: 20 unless `first` says more, at most 200. */
    async list(query: ListAgentsQueryVariables = {}, options?: RequestOptions): Promise<Page<Agent>> {
      return pageOf((await request(operations.ListAgents, query, options)).agents);
    },
    /** Tells the hub what this process is, and begins a new incarnation of its instance. A beat registers too, but says less. */
    async register(input: RegisterAgentInput = {}, options?: RequestOptions) {
      return (await request(operations.RegisterAgent, { input }, options)).registerAgent;
    },
    /** Ends this process, or another instance, gracefully: what it held is free at once. Errors: `NotFound`. */
    async stop(input: StopAgentInput = {}, options?: RequestOptions): Promise<Agent> {
      return (await request(operations.StopAgent, { input }, { idempotent: true, ...options })).stopAgent.agent;
    },
  };
}

/** What an agent says of itself. */
export function presenceVerbs(request: Request) {
  return {
    /** A sign of life, which renews all leases of this instance. Returns the agent, and within how many seconds the next is expected. Errors: `Conflict`. */
    async beat(input: HeartbeatInput = {}, options?: RequestOptions) {
      return (await request(operations.Heartbeat, { input }, { idempotent: true, ...options })).heartbeat;
    },
    /** What you did, what you will do, what blocks you; a sign of life too. */
    async standup(input: PostStandupInput, options?: RequestOptions) {
      const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
      return (await request(operations.PostStandup, { input: keyed }, { idempotent: true, ...options })).postStandup
        .standup;
    },
    /** Adds to the system's log. */
    async log(input: LogEventInput, options?: RequestOptions) {
      const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
      return (await request(operations.LogEvent, { input: keyed }, { idempotent: true, ...options })).logEvent.event;
    },
  };
}
