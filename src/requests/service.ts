import { ensureAgent } from '../agents/service.ts';
import { RookeryError } from '../errors.ts';
import type { Viewer } from '../graphql/context.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { AgentRequest } from '../postgres/generated/client.ts';
import { joinPatiently } from '../postgres/patience.ts';
import { checkAnswer, checkSchema } from './answers.ts';
import { actorOf, visibleTo } from './audiences.ts';

type Row = Record<string, unknown>;
type Maybe<Value> = Value | null | undefined;

/** A request as its asker wants it. */
export interface NewRequest {
  kind: string;
  subject: string;
  body?: Maybe<string>;
  context?: unknown;
  options?: Maybe<readonly unknown[]>;
  answerSchema?: unknown;
  arguments?: unknown;
  /** An agent or a person by name, `role:<name>`, `operator` for any operator (the default), `*` for any agent. */
  to?: Maybe<string>;
  taskId?: Maybe<string>;
  sessionId?: Maybe<string>;
  priority?: Maybe<number>;
  quorum?: Maybe<number>;
  deadlineSeconds?: Maybe<number>;
  onTimeout?: Maybe<string>;
  escalateTo?: Maybe<string>;
  remindEverySeconds?: Maybe<number>;
  idempotencyKey?: Maybe<string>;
}

/** Joins concurrent calls. Errors: `BAD_INPUT`, `NOT_FOUND` (task, session), `IDEMPOTENCY_CONFLICT`. */
export async function createRequest(db: Database, viewer: Viewer, input: NewRequest): Promise<AgentRequest> {
  const { kind, quorum, onTimeout, escalateTo, deadlineSeconds } = input;
  const approval = kind === 'approval';
  demand(approval || (quorum ?? 1) === 1, 'quorum: only approvals take several.');
  demand(approval || input.arguments == null, 'arguments: of approvals only; what one has to know goes into context.');
  demand(
    !approval || (!input.options?.length && input.answerSchema == null),
    'options and answerSchema: an approval is approved, edited or rejected; ask a question to get an answer.',
  );
  demand(approval || onTimeout !== 'approve', 'onTimeout: only an approval can be approved.');
  demand((onTimeout ?? 'wait') === 'wait' || deadlineSeconds != null, 'onTimeout: say when, with deadlineSeconds.');
  demand((onTimeout === 'escalate') === (escalateTo != null), 'escalateTo goes with onTimeout ESCALATE.');
  if (input.answerSchema != null) checkSchema(input.answerSchema);
  if (viewer.agent !== null) await ensureAgent(db, viewer.agent);
  const item = { ...input, from: actorOf(viewer) };
  const { request } = await joinPatiently<{ request: Row }>(db, 'create_requests', item);
  return fromRow('AgentRequest', request);
}

function demand(condition: boolean, message: string): void {
  if (!condition) throw new RookeryError('BAD_INPUT', message);
}

/** What may be done to a request; `rookery.act_on_requests()` says who may, and the errors of each. */
type Act =
  | { do: 'take'; seconds: number }
  | { do: 'release' | 'cancel' | 'remind' | 'see' }
  | { do: 'consume'; arguments?: unknown }
  | ({ do: 'respond' } & Decision);

/** One responder's word. */
export interface Decision {
  decision: string;
  answer?: unknown;
  arguments?: unknown;
  comment?: Maybe<string>;
  /** 0 to 1. */
  confidence?: Maybe<number>;
  sources?: Maybe<readonly unknown[]>;
}

/**
 * Does something to the request and returns it as it then is. Joins concurrent calls. Errors: `NOT_FOUND` (also when
 * the viewer may not see it), `CONFLICT`, `FORBIDDEN`, `ALREADY_DECIDED`, `BAD_INPUT`, as each act has them.
 */
export async function actOnRequest(db: Database, viewer: Viewer, id: bigint, act: Act): Promise<AgentRequest> {
  if (viewer.agent !== null) await ensureAgent(db, viewer.agent);
  const item = { ...act, id: String(id), actor: actorOf(viewer), operator: viewer.role === 'operator' };
  const { request } = await joinPatiently<{ request: Row }>(db, 'act_on_requests', item);
  return fromRow('AgentRequest', request);
}

/** Decides, or adds to the quorum; the answer must be what the request's schema says. Errors: as `actOnRequest`. */
export async function respondToRequest(
  db: Database,
  viewer: Viewer,
  id: bigint,
  said: Decision,
): Promise<AgentRequest> {
  if (said.answer != null) {
    const select = { answerSchema: true, status: true } as const;
    const where = { AND: [{ id }, await visibleTo(db, viewer)] };
    const asked = await db.prisma.agentRequest.findFirst({ where, select });
    if (asked?.status === 'open' && asked.answerSchema !== null) checkAnswer(asked.answerSchema, said.answer);
  }
  return actOnRequest(db, viewer, id, { do: 'respond', ...said });
}

/** One request. Errors: `NOT_FOUND`, also when the viewer may not see it. */
export async function readRequest(db: Database, viewer: Viewer, id: bigint): Promise<AgentRequest> {
  const request = await db.prisma.agentRequest.findFirst({ where: { AND: [{ id }, await visibleTo(db, viewer)] } });
  if (request === null)
    throw new RookeryError('NOT_FOUND', `There is no request ${id}, or ${actorOf(viewer)} may not see it.`, {
      id: String(id),
    });
  return request;
}

/** What one sweep did. */
export interface RequestSweep {
  /** Requests that expired or were escalated. */
  readonly timedOut: number;
  /** Requests whose deciders were sent a reminder. */
  readonly reminded: number;
}

/** Does what deadlines and reminders say, at most 200 of each. Any number of processes may call it, about once a second. */
export async function sweepRequests(db: Database): Promise<RequestSweep> {
  const [row] = await db.write<{ timed_out: number; reminded: number }>(
    '/* sweep requests */ select * from rookery.sweep_requests()',
  );
  return { timedOut: row!.timed_out, reminded: row!.reminded };
}

/** How far counts go. */
export const COUNTED = 1_000;

/** How many decisions the agent, or `operator`, has not picked up by awaitRequest or consumeApproval; counted up to 1,000. */
export async function pendingFor(db: Database, agent: string): Promise<number> {
  const [row] = await db.query<{ answers: number }>(
    `/* unseen decisions */ select count(*)::integer as answers from (
      select from agent_requests where from_agent = $1 and decided_at is not null and seen_at is null limit ${COUNTED}) unseen`,
    [agent],
  );
  return row!.answers;
}

type LargeColumn =
  | 'subject'
  | 'body'
  | 'context'
  | 'options'
  | 'answerSchema'
  | 'arguments'
  | 'answer'
  | 'editedArguments';

/** A column that was too large for an event, as it is now; null once the request is deleted. */
export async function readRequestColumn<Column extends LargeColumn>(
  db: Database,
  id: bigint,
  column: Column,
): Promise<AgentRequest[Column] | null> {
  const request = await db.prisma.agentRequest.findUnique({ where: { id }, select: { [column]: true } });
  return (request as Pick<AgentRequest, Column> | null)?.[column] ?? null;
}
