import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ExecutionResult, type GraphQLSchema, OperationTypeNode } from 'graphql';
import { createYoga, isAsyncIterable } from 'graphql-yoga';
import type { Logger } from '../log.ts';
import { isRefused, type OperationParams, type Operations } from './operations.ts';
import { MAX_BODY } from './post.ts';
import type { RequestContext } from './request-context.ts';
import { type MediaType, negotiate, sendEvents, sendResult } from './respond.ts';

const { QUERY, MUTATION, SUBSCRIPTION } = OperationTypeNode;

interface Passage {
  readonly context: RequestContext;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

export type YogaLane = (passage: Passage) => Promise<void>;

/**
 * GraphQL over HTTP in full: GET, event streams, and every request that is not quite as it should be. Yoga reads the
 * request and watches over the specification; the operation runs where all operations run; and the answer is written
 * straight to the connection, so that an event stream feels its back-pressure.
 */
export function createYogaLane(operations: Operations, schema: GraphQLSchema, log: Logger): YogaLane {
  const yoga = createYoga<Passage>({
    schema,
    // What it calls an error is the caller's; our own are logged where they are masked.
    logging: { debug() {}, info: log.debug.bind(log), warn: log.warn.bind(log), error: log.debug.bind(log) },
    graphqlEndpoint: '/graphql',
    // The doors and GraphiQL are the HTTP server's; masking, parsing and its cache are those of `operations`.
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
    parserAndValidationCache: false,
    maxRequestBodySize: MAX_BODY,
    maskedErrors: { maskError: (error) => operations.failure(error).errors?.[0] as Error },
    plugins: [
      {
        onParams({ setParamsHandler }) {
          setParamsHandler(({ params, context }) => {
            const passage = context as unknown as Passage;
            return run(operations, params as OperationParams, passage);
          });
        },
        onResultProcess({ request, acceptableMediaTypes, setResultProcessor, serverContext }) {
          const accepted = negotiate(request.headers.get('accept') ?? undefined);
          acceptableMediaTypes.push('application/json', 'application/graphql-response+json', 'text/event-stream');
          if (accepted === undefined) return;
          setResultProcessor(async (result, { Response }) => {
            await send((serverContext as unknown as Passage).res, result as never, accepted);
            return new Response(null);
          }, accepted);
        },
      },
    ],
  });
  return async (passage) => {
    await yoga.handleNodeRequestAndResponse(passage.req, passage.res, passage);
  };
}

async function run(operations: Operations, params: OperationParams, { context, req, res }: Passage) {
  const carried = req.method === 'POST' ? [QUERY, MUTATION] : [QUERY];
  if (negotiate(req.headers.accept) === 'text/event-stream') carried.push(SUBSCRIPTION);
  const operation = operations.prepare(params, context, carried);
  if (isRefused(operation)) return { errors: operation };
  return operations.perform(operation, { onStalled: () => res.destroy() });
}

/** A request that is wrong as such is told so by its status; all other failures travel in the stream that was asked for. */
async function send(
  res: ServerResponse,
  result: ExecutionResult | AsyncIterable<ExecutionResult>,
  accepted: MediaType,
): Promise<void> {
  if (isAsyncIterable(result)) return sendEvents(res, result);
  const streams = accepted === 'text/event-stream' && result.errors?.[0]?.extensions['http'] === undefined;
  if (streams) return sendEvents(res, result);
  sendResult(res, result, accepted === 'text/event-stream' ? 'application/json' : accepted);
}
