import type { ExecutionResult } from 'graphql';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { ERROR_CODES } from '../errors.ts';
import type { Feed } from '../feed/feed.ts';
import type { Subscriptions } from '../graphql/subscriptions.ts';
import type { Database } from '../postgres/database.ts';
import { type TaskDepth, taskDepth } from '../tasks/service.ts';

/** What the hub counts, and how it is shown to Prometheus. All labels have few values, whatever clients send. */
export interface Metrics {
  /** One operation that was answered (a subscription: that was begun), with the time that took. */
  operation(type: string, result: ExecutionResult, milliseconds: number): void;
  /** Leases that a sweep of this process took back. */
  leasesLost(count: number): void;
  /** Adds the gauges that are read at each scrape. */
  watch(sources: MetricSources): void;
  readonly contentType: string;
  render(): Promise<string>;
  close(): void;
}

export interface MetricSources {
  readonly db: Database;
  readonly feed: Feed;
  readonly operations: { readonly subscriptions: Subscriptions };
  readonly sockets: { readonly count: number; readonly bufferedBytes: number };
  readonly http: { readonly eventStreams: number };
}

const LATENCY_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const DEPTH_MS = 10_000;

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const answered = new Counter({
    name: 'rookery_operations_total',
    help: 'Operations by type and by outcome: ok, or the code of the first error.',
    labelNames: ['type', 'outcome'],
    registers,
  });
  const latency = new Histogram({
    name: 'rookery_operation_seconds',
    help: 'Time until an operation was answered; of a subscription, until it began.',
    labelNames: ['type'],
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const lost = new Counter({
    name: 'rookery_leases_lost_total',
    help: 'Leases that nobody renewed and that this process took back.',
    registers,
  });
  const depth = cachedDepth();
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });

  return {
    operation(type, result, milliseconds) {
      answered.inc({ type, outcome: outcomeOf(result) });
      latency.observe({ type }, milliseconds / 1000);
    },
    leasesLost: (count) => lost.inc(count),
    watch({ db, feed, operations: { subscriptions }, sockets, http }) {
      db.statements.expose(registry);
      gauge('rookery_pool_connections', 'PostgreSQL connections of the pool.', () => db.pool.totalCount);
      gauge('rookery_pool_idle', 'Of these, idle.', () => db.pool.idleCount);
      gauge('rookery_pool_waiting', 'Callers that wait for a connection.', () => db.pool.waitingCount);
      gauge('rookery_feed_position', 'Position up to which events were handed out.', () => feed.status.position);
      gauge(
        'rookery_feed_lag_seconds',
        'Age of the newest event when it was handed out.',
        () => feed.status.lagMs / 1000,
      );
      gauge('rookery_feed_listening', '1 while the listening connection proves itself, else 0.', () =>
        feed.status.listening ? 1 : 0,
      );
      gauge(
        'rookery_notify_queue_usage',
        'Share of the notification queue of the PostgreSQL instance in use; at 1, writers that notify fail.',
        () => feed.status.notifyQueueUsage,
      );
      gauge('rookery_subscribers', 'Subscriptions served.', () => subscriptions.count.subscribers);
      gauge(
        'rookery_subscription_groups',
        'Groups of them that share one execution.',
        () => subscriptions.count.groups,
      );
      new Gauge({
        name: 'rookery_tasks',
        help: 'Unfinished tasks: ready, waiting for their time, blocked, or held under a lease. At most 10 s old.',
        labelNames: ['place'],
        registers,
        async collect() {
          for (const [place, count] of Object.entries(await depth(db))) this.set({ place }, count);
        },
      });
      gauge('rookery_sockets', 'Open WebSockets.', () => sockets.count);
      gauge(
        'rookery_socket_buffered_bytes',
        'Written to WebSockets and not yet taken by their readers.',
        () => sockets.bufferedBytes,
      );
      gauge('rookery_event_streams', 'Open event streams (SSE).', () => http.eventStreams);
    },
    contentType: registry.contentType,
    render: () => registry.metrics(),
    close: () => registry.clear(),
  };
}

/** However often it is scraped, the database is asked every 10 s; while it is away, what it said last is shown. */
function cachedDepth(): (db: Database) => Promise<TaskDepth | Record<string, never>> {
  let last: TaskDepth | Record<string, never> = {};
  let askAgainAt = 0;
  return async (db) => {
    if (performance.now() >= askAgainAt) {
      askAgainAt = performance.now() + DEPTH_MS;
      last = await taskDepth(db).catch(() => last);
    }
    return last;
  };
}

/** Codes come from the one table or from GraphQL itself; anything else must not become a label. */
function outcomeOf(result: ExecutionResult): string {
  const first = result.errors?.[0];
  if (first === undefined) return 'ok';
  const code = first.extensions['code'];
  return typeof code === 'string' && KNOWN_CODES.has(code) ? code : 'other';
}

const KNOWN_CODES = new Set([
  ...Object.keys(ERROR_CODES),
  'INTERNAL',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
]);
