import { readFileSync } from 'node:fs';
import type { Feed } from '../feed/feed.ts';
import type { Database } from '../postgres/database.ts';
import { pendingMigrations } from '../postgres/migrations.ts';

/** Whether the hub can do its work, and what keeps it from it. */
export interface HealthReport {
  readonly ready: boolean;
  /** Empty when ready; else one plain sentence each. */
  readonly reasons: readonly string[];
  readonly database: boolean;
  /** True when the database has every migration of this code. */
  readonly migrated: boolean;
  /** True when the listening connection proves itself. Without it changes arrive by polling, up to a second later. */
  readonly listening: boolean;
  readonly version: string;
  readonly uptimeSeconds: number;
}

/** The version of the package, the same from src/server and from dist/server. */
const VERSION: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

const DATABASE_TIMEOUT_MS = 2_000;
const startedAt = performance.now();

/** Asks the database, so it takes at most 2 s. */
export async function checkHealth({ db, feed }: { db: Database; feed: Feed }): Promise<HealthReport> {
  const pending = await inTime(pendingMigrations(db.pool)).catch(() => undefined);
  const database = pending !== undefined;
  const migrated = pending?.length === 0;
  const { listening } = feed.status;
  const reasons: string[] = [];
  if (!database) reasons.push('The database cannot be reached.');
  else if (!migrated) reasons.push(`Migrations are missing: ${pending.join(', ')}.`);
  if (!listening) reasons.push('The listening connection is down; changes arrive by polling.');
  return {
    ready: reasons.length === 0,
    reasons,
    database,
    migrated,
    listening,
    version: VERSION,
    uptimeSeconds: Math.floor((performance.now() - startedAt) / 1000),
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too slow')), DATABASE_TIMEOUT_MS);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
