import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
} from 'graphql';
import { RookeryError } from '../errors.ts';
import type { Feed } from '../feed/feed.ts';
import type { Viewer } from '../graphql/context.ts';
import { type Sink, Subscriber } from '../graphql/subscriber.ts';
import { createSubscriptions, type Subscriptions } from '../graphql/subscriptions.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../postgres/database.ts';
import type { Authenticator } from './auth.ts';
import { createPrepare } from './documents.ts';
import { createMask } from './errors-to-graphql.ts';
import { exceededNesting } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { newRequestId, RequestContext, type RequestOptions } from './request-context.ts';

/** One operation as a client asks for it, whatever the transport. */
export interface OperationParams {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly operationName?: string | null;
}

/** An operation that may be performed: its document is valid, and its transport can carry it. */
export interface Operation extends ExecutionArgs {
  /** Undefined when the document holds no operation of that name; performing it says so. */
  readonly type: OperationTypeNode | undefined;
  readonly contextValue: RequestContext;
}

/** Told apart from an operation: the errors for which there is none. */
export function isRefused(prepared: Operation | readonly GraphQLError[]): prepared is readonly GraphQLError[] {
  return Array.isArray(prepared);
}

/** Where the results of a subscription go, and what to do with a client that takes none of them. */
export interface Outlet {
  /** Where they are written; without it the stream yields them. */
  readonly sink?: Sink;
  /** The client took nothing for 30 s: cut its connection. */
  readonly onStalled?: () => void;
}

/**
 * The one way an operation runs: HTTP, event streams and WebSocket differ in how they carry it, not in its rules. All
 * go through the same preparation (syntax, limits, validation), context, execution, masking and metrics.
 */
export interface Operations {
  context(viewer: Viewer | null, request?: RequestOptions): RequestContext;
  /** Errors: syntax, limits (also of the variables) and validation; a type that the transport does not carry. */
  prepare(
    params: OperationParams,
    context: RequestContext,
    carried: readonly OperationTypeNode[],
  ): Operation | readonly GraphQLError[];
  /** A query or mutation gives its result; a subscription its stream, or the result that says why there is none. Never rejects. */
  perform(operation: Operation, outlet?: Outlet): Promise<ExecutionResult | Subscriber>;
  /** What the caller is told when something failed outside any operation. */
  failure(error: unknown, requestId?: string): ExecutionResult;
  /** Ends every stream with `GOING_AWAY` and its cursor; who waits for work, now or later, gets none. */
  drain(): void;
  readonly subscriptions: Subscriptions;
}

const { QUERY, MUTATION, SUBSCRIPTION } = OperationTypeNode;
export const ALL_TYPES = [QUERY, MUTATION, SUBSCRIPTION];
export const NO_STREAMS = [QUERY, MUTATION];

export function createOperations(house: {
  schema: GraphQLSchema;
  db: Database;
  feed: Feed;
  auth: Authenticator;
  metrics: Metrics;
  log: Logger;
  maxSubscriptions: number;
}): Operations {
  const { schema, auth, metrics } = house;
  const prepareDocument = createPrepare(schema);
  const mask = createMask(house.log, newRequestId);
  const subscriptions = createSubscriptions({ mask, limit: house.maxSubscriptions });
  /** Queries and mutations under way. */
  const running = new Set<RequestContext>();
  let draining = false;
  auth.onEnd((tokenId) => {
    subscriptions.end(({ viewer }) => viewer?.tokenId === tokenId, accessEnded(tokenId));
    for (const context of running) if (context.viewer?.tokenId === tokenId) context.abandon();
  });

  const failure = (error: unknown, requestId?: string) => mask({ errors: [asGraphQLError(error)] }, requestId);

  async function run(operation: Operation, { sink, onStalled }: Outlet): Promise<ExecutionResult | Subscriber> {
    const { type, contextValue: context } = operation;
    if (type !== SUBSCRIPTION) return mask(await execution(operation), context.requestId);
    const started = await subscriptions.subscribe(operation, sink, onStalled);
    // The token may have ended after it was checked and before there was a stream to end.
    if (started instanceof Subscriber && auth.hasEnded(context.viewer))
      started.end(accessEnded(context.viewer?.tokenId ?? null));
    return started;
  }

  async function execution(operation: Operation): Promise<ExecutionResult> {
    const { contextValue: context } = operation;
    running.add(context);
    if (draining || auth.hasEnded(context.viewer)) context.abandon();
    try {
      return await execute(operation);
    } finally {
      running.delete(context);
    }
  }

  return {
    context: (viewer, request) => new RequestContext(house, viewer, request),
    prepare({ query, variables, operationName }, contextValue, carried) {
      const prepared = prepareDocument(query);
      const refuse = (errors: readonly GraphQLError[]) => {
        metrics.operation('invalid', { errors }, 0);
        return errors;
      };
      if (prepared.document === undefined) return refuse(prepared.errors);
      const nested = exceededNesting(variables);
      if (nested !== undefined) return refuse([nested]);
      const type = prepared.operation(operationName);
      if (type !== undefined && !carried.includes(type)) return refuse([notCarried(type)]);
      return { type, schema, document: prepared.document, contextValue, variableValues: variables, operationName };
    },
    async perform(operation, outlet = {}) {
      const begun = performance.now();
      const result = await run(operation, outlet).catch((error) => failure(error, operation.contextValue.requestId));
      const told = result instanceof Subscriber ? {} : result;
      metrics.operation(operation.type ?? 'invalid', told, performance.now() - begun);
      return result;
    },
    failure,
    drain() {
      draining = true;
      subscriptions.close();
      for (const context of running) context.abandon();
    },
    subscriptions,
  };
}

/** What a transport answers that cannot carry this type; status 405 or 406 is the transport's to say. */
function notCarried(type: OperationTypeNode): GraphQLError {
  return type === MUTATION
    ? new GraphQLError('A mutation is sent by POST.', { extensions: { code: 'BAD_INPUT', http: { status: 405 } } })
    : new GraphQLError('A subscription is answered as text/event-stream (set the Accept header), or over WebSocket.', {
        extensions: { code: 'BAD_INPUT', http: { status: 406 } },
      });
}

/** What a stream is told whose token has ended, or that was opened without one when none was needed. */
function accessEnded(tokenId: string | null): RookeryError {
  return new RookeryError(
    'UNAUTHENTICATED',
    tokenId === null
      ? 'This hub has tokens now, so open mode is over. Subscribe again with one.'
      : 'The token of this stream was revoked or has expired.',
  );
}

function asGraphQLError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(originalError.message, { originalError, path: [] });
}
