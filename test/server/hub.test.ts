import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub();

test('health needs nobody', async () => {
  const { health } = await hub.data('{ health { status reasons database migrated listening version } }');
  expect(health).toMatchObject({ status: 'READY', reasons: [], database: true, migrated: true, listening: true });
});

test('in open mode the caller names itself and is an operator', async () => {
  const { viewer } = await hub.data('{ viewer { role agentId instance } }', {}, { agent: 'jean' });
  expect(viewer).toEqual({ role: 'OPERATOR', agentId: 'jean', instance: 'default' });
});
