import { type ExecutionResult, GraphQLError } from 'graphql';
import { ERROR_CODES, type ErrorCode, fromPostgres, RookeryError } from '../errors.ts';
import type { Logger } from '../log.ts';

/** Rewrites the errors of a result for the caller's eyes; a result without errors is returned as it is. */
export type Mask = (result: ExecutionResult, requestId?: string) => ExecutionResult;

/**
 * An expected failure keeps its message and gets `extensions.code` and its details; what the caller wrote wrong is
 * `BAD_INPUT`; all else is logged under the request's id, and the caller sees that id only.
 */
export function createMask(log: Logger, newRequestId: () => string): Mask {
  const unexpected = (error: GraphQLError, requestId = newRequestId()): GraphQLError => {
    log.error({ err: error.originalError ?? error, path: error.path?.join('.'), requestId }, 'unexpected error');
    return rewrite(error, `Unexpected error (request ${requestId})`, { code: 'INTERNAL', requestId });
  };
  const forClient = (error: GraphQLError, requestId?: string): GraphQLError => {
    if (masked.has(error)) return error;
    const cause = fromPostgres(rootCause(error));
    let seen: GraphQLError;
    if (cause instanceof RookeryError) seen = rewrite(error, cause.message, { code: cause.code, ...cause.details });
    else if (isCallersMistake(error, cause))
      seen = rewrite(error, error.message, { ...error.extensions, code: codeOf(error) });
    else seen = unexpected(error, requestId);
    masked.add(seen);
    return seen;
  };
  return (result, requestId) =>
    result.errors === undefined
      ? result
      : { ...result, errors: result.errors.map((error) => forClient(error, requestId)) };
}

/** Of a mistake in the request; BAD_REQUEST is Yoga's word for one of those it finds. */
function codeOf({ extensions: { code } }: GraphQLError): unknown {
  return code === undefined || code === 'BAD_REQUEST' ? 'BAD_INPUT' : code;
}

/** Errors that were rewritten already: a result may pass here twice. */
const masked = new WeakSet<GraphQLError>();

/**
 * The HTTP status of a result. As application/json a well-formed request is always answered with 200; as
 * application/graphql-response+json with 2xx as soon as there is some data, else with what the first error says.
 */
export function statusOf({ data, errors }: ExecutionResult, mediaType: string): number {
  const extensions = errors?.[0]?.extensions;
  if (extensions === undefined) return 200;
  const http = extensions['http'] as { status?: number } | undefined;
  if (http?.status !== undefined) return http.status;
  if (mediaType === 'application/json' || (data !== undefined && data !== null)) return 200;
  if (extensions['code'] === 'INTERNAL') return 500;
  const status = ERROR_CODES[extensions['code'] as ErrorCode]?.status ?? 400;
  // Without `data`, execution never began: the request itself was wrong.
  return status === 200 && data === undefined ? 400 : status;
}

/** GraphQL wraps what was thrown, coercion of variables even twice; this is what was thrown first. */
function rootCause(error: GraphQLError): Error {
  let cause: Error = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  return cause;
}

/**
 * GraphQL itself reports what the caller wrote wrong: before execution without a path (an unknown operation, a variable
 * of the wrong type), during it with the place in the document. A wrong value out of our own resolver has a path and no place.
 * Plugins that refuse a query (too complex) throw a GraphQLError with neither.
 */
function isCallersMistake(error: GraphQLError, cause: unknown): boolean {
  if (error.path === undefined) return true;
  return cause instanceof GraphQLError && (cause.nodes !== undefined || cause.name.startsWith('Pothos'));
}

function rewrite(error: GraphQLError, message: string, extensions: Record<string, unknown>): GraphQLError {
  const { nodes, source, positions, path } = error;
  return new GraphQLError(message, { nodes, source, positions, path, extensions });
}
