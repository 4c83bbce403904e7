/** One committed change, at its place in the feed. */
export interface ChangeEvent {
  /** Dense: 1, 2, 3 … with no hole, the same for every subscriber. */
  readonly position: number;
  /** `position` as clients see it: resume `after` this. */
  readonly cursor: string;
  /** What the table's trigger gave it, e.g. `tasks` or `inbox:jean`. */
  readonly topic: string;
  readonly entityId: string;
  readonly op: 'insert' | 'update' | 'delete';
  /** The agents it is addressed to; null: everybody. */
  readonly recipients: readonly string[] | null;
  /** The row after the change (before it, for a delete), by column name, less `omitted`. */
  readonly data: Readonly<Record<string, unknown>>;
  /** What the watched columns held before an update, where they changed. */
  readonly previous: Readonly<Record<string, unknown>> | null;
  /** Columns over 16 kB, left out of `data`: read them from the table. */
  readonly omitted: readonly string[] | null;
  /** The agent behind an API call, else the database role. */
  readonly actor: string;
  /** When the row was changed, by the database's clock. */
  readonly at: Date;
}

/** Which events a subscriber wants. */
export interface Selection {
  /** Exact topics, e.g. `['tasks']` or `['inbox:jean', 'inbox:*']`. */
  readonly topics: readonly string[];
  /** A further condition; must depend on the event alone. */
  readonly matches?: (event: ChangeEvent) => boolean;
}
