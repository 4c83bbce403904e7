import { Counter, Histogram, type MetricValueWithName, type Registry } from 'prom-client';

/** How the statements of one name went, since this process began. Times in milliseconds, as their callers saw them. */
export interface StatementFigures {
  readonly name: string;
  readonly count: number;
  readonly errors: number;
  readonly totalMs: number;
  /** Upper bounds of times in seconds and how many took at most so long; the last is infinite. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
}

/** What the statements of a process cost. Measured once; shown to Prometheus and in GraphQL. */
export interface Statements {
  /** Does the work and takes its time, repeats and the wait for a connection included. */
  measure<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** By name. */
  figures(): Promise<StatementFigures[]>;
  /** Shows them to Prometheus, too. */
  expose(registry: Registry): void;
}

const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createStatements(): Statements {
  const times = new Histogram({
    name: 'rookery_statement_seconds',
    help: 'Time until PostgreSQL had answered a statement, by its name; repeats and the wait for a connection included.',
    labelNames: ['statement'],
    buckets: BUCKETS,
    registers: [],
  });
  const errors = new Counter({
    name: 'rookery_statement_errors_total',
    help: 'Statements that failed, by name; one that succeeded when it was repeated did not.',
    labelNames: ['statement'],
    registers: [],
  });
  return {
    async measure(statement, work) {
      const begun = performance.now();
      try {
        return await work();
      } catch (error) {
        errors.inc({ statement });
        throw error;
      } finally {
        times.observe({ statement }, (performance.now() - begun) / 1_000);
      }
    },
    async figures() {
      const failed = new Map((await errors.get()).values.map(({ labels, value }) => [labels.statement, value]));
      const values = (await times.get()).values as MetricValueWithName<'statement' | 'le'>[];
      const figures = new Map<string, { -readonly [Key in keyof StatementFigures]: StatementFigures[Key] }>();
      for (const { labels, metricName, value } of values) {
        const name = String(labels.statement);
        let one = figures.get(name);
        if (one === undefined) {
          one = { name, count: 0, errors: failed.get(name) ?? 0, totalMs: 0, buckets: [] };
          figures.set(name, one);
        }
        if (metricName?.endsWith('_count')) one.count = value;
        else if (metricName?.endsWith('_sum')) one.totalMs = value * 1_000;
        else
          one.buckets = [
            ...one.buckets,
            { le: labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le), count: value },
          ];
      }
      return [...figures.values()];
    },
    expose(registry) {
      registry.registerMetric(times);
      registry.registerMetric(errors);
    },
  };
}

/**
 * What a statement is called: the comment it begins with; what Prisma writes, by its table; else `other`. So there are as
 * many names as there are places in the code, whatever clients ask for.
 */
export function nameOf(text: string): string {
  const comment = /^\/\* ([\w ]+) \*\//.exec(text)?.[1];
  if (comment !== undefined) return comment;
  const table = /^SELECT .*? FROM "(?:public|rookery)"\."(\w+)"/.exec(text)?.[1];
  return table === undefined ? 'other' : `read ${table}`;
}
