// Writes the Prisma client and the Pothos types. Both generators are JavaScript, yet Prisma first looks for its Rust
// schema engine and would download it: naming any executable here makes it look no further.
import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';

// Prisma runs the Pothos generator by name, which only `npm run` would put within reach.
const bin = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));
const prisma = fileURLToPath(new URL('../node_modules/prisma/build/index.js', import.meta.url));
const run = spawnSync(process.execPath, [prisma, 'generate', '--no-hints'], {
  cwd: new URL('..', import.meta.url),
  env: {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
  },
  encoding: 'utf8',
});
// Its banner says nothing a reader needs; its complaints do.
if (run.status !== 0) process.stderr.write(`${run.stdout ?? ''}${run.stderr ?? run.error}`);
process.exit(run.status ?? 1);
