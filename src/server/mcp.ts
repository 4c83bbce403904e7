import type { IncomingMessage, ServerResponse } from 'node:http';
import { RookeryError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { McpOverHttp } from '../mcp/http.ts';
import type { Authenticator, Credentials } from './auth.ts';
import { isRefused, NO_STREAMS, type OperationParams, type Operations } from './operations.ts';
import { MAX_BODY, readBody } from './post.ts';

/**
 * The MCP server of the hub, at /mcp, loaded with its first request. It is a guest: it asks by GraphQL what its caller asks,
 * with the caller's credentials and through the same authentication, validation and limits, only without a socket in
 * between. Errors: `UNAUTHENTICATED`, `FORBIDDEN`, and 413 for a body too long, as for /graphql.
 */
export function createMcpRoute(house: {
  readonly auth: Authenticator;
  readonly operations: Operations;
  readonly log: Logger;
}): (req: IncomingMessage, res: ServerResponse) => Promise<void> {
  const { auth, operations, log } = house;
  let served: Promise<McpOverHttp> | undefined;

  async function load(): Promise<McpOverHttp> {
    const { serveMcpOverHttp } = await import('../mcp/http.ts');
    return serveMcpOverHttp({
      maxBody: MAX_BODY,
      onFault: (error) => log.error({ err: error }, 'the MCP server failed'),
      agentOf: async (headers) => (await auth.authenticate(Object.fromEntries(headers)))?.agent ?? null,
      graphql,
    });
  }

  /** Takes the headers as the client made them, since a name may be of letters that HTTP can't carry. */
  async function graphql({ headers, body, signal }: RequestInit): Promise<Response> {
    try {
      const context = operations.context(await auth.authenticate(headers as Credentials));
      if (signal?.aborted) context.abandon();
      signal?.addEventListener('abort', () => context.abandon(), { once: true });
      const operation = operations.prepare(JSON.parse(String(body)) as OperationParams, context, NO_STREAMS);
      return Response.json(isRefused(operation) ? { errors: operation } : await operations.perform(operation));
    } catch (error) {
      return Response.json(operations.failure(error));
    }
  }

  return async (req, res) => {
    if ((await auth.authenticate(req.headers)) === null)
      throw new RookeryError('UNAUTHENTICATED', 'This hub needs a token: send it as Authorization: Bearer <token>.');
    const body = await readBody(req);
    served ??= load();
    const serve = await served;
    // Who has hung up by now is not heard to hang up later.
    if (!res.destroyed) await serve(req, res, body);
  };
}
