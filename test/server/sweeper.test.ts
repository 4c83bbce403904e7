import { expect, test } from 'vitest';
import { openLog } from '../../src/log.ts';
import { startSweeper } from '../../src/server/sweeper.ts';

const log = openLog('silent');

test('a sweep is repeated, never two at once, and sooner when it says so', async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  const enough = signal();
  const sweeper = startSweeper(
    [
      {
        name: 'eager',
        everySeconds: 3_600,
        async run() {
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          running--;
          if (++runs === 5) enough.give();
          return 1;
        },
      },
    ],
    log,
  );
  await enough.given;
  await sweeper.stop();
  expect(most).toBe(1);
});

test('a sweep that fails is repeated, and stops no other', async () => {
  let failures = 0;
  const failedTwice = signal();
  const other = signal();
  const sweeper = startSweeper(
    [
      {
        name: 'failing',
        everySeconds: 0.01,
        async run() {
          if (++failures === 2) failedTwice.give();
          throw new Error('the database is away');
        },
      },
      { name: 'other', everySeconds: 0.01, run: async () => void other.give() },
    ],
    log,
  );
  await Promise.all([failedTwice.given, other.given]);
  await sweeper.stop();
});

test('stopping waits for the sweep under way', async () => {
  const begun = signal();
  const release = signal();
  let ended = false;
  const sweeper = startSweeper(
    [
      {
        name: 'slow',
        everySeconds: 1,
        async run() {
          begun.give();
          await release.given;
          ended = true;
          return undefined;
        },
      },
    ],
    log,
  );
  await begun.given;
  const stopped = sweeper.stop();
  release.give();
  await stopped;
  expect(ended).toBe(true);
});

function signal(): { given: Promise<void>; give: () => void } {
  let give = () => {};
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  return { given, give };
}
