import type { Database } from '../postgres/database.ts';

/** How to search, and how something was found. */
export type Way = 'words' | 'title' | 'text';

export interface Search {
  readonly query: string;
  /** `auto`: by words; where these find nothing, by titles; where those find nothing, by text. */
  readonly mode: Way | 'auto';
  readonly filter: SearchFilter;
  readonly limit: number;
  readonly offset: number;
}

/** All given conditions must hold. */
export interface SearchFilter {
  readonly category?: string | null | undefined;
  readonly tags?: readonly string[] | null | undefined;
  readonly agent?: string | null | undefined;
  readonly includeSuperseded?: boolean | null | undefined;
}

/** An entry that was found. */
export interface Hit {
  readonly entryId: bigint;
  readonly matchedBy: Way;
  readonly rank: number;
  readonly snippet: string;
}

export async function searchKnowledge(db: Database, { query, mode, filter, limit, offset }: Search): Promise<Hit[]> {
  const rows = await db.query<{ entry_id: string; matched_by: Way; rank: number; snippet: string }>(
    '/* search knowledge */ select * from rookery.search_knowledge($1, $2, $3, $4, $5, $6, $7, $8)',
    [query, mode, ...conditions(filter), limit, offset],
  );
  return rows.map(({ entry_id, matched_by, rank, snippet }) => ({
    entryId: BigInt(entry_id),
    matchedBy: matched_by,
    rank,
    snippet,
  }));
}

/** An entry and how far its embedding is from the one that was given. */
export interface Neighbour {
  readonly entryId: bigint;
  readonly distance: number;
}

/** The entries whose embeddings are nearest, nearest first. Errors: `BAD_INPUT` (of a size that no embedding has, or may have). */
export async function nearestKnowledge(
  db: Database,
  embedding: readonly number[],
  filter: SearchFilter,
  first: number,
): Promise<Neighbour[]> {
  const rows = await db.query<{ entry_id: string; distance: number }>(
    '/* nearest knowledge */ select * from rookery.nearest_knowledge($1::jsonb, $2, $3, $4, $5, $6)',
    [JSON.stringify(embedding), ...conditions(filter), first],
  );
  // What is the same direction may come out a hair less than nothing, by rounding.
  return rows.map(({ entry_id, distance }) => ({ entryId: BigInt(entry_id), distance: Math.max(distance, 0) }));
}

function conditions({ category, tags, agent, includeSuperseded }: SearchFilter): unknown[] {
  return [category ?? null, tags?.length ? tags : null, agent ?? null, includeSuperseded ?? false];
}
