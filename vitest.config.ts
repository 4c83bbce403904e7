import { defineConfig } from 'vitest/config';

export default defineConfig({
  // As Node resolves it: otherwise the sources get another copy of graphql than the packages they use.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Files run side by side, each in a database of its own; within a file the tests share it and run in turn.
    pool: 'forks',
    isolate: false,
    // By default one core is left idle; but tests mostly wait for the database: 147 s in place of 233 s on two cores.
    maxWorkers: '100%',
    testTimeout: 20_000,
    // The default of 1 s is too short on a busy machine; what waits for an event ends with the event.
    expect: { poll: { timeout: 15_000, interval: 20 } },
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    restoreMocks: true,
  },
});
