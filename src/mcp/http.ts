import type { IncomingMessage, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { connect } from '../client/index.ts';
import { createCancelling } from './cancelling.ts';
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

/** Serves a request that has been let in, and its body read. */
export type McpOverHttp = (req: IncomingMessage, res: ServerResponse, body: string) => Promise<void>;

/**
 * MCP over streamable HTTP, without sessions: every request stands for itself, whichever hub of a group it reaches. Speaks
 * the revision of 2026-07-28, and those of 2025.
 */
export function serveMcpOverHttp({ maxBody, agentOf, graphql, ...options }: McpOverHttpOptions): McpOverHttp {
  async function doorOf({ headers, signal: gone }: Request): Promise<Door> {
    const token = headers.get('authorization')?.replace(/^Bearer +/i, '');
    // Nothing tells two conversations of an agent apart but this header; by default they are one instance.
    const instance = headers.get('x-instance') ?? 'default';
    const own = headers.get('x-agent') ?? undefined;
    // What is served hears of a client that hangs up only once it has begun.
    const fetch: typeof globalThis.fetch = (_url, { signal, ...init } = {}) =>
      graphql({ ...init, signal: signal ? AbortSignal.any([gone, signal]) : gone });
    const as = (agent = own) => connect({ url: 'http://hub', token, agent, instance, fetch, patienceMs: 0 }).request;
    return { agent: await agentOf(headers), as };
  }

  const handler = createMcpHandler(
    async ({ requestInfo }) => createMcpServer(await doorOf(requestInfo as Request), options),
    {
      // Nothing here changes while the hub runs, so there is nothing to listen for.
      maxSubscriptions: 0,
      maxRequestBodySize: maxBody,
    },
  );
  const serve = toNodeHandler(handler, { maxRequestBodySize: maxBody, onerror: options.onFault });
  const watch = createCancelling();
  return async (req, res, body) => {
    watch(req, res, body);
    const { method = 'POST', url = '/', headers } = req;
    const read = {
      async *[Symbol.asyncIterator]() {
        yield body;
      },
    };
    await serve({ method, url, headers, ...read }, res);
  };
}
