/**
 * The typed client of Rookery: `rookery/client`. It knows the hub by its schema only, needs nothing but `fetch`, and works
 * in Node from version 20 on, in browsers and in bundlers.
 */
export type { Agent } from './agents.ts';
export { type Approval, type ApproveOptions, type AskOptions, Refused } from './ask.ts';
export { Draining, type Handler, PermanentFailure, type TaskContext } from './attempt.ts';
export { type ConnectOptions, connect, type Hub } from './connect.ts';
export type { AnyDocument, Document } from './document.ts';
export * from './errors.ts';
export type {
  AgentEvent,
  InboxEvent,
  QueueEvent,
  RequestEvent,
  SessionEvent,
  SystemEvent,
  TaskEvent,
} from './events.ts';
/** Every operation the client uses, typed, for `hub.request` and `hub.subscribe`. */
export * as operations from './generated/operations.ts';
export { TaskCancelled } from './holding.ts';
export type { InboxOptions } from './inbox.ts';
export type { KnowledgeEntry } from './knowledge.ts';
export type { InboxPage, Message } from './messages.ts';
export type { Page } from './page.ts';
export type { Delivery } from './queues.ts';
export type { Request, RequestOptions } from './request.ts';
export type { HumanRequest } from './requests.ts';
export type { Session } from './sessions.ts';
export type { Follow, Stream, StreamOptions, StreamState } from './stream.ts';
export type { Claimed, Lease, Task } from './tasks.ts';
export type { WorkOptions } from './work.ts';
