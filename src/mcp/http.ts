import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { connect } from '../client/index.ts';
import type { Door } from './door.ts';
import { createMcpServer, type ServerOptions } from './server.ts';

export interface McpOverHttpOptions extends ServerOptions {
  /** Longest body, in bytes. */
  readonly maxBody: number;
  /** Who asks, by the headers of the request; null when only its arguments can say. */
  agentOf(headers: Headers): Promise<string | null>;
  /** Answers a request to the hub's GraphQL, as `fetch` would. */
  graphql(request: RequestInit): Promise<Response>;
}

/** Serves a request that has been let in. */
export type McpOverHttp = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/**
 * MCP over streamable HTTP, without sessions: every request stands for itself, whichever hub of a group it reaches. Speaks
 * the revision of 2026-07-28, and those of 2025.
 */
export function serveMcpOverHttp({ maxBody, agentOf, graphql, ...options }: McpOverHttpOptions): McpOverHttp {
  async function doorOf(headers: Headers): Promise<Door> {
    const token = headers.get('authorization')?.replace(/^Bearer +/i, '');
    // Nothing tells two conversations of an agent apart but this header; by default they are one instance.
    const instance = headers.get('x-instance') ?? 'default';
    const own = headers.get('x-agent') ?? undefined;
    const fetch: typeof globalThis.fetch = (_url, init) => graphql(init ?? {});
    const as = (agent = own) => connect({ url: 'http://hub', token, agent, instance, fetch, patienceMs: 0 }).request;
    return { agent: await agentOf(headers), as };
  }

  const handler = createMcpHandler(
    async ({ requestInfo }) => createMcpServer(await doorOf(requestInfo?.headers ?? new Headers()), options),
    {
      // Nothing here changes while the hub runs, so there is nothing to listen for.
      maxSubscriptions: 0,
      maxRequestBodySize: maxBody,
    },
  );
  return toNodeHandler(handler, { maxRequestBodySize: maxBody, onerror: options.onFault }) as McpOverHttp;
}
