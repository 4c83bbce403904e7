import { RookeryError } from '../errors.ts';
import type { ChangeEvent } from '../feed/event.ts';
import type { Database } from '../postgres/database.ts';
import type { Prisma } from '../postgres/generated/client.ts';

/** As they are stored, from least to most severe. */
const SEVERITIES = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'];

/** All given conditions must hold. */
export interface EventFilter {
  types?: readonly string[] | null | undefined;
  minSeverity?: string | null | undefined;
  agent?: string | null | undefined;
}

/** Those of a severity and all above it; null for no condition. */
function severitiesFrom(least: string | null | undefined): string[] | null {
  const place = least == null ? 0 : SEVERITIES.indexOf(least);
  return place <= 0 ? null : SEVERITIES.slice(place);
}

export function eventWhere({ types, minSeverity, agent }: EventFilter): Prisma.SystemEventWhereInput {
  const severities = severitiesFrom(minSeverity);
  const where: Prisma.SystemEventWhereInput = {};
  if (types != null) where.eventType = { in: [...types] };
  if (severities !== null) where.severity = { in: severities };
  if (agent != null) where.agentId = agent;
  return where;
}

/** The same conditions, for what the change feed carries. */
export function eventMatches({ types, minSeverity, agent }: EventFilter): (event: ChangeEvent) => boolean {
  const severities = severitiesFrom(minSeverity);
  return ({ data }) =>
    (types == null || types.includes(data['event_type'] as string)) &&
    (severities === null || severities.includes(data['severity'] as string)) &&
    (agent == null || data['agent_id'] === agent);
}

/** Data that was over 16 kB and so is not in the change event. Errors: `NOT_FOUND` once the entry is deleted. */
export async function readEventData(db: Database, id: bigint): Promise<Prisma.JsonValue> {
  const event = await db.prisma.systemEvent.findUnique({ where: { id }, select: { eventData: true } });
  if (event === null) throw new RookeryError('NOT_FOUND', `System event ${id} has been deleted since.`);
  return event.eventData;
}
