import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

/** What docs/agents/ gives people to copy, run as it stands. */
const hub = await testHub();
const folder = fileURLToPath(new URL('../../docs/agents/', import.meta.url));
const env = { ...process.env, ROOKERY_URL: hub.url, ROOKERY_TOKEN: '', AGENT_NAME: '' };
const missing = (program: string, ...args: string[]) => spawnSync(program, args).status !== 0;
const run = promisify(execFile);

const noPython = missing('python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 9))');
test.skipIf(noPython)('the Python client: work, messages, streams, errors', async () => {
  const { stdout } = await run('python3', ['-B', 'example.py'], { cwd: folder, env });
  expect(stdout.trim().split('\n')).toEqual([
    'planner hears: 2 squared is 4',
    'planner hears: 3 squared is 9',
    expect.stringMatching(/^planner sees: \d+ DONE 4$/),
    expect.stringMatching(/^planner sees: \d+ DONE 9$/),
    'worker is told: LEASE_LOST',
  ]);
});

test.skipIf(noPython)('the Python client says in one word that there is no hub', () => {
  const program = 'from rookery import *\ntry: Rookery().beat()\nexcept Unreachable as error: print(error.code)';
  const output = execFileSync('python3', ['-B', '-c', program], {
    cwd: folder,
    env: { ...env, ROOKERY_URL: 'http://127.0.0.1:9' },
    encoding: 'utf8',
  });
  expect(output.trim()).toBe('UNREACHABLE');
});

test.skipIf(noPython)('the Python client resumes a stream that breaks off within an event', async () => {
  let streams = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      const event = `event: next\nid: c${++streams}\ndata: {"data": {"n": ${streams}}}\n\n`;
      const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
      socket.end(`${head}${event.length.toString(16)}\r\n${event}\r\n40\r\nevent: ne`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const program =
    'from rookery import *\nevents = Rookery().subscribe("subscription { n }")\nprint(next(events)["n"], next(events)["n"])';
  const { stdout } = await run('python3', ['-B', '-c', program], { cwd: folder, env: { ...env, ROOKERY_URL: url } });
  expect(stdout.trim()).toBe('1 2');
  server.close();
});

const noElixir = missing('elixir', '-e', 'Code.ensure_loaded!(:json)');
test.skipIf(noElixir)('the Elixir client', async () => {
  const { stdout } = await run('elixir', ['rookery.exs'], {
    cwd: folder,
    env: { ...env, AGENT_NAME: 'ex', ROOKERY_EXAMPLE: '1' },
  });
  expect(stdout.trim()).toMatch(/^\d+ DONE$/);
});

test.skipIf(missing('jq', '--version') || missing('curl', '--version'))(
  'the curl page, from top to bottom',
  async () => {
    const page = await readFile(`${folder}curl.md`, 'utf8');
    const script = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text]) => text).join('\necho\n');
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script.replace('timeout 5', 'timeout 1')], { env });
    const [beat, created, progress, done] = stdout
      .split('\n')
      .flatMap((line) => line.split(/(?<=\})(?=\{"data")/))
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line).data);
    expect(beat.heartbeat.signals).toMatchObject({ unread: 0, cancelled: [] });
    expect(created.createTask.task.id).toEqual(expect.any(String));
    expect(progress.reportProgress.lease.expiresAt).toEqual(expect.any(String));
    expect(done.completeTask.task.status).toBe('DONE');
  },
);
