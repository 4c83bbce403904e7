import { resolveCursorConnection } from '@pothos/plugin-relay';
import { RookeryError } from '../errors.ts';
import { MAX_PAGE } from '../graphql/builder.ts';

/** The paging arguments of a connection, as Relay names them. */
interface PagingArgs {
  first?: number | null | undefined;
  last?: number | null | undefined;
  after?: string | null | undefined;
  before?: string | null | undefined;
}

interface Timed {
  readonly id: bigint;
  /** To the millisecond, in the database too. */
  readonly timestamp: Date;
}

/** What Prisma needs to read a page, to be joined with the filter of the list. */
export interface Page {
  readonly where: ReturnType<typeof beyond>[];
  readonly orderBy: [{ timestamp: 'asc' | 'desc' }, { id: 'asc' | 'desc' }];
  readonly take: number;
}

/**
 * A connection over rows in order of time, newest first. A cursor holds the place of its row, not its key: a page also
 * follows one whose last row has been deleted since, and the hundredth costs what the first does.
 */
export function newestFirst<Row extends Timed>(args: PagingArgs, read: (page: Page) => Promise<Row[]>) {
  return resolveCursorConnection<Promise<Row[]>>(
    { args, maxSize: MAX_PAGE, defaultSize: 20, toCursor: (row) => cursorOf(row as Row) },
    ({ after, before, limit, inverted }) => {
      const way = inverted ? 'asc' : 'desc';
      return read({
        where: [
          ...(after === undefined ? [] : [beyond(after, 'lt')]),
          ...(before === undefined ? [] : [beyond(before, 'gt')]),
        ],
        orderBy: [{ timestamp: way }, { id: way }],
        take: limit,
      });
    },
  );
}

function cursorOf({ timestamp, id }: Timed): string {
  return Buffer.from(`${timestamp.toISOString()} ${id}`).toString('base64url');
}

function beyond(cursor: string, way: 'lt' | 'gt') {
  const [time = '', id = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const timestamp = new Date(time);
  if (Number.isNaN(timestamp.valueOf()) || !/^[1-9]\d{0,17}$/.test(id))
    throw new RookeryError('BAD_INPUT', 'This is not a cursor of this list: take one from its pageInfo.');
  // The first condition is what an index range can be; the second takes the rest of the same millisecond out.
  return {
    timestamp: way === 'lt' ? { lte: timestamp } : { gte: timestamp },
    OR: [{ timestamp: { [way]: timestamp } }, { id: { [way]: BigInt(id) } }],
  };
}

/** Rows from `since` on and before `until`, where given. */
export function within(since: Date | null | undefined, until: Date | null | undefined) {
  return {
    ...(since == null && until == null
      ? {}
      : { timestamp: { ...(since == null ? {} : { gte: since }), ...(until == null ? {} : { lt: until }) } }),
  };
}
