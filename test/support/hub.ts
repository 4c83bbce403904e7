import pg from 'pg';
import { pino } from 'pino';
import { afterAll } from 'vitest';
import { type Config, parseConfig } from '../../src/config.ts';
import { type Hub, startHub } from '../../src/server/hub.ts';
import { createToken, type NewToken } from '../../src/server/tokens.ts';
import { testDatabase } from './database.ts';
import type { Data, Live, Result } from './live.ts';
import { subscribeSse } from './sse.ts';
import { connectWs, type WsClient } from './ws.ts';

/** Who calls: a token, or in open mode the name of an agent. */
export interface Caller {
  token?: string;
  agent?: string;
  instance?: string;
}

export interface TestHub {
  /** The hub itself, to close it in a test. */
  readonly hub: Hub;
  /** `http://127.0.0.1:<port>`; GraphQL is at `/graphql`. */
  readonly url: string;
  /** Connection string of its database. */
  readonly db: string;
  /** A plain client of that database, as an outside writer has it. */
  readonly pg: pg.Client;
  /** The token of an operator, where the hub was asked for with `tokens`; else empty. */
  readonly operator: string;
  /** Everything the hub logged, as objects. */
  readonly logged: Record<string, unknown>[];
  graphql(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<Result>;
  /** As `graphql`, but throws the first error. */
  data(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<Data>;
  subscribeSse(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<Live>;
  /** A subscription on a socket of its own. */
  subscribeWs(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<Live>;
  connectWs(caller?: Caller): WsClient;
  /** Makes a token; from then on every caller needs one. Returns what goes after `Bearer`, and its id. */
  token(options: Partial<NewToken>): Promise<{ secret: string; id: string }>;
  close(): Promise<void>;
}

export interface TestHubOptions {
  /** The hub starts with a token, and so needs one of every caller; `operator` is it. */
  tokens?: boolean;
  /** Environment, over PORT=0. */
  env?: Record<string, string>;
  /** Another hub of the same database. */
  over?: Pick<TestHub, 'db'>;
}

/** A hub of this file's own, on a free port over a database of its own; closed after the last test. Call it at the top of the file. */
export async function testHub({ tokens = false, env = {}, over }: TestHubOptions = {}): Promise<TestHub> {
  const url = over?.db ?? (await testDatabase()).url;
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // Some tests crash the database.
  await client.connect();
  const makeToken = (options: Partial<NewToken>) =>
    createToken(client, { role: 'operator', name: 'a test', ...options });
  const operator = tokens ? (await makeToken({})).secret : '';
  const config: Config = parseConfig({ PORT: '0', DRAIN_SECONDS: '5', ...env });
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug' }, { write: (line) => void logged.push(JSON.parse(line)) });
  const hub = await startHub({ config, databaseUrl: url, listenUrl: url, log });
  const opened: { close(): Promise<void> }[] = [];
  const endpoint = `${hub.url}/graphql`;

  const self: TestHub = {
    hub,
    url: hub.url,
    db: url,
    pg: client,
    logged,
    operator,
    async graphql(query, variables = {}, caller = {}) {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headersOf(caller) },
        body: JSON.stringify({ query, variables }),
      });
      return (await response.json()) as Result;
    },
    async data(query, variables, caller) {
      const { data, errors } = await self.graphql(query, variables, caller);
      if (errors?.[0] !== undefined) throw new Error(explain(errors[0], logged));
      return data as Data;
    },
    async subscribeSse(query, variables = {}, caller = {}) {
      const stream = await subscribeSse(endpoint, { query, variables }, headersOf(caller));
      opened.push(stream);
      return stream;
    },
    async subscribeWs(query, variables = {}, caller = {}) {
      const socket = self.connectWs(caller);
      await socket.connected;
      return socket.subscribe(query, variables);
    },
    connectWs(caller = {}) {
      const socket = connectWs(endpoint, headersOf(caller));
      opened.push(socket);
      return socket;
    },
    token: makeToken,
    async close() {
      for (const each of opened.splice(0)) await each.close();
      await hub.close();
      await client.end().catch(() => {});
    },
  };
  // Runs before the database is dropped: hooks go last in, first out.
  afterAll(() => self.close());
  return self;
}

/** What the caller was told and, where that is "unexpected error", what the hub knows of it. */
function explain(
  { message, extensions }: NonNullable<Result['errors']>[number],
  logged: Record<string, unknown>[],
): string {
  const { code, requestId } = (extensions ?? {}) as { code?: string; requestId?: string };
  const entry = requestId && logged.find((line) => line['requestId'] === requestId);
  return `${code}: ${message}${entry ? `\n${JSON.stringify(entry, undefined, 2).replaceAll('\\n', '\n')}` : ''}`;
}

function headersOf({ token, agent, instance }: Caller): Record<string, string> {
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(agent === undefined ? {} : { 'x-agent': agent }),
    ...(instance === undefined ? {} : { 'x-instance': instance }),
  };
}
