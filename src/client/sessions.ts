import type {
  AppendChunksInput,
  CompleteSessionInput,
  CreateSessionInput,
  JoinSessionInput,
  LeaveSessionInput,
  ListSessionsQueryVariables,
  RememberInSessionInput,
  SaveArtifactInput,
  SearchSessionsQueryVariables,
  SessionFieldsFragment,
} from './generated/operations.ts';
import * as operations from './generated/operations.ts';
import { type Page, pageOf } from './page.ts';
import type { Request, RequestOptions } from './request.ts';

export type Session = SessionFieldsFragment;

/** Verbs on sessions: shared work with its conversation, memories and artifacts. */
export function sessionVerbs(request: Request) {
  return {
    /** Begins a session. */
    async create(input: CreateSessionInput, options?: RequestOptions): Promise<Session> {
      const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
      const answer = await request(operations.CreateSession, { input: keyed }, { idempotent: true, ...options });
      return answer.createSession.session;
    },
    /** One session; null if there is none. */
    async get(id: string, options?: RequestOptions): Promise<Session | null> {
      return (await request(operations.GetSession, { id }, options)).session;
    },
    /** A page of sessions, newest first: 20 unless `first` says more, at most 200. */
    async list(query: ListSessionsQueryVariables = {}, options?: RequestOptions): Promise<Page<Session>> {
      return pageOf((await request(operations.ListSessions, query, options)).sessions);
    },
    /** Takes part, from now on. Errors: `NotFound`, `Conflict`. */
    async join(input: JoinSessionInput, options?: RequestOptions) {
      return (await request(operations.JoinSession, { input }, { idempotent: true, ...options })).joinSession
        .participant;
    },
    /** Takes part no longer. Errors: `NotFound`, `Conflict`. */
    async leave(input: LeaveSessionInput, options?: RequestOptions) {
      return (await request(operations.LeaveSession, { input }, options)).leaveSession.participant;
    },
    /** Ends it, for good. Errors: `NotFound`, `Conflict`. */
    async complete(input: CompleteSessionInput, options?: RequestOptions): Promise<Session> {
      return (await request(operations.CompleteSession, { input }, options)).completeSession.session;
    },
    /** Adds to the conversation; returns the numbers it got. Errors: `NotFound`, `Forbidden`, `Conflict`. */
    async append(input: AppendChunksInput, options?: RequestOptions) {
      const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
      const answer = await request(operations.AppendChunks, { input: keyed }, { idempotent: true, ...options });
      return answer.appendChunks.chunks;
    },
    /** Keeps a memory under its key; a newer version replaces the older. Errors: `NotFound`, `Forbidden`, `Conflict`. */
    async remember(input: RememberInSessionInput, options?: RequestOptions) {
      return (await request(operations.RememberInSession, { input }, options)).rememberInSession.memory;
    },
    /** Keeps a file; another content is another version. Errors: `NotFound`, `Forbidden`, `Conflict`. */
    async save(input: SaveArtifactInput, options?: RequestOptions) {
      const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
      const answer = await request(operations.SaveArtifact, { input: keyed }, { idempotent: true, ...options });
      return answer.saveArtifact.artifact;
    },
    /** A page of what matches, best first. */
    async search(query: SearchSessionsQueryVariables, options?: RequestOptions) {
      return pageOf((await request(operations.SearchSessions, query, options)).searchSessions);
    },
  };
}
