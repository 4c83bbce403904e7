import { ensureAgent } from '../agents/service.ts';
import { RookeryError } from '../errors.ts';
import type { Viewer } from '../graphql/context.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { Artifact, ConversationChunk, Memory, Session, SessionParticipant } from '../postgres/generated/client.ts';
import { joinPatiently } from '../postgres/patience.ts';
import { actorOf } from '../tasks/service.ts';

type Row = Record<string, unknown>;
type Maybe<Value> = Value | null | undefined;

/** A session as its creator wants it. */
export interface NewSession {
  title: string;
  metadata?: unknown;
  /** Who else takes part from the beginning; role `member` unless given. */
  participants?: Maybe<readonly { agent: string; role?: Maybe<string> }[]>;
  idempotencyKey?: Maybe<string>;
}

/** The viewer's agent, if it has one, takes part as owner. Errors: `IDEMPOTENCY_CONFLICT`. */
export async function createSession(db: Database, viewer: Viewer, input: NewSession): Promise<Session> {
  await ensureActor(db, viewer);
  const row = await call(db, 'create_session($1::jsonb)', [
    JSON.stringify({ ...input, actor: actorOf(viewer), owner: viewer.agent }),
  ]);
  return fromRow('Session', row);
}

/** Takes part, again if it had left. Errors: `NOT_FOUND`, `CONFLICT` (completed). */
export async function joinSession(
  db: Database,
  viewer: Viewer,
  { id, agent, role }: { id: bigint; agent: string; role?: Maybe<string> },
): Promise<SessionParticipant> {
  await ensureAgent(db, agent);
  const row = await call(db, 'join_session($1, $2, $3, $4)', [id, agent, role, actorOf(viewer)]);
  return fromRow('SessionParticipant', row);
}

/** Takes part no longer; leaving twice is no error. Errors: `NOT_FOUND` (never took part). */
export async function leaveSession(
  db: Database,
  viewer: Viewer,
  { id, agent }: { id: bigint; agent: string },
): Promise<SessionParticipant> {
  return fromRow('SessionParticipant', await call(db, 'leave_session($1, $2, $3)', [id, agent, actorOf(viewer)]));
}

export type Move = 'pauseSession' | 'resumeSession' | 'completeSession';

/** Errors: `NOT_FOUND`, `FORBIDDEN` (takes no part), `CONFLICT` (says which moves are allowed). */
export async function moveSession(
  db: Database,
  viewer: Viewer,
  { id, move, summary }: { id: bigint; move: Move; summary?: Maybe<string> },
): Promise<Session> {
  await ensureActor(db, viewer);
  const { actor, anywhere } = callerOf(viewer);
  const row = await call(db, 'move_session($1, $2, $3, $4, $5)', [id, move, actor, anywhere, summary]);
  return fromRow('Session', row);
}

/** A piece of conversation. */
export interface NewChunk {
  content: string;
  /** `dialogue` unless given. */
  format?: Maybe<string>;
  extractedItems?: unknown;
}

/**
 * Appends chunks, which get consecutive numbers. Joins concurrent calls. They come back without their content, which the
 * caller knows. Errors: `NOT_FOUND`, `FORBIDDEN`, `CONFLICT` (not active, or busy), `IDEMPOTENCY_CONFLICT`.
 */
export async function appendChunks(
  db: Database,
  viewer: Viewer,
  input: { sessionId: string; chunks: readonly NewChunk[]; idempotencyKey?: Maybe<string> },
): Promise<ConversationChunk[]> {
  await ensureActor(db, viewer);
  const { chunks } = await joinPatiently<{ chunks: Row[] }>(db, 'append_chunks', { ...input, ...callerOf(viewer) });
  return chunks.map((row) => fromRow('ConversationChunk', row));
}

/** Something to remember under its key. */
export interface NewMemory {
  sessionId: string;
  type: string;
  key: string;
  content?: unknown;
  /** Left out: as they are, none for a new one. */
  tags?: Maybe<readonly string[]>;
  /** Store it only over this version; 0: only if there is none of this key. */
  expectedVersion?: Maybe<number>;
}

/**
 * Stores a memory, or the next version of it; what is stored already succeeds and changes nothing. Joins concurrent calls.
 * Errors: `NOT_FOUND`, `FORBIDDEN`, `CONFLICT` (not active, busy, or another version: which, it says).
 */
export async function remember(db: Database, viewer: Viewer, input: NewMemory): Promise<Memory> {
  await ensureActor(db, viewer);
  const { memory } = await joinPatiently<{ memory: Row }>(db, 'remember', { ...input, ...callerOf(viewer) });
  return fromRow('Memory', memory);
}

/** Deletes a memory and returns it. Errors: `NOT_FOUND`, `FORBIDDEN`, `CONFLICT` (not active, or another version). */
export async function forgetMemory(
  db: Database,
  viewer: Viewer,
  { sessionId, key, expectedVersion }: { sessionId: bigint; key: string; expectedVersion?: Maybe<number> },
): Promise<Memory> {
  await ensureActor(db, viewer);
  const { actor, anywhere } = callerOf(viewer);
  const row = await call(db, 'forget_memory($1, $2, $3, $4, $5)', [sessionId, key, actor, anywhere, expectedVersion]);
  return fromRow('Memory', row);
}

/** Something the session made. */
export interface NewArtifact {
  sessionId: string;
  type: string;
  name: string;
  content: string;
  /** `markdown` unless given. */
  format?: Maybe<string>;
  metadata?: unknown;
  idempotencyKey?: Maybe<string>;
}

/**
 * Saves the next version; content that is the latest version's already gives that one, as it is. Joins concurrent calls.
 * It comes back without its content. Errors: `NOT_FOUND`, `FORBIDDEN`, `CONFLICT` (not active, or busy), `IDEMPOTENCY_CONFLICT`.
 */
export async function saveArtifact(db: Database, viewer: Viewer, input: NewArtifact): Promise<Artifact> {
  await ensureActor(db, viewer);
  const { artifact } = await joinPatiently<{ artifact: Row }>(db, 'save_artifacts', { ...input, ...callerOf(viewer) });
  return fromRow('Artifact', artifact);
}

/** Whom a write is put down to, and whether it needs to take part. */
function callerOf(viewer: Viewer): { actor: string; anywhere: boolean } {
  return { actor: actorOf(viewer), anywhere: viewer.role === 'operator' };
}

async function ensureActor(db: Database, { agent }: Viewer): Promise<void> {
  if (agent !== null) await ensureAgent(db, agent);
}

async function call(db: Database, verb: string, values: readonly unknown[]): Promise<Row> {
  const [answer] = await db.write<{ row: Row }>(`/* ${verb.split('(')[0]} */ select rookery.${verb} as row`, values);
  return answer!.row;
}

/** The record an event or a list left the large columns out of. Errors: `NOT_FOUND` once it is deleted. */
export async function present<Row>(row: Promise<Row | null>, what: string, id: bigint): Promise<Row> {
  const found = await row;
  if (found === null) throw new RookeryError('NOT_FOUND', `${what} ${id} has been deleted since.`);
  return found;
}
