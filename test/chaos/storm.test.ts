import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { migrate } from '../../src/postgres/migrations.ts';
import { startHub } from '../../src/server/hub.ts';
import { restartableCluster } from '../support/database.ts';
import { storm } from './storm.ts';

/** `CHAOS_SECONDS=300 npm run chaos` is the long form. */
const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 6);

const cluster = await restartableCluster();
const databaseUrl = cluster.url();
await migrate(databaseUrl);
const hub = await startHub({
  config: parseConfig({ PORT: '0' }),
  databaseUrl,
  listenUrl: databaseUrl,
  log: pino({ level: process.env['LOG_LEVEL'] ?? 'silent' }),
});
afterAll(() => hub.close({ drainSeconds: 5 }));
const url = `${hub.url}/graphql`;

// Floors say that there was a storm at all, not how much of one the machine could bear.
const FAULTLESS = { lost: 0, doubled: 0, phantoms: 0, inversions: 0, disorder: 0, gaps: 0 };

test('32 writers, 8 subscribers that drop and resume: nothing lost, doubled or out of order', {
  timeout: SECONDS * 1_000 + 60_000,
}, async () => {
  const report = await storm({ url, databaseUrl, writers: 32, subscribers: 8, seconds: SECONDS });
  console.log('storm', report);
  expect(report).toMatchObject(FAULTLESS);
  expect(report.committed).toBeGreaterThan(20);
  expect(report.resumes).toBeGreaterThan(0);
});

test('the same while backends are killed at random and PostgreSQL crashes once', {
  timeout: SECONDS * 2_000 + 90_000,
}, async () => {
  let kills = 0;
  const faults = async (stop: AbortSignal) => {
    const crashAt = performance.now() + (SECONDS * 1_000) / 2;
    let crashed = false;
    while (!stop.aborted) {
      await delay(150);
      if (!crashed && performance.now() > crashAt) {
        crashed = true;
        await cluster.stop('immediate');
        await delay(300);
        await cluster.start();
      }
      kills += await killOne();
    }
  };
  const report = await storm({ url, databaseUrl, writers: 32, subscribers: 8, seconds: SECONDS, faults });
  console.log('storm with faults', { ...report, kills });
  expect(report).toMatchObject(FAULTLESS);
  expect(report.committed).toBeGreaterThan(20);
  expect(kills).toBeGreaterThan(0);
});

/** Ends a random backend: of a writer, of the hub's pool, or of its listener. */
async function killOne(): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'reaper' });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rowCount } = await client.query(
      `select pg_terminate_backend(pid) from (
         select pid from pg_stat_activity
          where datname = current_database() and (application_name like 'rookery%' or application_name = 'storm writer')
          order by random() limit 1) victim`,
    );
    return rowCount ?? 0;
  } catch {
    return 0;
  } finally {
    await client.end().catch(() => {});
  }
}
