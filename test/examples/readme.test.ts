import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { rookery } from '../support/command.ts';
import { testHub } from '../support/hub.ts';

// Whole processes, one after the other; a busy machine takes its time over that.
vi.setConfig({ testTimeout: 60_000 });

/** What the README tells a newcomer to paste, pasted. (`npm start` is the start-up test's, docker compose nobody's.) */
const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = await readFile(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text = '']) => ({ language, text }));
const hub = await testHub();
const home = await mkdtemp(join(tmpdir(), 'rookery-readme-'));
const children: { kill(signal: NodeJS.Signals): boolean }[] = [];
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

const block = (language: string, containing: string): string => {
  const found = blocks.find((each) => each.language === language && each.text.includes(containing));
  if (found === undefined) throw new Error(`The README has no ${language} with ${containing}`);
  return found.text.replaceAll('localhost:4000', new URL(hub.url).host);
};

/** A shell in which `npx tq` is the built command, without npx's half second. */
function shell(script: string, agent = '') {
  const child = spawn('bash', ['-euc', `npx() { shift; '${process.execPath}' dist/cli/main.js "$@"; }\n${script}`], {
    cwd: root,
    detached: true,
    env: {
      ...process.env,
      ROOKERY_URL: hub.url,
      ROOKERY_TOKEN: '',
      AGENT_NAME: agent,
      XDG_STATE_HOME: home,
      XDG_CONFIG_HOME: home,
    },
  });
  children.push(child);
  const self = {
    output: '',
    ended: new Promise<number | null>((resolve) => child.on('close', resolve)),
    /** As Ctrl-C does: to all of the shell's processes. */
    stop: () => process.kill(-child.pid!, 'SIGINT'),
    async says(pattern: RegExp) {
      while (!pattern.test(self.output)) await new Promise((resolve) => child.stdout.once('data', resolve));
    },
  };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      self.output += chunk;
    });
  return self;
}

/** Resolves when the hub counts the stream that was begun. */
const streamOpen = () =>
  expect
    .poll(async () => (await fetch(`${hub.url}/metrics`)).text(), { timeout: 30_000 })
    .toContain('rookery_event_streams 1');

test('sixty seconds: a task is added, claimed and done, and somebody watches', async () => {
  const watching = shell(block('sh', 'events --follow'), 'ann');
  await streamOpen();
  const first = shell(block('sh', 'export AGENT_NAME=jean'));
  expect(await first.ended, first.output).toBe(0);
  expect(first.output).toMatch(/Say hello/);
  await watching.says(/IN_PROGRESS|in progress/i);
  await watching.says(/done/i);
  watching.stop();
  await watching.ended;
});

test('the curl commands: create, and watch', async () => {
  const [create, watch] = block('sh', 'curl').split(/\n(?=curl)/) as [string, string];
  const watching = shell(watch);
  await streamOpen();
  const creating = shell(create);
  expect(await creating.ended).toBe(0);
  expect(JSON.parse(creating.output)).toEqual({
    data: { createTask: { task: { id: expect.any(String), status: 'OPEN' } } },
  });
  await watching.says(/"op":"INSERT"[\s\S]*"actor":"jared"/);
  watching.stop();
});

test('the client', async () => {
  const program = join(home, 'client.mts');
  await writeFile(program, block('ts', 'hub.work').replace('rookery/client', join(root, 'src/client/index.ts')));
  const working = shell(`'${process.execPath}' --import tsx ${program}`);
  await hub.data(
    'mutation { createTask(input: { title: "Greet", type: "greet" }) { task { id } } }',
    {},
    { agent: 'jean' },
  );
  const inbox = await hub.subscribeSse('subscription { inbox { message { from content } } }', {}, { agent: 'jean' });
  const { data, errors } = await inbox.take();
  expect(errors).toBeUndefined();
  expect(data?.['inbox'].message).toEqual({ from: 'ada', content: 'Done: Greet' });
  await inbox.close();
  working.stop();
  expect(await working.ended, working.output).toBe(0);
  const { tasks } = await hub.data('{ tasks(filter: { types: ["greet"] }) { edges { node { status output } } } }');
  expect(tasks.edges[0].node).toEqual({ status: 'DONE', output: { said: 'hello' } });
});

test('the command line, line by line', async () => {
  const line = shell(block('sh', 'npx tq prime'), 'jean');
  expect(await line.ended, line.output).toBe(0);
  expect(line.output).toContain('Review the parser');
  expect(line.output).toContain('May I deploy?');
  expect(line.output).toMatch(/Never on \W*Fridays/);
});

test('the MCP settings', async () => {
  const { rookery: server } = JSON.parse(block('json', 'mcpServers')).mcpServers;
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { ...server.headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  const text = await response.text();
  expect(text.match(/"outputSchema"/g)).toHaveLength(14);
});

test('the SQL', async () => {
  await hub.pg.query(block('sql', 'INSERT'));
  const { tasks } = await hub.data('{ tasks(filter: { createdBy: "jean" }) { edges { node { title } } } }');
  expect(JSON.stringify(tasks)).toContain('From psql');
});

test('every npm script it names exists, and the tokens are made as it says', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name as string);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
  const token = (line: string) => rookery(['token', ...line.split(' ')], { DATABASE_URL: hub.db, LOG_LEVEL: 'warn' });
  const commands = [...block('sh', 'token --').matchAll(/npm run token -- (.*)/g)].map(([, line]) => line as string);
  for (const line of commands) {
    const command = token(line);
    expect([line, await command.ended, command.stderr()]).toEqual([line, 0, expect.anything()]);
  }
});
