import { LRUCache } from 'lru-cache';
import { RookeryError } from '../errors.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { Agent, AgentInstance, AgentStandup, Prisma } from '../postgres/generated/client.ts';
import { joinPatiently } from '../postgres/patience.ts';

type Row = Record<string, unknown>;

/** What a starting process says of its agent. What is left out keeps its value. */
export interface Registration {
  agent: string;
  instance: string;
  name?: string | null | undefined;
  type?: string | null | undefined;
  command?: string | null | undefined;
  capabilities?: readonly string[] | null | undefined;
  status?: string | null | undefined;
  state?: string | null | undefined;
  currentTask?: string | null | undefined;
  /** 60 unless given. */
  intervalSeconds?: number | null | undefined;
  config?: unknown;
  metadata?: unknown;
}

/** Registers the process and adds 1 to its instance's incarnation. Joins concurrent calls. */
export async function registerAgent(
  db: Database,
  input: Registration,
): Promise<{ agent: Agent; instance: AgentInstance }> {
  const row = await joinPatiently<{ agent: Row; instance: Row }>(db, 'register_agents', input);
  return { agent: fromRow('Agent', row.agent), instance: fromRow('AgentInstance', row.instance) };
}

/** A sign of life. What is left out keeps its value; null clears `currentTask` and `message`. */
export interface Beat {
  agent: string;
  instance: string;
  /** The incarnation that registerAgent gave; with it, a replaced process gets `CONFLICT`. */
  incarnation?: number | null | undefined;
  status?: string | null | undefined;
  state?: string | null | undefined;
  currentTask?: string | null | undefined;
  message?: string | null | undefined;
  errorCount?: number | null | undefined;
  metrics?: unknown;
  metadata?: unknown;
  uptimeDetails?: unknown;
  intervalSeconds?: number | null | undefined;
}

/** Why a beat that was taken left the state as it was: in the words of the database. */
export interface StateRefusal {
  message: string;
  from: string;
  to: string;
  allowed: string[];
}

/**
 * Takes a beat; registers an agent it does not know. A state that may not follow the present one is refused, and nothing
 * else of the beat. Joins concurrent calls. Errors: `BAD_INPUT`, `CONFLICT`.
 */
export async function heartbeat(db: Database, beat: Beat): Promise<{ agent: Agent; refused: StateRefusal | null }> {
  const { agent, refused } = await joinPatiently<{ agent: Row; refused: StateRefusal | null }>(db, 'heartbeat', beat);
  return { agent: fromRow('Agent', agent), refused };
}

export interface Stop {
  agent: string;
  /** Null: all processes of the agent. */
  instance: string | null;
  reason?: string | null | undefined;
}

/** Ends one process gracefully, or all of the agent; what they held is free at once. Errors: `NOT_FOUND`, `CONFLICT`. */
export async function stopAgent(db: Database, stop: Stop): Promise<Agent> {
  const row = await joinPatiently<{ agent: Row }>(db, 'stop_agents', stop);
  return fromRow('Agent', row.agent);
}

export interface Transition {
  agent: string;
  to: string;
  reason?: string | null | undefined;
  /** Whose doing it is. */
  by: string;
}

/**
 * Moves an agent along an arrow of the lifecycle. Errors: `BAD_INPUT`, `NOT_FOUND`, `CONFLICT`: with `from`, `to` and
 * `allowed` where there is no such arrow.
 */
export async function transitionAgent(db: Database, transition: Transition): Promise<Agent> {
  const row = await joinPatiently<{ agent: Row }>(db, 'transition_agents', transition);
  return fromRow('Agent', row.agent);
}

export interface NewStandup {
  agent: string;
  status?: string | null | undefined;
  currentTask?: string | null | undefined;
  blockers?: string | null | undefined;
  nextActions?: string | null | undefined;
  heartbeatIntervalMinutes?: number | null | undefined;
  idempotencyKey?: string | null | undefined;
}

/** Stores a standup, which is a beat too. Joins concurrent calls. Errors: `IDEMPOTENCY_CONFLICT`. */
export async function postStandup(db: Database, standup: NewStandup): Promise<AgentStandup> {
  const row = await joinPatiently<{ standup: Row }>(db, 'post_standups', standup);
  return fromRow('AgentStandup', row.standup);
}

/** An operator that names no agent, and the inbox that all operators share: an address, and no agent. Alerts go there. */
const OPERATOR = 'operator';
/** All agents in a topic; the hub itself. */
const RESERVED = new Set(['*', 'hub']);
const KNOWN_AGENTS = 10_000;
const known = new WeakMap<Database, LRUCache<string, true>>();

/**
 * Registers the agent (status online) if nobody has; to be called before an agent's act. Remembered per process, so
 * that only the first act of an agent costs a statement. Who acts as `operator` registers nobody. Errors: `BAD_INPUT`
 * for a name no agent can have.
 */
export async function ensureAgent(db: Database, agentId: string): Promise<void> {
  if (agentId === OPERATOR) return;
  let agents = known.get(db);
  if (agents === undefined) {
    agents = new LRUCache({ max: KNOWN_AGENTS });
    known.set(db, agents);
  }
  if (agents.get(agentId)) return;
  if (!/^[^\p{Cc}]{1,255}$/u.test(agentId) || RESERVED.has(agentId) || agentId.startsWith('role:'))
    throw new RookeryError(
      'BAD_INPUT',
      "An agent's name has 1 to 255 characters, no control characters, and is not *, operator, hub or role:…",
    );
  await db.write('/* ensure agent */ insert into agents (agent_id) values ($1) on conflict do nothing', [agentId]);
  agents.set(agentId, true);
}

/** Calls silent agents late, then stale; how many changed. Any number of processes may call it, about once a second. */
export async function sweepAgents(db: Database): Promise<number> {
  const [row] = await db.write<{ changed: number }>('/* sweep agents */ select rookery.sweep_agents() as changed');
  return row!.changed;
}

type LargeColumn = 'capabilities' | 'metrics' | 'config' | 'metadata' | 'uptimeDetails';

/** A column that was too large for an event, as it is now; null once the agent has been deleted. */
export async function readAgentColumn(db: Database, agentId: string, column: LargeColumn): Promise<Prisma.JsonValue> {
  const agent = await db.prisma.agent.findUnique({ where: { agentId }, select: { [column]: true } });
  return (agent as Partial<Agent> | null)?.[column] ?? null;
}

/** A text that was too large for an event, as it is now; null once the standup has been deleted. */
export async function readStandupColumn(
  db: Database,
  id: bigint,
  column: 'currentTask' | 'blockers' | 'nextActions',
): Promise<string | null> {
  const standup = await db.prisma.agentStandup.findUnique({ where: { id }, select: { [column]: true } });
  return (standup as Partial<AgentStandup> | null)?.[column] ?? null;
}
