import { expect, test } from 'vitest';
import { parseConfig, SetupError } from '../../src/config.ts';
import { openLog } from '../../src/log.ts';
import { isLoopback, startHub } from '../../src/server/hub.ts';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const startAt = (env: Record<string, string>) =>
  startHub({ config: parseConfig(env), databaseUrl: hub.db, listenUrl: hub.db, log: openLog('silent') });

test('a port in use is one plain line, and leaves no connection behind', async () => {
  const before = await connections();
  const failure = await startAt({ PORT: String(hub.hub.port) }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SetupError);
  expect((failure as Error).message).toMatch(/^Port \d+ of 127\.0\.0\.1 is in use: .*PORT/);
  await expect.poll(connections).toBe(before);
});

test('an address of another machine is one plain line', async () => {
  await hub.token({});
  await expect(startAt({ HOST: '192.0.2.1', PORT: '0' })).rejects.toThrow(
    /^Cannot listen on 192\.0\.2\.1, port 0: .+set HOST/,
  );
});

test.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.0.1', false],
  ['127.0.0.1.evil.example', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

/** The sessions that listen: one for each hub there is. */
async function connections(): Promise<number> {
  const { rows } = await hub.pg.query(
    `select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name = 'rookery listener'`,
  );
  return rows[0].count;
}
