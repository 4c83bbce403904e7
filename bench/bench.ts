import type { BenchCluster } from './cluster.ts';
import type { Finding } from './report.ts';

/** What every bench is given. */
export interface Conditions {
  readonly cluster: BenchCluster;
  /** How often each contestant has its turn, and how long a turn is, in seconds. */
  readonly rounds: number;
  readonly seconds: number;
  /** Only to see that it runs: few rows, few sockets; the figures mean little. */
  readonly short: boolean;
}

export type Bench = (conditions: Conditions) => Promise<Finding[]>;

/** Requests that are in flight at a time, in all benches of rates: so many agents that are busy at once. */
export const CONNECTIONS = 32;

/** Connections to PostgreSQL for each contestant: the hub's default. */
export const POOL_SIZE = 10;
