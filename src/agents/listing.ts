import { RookeryError } from '../errors.ts';
import { containsText } from '../postgres/contains.ts';
import type { Agent, Prisma } from '../postgres/generated/client.ts';

export interface AgentFilter {
  status?: readonly string[] | null | undefined;
  state?: readonly string[] | null | undefined;
  liveness?: readonly string[] | null | undefined;
  capability?: string | null | undefined;
  type?: string | null | undefined;
  stale?: boolean | null | undefined;
  search?: string | null | undefined;
}

/** All given conditions must hold. `search` finds the text in id or name, upper and lower case alike, and scans for it. */
function agentWhere(filter: AgentFilter): Prisma.AgentWhereInput {
  const { status, state, liveness, capability, type, stale, search } = filter;
  const where: Prisma.AgentWhereInput = {};
  if (status != null) where.status = { in: [...status] };
  if (state != null) where.state = { in: [...state] };
  if (liveness != null) where.liveness = { in: [...liveness] };
  if (capability != null) where.capabilities = { array_contains: [capability] };
  if (type != null) where.type = type;
  if (stale != null) where.AND = { liveness: stale ? 'stale' : { not: 'stale' } };
  if (search != null) where.OR = [{ agentId: containsText(search) }, { agentName: containsText(search) }];
  return where;
}

/** The ways to order a list: by one column, then by id, so that no two agents are equal. */
const ORDERS = {
  id: { column: 'agentId', direction: 'asc' },
  silent: { column: 'lastHeartbeat', direction: 'asc' },
  changed: { column: 'lastStateChange', direction: 'desc' },
} as const;

export type AgentOrder = keyof typeof ORDERS;

export interface AgentPage {
  readonly order: AgentOrder;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  /** Backwards from the end, or from `before`. */
  readonly inverted: boolean;
}

/** What Prisma needs to read a page: the agents past a cursor, which holds the place of its agent at that time. */
export function pageOf(filter: AgentFilter, { order, after, before, limit, inverted }: AgentPage) {
  const { column, direction } = ORDERS[order];
  const conditions = [agentWhere(filter)];
  if (after !== undefined) conditions.push(beyond(order, after, direction === 'asc'));
  if (before !== undefined) conditions.push(beyond(order, before, direction !== 'asc'));
  const way = (direction === 'asc') === inverted ? ('desc' as const) : ('asc' as const);
  return {
    where: { AND: conditions },
    orderBy: column === 'agentId' ? [{ agentId: way }] : [{ [column]: way }, { agentId: way }],
    take: limit,
  } satisfies Prisma.AgentFindManyArgs;
}

/** Opaque text; times have the milliseconds that the columns have. */
export function cursorOf(order: AgentOrder, agent: Agent): string {
  const { column } = ORDERS[order];
  const time = column === 'agentId' ? '' : agent[column].toISOString();
  return Buffer.from(`${order} ${time} ${agent.agentId}`).toString('base64url');
}

function beyond(order: AgentOrder, cursor: string, ascending: boolean): Prisma.AgentWhereInput {
  const { column } = ORDERS[order];
  const [, kind, time, id] = /^(\w+) (\S*) (.+)$/su.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const moment = new Date(time ?? '');
  if (kind !== order || (column !== 'agentId' && Number.isNaN(moment.valueOf())))
    throw new RookeryError('BAD_INPUT', 'This is not a cursor of this list in this order: take one from its pageInfo.');
  const past = ascending ? 'gt' : 'lt';
  if (column === 'agentId') return { agentId: { [past]: id } };
  // The first condition alone is what an index range can be; the second takes the rest of the same millisecond out.
  return {
    [column]: ascending ? { gte: moment } : { lte: moment },
    OR: [{ [column]: { [past]: moment } }, { agentId: { [past]: id } }],
  };
}
