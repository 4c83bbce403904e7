import DataLoader from 'dataloader';
import { RookeryError } from '../errors.ts';
import type { Context } from '../graphql/context.ts';
import type { Database } from '../postgres/database.ts';
import type { Prisma } from '../postgres/generated/client.ts';
import type { Window } from './series.ts';

/** What usage may be summed by, and how each is said in SQL. */
const GROUPS = {
  agent: 'agent_id',
  model: 'model',
  day: `to_char(timestamp at time zone 'UTC', 'YYYY-MM-DD')`,
} as const;

export type UsageGroup = keyof typeof GROUPS;

/** A group; what it was not grouped by is null. */
export interface Usage {
  agent: string | null;
  model: string | null;
  /** Like 2026-11-21, UTC. */
  day: string | null;
  calls: number;
  /** Up to 2^53. */
  tokens: number;
  /** Decimal text. */
  cost: string;
}

const MAX_GROUPS = 1_000;

/**
 * Sums calls, tokens and cost. Reads an index of the calls of the window, and none of their texts. Errors: `BAD_INPUT`
 * when there are over 1,000 groups.
 */
export async function readUsage(
  db: Database,
  { since, until, agent, groupBy }: Window & { agent: string | null; groupBy: readonly UsageGroup[] },
): Promise<Usage[]> {
  const wanted = (Object.keys(GROUPS) as UsageGroup[]).filter((group) => groupBy.includes(group));
  const columns = (Object.keys(GROUPS) as UsageGroup[]).map(
    (group) => `${wanted.includes(group) ? GROUPS[group] : 'null::text'} as ${group}`,
  );
  const rows = await db.query<Usage>(
    `/* llm usage */
     select ${columns.join(', ')}, count(*)::integer as calls,
            coalesce(sum(tokens_used), 0)::float8 as tokens, trim_scale(coalesce(sum(cost), 0))::text as cost
       from llm_conversations
      where timestamp >= $1 and timestamp < $2 ${agent === null ? '' : 'and agent_id = $3'}
      ${wanted.length === 0 ? '' : `group by ${wanted.join(', ')} order by ${wanted.join(', ')}`}
      limit ${MAX_GROUPS + 1}`,
    agent === null ? [since, until] : [since, until, agent],
  );
  if (rows.length > MAX_GROUPS)
    throw new RookeryError('BAD_INPUT', `That is over ${MAX_GROUPS} groups: ask for a shorter time, or group by less.`);
  return rows;
}

export interface LlmCallFilter {
  agent?: string | null | undefined;
  conversation?: string | null | undefined;
  model?: string | null | undefined;
}

/** All given conditions must hold. */
export function llmCallWhere({ agent, conversation, model }: LlmCallFilter): Prisma.LlmConversationWhereInput {
  const where: Prisma.LlmConversationWhereInput = {};
  if (agent != null) where.agentId = agent;
  if (conversation != null) where.conversationId = conversation;
  if (model != null) where.model = model;
  return where;
}

/** What was said in a call. */
interface Texts {
  prompt: string;
  response: string | null;
}

const loaders = new WeakMap<Context, DataLoader<bigint, Texts | null>>();

/** The texts of a call, which a list leaves out. Those of one page are one statement; null once the call is deleted. */
export function textsOf(context: Context, id: bigint): Promise<Texts | null> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(async (ids) => {
      const select = { id: true, prompt: true, response: true };
      const calls = await context.db.prisma.llmConversation.findMany({ where: { id: { in: [...ids] } }, select });
      const byId = new Map(calls.map((call) => [call.id, call]));
      return ids.map((each) => byId.get(each) ?? null);
    });
    loaders.set(context, loader);
  }
  return loader.load(id);
}
