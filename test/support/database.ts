import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import { openCluster, type TestCluster } from './cluster.ts';

/** A migrated database of its own, on a real PostgreSQL. */
export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  drop(): Promise<void>;
}

/** A database for this test file, dropped after its last test. Call it at the top of the file: `const db = await testDatabase()`. */
export async function testDatabase(): Promise<TestDatabase> {
  const database = await createDatabase();
  afterAll(() => database.drop());
  return database;
}

/** Clones the migrated template, or the database `from` (about 90 ms); the caller drops it. */
export async function createDatabase({ from }: { from?: string } = {}): Promise<TestDatabase> {
  const { adminUrl, template } = inject('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await cloneDatabase(adminUrl, from ?? template, name);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  // `force` ends the sessions a failed test has left open.
  return { name, url: url.href, drop: () => admin(adminUrl, `drop database if exists ${name} with (force)`) };
}

/** A PostgreSQL of this file's own that may be crashed and started again, disposed of after its last test. Call it at the top of the file: within a test nobody would. */
export async function restartableCluster(): Promise<TestCluster> {
  const cluster = await openCluster();
  afterAll(() => cluster.dispose());
  return cluster;
}

/** PostgreSQL refuses to copy a database somebody is connected to, which autovacuum is at times: that passes. */
async function cloneDatabase(adminUrl: string, source: string, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      return await admin(adminUrl, `create database ${name} template ${source}`);
    } catch (error) {
      const inUse = (error as { code?: string }).code === '55006';
      if (!inUse || attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20 * Math.random() * attempt));
    }
}

async function admin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
