import { once } from 'node:events';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { type ConnectOptions, connect } from '../client/index.ts';
import type { Door } from './door.ts';
import { Who } from './generated/operations.ts';
import { createMcpServer, type ServerOptions } from './server.ts';

export interface McpOverStdioOptions extends ServerOptions {
  /** The hub, and who asks. */
  readonly connection: Pick<ConnectOptions, 'url' | 'token' | 'agent'>;
}

/** For so long a call is repeated while the hub is away, where that is safe. */
const PATIENCE_MS = 3_000;
const ANSWER_MS = 3_000;

/**
 * MCP over standard input and output: one conversation, one process, one instance of the agent. It starts also while the
 * hub is away; the calls say so. Resolves when its input has ended.
 */
export async function serveMcpOverStdio({ connection, ...options }: McpOverStdioOptions): Promise<void> {
  const instance = `mcp-${crypto.randomUUID().slice(0, 8)}`;
  const open = (agent: string | undefined) => connect({ ...connection, agent, instance, patienceMs: PATIENCE_MS });
  const own = open(connection.agent);

  /** An agent's token names its agent. A hub that is away is asked again by the next conversation. */
  async function nameOf(): Promise<string | null> {
    if (connection.agent !== undefined) return connection.agent;
    const asked = await own.request(Who, {}, { patienceMs: 0, timeoutMs: ANSWER_MS }).catch(() => undefined);
    return asked?.viewer.agentId ?? null;
  }

  const served = serveStdio(async () => {
    const agent = await nameOf();
    const door: Door = { agent, as: (name) => (name === undefined || name === agent ? own : open(name)).request };
    return createMcpServer(door, options);
  });
  await once(process.stdin, 'close');
  await served.close();
}
