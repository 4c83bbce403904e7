import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { fromPostgres } from '../errors.ts';
import { type Batcher, createBatcher } from './batch.ts';
import { PrismaClient } from './generated/client.ts';
import { withRetries } from './retry.ts';
import { createStatements, nameOf, type Statements } from './statements.ts';

export interface DatabaseOptions {
  url: string;
  /** Most connections of the pool. */
  poolSize: number;
  /** Longest time one statement may take, in milliseconds. */
  statementTimeoutMs: number;
  /** What the rooms' SQL functions read by current_setting(), by its full name (`rookery.…`). */
  settings?: Readonly<Record<string, string>>;
  /** Called with failures of idle connections; the pool replaces those by itself. */
  onIdleError?: (error: Error) => void;
}

/**
 * The one door to PostgreSQL: `prisma` for reads with the client's selection, `query` for reads in SQL, `write` for
 * statements that change data, `join` for those that many callers share.
 *
 * Failures that the caller caused, or that mean "no connection", arrive as `RookeryError`.
 */
export interface Database {
  readonly prisma: PrismaClient;
  /** Its `query` measures each statement, and repeats one that failed for the moment. */
  readonly pool: pg.Pool;
  /** What the statements of this process cost. */
  readonly statements: Statements;
  /** Runs one statement that changes nothing, or may happen twice; prepared once per connection. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Runs one statement that changes data, in a transaction of its own, and tells the feed after its commit. */
  write<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * Runs `item` together with the concurrent calls of the same `statement`, which takes a jsonb array of items as `$1`
   * and returns one row per item, with the item's place in column `item` (from 0). A row with `error` set (an object
   * with `code`, `message` and details) fails that caller alone; so does an item that makes the statement raise.
   */
  join<Row extends object>(statement: string, item: unknown): Promise<Row>;
  /** Runs one statement of upkeep in a transaction of its own, without the time limit, on a connection it keeps for as long. */
  upkeep<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Registers what is to happen after each commit of `write` and `join`. */
  onWrite(listener: () => void): void;
  close(): Promise<void>;
}

export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    statement_timeout: options.statementTimeoutMs,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    application_name: 'rookery',
    onConnect: async (client) => {
      client.on('error', () => {}); // The query in flight reports it.
      // The first tells the triggers that this process advances the feed itself, so that they need not notify; the second
      // keeps a role named `rookery` from looking into the schema of that name first.
      await client.query("set rookery.wakeup = 'self'; set search_path to public; set jit = off");
      for (const setting of Object.entries(options.settings ?? {}))
        await client.query('select set_config($1, $2, false)', setting);
    },
  });
  // Without a listener, a connection that dies while idle would end the process.
  pool.on('error', (error) => options.onIdleError?.(error));

  // Here, so that what Prisma sends is measured and repeated by the same rule.
  const statements = createStatements();
  const send = pool.query.bind(pool) as (statement: string | Statement, ...rest: unknown[]) => Promise<pg.QueryResult>;
  pool.query = ((statement: string | Statement, ...rest: unknown[]) => {
    const { text, harmless = text.startsWith('SELECT ') } =
      typeof statement === 'string' ? { text: statement } : statement;
    return statements.measure(nameOf(text), () => withRetries(() => send(statement, ...rest), harmless));
  }) as typeof pool.query;

  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: false }) });
  const listeners: (() => void)[] = [];
  const batchers = new Map<string, Batcher>();

  const run = async <Row extends object>(
    text: string,
    values: readonly unknown[],
    harmless = false,
  ): Promise<Row[]> => {
    const statement: Statement = { name: statementName(text), text, values: [...values], harmless };
    try {
      const result = await pool.query<Row & pg.QueryResultRow>(statement);
      return result.rows;
    } catch (error) {
      throw fromPostgres(error);
    }
  };

  const write: Database['write'] = async (text, values = []) => {
    const rows = await run(text, values);
    for (const listener of listeners) listener();
    return rows as never;
  };

  return {
    prisma,
    pool,
    statements,
    query: (text, values = []) => run(text, values, true),
    write,
    join: (statement, item) => {
      let batcher = batchers.get(statement);
      if (batcher === undefined) {
        batcher = createBatcher((items) => write(statement, [items]));
        batchers.set(statement, batcher);
      }
      return batcher(item) as never;
    },
    async upkeep(text, values = []) {
      const client = await pool.connect().catch((error) => {
        throw fromPostgres(error);
      });
      try {
        await client.query('begin');
        await client.query('set local statement_timeout = 0');
        const { rows } = await client.query(text, [...values]);
        await client.query('commit');
        client.release();
        return rows as never;
      } catch (error) {
        // Whatever state it is in: closed, it is rolled back.
        client.release(true);
        throw fromPostgres(error);
      }
    },
    onWrite: (listener) => listeners.push(listener),
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

interface Statement extends pg.QueryConfig {
  /** It may happen twice. Without a word, what Prisma reads may. */
  harmless?: boolean;
}

const names = new Map<string, string>();

/** One name per text, so that each connection parses and plans a statement once. */
function statementName(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = createHash('sha1').update(text).digest('hex').slice(0, 20);
    names.set(text, name);
  }
  return name;
}
