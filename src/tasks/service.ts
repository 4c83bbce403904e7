import { ensureAgent } from '../agents/service.ts';
import { RookeryError } from '../errors.ts';
import type { Feed } from '../feed/feed.ts';
import type { Viewer } from '../graphql/context.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { AgentTask } from '../postgres/generated/client.ts';
import { joinPatiently } from '../postgres/patience.ts';
import { type Claim, type ClaimRequest, claim } from './leases.ts';
import { giveBack, waitingLine } from './waiting.ts';

export type { Claim, Lease } from './leases.ts';

type Row = Record<string, unknown>;
type Maybe<Value> = Value | null | undefined;

/** Who a change is put down to: the viewer's agent; `operator` for an operator that named none. */
export function actorOf({ agent }: Viewer): string {
  return agent ?? 'operator';
}

/** A task as its creator wants it. */
export interface NewTask {
  title: string;
  description?: Maybe<string>;
  type?: Maybe<string>;
  priority?: Maybe<number>;
  assignedTo?: Maybe<string>;
  sessionId?: Maybe<string>;
  input?: unknown;
  metadata?: unknown;
  githubRepo?: Maybe<string>;
  githubIssue?: Maybe<number>;
  dueAt?: Maybe<Date>;
  runAfter?: Maybe<Date>;
  maxAttempts?: Maybe<number>;
  maxLostLeases?: Maybe<number>;
  dependsOn?: Maybe<readonly string[]>;
  idempotencyKey?: Maybe<string>;
}

/** Joins concurrent calls. Errors: `NOT_FOUND` (a dependency, the session), `CONFLICT` (a dependency is locked), `IDEMPOTENCY_CONFLICT`. */
export async function createTask(db: Database, viewer: Viewer, input: NewTask): Promise<AgentTask> {
  await ensureActor(db, viewer);
  const item = { ...input, createdBy: actorOf(viewer) };
  const { task } = await joinPatiently<{ task: Row }>(db, 'create_tasks', item);
  return fromRow('AgentTask', task);
}

/** All or none, in order. Errors: as createTask, with the place of the first faulty one in `index`. */
export async function createTasks(db: Database, viewer: Viewer, inputs: readonly NewTask[]): Promise<AgentTask[]> {
  await ensureActor(db, viewer);
  const items = inputs.map((input) => ({ ...input, createdBy: actorOf(viewer) }));
  const rows = await db.write<{ task: Row }>(
    '/* create tasks */ select * from rookery.create_tasks($1::jsonb, atomic => true)',
    [JSON.stringify(items)],
  );
  return rows.map(({ task }) => fromRow('AgentTask', task));
}

/** Where a claim is made: `signal` fires when the caller has gone. */
export interface ClaimContext {
  readonly db: Database;
  readonly feed: Feed;
  readonly signal: AbortSignal | null;
}

/**
 * The best task that is ready for the agent, or the one it names, with a lease; null when there is none, after waiting
 * for one if asked to. What was claimed for a caller that has gone meanwhile is given back, but not if it was claimed with a
 * key: who lost a reply asks again, and may have got this lease by now. Errors: see `claim`.
 */
export async function claimTask(
  { db, feed, signal }: ClaimContext,
  request: ClaimRequest,
  waitSeconds: number,
): Promise<Claim | null> {
  if (request.id !== undefined && (request.types !== undefined || request.sessionId !== undefined || waitSeconds > 0))
    throw new RookeryError('BAD_INPUT', 'id names the task: leave out types, sessionId and waitSeconds.');
  await ensureAgent(db, request.agent);
  if (waitSeconds > 0) return waitingLine(db, feed).wait(request, waitSeconds, signal);
  const claimed = await claim(db, request);
  if (claimed === null || !signal?.aborted || request.idempotencyKey !== undefined) return claimed;
  await giveBack(db, claimed);
  return null;
}

/** What to change: `set` by column; `dependsOn` replaces all. */
export interface TaskChange {
  readonly id: string;
  readonly set: Readonly<Record<string, unknown>>;
  readonly dependsOn?: readonly string[] | undefined;
}

const NEVER_NULL = {
  title: 'title',
  type: 'type',
  priority: 'priority',
  maxAttempts: 'max_attempts',
  maxLostLeases: 'max_lost_leases',
};
const MAY_BE_NULL = {
  description: 'description',
  assignedTo: 'assigned_to',
  sessionId: 'session_id',
  input: 'input',
  githubRepo: 'github_repo',
  githubIssue: 'github_issue',
  dueAt: 'due_date',
  runAfter: 'run_after',
};

/** The change an UpdateTaskInput asks for: what it leaves out stays. `BAD_INPUT` for null where there must be a value. */
export function changeOf(
  input: Readonly<Record<string, unknown>> & {
    id: string;
    dependsOn?: Maybe<readonly string[]>;
    reopen?: Maybe<boolean>;
  },
): TaskChange {
  const set: Record<string, unknown> = {};
  for (const [field, column] of Object.entries({ ...NEVER_NULL, ...MAY_BE_NULL }))
    if (input[field] !== undefined) set[column] = input[field];
  for (const [field, column] of Object.entries(NEVER_NULL))
    if (set[column] === null)
      throw new RookeryError('BAD_INPUT', `${field}: cannot be null. Leave it out to keep it as it is.`);
  if (input['metadata'] !== undefined) set['metadata'] = input['metadata'] ?? {};
  if (input.reopen) set['status'] = 'open';
  return { id: input.id, set, dependsOn: input.dependsOn ?? undefined };
}

/** By its creator, its assignee or an operator. Errors: `NOT_FOUND`, `FORBIDDEN`, `CONFLICT`, `DEPENDENCY_CYCLE`. */
export async function updateTask(db: Database, viewer: Viewer, change: TaskChange): Promise<AgentTask> {
  return changed(db, 'update_task', viewer, change);
}

/** By its creator or an operator, whoever holds it. Errors: `NOT_FOUND`, `FORBIDDEN`, `CONFLICT`. */
export async function cancelTask(
  db: Database,
  viewer: Viewer,
  input: { id: string; reason: Maybe<string> },
): Promise<AgentTask> {
  return changed(db, 'cancel_task', viewer, input);
}

async function changed(
  db: Database,
  verb: 'update_task' | 'cancel_task',
  viewer: Viewer,
  input: object,
): Promise<AgentTask> {
  const request = { ...input, actor: actorOf(viewer), operator: viewer.role === 'operator' };
  const [row] = await db.write<{ task: Row }>(`/* ${verb} */ select rookery.${verb}($1::jsonb) as task`, [
    JSON.stringify(request),
  ]);
  return fromRow('AgentTask', row!.task);
}

async function ensureActor(db: Database, { agent }: Viewer): Promise<void> {
  if (agent !== null) await ensureAgent(db, agent);
}

/** What one sweep did. */
export interface TaskSweep {
  /** Leases that nobody renewed and that were taken back. */
  readonly lost: number;
  /** Tasks whose time to run, or to be tried again, had come. */
  readonly promoted: number;
  /** When something will be due again, at most a second from now. */
  readonly nextInMs: number;
}

/**
 * Takes back expired leases and makes due tasks ready. Any number of processes may call it, about once a second. After
 * a pause of more than 10 s of all of them nobody could renew, so all leases run their full length once more.
 */
export async function sweepTasks(db: Database): Promise<TaskSweep> {
  const [row] = await db.write<{ lost: number; promoted: number; next_in: number }>(
    '/* sweep tasks */ select * from rookery.sweep_tasks()',
  );
  return { lost: row!.lost, promoted: row!.promoted, nextInMs: Math.ceil(row!.next_in * 1_000) };
}

/** How many tasks are in each place; reads what is not finished, by index, and nothing else. */
export interface TaskDepth {
  readonly ready: number;
  /** Open, but not to be run yet. */
  readonly waiting: number;
  readonly blocked: number;
  readonly held: number;
}

export async function taskDepth(db: Database): Promise<TaskDepth> {
  const [row] = await db.query<Record<keyof TaskDepth, string>>(
    `/* task depth */ select
      (select count(*) from agent_tasks where ready) as ready,
      (select count(*) from agent_tasks where status = 'open' and not ready) as waiting,
      (select count(*) from agent_tasks where status = 'blocked') as blocked,
      (select count(*) from agent_tasks where status in ('claimed', 'in_progress')) as held`,
  );
  return {
    ready: Number(row!.ready),
    waiting: Number(row!.waiting),
    blocked: Number(row!.blocked),
    held: Number(row!.held),
  };
}

type LargeColumn =
  | 'title'
  | 'description'
  | 'input'
  | 'output'
  | 'metadata'
  | 'error'
  | 'progressNote'
  | 'checkpoint'
  | 'cancelReason';

/** A column that a list leaves out, or that was too large for an event, as it is now; null once the task is deleted. */
export async function readTaskColumn<Column extends LargeColumn>(
  db: Database,
  id: bigint,
  column: Column,
): Promise<AgentTask[Column] | null> {
  // Prisma joins those of one moment into one statement.
  const task = await db.prisma.agentTask.findUnique({ where: { id }, select: { [column]: true } });
  return (task as Pick<AgentTask, Column> | null)?.[column] ?? null;
}
