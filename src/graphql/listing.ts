import { resolveCursorConnection } from '@pothos/plugin-relay';
import { MAX_PAGE } from './builder.ts';
import { decodePlace, encodePlace, notAPlace } from './place.ts';

/** The paging arguments of a connection, as Relay names them. */
export interface PagingArgs {
  first?: number | null | undefined;
  last?: number | null | undefined;
  after?: string | null | undefined;
  before?: string | null | undefined;
}

/** What a page holds, as Pothos makes it of those. */
export interface Stretch {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  /** Backwards from the end, or from `before`. */
  readonly inverted: boolean;
}

/** A stretch as Prisma reads it. */
export interface Page {
  readonly where: { readonly AND: object[] };
  readonly orderBy: object[];
  readonly take: number;
}

/** How a cursor holds the values of a column; what the column could not hold is no value. */
interface Kind {
  write(value: unknown): string;
  read(text: string): unknown;
}

const matching = (form: RegExp, read: (text: string) => unknown): Kind => ({
  write: String,
  read: (text) => (form.test(text) ? read(text) : undefined),
});

export const text = matching(/^/, String);
/** 32 bits. */
export const integer = matching(/^-?\d{1,9}$/, Number);
/** The key of a table: 64 bits, above zero. */
export const id = matching(/^[1-9]\d{0,17}$/, BigInt);
/** Of a column with milliseconds. */
export const time: Kind = {
  write: (value) => (value as Date).toISOString(),
  read: (value) => {
    const moment = new Date(/^\d{4}-\d\d-\d\dT[\d:.]{12}Z$/.test(value) ? value : Number.NaN);
    return Number.isNaN(moment.valueOf()) ? undefined : moment;
  },
};

type Column<Row> = { readonly column: keyof Row & string; readonly as: Kind };
type Order<Row> = Column<Row> & { readonly way: 'asc' | 'desc' };

/**
 * A list that is read in pages, in one of several orders: by a column, and then by the key, so that no two rows are equal.
 * A cursor holds the values of the row it stands for. So pages neither skip nor repeat a row when others change, one also
 * follows a row that has been deleted since, and the hundredth costs what the first does.
 */
export class Listing<Row, Name extends string> {
  private readonly name: string;
  private readonly key: Column<Row>;
  private readonly orders: Readonly<Record<Name, Order<Row>>>;

  /** `name` is the list's, so that no other takes its cursors. */
  constructor(name: string, key: Column<Row>, orders: Readonly<Record<Name, Order<Row>>>) {
    this.name = name;
    this.key = key;
    this.orders = orders;
  }

  /**
   * A Relay connection over the rows for which all of these conditions hold; `read` reads a page of it. Errors:
   * `BAD_INPUT` for a cursor of another list or order.
   */
  connection<Found extends Row>(
    order: Name,
    args: PagingArgs,
    conditions: readonly object[],
    read: (page: Page) => Promise<Found[]>,
  ) {
    return resolveCursorConnection<Promise<Found[]>>(
      { args, maxSize: MAX_PAGE, defaultSize: 20, toCursor: (row) => this.cursorOf(order, row as Found) },
      (stretch) => read(this.page(order, stretch, conditions)),
    );
  }

  /** The place of a row, as opaque text. */
  cursorOf(order: Name, row: Row): string {
    const { key } = this;
    const { column, as } = this.orders[order];
    const last = key.as.write(row[key.column]);
    const list = `${this.name}.${order}`;
    return column === key.column ? encodePlace(list, last) : encodePlace(list, as.write(row[column]), last);
  }

  /** The rows past a cursor, or between two, for which all of these conditions hold. */
  page(order: Name, { after, before, limit, inverted }: Stretch, conditions: readonly object[] = []): Page {
    const { column, way } = this.orders[order];
    const key = this.key.column;
    const direction = (way === 'asc') === inverted ? 'desc' : 'asc';
    return {
      where: {
        AND: [
          ...conditions,
          ...(after === undefined ? [] : [this.beyond(order, after, way === 'asc')]),
          ...(before === undefined ? [] : [this.beyond(order, before, way !== 'asc')]),
        ],
      },
      orderBy: column === key ? [{ [key]: direction }] : [{ [column]: direction }, { [key]: direction }],
      take: limit,
    };
  }

  private beyond(order: Name, cursor: string, ascending: boolean): object {
    const { column, as } = this.orders[order];
    const values = decodePlace(`${this.name}.${order}`, cursor, column === this.key.column ? 1 : 2);
    const key = this.key.as.read(values.at(-1) ?? '');
    const value = column === this.key.column ? key : as.read(values[0] ?? '');
    if (key === undefined || value === undefined) throw notAPlace();
    const past = (bound: unknown) => (ascending ? { gt: bound } : { lt: bound });
    if (column === this.key.column) return { [column]: past(key) };
    // The first condition alone is what an index range can be; the second takes the rest of the same value out.
    return {
      [column]: ascending ? { gte: value } : { lte: value },
      OR: [{ [column]: past(value) }, { [this.key.column]: past(key) }],
    };
  }
}
