import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, pendingMigrations } from '../../src/postgres/migrations.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let client: pg.Client;
let directory: URL;

beforeEach(async () => {
  database = await createDatabase({ from: 'template1' });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  directory = pathToFileURL(`${await mkdtemp(join(tmpdir(), 'rookery-migrations-'))}/`);
});

afterEach(async () => {
  await client.end();
  await database.drop();
  await rm(directory, { recursive: true });
});

async function write(name: string, sql: string): Promise<void> {
  await mkdir(new URL(`${name}/`, directory), { recursive: true });
  await writeFile(new URL(`${name}/migration.sql`, directory), sql);
}

const exists = async (table: string) =>
  (await client.query('select to_regclass($1) is not null as yes', [table])).rows[0].yes;

describe('migrate', () => {
  it('applies what is missing, in the order of names, and records it as Prisma does', async () => {
    await write('2_second', 'insert into birds values ($$crow;$$);');
    await write('1_first', 'create table birds (name text);\ncreate index on birds (name);');
    expect(await pendingMigrations(client, directory)).toEqual(['1_first', '2_second']);
    expect(await migrate(database.url, { directory })).toEqual({ applied: ['1_first', '2_second'] });
    expect(await migrate(database.url, { directory })).toEqual({ applied: [] });
    expect(await pendingMigrations(client, directory)).toEqual([]);
    const { rows } = await client.query(
      `select migration_name, checksum, finished_at >= started_at as finished, applied_steps_count, logs, rolled_back_at
         from _prisma_migrations order by migration_name`,
    );
    expect(rows[0]).toEqual({
      migration_name: '1_first',
      // sha256sum of the file above: Prisma's own checksum of it.
      checksum: '1542e9938a59fe6a52a3f40ebfbcf33df5c8a993ac4bae153eaaf5eff722a30a',
      finished: true,
      applied_steps_count: 1,
      logs: null,
      rolled_back_at: null,
    });
  });

  it('leaves nothing of a migration that fails, and says where it failed', async () => {
    await write('1_broken', '-- ünïcödé 🐦\ncreate table birds (name text);\nselect nothing from nowhere;');
    await expect(migrate(database.url, { directory })).rejects.toThrow(
      'The migration 1_broken failed at line 3: relation "nowhere" does not exist',
    );
    expect(await exists('birds')).toBe(false);
    await write('1_broken', 'create table birds (name text);');
    expect(await migrate(database.url, { directory })).toEqual({ applied: ['1_broken'] });
  });

  it('applies each migration once when several processes start at the same time', async () => {
    await write('1_slow', 'create table birds (name text); select pg_sleep(0.2);');
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url, { directory })));
    expect(outcomes.flatMap(({ applied }) => applied)).toEqual(['1_slow']);
  });

  it('tells when it has to wait for another process', async () => {
    await client.query('select pg_advisory_lock(72707369)');
    let migrating: ReturnType<typeof migrate> | undefined;
    await new Promise<void>((waits) => {
      migrating = migrate(database.url, { directory, onWait: waits });
    });
    await client.query('select pg_advisory_unlock(72707369)');
    expect(await migrating).toEqual({ applied: [] });
  });

  it('refuses a database that is ahead of the code', async () => {
    await write('1_first', 'create table birds (name text);');
    await migrate(database.url, { directory });
    await rm(new URL('1_first/', directory), { recursive: true });
    await expect(migrate(database.url, { directory })).rejects.toThrow('ahead of this code: 1_first is unknown here');
  });

  it('refuses a migration that was changed after it was applied, but not one with other line ends', async () => {
    await write('1_first', 'create table birds (\n  name text\n);');
    await migrate(database.url, { directory });
    await write('1_first', 'create table birds (\r\n  name text\r\n);');
    expect(await migrate(database.url, { directory })).toEqual({ applied: [] });
    await write('1_first', 'create table birds (\n  title text\n);');
    await expect(migrate(database.url, { directory })).rejects.toThrow('1_first was changed after it was applied');
  });

  it('runs a lone statement outside a transaction where the file asks for it, and stops at one left half done', async () => {
    await write('1_first', 'create table birds (name text); insert into birds values (1), (1);');
    await write('2_index', '-- without transaction\ncreate unique index concurrently on birds (name)');
    await expect(migrate(database.url, { directory })).rejects.toThrow('2_index failed');
    await expect(migrate(database.url, { directory })).rejects.toThrow('2_index began and never finished');
    expect(await pendingMigrations(client, directory)).toEqual(['2_index']);
    await client.query('delete from birds');
    await client.query(`drop index birds_name_idx`);
    await client.query(`update _prisma_migrations set rolled_back_at = now() where finished_at is null`);
    expect(await migrate(database.url, { directory })).toEqual({ applied: ['2_index'] });
  });

  it('refuses a server that is too old', async () => {
    const old = { query: async () => ({ rows: [{ number: 140_010, name: '14.10' }] }) } as unknown as pg.Client;
    await expect(migrate(old, { directory })).rejects.toThrow('PostgreSQL 14.10 is too old: Rookery needs 15 or later');
  });

  it('creates the tables in public, whatever the role is called', async () => {
    await client.query('create schema postgres');
    await client.query(`create schema ${client.user}`).catch(() => {});
    await write('1_first', 'create table birds (name text);');
    await migrate(database.url, { directory });
    expect(await exists('public.birds')).toBe(true);
    expect(await exists('public._prisma_migrations')).toBe(true);
  });
});
