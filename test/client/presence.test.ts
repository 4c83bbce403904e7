import { expect, test, vi } from 'vitest';
import { createPresence } from '../../src/client/presence.ts';

test('while the end of a task cannot be told, beats are no more frequent than before', async () => {
  vi.useFakeTimers();
  let beats = 0;
  const away = () => Promise.reject(new Error('away'));
  const presence = createPresence({
    request: away,
    subscribe: () => {
      throw new Error('away');
    },
    agent: 'ant',
    instance: 'one',
    beat() {
      beats++;
      return away();
    },
    stop: away,
  });
  presence.enter();
  const claimed = { task: { id: '1' }, lease: { fence: 1 } } as Parameters<typeof presence.hold>[0];
  presence.hold(claimed, 5_000, performance.now()).settling = true;
  await vi.advanceTimersByTimeAsync(60_000);
  // At least one in 5/3 s, and those of the backoff before.
  expect(beats).toBeGreaterThan(30);
  expect(beats).toBeLessThan(200);
  await presence.leave();
  vi.useRealTimers();
});
