import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ExecutionResult, GraphQLError } from 'graphql';
import { isRefused, NO_STREAMS, type OperationParams, type Operations } from './operations.ts';
import type { RequestContext } from './request-context.ts';
import { type MediaType, sendResult } from './respond.ts';

/** Longest request body, in bytes. */
export const MAX_BODY = 1024 * 1024;
/** A body somewhat too long is read to its end and thrown away, so that the client gets to read why it was refused. */
const MAX_DISCARDED = 16 * MAX_BODY;

/**
 * The short way of the commonest request, POST with a JSON body for a JSON answer: measured at several times the
 * rate of the way through the Fetch API (docs/adr). It holds no rule of its own; those are in `Operations`.
 */
export async function servePost(
  operations: Operations,
  context: RequestContext,
  mediaType: MediaType,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const params = readParams(await readBody(req));
  const operation = operations.prepare(params, context, NO_STREAMS);
  const result = isRefused(operation) ? { errors: operation } : await operations.perform(operation);
  sendResult(res, result as ExecutionResult, mediaType);
}

/** The body as text. Errors: 413 when it is longer than 1 MiB. */
export function readBody(req: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    if (req.destroyed) throw new Error('The request was cut off');
    const chunks: Buffer[] = [];
    let length = 0;
    req.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY) chunks.push(chunk);
      else if (length > MAX_DISCARDED) req.destroy();
    });
    req.on('end', () => {
      if (length > MAX_BODY) reject(wrongRequest(413, `A request may have at most ${MAX_BODY} bytes.`));
      else resolve((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString('utf8'));
    });
    req.on('error', reject);
    req.on('close', () => {
      if (!req.complete) reject(new Error('The request was cut off'));
    });
  });
}

/** The parameters of GraphQL over HTTP. Errors: 400 when the body is not a JSON object of these. */
function readParams(body: string): OperationParams {
  let params: unknown;
  try {
    params = JSON.parse(body);
  } catch {
    throw wrongRequest(400, 'The body is not JSON.');
  }
  if (Array.isArray(params)) throw wrongRequest(400, 'Batches are not supported: send one operation per request.');
  if (!isObject(params) || typeof params['query'] !== 'string')
    throw wrongRequest(400, 'The body must be an object with the text of the operation as `query`.');
  const { query, variables, operationName, extensions } = params;
  if (variables !== undefined && variables !== null && !isObject(variables))
    throw wrongRequest(400, '`variables` must be an object.');
  if (extensions !== undefined && extensions !== null && !isObject(extensions))
    throw wrongRequest(400, '`extensions` must be an object.');
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    throw wrongRequest(400, '`operationName` must be text.');
  return { query, variables, operationName };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A request that is wrong as such: its status holds for every media type. */
export function wrongRequest(status: number, message: string, code = 'BAD_INPUT'): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status } } });
}
