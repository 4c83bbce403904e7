import { describe, expect, test } from 'vitest';
import type { Feed } from '../../src/feed/feed.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { migrate } from '../../src/postgres/migrations.ts';
import { checkHealth } from '../../src/server/health.ts';
import { restartableCluster } from '../support/database.ts';
import { rawRequest } from '../support/http.ts';
import { type TestHub, testHub } from '../support/hub.ts';

const hub = await testHub();
const cluster = await restartableCluster();
await migrate(cluster.url());
const shaken = await testHub({ over: { db: cluster.url() } });
const PATIENCE = { timeout: 30_000 };
const get = ({ url }: TestHub, path: string) => rawRequest(url, { method: 'GET', path });

describe('a hub in good health', () => {
  test('lives, and is ready', async () => {
    expect(await get(hub, '/livez')).toMatchObject({ status: 200, json: { status: 'ok' } });
    const { status, json } = await get(hub, '/readyz');
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { status: 'ready', reasons: [], database: true, migrated: true, listening: true },
    });
    expect(await hub.data('{ health { status reasons } }')).toEqual({ health: { status: 'READY', reasons: [] } });
  });

  test('is not ready while the database lacks a migration, and names it', async () => {
    const { rows } = await hub.pg.query(
      `update _prisma_migrations set rolled_back_at = now()
        where migration_name = (select max(migration_name) from _prisma_migrations) returning migration_name`,
    );
    await expect.poll(async () => (await get(hub, '/readyz')).status, PATIENCE).toBe(503);
    const { json } = await get(hub, '/readyz');
    await hub.pg.query('update _prisma_migrations set rolled_back_at = null');
    expect(JSON.stringify(json)).toContain(rows[0].migration_name);
  });

  test('asks the database once, however many want to know', async () => {
    const options = { url: hub.db, poolSize: 2, statementTimeoutMs: 5_000, onIdleError: () => {} };
    const [db, other] = [openDatabase(options), openDatabase(options)];
    let asked = 0;
    for (const { pool } of [db, other]) pool.on('acquire', () => asked++);
    const feed = { status: { listening: true } } as Feed;
    const reports = await Promise.all(Array.from({ length: 100 }, () => checkHealth({ db, feed })));
    expect(new Set(reports.map(({ ready }) => ready))).toEqual(new Set([true]));
    const once = asked;
    await checkHealth({ db: other, feed });
    expect(asked).toBe(2 * once);
    await Promise.all([db.close(), other.close()]);
  });
});

describe('metrics', () => {
  test('count operations by type and outcome, with labels a client cannot invent', async () => {
    await hub.graphql('{ viewer { role } }');
    await hub.graphql('query invented_by_client { nothing }');
    await hub.graphql('{ task(id: "0") { id } }');
    const { text } = await get(hub, '/metrics');
    expect(text).toMatch(/^rookery_operations_total\{type="query",outcome="ok"\} [1-9]/m);
    expect(text).toMatch(/^rookery_operations_total\{type="invalid",outcome="GRAPHQL_VALIDATION_FAILED"\} 1$/m);
    expect(text).not.toContain('invented_by_client');
  });

  test.each([
    'rookery_operation_seconds_bucket',
    'rookery_pool_connections',
    'rookery_pool_waiting',
    'rookery_feed_position',
    'rookery_feed_lag_seconds',
    'rookery_feed_listening',
    'rookery_notify_queue_usage',
    'rookery_subscribers',
    'rookery_subscription_groups',
    'rookery_sockets',
    'rookery_event_streams',
    'rookery_tasks{place="ready"}',
    'rookery_leases_lost_total',
    'process_resident_memory_bytes',
  ])('tell %s', async (name) => {
    const { text } = await get(hub, '/metrics');
    expect(text.split('\n').some((line) => line.startsWith(name))).toBe(true);
  });
});

describe('a hub whose database crashes', () => {
  test('lives on, says what is missing, and is ready again by itself; its streams lose nothing', async () => {
    const live = await shaken.subscribeSse('subscription { agentEvents(agents: ["phoenix"]) { agent { id } } }');
    await cluster.stop('immediate');
    await expect.poll(async () => (await get(shaken, '/readyz')).json, PATIENCE).toMatchObject({ database: false });
    const { status, json } = await get(shaken, '/readyz');
    expect(status).toBe(503);
    expect(json).toMatchObject({
      status: 'degraded',
      database: false,
      reasons: expect.arrayContaining(['The database cannot be reached.']),
    });
    expect((await get(shaken, '/livez')).status).toBe(200);
    const { errors } = await shaken.graphql('{ agents { edges { node { id } } } }');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE' });
    expect((await get(shaken, '/metrics')).status).toBe(200);

    await cluster.start();
    await expect.poll(async () => (await get(shaken, '/readyz')).status, PATIENCE).toBe(200);
    await shaken.data('mutation { registerAgent(input: { id: "phoenix" }) { agent { id } } }');
    expect((await live.take()).data?.['agentEvents'].agent.id).toBe('phoenix');
  }, 60_000);
});
