import { RookeryError } from '../errors.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { KnowledgeEntry, Prisma } from '../postgres/generated/client.ts';

export interface NewEntry {
  category?: string | null | undefined;
  title: string;
  content: string;
  metadata?: unknown;
}

/** Records what `agent` learned. Joins concurrent calls. */
export async function recordKnowledge(db: Database, agent: string, entry: NewEntry): Promise<KnowledgeEntry> {
  const row = await db.join<{ entry: Record<string, unknown> }>(
    '/* record knowledge */ select * from rookery.record_knowledge($1::jsonb)',
    { agent, ...entry },
  );
  return fromRow('KnowledgeEntry', row.entry);
}

export interface KnowledgeFilter {
  agent?: string | null | undefined;
  category?: string | null | undefined;
  search?: string | null | undefined;
}

/** `search` finds the text anywhere in title or content, upper and lower case alike: the documents' ILIKE '%…%'. */
export function knowledgeWhere({ agent, category, search }: KnowledgeFilter): Prisma.KnowledgeEntryWhereInput {
  const where: Prisma.KnowledgeEntryWhereInput = {};
  if (agent != null) where.agentName = agent;
  if (category != null) where.category = category;
  if (search != null)
    where.OR = [
      { title: { contains: search, mode: 'insensitive' } },
      { content: { contains: search, mode: 'insensitive' } },
    ];
  return where;
}

/** A column that was too large for the event, read from the table as it is now; `NOT_FOUND` once the entry is deleted. */
export async function readContent(db: Database, id: bigint): Promise<string> {
  const entry = await db.prisma.knowledgeEntry.findUnique({ where: { id }, select: { content: true } });
  if (entry === null) throw new RookeryError('NOT_FOUND', `Knowledge entry ${id} has been deleted since.`);
  return entry.content;
}
