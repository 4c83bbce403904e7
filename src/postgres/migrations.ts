import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { ClientBase, Pool } from 'pg';
import { SetupError } from '../config.ts';
import { connect } from './connect.ts';

/**
 * Applies `prisma/migrations` the way Prisma's own engine does (same layout, same lock, same table, same checksums), so
 * that `prisma migrate deploy` and `status` agree with what they find. Prisma's engine is a binary that has to be
 * downloaded; this is all of it that a hub needs to start.
 *
 * A migration and its record commit together: one that fails leaves nothing behind. The exception is a file that
 * opens with the line `-- without transaction`, for the single statement that PostgreSQL refuses to run inside one
 * (`create index concurrently`); should that fail, its unfinished record stops every later start until someone looks.
 */
const LOCK = 72707369;
const WITHOUT_TRANSACTION = /^-- without transaction\s*$/m;
const OLDEST_SERVER = 150_000;
/** The same relative path from src/postgres and from dist/postgres. */
const DIRECTORY = new URL('../../prisma/migrations/', import.meta.url);

interface Migration {
  readonly name: string;
  readonly sql: string;
}

interface Recorded {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

interface MigrateOptions {
  readonly directory?: URL;
  /** Called when another process holds the lock and this one has to wait for it. */
  readonly onWait?: () => void;
}

/** Brings the database up to this code and names what it applied. The session must be a real one, not one of a transaction pooler. */
export async function migrate(
  target: string | ClientBase,
  { directory = DIRECTORY, onWait }: MigrateOptions = {},
): Promise<{ applied: string[] }> {
  if (typeof target === 'string') {
    const client = await connect(target, 'rookery migrate');
    try {
      return await migrate(client, { directory, onWait });
    } finally {
      await client.end();
    }
  }
  await checkServerVersion(target);
  const migrations = await readMigrations(directory);
  await lock(target, onWait);
  try {
    // A role named like one of our schemas would otherwise have "$user" create the tables in that one.
    await target.query('set search_path = public');
    await target.query(HISTORY_TABLE);
    const recorded = await history(target);
    checkHistory(migrations, recorded);
    const known = new Set(recorded.map(({ name }) => name));
    const applied: string[] = [];
    for (const migration of migrations.filter(({ name }) => !known.has(name))) {
      await apply(target, migration);
      applied.push(migration.name);
    }
    return { applied };
  } finally {
    await target.query('reset search_path').catch(() => {});
    await target.query('select pg_advisory_unlock($1)', [LOCK]).catch(() => {});
  }
}

/** The migrations of this code that the database has not got: empty when it is ready to serve. */
export async function pendingMigrations(database: ClientBase | Pool, directory = DIRECTORY): Promise<string[]> {
  const migrations = await readMigrations(directory);
  const exists = await database.query(`select to_regclass('public._prisma_migrations') is not null as yes`);
  const recorded = exists.rows[0].yes ? await history(database) : [];
  const finished = new Set(recorded.filter((row) => row.finished).map(({ name }) => name));
  return migrations.map(({ name }) => name).filter((name) => !finished.has(name));
}

/** In the order in which they are applied. */
export async function readMigrations(directory = DIRECTORY): Promise<Migration[]> {
  const folders = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names = folders.map(({ name }) => name).sort();
  return Promise.all(
    names.map(async (name) => ({ name, sql: await readFile(new URL(`${name}/migration.sql`, directory), 'utf8') })),
  );
}

async function checkServerVersion(client: ClientBase): Promise<void> {
  const { rows } = await client.query(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as name`,
  );
  if (rows[0].number < OLDEST_SERVER)
    throw new SetupError(`PostgreSQL ${rows[0].name} is too old: Rookery needs 15 or later.`);
}

async function lock(client: ClientBase, onWait?: () => void): Promise<void> {
  const { rows } = await client.query('select pg_try_advisory_lock($1) as got', [LOCK]);
  if (rows[0].got) return;
  onWait?.();
  await client.query('select pg_advisory_lock($1)', [LOCK]);
}

/** Prisma's own definition, to the letter. */
const HISTORY_TABLE = `set client_min_messages = warning;
create table if not exists public._prisma_migrations (
  id                  varchar(36) primary key not null,
  checksum            varchar(64) not null,
  finished_at         timestamptz,
  migration_name      varchar(255) not null,
  logs                text,
  rolled_back_at      timestamptz,
  started_at          timestamptz not null default now(),
  applied_steps_count integer not null default 0
);
reset client_min_messages`;

async function history(database: ClientBase | Pool): Promise<Recorded[]> {
  const { rows } = await database.query<Recorded>(
    `select migration_name as name, checksum, finished_at is not null as finished
       from public._prisma_migrations where rolled_back_at is null order by started_at, migration_name`,
  );
  return rows;
}

/** The three states that no one but the operator can resolve: each stops the start with one line that says what to do. */
function checkHistory(migrations: Migration[], recorded: Recorded[]): void {
  const ours = new Map(migrations.map((migration) => [migration.name, migration]));
  const unknown = recorded.filter(({ name }) => !ours.has(name)).map(({ name }) => name);
  if (unknown.length > 0)
    throw new SetupError(
      `The database is ahead of this code: ${unknown.join(', ')} is unknown here. Run the newer Rookery.`,
    );
  for (const { name, checksum, finished } of recorded) {
    if (!finished)
      throw new SetupError(
        `The migration ${name} began and never finished: put the database right by hand, then set rolled_back_at on its row in _prisma_migrations.`,
      );
    if (!checksums(ours.get(name)!.sql).includes(checksum))
      throw new SetupError(
        `The migration ${name} was changed after it was applied: restore its file and write a new migration.`,
      );
  }
}

/** Line ends are the checkout's business, not the author's: either kind counts as unchanged. The first is what is recorded. */
function checksums(sql: string): string[] {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map((text) => createHash('sha256').update(text).digest('hex'));
}

async function apply(client: ClientBase, { name, sql }: Migration): Promise<void> {
  const id = randomUUID();
  const transaction = !WITHOUT_TRANSACTION.test(sql);
  try {
    if (transaction) await client.query('begin');
    await client.query('insert into public._prisma_migrations (id, checksum, migration_name) values ($1, $2, $3)', [
      id,
      checksums(sql)[0],
      name,
    ]);
    await client.query(sql);
    await client.query(
      'update public._prisma_migrations set finished_at = clock_timestamp(), applied_steps_count = 1 where id = $1',
      [id],
    );
    if (transaction) await client.query('commit');
  } catch (error) {
    if (transaction) await client.query('rollback').catch(() => {});
    throw new SetupError(`The migration ${name} failed${placeOf(error, sql)}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** PostgreSQL counts characters from the start of the file; a person counts lines. Inside a function, it says where itself. */
function placeOf(error: unknown, sql: string): string {
  const { position: character, where } = error as { position?: string; where?: string };
  const position = Number(character);
  if (!position) return where ? ` in ${where.split('\n').at(-1)}` : '';
  const line = [...sql].slice(0, position - 1).filter((character) => character === '\n').length + 1;
  return ` at line ${line}`;
}
