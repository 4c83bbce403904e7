import { Listing, text, time } from '../graphql/listing.ts';
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
export function agentWhere(filter: AgentFilter): Prisma.AgentWhereInput {
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

export const AGENTS = new Listing<Agent, 'id' | 'silent' | 'changed'>(
  'agents',
  { column: 'agentId', as: text },
  {
    id: { column: 'agentId', as: text, way: 'asc' },
    silent: { column: 'lastHeartbeat', as: time, way: 'asc' },
    changed: { column: 'lastStateChange', as: time, way: 'desc' },
  },
);
