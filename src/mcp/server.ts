import { readFileSync } from 'node:fs';
import { type CallToolResult, McpServer, type StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { briefing } from '../client/briefing.ts';
import { HubError, type Request } from '../client/index.ts';
import type { Door } from './door.ts';
import { failed } from './errors.ts';
import { registerResources } from './resources.ts';
import type { JsonSchema, Tool } from './tool.ts';
import { TOOLS } from './tools.ts';
import { WAYS } from './ways.ts';

export interface ServerOptions {
  /** Told of what failed for no reason of the caller's. */
  onFault(error: unknown): void;
}

/** Of the package, the same from src/mcp and from dist/mcp. */
const VERSION: string = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;

/** Most clients put this before every conversation: what a model must know even if it calls nothing yet. */
const INSTRUCTIONS = `Rookery: tasks, messages, shared knowledge and requests to people, for agents that work together.
Call start first. Deal with your messages, recall what is known, claim a task, report progress (it renews the lease), and always finish what you claimed. A claim gives a leaseToken: keep it. LEASE_LOST means that the task is no longer yours: stop.
Ask a person (ask_human) before anything that cannot be undone. Answers carry signals when something waits: unread messages, answers of people, tasks that were cancelled or lost. Errors say in next what to do. The prompt briefing tells more.`;

/** A server for one conversation (stdio) or one request (HTTP): it remembers nothing. */
export function createMcpServer(door: Door, options: ServerOptions): McpServer {
  const server = new McpServer(
    { name: 'rookery', title: 'Rookery', version: VERSION },
    {
      instructions: INSTRUCTIONS,
      // What it offers never changes while it runs.
      capabilities: {
        tools: { listChanged: false },
        resources: { listChanged: false },
        prompts: { listChanged: false },
      },
    },
  );
  for (const tool of TOOLS) register(server, tool, door, options);
  registerResources(server, door);
  server.registerPrompt(
    'briefing',
    { title: 'Working with Rookery', description: 'How an agent works with Rookery, for one that has never seen it.' },
    () => ({ messages: [{ role: 'user', content: { type: 'text', text: briefing(WAYS) } }] }),
  );
  return server;
}

function register(server: McpServer, tool: Tool, door: Door, { onFault }: ServerOptions): void {
  const { name, title, description, annotations, output } = tool;
  server.registerTool(
    name,
    {
      title,
      description,
      annotations,
      inputSchema: unchecked(tool.input(door.agent !== null)),
      outputSchema: unchecked(output),
    },
    async (given: unknown, { mcpReq: { signal } }): Promise<CallToolResult> => {
      try {
        const call = { agent: door.agent, ask: (agent: string | undefined) => until(signal, door.as(agent)) };
        const structuredContent = { ...(await tool.run(given, call)) };
        // Clients that know no structured content show the text.
        return { structuredContent, content: [{ type: 'text', text: JSON.stringify(structuredContent) }] };
      } catch (error) {
        if (!(error instanceof HubError) && !signal.aborted) onFault(error);
        return failed(error);
      }
    },
  );
}

/**
 * A schema that is shown and not checked here: the tool checks its arguments itself, so that wrong ones are told with a
 * code and a next step as all failures are; and it is made once, not for each server.
 */
function unchecked(json: JsonSchema): StandardSchemaWithJSON<unknown, unknown> {
  const shown = () => json;
  return {
    '~standard': {
      version: 1,
      vendor: 'rookery',
      validate: (value) => ({ value }),
      jsonSchema: { input: shown, output: shown },
    },
  };
}

/** Ends what the client no longer waits for: a claim that waits then takes nothing. */
function until(signal: AbortSignal, request: Request): Request {
  return (document, ...[variables, options]) => request(document, ...([variables, { signal, ...options }] as never));
}
