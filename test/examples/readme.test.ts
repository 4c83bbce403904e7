import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { afterAll, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

/** What the README tells a newcomer to paste, pasted. */
const hub = await testHub();
const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
  language,
  text: text ?? '',
}));
const children: { kill(signal: NodeJS.Signals): boolean }[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

function curl(containing: string): { output: string; ended: Promise<string> } {
  const block = blocks.find(({ text }) => text.startsWith('curl') && text.includes(containing));
  if (block === undefined) throw new Error(`The README has no curl command with ${containing}`);
  const child = spawn('bash', ['-c', `exec ${block.text.replace('localhost:4000', new URL(hub.url).host)}`]);
  children.push(child);
  const self = { output: '', ended: new Promise<string>((resolve) => child.on('close', () => resolve(self.output))) };
  child.stdout.on('data', (chunk) => {
    self.output += chunk;
  });
  return self;
}

test('the curl commands: create, watch, claim', async () => {
  const watching = curl('taskEvents');
  // The stream has begun when the hub counts it.
  while (!(await (await fetch(`${hub.url}/metrics`)).text()).includes('rookery_event_streams 1'))
    await new Promise(setImmediate);
  const created = JSON.parse(await curl('createTask').ended);
  expect(created).toEqual({ data: { createTask: { task: { id: expect.any(String), status: 'OPEN' } } } });
  const claimed = JSON.parse(await curl('claimTask').ended);
  expect(claimed.data.claimTask.task.title).toBe('Say hello');
  expect(claimed.data.claimTask.lease.fence).toBeDefined();
  while (!watching.output.includes('IN_PROGRESS')) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(watching.output).toMatch(/"op":"INSERT"[\s\S]*"actor":"jared"/);
});

test('the SQL', async () => {
  const sql = blocks.find(({ language }) => language === 'sql')?.text ?? '';
  await hub.pg.query(sql);
  const { tasks } = await hub.data('{ tasks(filter: { createdBy: "jean" }) { edges { node { title } } } }');
  expect(JSON.stringify(tasks)).toContain('From psql');
});

test('every npm script it names exists', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name as string);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
