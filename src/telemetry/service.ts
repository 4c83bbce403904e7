import { ensureAgent } from '../agents/service.ts';
import type { Viewer } from '../graphql/context.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { LlmConversation, SystemEvent } from '../postgres/generated/client.ts';

type Row = Record<string, unknown>;

/** Most measurements of one call. */
export const MAX_METRICS = 1_000;

export interface Metric {
  name: string;
  /** Within 1e150 of zero. */
  value: number;
  unit?: string | null | undefined;
  /** Now unless given. */
  at?: Date | null | undefined;
  metadata?: unknown;
}

/** Records measurements about an agent; how many. Joins concurrent calls. Errors: `IDEMPOTENCY_CONFLICT`. */
export async function recordMetrics(
  db: Database,
  viewer: Viewer,
  batch: { agent: string; metrics: readonly Metric[]; idempotencyKey?: string | null | undefined },
): Promise<number> {
  await ensureAgent(db, batch.agent);
  const { recorded } = await db.join<{ recorded: number }>(
    '/* record metrics */ select * from rookery.record_metrics($1::jsonb)',
    { ...batch, by: nameOf(viewer) },
  );
  return recorded;
}

export interface NewEvent {
  type: string;
  /** INFO unless given. */
  severity?: string | null | undefined;
  data?: unknown;
  /** Null: it is about the system itself. */
  agent: string | null;
  idempotencyKey?: string | null | undefined;
}

/** Writes an entry of the log. Joins concurrent calls. Errors: `IDEMPOTENCY_CONFLICT`. */
export async function logEvent(db: Database, viewer: Viewer, event: NewEvent): Promise<SystemEvent> {
  if (event.agent !== null) await ensureAgent(db, event.agent);
  const row = await db.join<{ event: Row }>('/* log event */ select * from rookery.log_events($1::jsonb)', {
    ...event,
    by: nameOf(viewer),
  });
  return fromRow('SystemEvent', row.event);
}

export interface NewLlmCall {
  agent: string;
  conversationId?: string | null | undefined;
  prompt: string;
  response?: string | null | undefined;
  model?: string | null | undefined;
  tokensUsed?: number | null | undefined;
  /** A decimal number as text. */
  cost?: string | null | undefined;
  /** Now unless given. */
  at?: Date | null | undefined;
  metadata?: unknown;
  idempotencyKey?: string | null | undefined;
}

/** A call as it was recorded: its cost is text, where Prisma would have read a Decimal. */
export type RecordedLlmCall = Omit<LlmConversation, 'cost'> & { cost: string | null };

/** Records a call of a language model. Joins concurrent calls. Errors: `IDEMPOTENCY_CONFLICT`. */
export async function recordLlmCall(db: Database, viewer: Viewer, call: NewLlmCall): Promise<RecordedLlmCall> {
  await ensureAgent(db, call.agent);
  const row = await db.join<{ call: Row }>('/* record llm call */ select * from rookery.record_llm_calls($1::jsonb)', {
    ...call,
    by: nameOf(viewer),
  });
  return fromRow('LlmConversation', row.call) as unknown as RecordedLlmCall;
}

/** Whose idempotency keys these are, and who measured what another is said to be. */
function nameOf({ agent, role }: Viewer): string {
  return agent ?? role;
}

/**
 * Brings the summaries of the agents' health up to date if they are more than a minute old; whether it did. Any number
 * of processes may call it, about once a second.
 */
export async function refreshAgentHealth(db: Database): Promise<boolean> {
  const [row] = await db.write<{ refreshed: boolean }>(
    '/* refresh agent health */ select rookery.refresh_agent_health() as refreshed',
  );
  return row!.refreshed;
}
