import { builder } from '../graphql/builder.ts';
import type { StatementFigures } from '../postgres/statements.ts';
import { type Kpi, readKpis } from './indicators.ts';
import { quantile, sumOf, type Total } from './measures.ts';

const KpiName = builder.enumType('KpiName', {
  description: 'What is measured.',
  values: {
    CONNECTION_POOL_UTILIZATION: { description: 'Mean share of the connections of this hub in use.' },
    QUERY_TIME_P95: { description: 'The time that 95 of 100 statements of this hub did not exceed.' },
    TRANSACTION_THROUGHPUT: {
      description:
        'Transactions committed in this database, by everybody. Missed only when callers also waited for connections; else holds is null.',
    },
    LOCK_CONTENTION: { description: 'Share of the running statements that waited for a lock.' },
    HEARTBEAT_INTERVAL: { description: 'How long ago 95 of 100 living agents last beat, at most.' },
    SILENT_AGENTS: { description: 'Agents that missed more than two beats and did not say goodbye.' },
    METRICS_INTERVAL: {
      description:
        'How long ago 95 of 100 agents last measured something, at most; of those that did in the last 5 minutes.',
    },
    ERROR_RATE: { description: 'Share of tasks that failed, of all that were done or failed.' },
  } as const,
});

const KpiComparison = builder.enumType('KpiComparison', {
  description: 'How a value is held against its threshold.',
  values: {
    BELOW: { description: 'It must be less.' },
    AT_MOST: { description: 'It must not be more.' },
    ABOVE: { description: 'It must be more.' },
  } as const,
});

const KpiRef = builder.objectRef<Kpi>('Kpi').implement({
  description: 'A figure the system is held to.',
  fields: (t) => ({
    name: t.field({
      type: KpiName,
      description: 'What it is.',
      resolve: ({ name }) => name as typeof KpiName.$inferType,
    }),
    value: t.exposeFloat('value', {
      nullable: true,
      description: 'As measured; null when there was nothing to measure.',
    }),
    unit: t.exposeString('unit', { description: 'Of value and threshold: percent, ms, s, commits/s or agents.' }),
    comparison: t.expose('comparison', {
      type: KpiComparison,
      description: 'What the value must be, to the threshold.',
    }),
    threshold: t.exposeFloat('threshold', { description: 'The threshold.' }),
    holds: t.exposeBoolean('holds', {
      nullable: true,
      description: 'Whether it is met; null when that cannot be told.',
    }),
    measuredOver: t.exposeString('measuredOver', { description: 'Over what it was measured, in words.' }),
  }),
});

interface Statistics {
  total: Total;
  statements: StatementFigures[];
}

const StatementRef = builder.objectRef<Total & { name?: string }>('QueryFigures').implement({
  description: 'What statements cost, as the hub saw it: repeats and the wait for a connection included.',
  fields: (t) => ({
    name: t.string({
      description: 'Which statements: by name, `read <table>` for lists and lookups, `other`; `all` for the sum.',
      resolve: ({ name }) => name ?? 'all',
    }),
    count: t.exposeFloat('count', { description: 'How many there were.' }),
    errors: t.exposeFloat('errors', { description: 'Of these, failed; one that succeeded when repeated did not.' }),
    averageMs: t.float({
      nullable: true,
      description: 'Mean time in milliseconds; null when there were none.',
      resolve: ({ count, totalMs }) => (count === 0 ? null : totalMs / count),
    }),
    p50Ms: t.float({
      nullable: true,
      description: 'Median in milliseconds, interpolated within buckets; at most 10,000.',
      resolve: ({ buckets }) => quantile(buckets, 0.5),
    }),
    p95Ms: t.float({
      nullable: true,
      description: 'What 95 of 100 did not exceed, likewise.',
      resolve: ({ buckets }) => quantile(buckets, 0.95),
    }),
  }),
});

const startedAt = new Date(Date.now() - process.uptime() * 1_000);

const QueryStatistics = builder.objectRef<Statistics>('QueryStatistics').implement({
  description:
    'What the statements of the hub that answers cost since it started. /metrics has the same as histograms.',
  fields: (t) => ({
    since: t.field({ type: 'DateTime', description: 'When the process started.', resolve: () => startedAt }),
    total: t.expose('total', { type: StatementRef, description: 'All of them.' }),
    statements: t.expose('statements', {
      type: [StatementRef],
      description: 'By name; those that took most time in all first.',
    }),
  }),
});

builder.queryFields((t) => ({
  kpis: t.field({
    type: [KpiRef],
    description: 'Figures the system is held to, and whether it meets them; up to 10 s old.',
    authScopes: { oversee: true },
    resolve: (_root, _args, { db }) => readKpis(db),
  }),
  queryStatistics: t.field({
    type: QueryStatistics,
    description: 'What the statements of this hub cost: how many, how many failed, how long they took.',
    authScopes: { oversee: true },
    resolve: async (_root, _args, { db }) => {
      const figures = await db.statements.figures();
      return { total: sumOf(figures), statements: figures.sort((a, b) => b.totalMs - a.totalMs) };
    },
  }),
}));
