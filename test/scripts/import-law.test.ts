import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let src: string;
beforeEach(() => {
  src = join(mkdtempSync(join(tmpdir(), 'rookery-law-')), 'src');
});
afterEach(() => rmSync(dirname(src), { recursive: true }));

/** What the law says of a house of these files. */
function judge(files: Record<string, string>): string[] {
  for (const [path, code] of Object.entries(files)) {
    mkdirSync(dirname(join(src, path)), { recursive: true });
    writeFileSync(join(src, path), code);
  }
  const { stderr, status } = spawnSync(process.execPath, ['scripts/import-law.mjs', src], { encoding: 'utf8' });
  const lines = stderr.split('\n').filter((line) => /may not import|circle:/.test(line));
  expect(status).toBe(lines.length > 0 ? 1 : 0);
  return lines;
}

describe('the import law', () => {
  it('lets the house be built as designed', () => {
    const house = {
      'config.ts': `import { z } from 'zod';`,
      'postgres/database.ts': `import { x } from '../config.ts';\nimport type { y } from './generated/client.ts';`,
      'feed/feed.ts': `import { x } from '../postgres/database.ts';\nimport type { Logger } from '../log.ts';`,
      'graphql/builder.ts': `import type { Database } from '../postgres/database.ts';\nimport '../feed/feed.ts';`,
      'agents/service.ts': `import '../errors.ts';`,
      'messages/service.ts': `import { beat } from '../agents/service.ts';`,
      'tasks/service.ts': `import { send } from '../messages/service.ts';\nimport '../agents/service.ts';`,
      'tasks/schema.ts': `import { builder } from '../graphql/builder.ts';\nimport { claim } from './service.ts';`,
      'server/schema.ts': `import '../tasks/schema.ts';\nimport '../graphql/builder.ts';`,
      'cli/main.ts': `import '../client/index.ts';\nimport '../config.ts';`,
    };
    expect(judge(house)).toEqual([]);
  });

  it.each([
    ['log.ts', '../src/config.ts'],
    ['postgres/pool.ts', '../feed/feed.ts'],
    ['graphql/builder.ts', '../postgres/database.ts'],
    ['graphql/builder.ts', '../tasks/service.ts'],
    ['tasks/service.ts', '../config.ts'],
    ['tasks/service.ts', '../messages/schema.ts'],
    ['agents/service.ts', '../tasks/service.ts'],
    ['messages/service.ts', '../server/auth.ts'],
    ['cli/main.ts', '../server/hub.ts'],
    ['client/client.ts', '../config.ts'],
    ['cli/main.ts', '../client/errors.ts'],
    ['newcomer/main.ts', '../config.ts'],
    ['server/hub.ts', '../../test/support/hub.ts'],
  ])('keeps %s from importing %s', (file, target) => {
    expect(judge({ [file]: `\nimport { x } from '${target}';` })).toEqual([
      expect.stringContaining(`src/${file}:2 may not import`),
    ]);
  });

  it.each([
    `import type { X } from '../tasks/schema.ts';`,
    `export * from '../tasks/schema.ts';`,
    `export { type X } from '../tasks/schema.ts';`,
    `const x = await import('../tasks/schema.ts');`,
    `type X = import('../tasks/schema.ts').X;`,
  ])('sees %s', (code) => {
    expect(judge({ 'agents/service.ts': code })).toHaveLength(1);
  });

  it('finds a circle, also one that only types close', () => {
    const files = {
      'feed/a.ts': `import './b.ts';`,
      'feed/b.ts': `import './c.ts';`,
      'feed/c.ts': `import type { A } from './a.ts';`,
    };
    expect(judge(files)).toEqual(['circle: feed/a.ts -> feed/b.ts -> feed/c.ts -> feed/a.ts']);
  });
});
