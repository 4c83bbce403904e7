import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { type McpClient, simple } from './clients.ts';

const hub = await testHub();

// The command is run as its users run it: out of the built files.
beforeAll(() => void execFileSync(process.execPath, ['scripts/setup.mjs']), 240_000);

/** An MCP client that starts `tq mcp`; what it writes to standard output beside the protocol would break it. */
async function startTq(env: Record<string, string>): Promise<McpClient & { pid: number; said(): string }> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ['dist/cli/main.js', 'mcp'],
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ROOKERY_URL: hub.url, ...env },
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const client = new Client({ name: 'a test', version: '1' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return Object.assign(simple(client), { pid: transport.pid!, said: () => stderr });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('tq mcp is one instance of an agent, for as long as its client listens', async () => {
  const jean = await startTq({ AGENT_NAME: 'jean' });
  const { agent, instance } = (await jean.call('start', { type: 'code' })).structuredContent;
  expect([agent, instance]).toEqual(['jean', expect.stringMatching(/^mcp-[0-9a-f]{8}$/)]);
  const { id } = (await jean.call('create_task', { title: 'over a pipe' })).structuredContent.task;
  const { leaseToken } = (await jean.call('claim', { id })).structuredContent;
  const { task } = await hub.data('query ($id: ID!) { task(id: $id) { assignedInstance } }', { id });
  expect(task.assignedInstance).toBe(instance);
  expect((await jean.call('finish', { id, leaseToken, outcome: 'done' })).structuredContent.task.status).toBe('DONE');
  expect(await jean.read(`rookery://tasks/${id}`)).toMatchObject({ status: 'DONE' });
  expect(await jean.prompt('briefing')).toContain('# Working with Rookery');
  await jean.close();
  await expect.poll(() => isRunning(jean.pid)).toBe(false);
  expect(jean.said()).toBe('');
});

test('without a name, the tools ask for it; with a hub that is away, they say so', async () => {
  const anyone = await startTq({});
  const [start] = await anyone.tools();
  expect(start!.inputSchema.required).toEqual(['agent']);
  expect((await anyone.call('start', { agent: 'ada' })).structuredContent.agent).toBe('ada');

  const lonely = await startTq({ AGENT_NAME: 'ada', ROOKERY_URL: `http://127.0.0.1:${await freePort()}` });
  expect(await lonely.tools()).toHaveLength(14);
  const { isError, content } = await lonely.call('claim');
  expect(isError).toBe(true);
  expect(JSON.parse(content[0]!.text!)).toMatchObject({
    code: 'UNREACHABLE',
    outcome: 'none',
    next: expect.stringContaining('repeat'),
  });
});
