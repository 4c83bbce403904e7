// Packs Rookery as npm would publish it, and uses the package as a stranger would: installed into an empty project, both
// commands, the client and the hub inside a program. Needs the network. Leaves nothing behind.
import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { setup } from './setup.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LARGEST_KB = 2_000;
const project = mkdtempSync(join(tmpdir(), 'rookery-package-'));

setup();
// Open to the user who runs PostgreSQL where root runs this.
chmodSync(project, 0o755);
try {
  const tarball = pack();
  await lint(tarball);
  install(tarball);
  await use();
} finally {
  rmSync(project, { recursive: true, force: true });
}

function pack() {
  const [{ filename, files, size }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], { cwd: ROOT }),
  );
  const paths = files.map(({ path }) => path);
  const foreign = paths.filter((path) => !/^(dist\/.+\.(js|d\.ts)|prisma\/migrations\/.+\.sql|[A-Za-z.]+)$/.test(path));
  deepEqual(foreign, [], 'what the package should not hold');
  for (const path of ['dist/server/main.js', 'dist/cli/main.js', 'dist/client/index.d.ts', 'schema.graphql', 'LICENSE'])
    ok(paths.includes(path), `the package lacks ${path}`);
  ok(size < LARGEST_KB * 1_000, `the package has ${size} bytes`);
  console.log(`${filename}: ${files.length} files, ${Math.round(size / 1_000)} kB`);
  return join(project, filename);
}

async function lint(tarball) {
  const buffer = readFileSync(tarball);
  const data = buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: data }, strict: true });
  equal(messages.map((message) => formatMessage(message, pkg)).join('\n'), '', 'publint');
  // ESM only: `require` of it is Node's affair (it can, from 20.19 on).
  const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  run(process.execPath, [attw, tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color']);
  console.log('publint and are-the-types-wrong have no complaints');
}

function install(tarball) {
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball]);
}

async function use() {
  writeFileSync(
    join(project, 'program.js'),
    `import { connect } from 'rookery/client';
     const hub = connect({ url: process.argv[2], agent: 'program' });
     const { task, lease } = await hub.tasks.claim();
     await hub.tasks.complete({ id: task.id, leaseToken: lease.token });
     console.log(task.title);
     hub.close();`,
  );
  writeFileSync(
    join(project, 'embed.js'),
    `import { startRookery } from 'rookery';
     const hub = await startRookery({ PORT: '0', LOG_LEVEL: 'warn', ROOKERY_HOME: 'embedded' });
     const { status } = await fetch(hub.url + '/readyz');
     if (status !== 200) throw new Error('not ready: ' + status);
     await hub.close();`,
  );
  const bin = (name) => join(project, 'node_modules', '.bin', name);
  const hub = spawn(bin('rookery'), [], {
    cwd: project,
    env: { ...process.env, PORT: '0', HOST: '', DATABASE_URL: '', ROOKERY_HOME: join(project, 'home') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = new URL(await printed(hub.stdout, /^Rookery +(\S+)$/m)).origin;
    const env = { ...process.env, ROOKERY_URL: url, AGENT_NAME: 'stranger' };
    run(bin('tq'), ['add', 'Try the package'], { env });
    equal(run(process.execPath, ['program.js', url]).trim(), 'Try the package');
    equal(JSON.parse(run(bin('tq'), ['list', '--all', '--json'], { env }))[0].status, 'DONE');
  } finally {
    hub.kill('SIGTERM');
    await once(hub, 'exit');
  }
  run(process.execPath, ['embed.js']);
  console.log(
    `installed into an empty project it works on Node ${process.versions.node}: rookery, tq, client, hub in a program`,
  );
}

function run(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: project, encoding: 'utf8', ...options });
  if (status !== 0) throw error ?? new Error(`${program} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

function printed(stream, pattern) {
  return new Promise((resolve, reject) => {
    let output = '';
    stream.setEncoding('utf8').on('data', (chunk) => {
      output += chunk;
      const found = pattern.exec(output);
      if (found) resolve(found[1]);
    });
    stream.once('close', () => reject(new Error('rookery ended before it was ready')));
  });
}
