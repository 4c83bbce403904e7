import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { AgentTask } from '../postgres/generated/client.ts';
import { callVerb } from './verb.ts';

/** The right to work on a task: whoever knows the token. */
export interface Lease {
  /** Known to the claimer alone; the database keeps only its hash. */
  readonly token: string;
  /** Rises each time the task changes hands. */
  readonly fence: number;
  readonly expiresAt: Date;
}

export interface Claim {
  readonly task: AgentTask;
  readonly lease: Lease;
}

/** What an agent wants to claim: the task `id`, or else the best one of these types and this session. */
export interface ClaimRequest {
  readonly agent: string;
  readonly instance: string;
  readonly leaseSeconds: number;
  readonly id?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly sessionId?: string | undefined;
  /** A repeat with the same key gets the same task and lease. A claim that got none has not used it. */
  readonly idempotencyKey?: string | undefined;
}

type Row = Record<string, unknown>;

/**
 * Gives the agent one task, now in progress and held by it; null when none is ready (never when `id` is given).
 * Errors: `NOT_FOUND`; `CONFLICT`, which names the holder, the assignee or what the task waits for. Of a repeat: `LEASE_LOST`
 * or `NOT_FOUND` when the task is not held under that claim any more, `IDEMPOTENCY_CONFLICT`.
 */
export async function claim(db: Database, request: ClaimRequest): Promise<Claim | null> {
  const { task, lease } = await callVerb<{
    task: Row | null;
    lease: { token: string; fence: number; expiresAt: string };
  }>(db, 'claim_tasks', request);
  if (task === null) return null;
  return { task: fromRow('AgentTask', task), lease: { ...lease, expiresAt: new Date(lease.expiresAt) } };
}

/** The lease runs its full length again, from now; another length if given. Errors: `NOT_FOUND`, `LEASE_LOST`. */
export async function renewLease(
  db: Database,
  input: { id: string; token: string; leaseSeconds?: number | null | undefined },
): Promise<Claim> {
  const task = fromRow('AgentTask', (await callVerb(db, 'renew_leases', input)).task);
  return { task, lease: leaseOf(task, input.token) };
}

/** Says how far the holder is, and renews its lease. Errors: `NOT_FOUND`, `LEASE_LOST`. */
export async function reportProgress(
  db: Database,
  input: {
    id: string;
    token: string;
    actor: string;
    progress?: number | null | undefined;
    note?: string | null | undefined;
    /** For the next attempt, should this one end early; null or left out: as it was. */
    checkpoint?: unknown;
  },
): Promise<Claim> {
  const task = fromRow('AgentTask', (await callVerb(db, 'report_progress', input)).task);
  return { task, lease: leaseOf(task, input.token) };
}

/** Who completes a task, and by what right. */
export interface Completion {
  readonly id: string;
  readonly token?: string | undefined;
  readonly actor: string;
  readonly agent: string | null;
  readonly instance: string;
  readonly operator: boolean;
  /** For operators without the token: although somebody else holds it, or it is blocked. */
  readonly force: boolean;
  readonly output?: unknown;
}

/**
 * Done, and what waited only for it is open. With a token: whoever holds the lease, and again if it was the one that
 * completed it. Without: the assigned agent or an operator, unless another holds a live lease. Errors: `NOT_FOUND`,
 * `LEASE_LOST`, `CONFLICT`.
 */
export async function completeTask(db: Database, completion: Completion): Promise<AgentTask> {
  return fromRow('AgentTask', (await callVerb(db, 'complete_tasks', completion)).task);
}

/** The attempt failed: open again after a backoff, or failed for good. Errors: `NOT_FOUND`, `LEASE_LOST`. */
export async function failTask(
  db: Database,
  input: { id: string; token: string; actor: string; reason: string; retryable: boolean },
): Promise<AgentTask> {
  return fromRow('AgentTask', (await callVerb(db, 'fail_tasks', input)).task);
}

/** Gives the task back unharmed: open at once, nothing counted. Errors: `NOT_FOUND`, `LEASE_LOST`. */
export async function releaseTask(
  db: Database,
  input: { id: string; token: string; actor: string },
): Promise<AgentTask> {
  return fromRow('AgentTask', (await callVerb(db, 'release_tasks', input)).task);
}

function leaseOf({ fence, leaseExpiresAt }: AgentTask, token: string): Lease {
  if (leaseExpiresAt === null) throw new Error('A renewed lease has no end');
  return { token, fence: Number(fence), expiresAt: leaseExpiresAt };
}
