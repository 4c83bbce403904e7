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
const FRESH_MS = 1_000;
const startedAt = performance.now();

/** The migrations a database lacks, or undefined when it does not answer. */
type Finding = readonly string[] | undefined;

interface Inquiry {
  readonly finding: Promise<Finding>;
  /** On the monotonic clock; infinite while there is no answer yet. */
  freshUntil: number;
}

const inquiries = new WeakMap<Database, Inquiry>();

/** What the database answers takes at most 2 s and is at most 1 s old, since everybody may ask. */
export async function checkHealth({ db, feed }: { db: Database; feed: Feed }): Promise<HealthReport> {
  const pending = await missingMigrations(db);
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

/** Asks the database once, however many want to know. */
function missingMigrations(db: Database): Promise<Finding> {
  const known = inquiries.get(db);
  if (known !== undefined && performance.now() < known.freshUntil) return known.finding;
  const finding = inTime(pendingMigrations(db.pool)).catch(() => undefined);
  const inquiry: Inquiry = { finding, freshUntil: Number.POSITIVE_INFINITY };
  inquiries.set(db, inquiry);
  void finding.then(() => {
    inquiry.freshUntil = performance.now() + FRESH_MS;
  });
  return finding;
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('too slow')), DATABASE_TIMEOUT_MS);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
