import { id, Listing, type PagingArgs, type Slice, time } from '../graphql/listing.ts';

interface Timed {
  readonly id: bigint;
  /** To the millisecond, in the database too. */
  readonly timestamp: Date;
}

const NEWEST_FIRST = new Listing<Timed, 'newest'>(
  { column: 'id', as: id },
  { newest: { column: 'timestamp', as: time, way: 'desc' } },
);

/** A connection over rows in order of time, newest first; the conditions of `read`'s slice join those of the filter. */
export function newestFirst<Row extends Timed>(args: PagingArgs, read: (slice: Slice) => Promise<Row[]>) {
  return NEWEST_FIRST.connection('newest', args, (stretch) => read(NEWEST_FIRST.slice('newest', stretch)));
}

/** Rows from `since` on and before `until`, where given. */
export function within(since: Date | null | undefined, until: Date | null | undefined) {
  return {
    ...(since == null && until == null
      ? {}
      : { timestamp: { ...(since == null ? {} : { gte: since }), ...(until == null ? {} : { lt: until }) } }),
  };
}
