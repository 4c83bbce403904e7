import { RookeryError } from '../errors.ts';

/** How far a search may be paged: who has not found it by then needs other words. */
const MAX_OFFSET = 10_000;

/** The place in a search that a cursor stands for. Errors: `BAD_INPUT` for a cursor that no search gave, or too far. */
export function searchOffset(offset: number): number {
  if (Number.isInteger(offset) && offset >= 0 && offset <= MAX_OFFSET) return offset;
  throw new RookeryError(
    'BAD_INPUT',
    `A search shows its best ${MAX_OFFSET} at most, and this cursor is none of theirs: narrow the search.`,
  );
}
