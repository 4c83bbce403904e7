import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

test('the tour: two agents and an operator, a lost connection, nothing missed', async () => {
  const hub = await testHub();
  const tour = new URL('../../examples/tour.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', tour], {
    env: { ...process.env, ROOKERY_URL: `${hub.url}/graphql` },
  });
  expect(stdout).toContain('jared     hears from jean: Can you take');
  expect(stdout).toMatch(/operator {2}saw it OPEN, then IN_PROGRESS/);
  expect(stdout).toMatch(/operator {2}sees Build the CLI wrapper: DONE\n/);
  expect(stdout.trimEnd().endsWith('all       nothing missed')).toBe(true);
});
