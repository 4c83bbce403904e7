import DataLoader from 'dataloader';
import { RookeryError } from '../errors.ts';
import type { Context } from '../graphql/context.ts';

/** What `rookery.queue_metrics` says of a queue; see there for what is exact. Ages are null when it is empty. */
export interface Figures {
  readonly length: number;
  readonly visibleLength: number;
  readonly totalMessages: number;
  readonly newestAgeSeconds: number | null;
  readonly oldestAgeSeconds: number | null;
}

interface Row {
  queue: string;
  length: string;
  visible_length: string;
  total_messages: string;
  newest_age_seconds: number | null;
  oldest_age_seconds: number | null;
}

const loaders = new WeakMap<Context, DataLoader<string, Figures>>();

/** The figures of a queue; all queues of a request are asked for in one statement. Errors: `NOT_FOUND`. */
export function figuresOf(context: Context, queue: string): Promise<Figures> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    // Uncached: the context of a subscription lives long.
    loader = new DataLoader((names) => loadFigures(context, names), { cache: false });
    loaders.set(context, loader);
  }
  return loader.load(queue);
}

async function loadFigures({ db }: Context, names: readonly string[]): Promise<(Figures | Error)[]> {
  const rows = await db.query<Row>('/* queue metrics */ select * from rookery.queue_metrics($1::text[])', [
    [...new Set(names)],
  ]);
  const found = new Map(rows.map((row) => [row.queue, row]));
  return names.map((name) => {
    const row = found.get(name);
    if (row === undefined) return new RookeryError('NOT_FOUND', `Queue ${name} has been dropped since.`);
    return {
      length: Number(row.length),
      visibleLength: Number(row.visible_length),
      totalMessages: Number(row.total_messages),
      newestAgeSeconds: row.newest_age_seconds,
      oldestAgeSeconds: row.oldest_age_seconds,
    };
  });
}
