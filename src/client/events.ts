import type {
  AgentEventsSubscription,
  InboxEventsSubscription,
  QueueEventsSubscription,
  RequestEventFilter,
  RequestEventsSubscription,
  SessionEventKind,
  SessionEventsSubscription,
  SystemEventFilter,
  SystemEventsSubscription,
  TaskEventFilter,
  TaskEventsSubscription,
} from './generated/operations.ts';
import * as operations from './generated/operations.ts';
import type { Follow, Stream, StreamOptions } from './stream.ts';

export type TaskEvent = TaskEventsSubscription['taskEvents'];
export type AgentEvent = AgentEventsSubscription['agentEvents'];
export type InboxEvent = InboxEventsSubscription['inbox'];
export type SessionEvent = SessionEventsSubscription['sessionEvents'];
export type QueueEvent = QueueEventsSubscription['queueEvents'];
export type RequestEvent = RequestEventsSubscription['requestEvents'];
export type SystemEvent = SystemEventsSubscription['systemEvents'];

/** Changes as they are committed; see `Stream`. Each event has `cursor`, `op` (INSERT, UPDATE, DELETE), `actor` and `at`. */
export function eventStreams(follow: Follow) {
  return {
    tasks: (filter?: TaskEventFilter, options?: StreamOptions): Stream<TaskEvent> =>
      follow(operations.TaskEvents, { filter }, (data) => data.taskEvents, options),
    /** Of these agents; by default of all. */
    agents: (agents?: readonly string[], options?: StreamOptions): Stream<AgentEvent> =>
      follow(operations.AgentEvents, { agents: agents && [...agents] }, (data) => data.agentEvents, options),
    /** Messages of an inbox that arrive and change; by default of your own. */
    inbox: (agent?: string, options?: StreamOptions): Stream<InboxEvent> =>
      follow(operations.InboxEvents, { agent }, (data) => data.inbox, options),
    sessions: (
      filter: { sessionId?: string; kinds?: SessionEventKind[] } = {},
      options?: StreamOptions,
    ): Stream<SessionEvent> => follow(operations.SessionEvents, filter, (data) => data.sessionEvents, options),
    queues: (queues: readonly string[], options?: StreamOptions): Stream<QueueEvent> =>
      follow(operations.QueueEvents, { queues: [...queues] }, (data) => data.queueEvents, options),
    /** Questions and approvals: asked, looked at, decided. */
    requests: (filter?: RequestEventFilter, options?: StreamOptions): Stream<RequestEvent> =>
      follow(operations.RequestEvents, { filter }, (data) => data.requestEvents, options),
    /** What was logged. */
    system: (filter?: SystemEventFilter, options?: StreamOptions): Stream<SystemEvent> =>
      follow(operations.SystemEvents, { filter }, (data) => data.systemEvents, options),
  };
}
