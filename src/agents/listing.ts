import { Listing, type Stretch, text, time } from '../graphql/listing.ts';
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

export type AgentOrder = 'id' | 'silent' | 'changed';

export const AGENTS = new Listing<Agent, AgentOrder>(
  { column: 'agentId', as: text },
  {
    id: { column: 'agentId', as: text, way: 'asc' },
    silent: { column: 'lastHeartbeat', as: time, way: 'asc' },
    changed: { column: 'lastStateChange', as: time, way: 'desc' },
  },
);

export interface AgentPage extends Stretch {
  readonly order: AgentOrder;
}

/** What Prisma needs to read a page. */
export function pageOf(filter: AgentFilter, { order, ...stretch }: AgentPage) {
  const { where, ...page } = AGENTS.slice(order, stretch);
  return { ...page, where: { AND: [agentWhere(filter), ...where] } } satisfies Prisma.AgentFindManyArgs;
}
