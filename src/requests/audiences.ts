import type { Viewer } from '../graphql/context.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { Prisma, RoleGrant } from '../postgres/generated/client.ts';

type Row = Record<string, unknown>;

/** Who a request or a decision is put down to: the viewer's agent; `operator` for an operator that named none. */
export function actorOf({ agent }: Viewer): string {
  return agent ?? 'operator';
}

/** As whom the viewer is asked: by its name, as one of the operators, and as `role:<name>` for each role it holds. */
export async function audiencesOf(db: Database, viewer: Viewer): Promise<string[]> {
  const me = actorOf(viewer);
  const held = await db.prisma.roleGrant.findMany({ where: { agentId: me }, select: { role: true } });
  const asOperator = viewer.role === 'operator' && viewer.agent !== null ? ['operator'] : [];
  return [me, ...asOperator, ...held.map(({ role }) => `role:${role}`)];
}

/** The requests a viewer may see: an agent, its own and those that it may decide; others, all. */
export async function visibleTo(db: Database, viewer: Viewer): Promise<Prisma.AgentRequestWhereInput> {
  if (viewer.role !== 'agent') return {};
  return {
    OR: [{ toAgent: null }, { toAgent: { in: await audiencesOf(db, viewer) } }, { fromAgent: viewer.agent ?? '' }],
  };
}

/** Who holds which role, by role and name: at most 1,000, of one role or of one agent where these are given. */
export function readRoles(
  db: Database,
  { role, agent }: { role?: string | null | undefined; agent?: string | null | undefined },
): Promise<RoleGrant[]> {
  return db.prisma.roleGrant.findMany({
    where: { ...(role != null && { role }), ...(agent != null && { agentId: agent }) },
    orderBy: [{ role: 'asc' }, { agentId: 'asc' }],
    take: 1_000,
  });
}

/** Gives an agent, or a person, a role; one that it holds already is returned as it is. */
export async function grantRole(
  db: Database,
  viewer: Viewer,
  { role, agent }: { role: string; agent: string },
): Promise<RoleGrant> {
  const [row] = await db.write<{ granted: Row }>(
    `/* grant role */ with granted as (
       insert into public.agent_roles as g (role, agent_id, granted_by) values ($1, $2, $3)
       on conflict (role, agent_id) do update set granted_by = g.granted_by
       returning g.*)
     select to_jsonb(granted) as granted from granted`,
    [role, agent, actorOf(viewer)],
  );
  return fromRow('RoleGrant', row!.granted);
}

/** Takes a role away; false when the agent did not hold it. */
export async function revokeRole(
  db: Database,
  viewer: Viewer,
  { role, agent }: { role: string; agent: string },
): Promise<boolean> {
  const rows = await db.write(
    `/* revoke role */ delete from public.agent_roles using set_config('rookery.actor', $3, true)
      where role = $1 and agent_id = $2 returning 1`,
    [role, agent, actorOf(viewer)],
  );
  return rows.length > 0;
}
