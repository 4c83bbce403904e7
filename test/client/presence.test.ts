import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPresence } from '../../src/client/presence.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** The presence of a process whose hub has gone. */
function present(beat: Parameters<typeof createPresence>[0]['beat']) {
  const away = () => Promise.reject(new Error('away'));
  const subscribe = () => {
    throw new Error('away');
  };
  const presence = createPresence({ request: away, subscribe, agent: 'ant', instance: 'one', beat, stop: away });
  presence.enter();
  return presence;
}

const CLAIMED = { task: { id: '1' }, lease: { fence: 1 } } as Parameters<ReturnType<typeof present>['hold']>[0];

test('while the end of a task cannot be told, beats are no more frequent than before', async () => {
  let beats = 0;
  const presence = present(() => {
    beats++;
    return Promise.reject(new Error('away'));
  });
  presence.hold(CLAIMED, 5_000, performance.now()).settling = true;
  await vi.advanceTimersByTimeAsync(60_000);
  // At least one in 5/3 s, and those of the backoff before.
  expect(beats).toBeGreaterThan(30);
  expect(beats).toBeLessThan(200);
  await presence.leave();
});

test('a lease that cannot be renewed is given up by when it ends, whatever the beats wait for', async () => {
  // So that a beat is under way when the lease ends.
  vi.spyOn(Math, 'random').mockReturnValue(0.99);
  let beats = 0;
  const presence = present(async (_input, { timeoutMs } = {}) => {
    if (beats++ > 0) await new Promise((_resolve, reject) => setTimeout(reject, timeoutMs));
    return { nextBeatInSeconds: 20 } as never;
  });
  await vi.advanceTimersByTimeAsync(1);
  const askedAt = performance.now();
  const { signal } = presence.hold(CLAIMED, 5_000, askedAt);
  const lostAt = new Promise<number>((resolve) => {
    signal.addEventListener('abort', () => resolve(performance.now() - askedAt));
  });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(beats).toBeGreaterThan(2);
  expect(await lostAt).toBeLessThanOrEqual(5_010);
  await presence.leave();
});
