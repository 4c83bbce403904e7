import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const missing = spawnSync('jq', ['--version']).status !== 0;

test.skipIf(missing)(
  'a shell, a worker and an MCP client work together through a crash of hub and database',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'examples/crew/main.ts'], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const transcript = stdout.trim().split('\n');
    const of = (pattern: RegExp) => transcript.flatMap((line) => pattern.exec(line)?.slice(1, 2) ?? []);
    const sorted = (list: string[]) => [...list].sort((a, b) => Number(a) - Number(b));

    // Killed while there was work left, and gone on with.
    expect(transcript.indexOf('main      has killed the hub and its database')).toBeLessThan(
      transcript.findIndex((line) => line.startsWith('reviewer  reviews')),
    );
    // Every task done exactly once: by the account of those who did it, and by the hub's.
    const done = [...of(/^builder +builds task (\d+),/), ...of(/^reviewer +reviews task (\d+)$/)];
    // What was claimed when the hub was killed may have been lost or given back before.
    const known = /^hub +task \d+ \(.+\) is DONE: (?:(?:LOST|RELEASED) by \w+, )*DONE by \w+$/;
    expect(transcript.filter((line) => known.test(line))).toHaveLength(10);
    expect(sorted(done)).toEqual(sorted(of(/^hub +task (\d+) \((?:Build|Review)/)));
    expect(new Set(done).size).toBe(9);
    // Every message read once by each whom it was for.
    const read = (who: string) => of(new RegExp(`^${who} +reads message (\\d+) of`));
    expect([new Set(read('planner')).size, read('planner').length]).toEqual([9, 9]);
    expect(read('builder')).toEqual(read('reviewer'));
    expect(read('builder')).toHaveLength(1);
    expect(transcript).toContain('planner   is done: 0 unread');
    // The approval decided once.
    expect(transcript).toContain('planner   cannot decide it twice');
    expect(of(/^builder +may deploy (.*)$/)).toEqual(['{"version":"1.0"}']);
    expect(of(/^hub +request \d+ was (decided.*)$/)).toEqual(['decided by planner: APPROVE, and used']);
  },
  120_000,
);
