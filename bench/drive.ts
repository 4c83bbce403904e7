import { ask, type Server, worker } from './processes.ts';

/** Requests that each connection makes one after the other, again and again. */
export interface HttpLoad {
  readonly port: number;
  readonly path: string;
  /** In headers and bodies, `$connection` is the number of the connection. */
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
  /** What counts as one: these requests in turn. */
  readonly steps: readonly Step[];
}

export interface Step {
  readonly body: string;
  /** What an answer must contain to count as one. */
  readonly expect: string;
  /** By name, what to take from the answer: a pattern with one group. */
  readonly captures?: Readonly<Record<string, string>>;
  /** Names captured before, which stand in this body as `$name`. */
  readonly uses?: readonly string[];
}

export interface HttpOutcome {
  completed: number;
  failed: number;
  perSecond: number;
  firstFailure: string | null;
}

/** The load generator, which is one process for all contestants. */
export interface Driver {
  /** Completed rounds of the steps per second. Throws when a single answer was not as expected: such a figure means nothing. */
  drive(server: Server, steps: readonly Step[], options: { connections: number; seconds: number }): Promise<number>;
}

export function startDriver(): Driver {
  const child = worker('./load/http.ts');
  return {
    async drive({ port }, steps, { connections, seconds }) {
      const load: HttpLoad = { port, path: '/graphql', headers: HEADERS, connections, seconds, steps };
      const { perSecond, failed, firstFailure } = (await ask(child, load)) as HttpOutcome;
      if (failed > 0) throw new Error(`${failed} answers were not as expected, the first: ${firstFailure}`);
      return perSecond;
    },
  };
}

/** The hub in open mode takes the caller's name from here; the peers do not care. */
const HEADERS = { 'x-agent': 'bench-$connection' };

/** A GraphQL request as a step. */
export function step(
  query: string,
  expect: string,
  more: Omit<Step, 'body' | 'expect'> & { variables?: object } = {},
): Step {
  const { variables, ...rest } = more;
  return { body: JSON.stringify({ query, variables }), expect, ...rest };
}
