import { RookeryError } from '../errors.ts';
import type { ChangeEvent } from '../feed/event.ts';
import { fromRow } from '../graphql/row.ts';
import { containsText } from '../postgres/contains.ts';
import type { Database } from '../postgres/database.ts';
import type { KnowledgeEntry, Prisma } from '../postgres/generated/client.ts';
import { inTurn } from '../postgres/patience.ts';

type Maybe<Value> = Value | null | undefined;
type Row = Record<string, unknown>;

export interface NewEntry {
  category?: Maybe<string>;
  title: string;
  content: string;
  tags?: Maybe<readonly string[]>;
  metadata?: unknown;
  /** 1 to 2,000 numbers; as many as EMBEDDING_DIMENSIONS says, where that is set. */
  embedding?: Maybe<readonly number[]>;
  idempotencyKey?: Maybe<string>;
}

/** Records what `agent` learned. Joins concurrent calls. Errors: `BAD_INPUT` (the embedding), `IDEMPOTENCY_CONFLICT`. */
export async function recordKnowledge(db: Database, agent: string, entry: NewEntry): Promise<KnowledgeEntry> {
  const row = await db.join<{ entry: Row }>(
    '/* record knowledge */ select * from rookery.record_knowledge($1::jsonb)',
    { agent, ...entry },
  );
  return fromRow('KnowledgeEntry', row.entry);
}

/** What is left out stays as it is; null clears category and embedding. */
export type Correction = Partial<Omit<NewEntry, 'idempotencyKey'>>;

/**
 * Corrects a current entry. Only the agent that recorded it may, and who may act `anywhere`.
 * Errors: `NOT_FOUND`, `FORBIDDEN`, `CONFLICT` (superseded, or locked by another session), `BAD_INPUT` (the embedding).
 */
export async function updateKnowledge(
  db: Database,
  who: { agent: string | null; anywhere: boolean },
  id: bigint,
  correction: Correction,
): Promise<KnowledgeEntry> {
  const [row] = await inTurn(db, () =>
    db.write<{ entry: Row }>('/* update knowledge */ select rookery.update_knowledge($1, $2::jsonb, $3, $4) as entry', [
      id,
      given(correction),
      who.agent,
      who.anywhere,
    ]),
  );
  return fromRow('KnowledgeEntry', row!.entry);
}

/** Null clears these; to the others it means what leaving them out does. */
const CLEARED = new Set(['category', 'embedding']);

function given(correction: object): object {
  return Object.fromEntries(Object.entries(correction).filter(([name, value]) => value !== null || CLEARED.has(name)));
}

/**
 * Records an entry of `agent` in the place of another, which is closed. What it leaves out of category and tags is that of
 * the old one. Errors: `NOT_FOUND`, `CONFLICT` (superseded already, or locked by another session), `BAD_INPUT` (the embedding),
 * `IDEMPOTENCY_CONFLICT`.
 */
export async function supersedeKnowledge(
  db: Database,
  agent: string,
  id: bigint,
  successor: NewEntry,
): Promise<{ entry: KnowledgeEntry; superseded: KnowledgeEntry }> {
  const [row] = await inTurn(db, () =>
    db.write<{ entry: Row; superseded: Row }>(
      '/* supersede knowledge */ select * from rookery.supersede_knowledge($1, $2::jsonb)',
      [id, { ...given(successor), agent }],
    ),
  );
  return { entry: fromRow('KnowledgeEntry', row!.entry), superseded: fromRow('KnowledgeEntry', row!.superseded) };
}

export interface KnowledgeFilter {
  agent?: Maybe<string>;
  category?: Maybe<string>;
  tags?: Maybe<readonly string[]>;
  includeSuperseded?: Maybe<boolean>;
  closedSince?: Maybe<Date>;
  search?: Maybe<string>;
}

/** `search` finds the text anywhere in title or content, upper and lower case alike: the documents' ILIKE '%…%'. */
export function knowledgeWhere(filter: KnowledgeFilter): Prisma.KnowledgeEntryWhereInput {
  const where: Prisma.KnowledgeEntryWhereInput = {};
  if (filter.agent != null) where.agentName = filter.agent;
  if (filter.category != null) where.category = filter.category;
  if (filter.tags != null && filter.tags.length > 0) where.tags = { hasEvery: [...filter.tags] };
  if (filter.closedSince != null) where.supersededAt = { gte: filter.closedSince };
  else if (filter.includeSuperseded !== true) where.supersededAt = null;
  if (filter.search != null)
    where.OR = [{ title: containsText(filter.search) }, { content: containsText(filter.search) }];
  return where;
}

/** A column that was left out of a row, read from the table as it is now; `NOT_FOUND` once the entry is deleted. */
export async function readContent(db: Database, id: bigint): Promise<string> {
  const entry = await db.prisma.knowledgeEntry.findUnique({ where: { id }, select: { content: true } });
  if (entry === null) throw new RookeryError('NOT_FOUND', `Knowledge entry ${id} has been deleted since.`);
  return entry.content;
}

/** The end of the chain of those that superseded an entry, which is itself while it is current. */
export async function readLatest(db: Database, id: bigint): Promise<KnowledgeEntry> {
  const [row] = await db.query<{ entry: Row | null }>(
    `/* latest knowledge */ select to_jsonb(k) - '{content,embedding}'::text[] as entry
       from agent_knowledge k where k.id = rookery.latest_knowledge($1)`,
    [id],
  );
  if (!row?.entry) throw new RookeryError('NOT_FOUND', `Knowledge entry ${id} has been deleted since.`);
  return fromRow('KnowledgeEntry', row.entry);
}

/** Whether an event is of an entry that the filter lets through, as it is now or was before. */
export function eventMatches(
  { category, tags }: Pick<KnowledgeFilter, 'category' | 'tags'>,
  { data, previous }: Pick<ChangeEvent, 'data' | 'previous'>,
): boolean {
  return [data, { ...data, ...previous }].some(
    (row) =>
      (category == null || row['category'] === category) &&
      (tags ?? []).every((tag) => (row['tags'] as string[]).includes(tag)),
  );
}
