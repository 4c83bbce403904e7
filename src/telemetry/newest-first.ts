import { id, Listing, time } from '../graphql/listing.ts';

interface Timed {
  readonly id: bigint;
  /** To the millisecond, in the database too. */
  readonly timestamp: Date;
}

/** A list by time, newest first. */
export const newestFirst = (name: string) =>
  new Listing<Timed, 'newest'>(
    name,
    { column: 'id', as: id },
    { newest: { column: 'timestamp', as: time, way: 'desc' } },
  );

/** Rows from `since` on and before `until`, where given. */
export function within(since: Date | null | undefined, until: Date | null | undefined) {
  return {
    ...(since == null && until == null
      ? {}
      : { timestamp: { ...(since == null ? {} : { gte: since }), ...(until == null ? {} : { lt: until }) } }),
  };
}
