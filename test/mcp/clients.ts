import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export type Headers = Record<string, string>;

/** What a tool answered. */
export interface Answer {
  readonly isError?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a test asserts on it
  readonly structuredContent?: any;
  readonly content: readonly { type: string; text?: string }[];
}

/** As much of a client as the tests need. */
export interface McpClient {
  tools(): Promise<readonly ListedTool[]>;
  call(name: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<Answer>;
  read(uri: string): Promise<unknown>;
  prompt(name: string): Promise<string>;
  close(): Promise<void>;
}

export interface ListedTool {
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly inputSchema: { properties?: Record<string, unknown>; required?: string[] };
  readonly outputSchema?: object;
  readonly annotations?: { readOnlyHint?: boolean };
}

type AnyClient = Client | OldClient;

/** The part of an official client that the tests use. */
export function simple(client: AnyClient): McpClient {
  const ask = client as Client;
  return {
    tools: async () => (await ask.listTools()).tools as ListedTool[],
    call: async (name, args = {}, signal) =>
      (client instanceof OldClient
        ? await client.callTool({ name, arguments: args }, undefined, signal && { signal })
        : await client.callTool({ name, arguments: args }, signal && { signal })) as Answer,
    read: async (uri) => {
      const { contents } = await ask.readResource({ uri });
      return JSON.parse((contents[0] as { text: string }).text);
    },
    prompt: async (name) => {
      const { messages } = await ask.getPrompt({ name });
      return (messages[0]!.content as { text: string }).text;
    },
    close: () => client.close(),
  };
}

const NAMED = { name: 'a test', version: '1' };

/** The official client of the present line; `modern` speaks the revision of 2026-07-28, else it begins by `initialize`. */
export async function connectMcp(url: string, headers: Headers, modern = false): Promise<McpClient> {
  const client = new Client(NAMED, modern ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {});
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers } }));
  return simple(client);
}

/** The official client of the former line. */
export async function connectOldMcp(url: string, headers: Headers): Promise<McpClient> {
  const client = new OldClient(NAMED);
  // Its own types disagree about optional fields.
  await client.connect(new OldTransport(new URL('/mcp', url), { requestInit: { headers } }) as never);
  return simple(client);
}

/** No client at all: JSON-RPC as curl would send it. */
export function bareMcp(url: string, headers: Headers): McpClient {
  let id = 0;
  async function rpc(method: string, params: object, signal?: AbortSignal) {
    const response = await fetch(new URL('/mcp', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      body: JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params }),
      ...(signal && { signal }),
    });
    const text = await response.text();
    const { result, error } = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
    if (error) throw Object.assign(new Error(error.message), { data: error.data });
    return result;
  }
  return {
    tools: async () => (await rpc('tools/list', {})).tools,
    call: (name, args = {}, signal) => rpc('tools/call', { name, arguments: args }, signal),
    read: async (uri) => JSON.parse((await rpc('resources/read', { uri })).contents[0].text),
    prompt: async (name) => (await rpc('prompts/get', { name })).messages[0].content.text,
    close: async () => {},
  };
}
