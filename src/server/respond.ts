import type { ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { serialized } from '../graphql/frames.ts';
import { statusOf } from './errors-to-graphql.ts';

export type MediaType = 'application/graphql-response+json' | 'application/json' | 'text/event-stream';

const JSON_TYPES: readonly MediaType[] = ['application/json', 'application/graphql-response+json'];
const ALL_TYPES: readonly MediaType[] = [...JSON_TYPES, 'text/event-stream'];
const PING_MS = 12_000;

/**
 * The media type to answer with: the one the Accept header likes best, application/json if it does not care; undefined
 * when it takes none of them. Only an explicit text/event-stream asks for a stream.
 */
export function negotiate(accept: string | undefined): MediaType | undefined {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return 'application/json';
  let best: { type: MediaType; quality: number } | undefined;
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const type = name === '*/*' || name === 'application/*' ? JSON_TYPES[0] : ALL_TYPES.find((known) => known === name);
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (type !== undefined && quality > (best?.quality ?? 0)) best = { type, quality };
  }
  return best?.type;
}

/** Answers with one result. `status` overrides what follows from the result. */
export function sendResult(res: ServerResponse, result: ExecutionResult, mediaType: MediaType, status?: number): void {
  if (res.writableEnded || res.destroyed) return;
  const body = JSON.stringify(result.errors === undefined ? result : withoutHttp(result));
  res.writeHead(status ?? statusOf(result, mediaType), {
    'content-type': `${mediaType}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
  });
  res.end(body);
}

/**
 * Answers with a stream of server-sent events (GraphQL over SSE, distinct connections): `next` events whose id is the
 * cursor to resume from, then `complete`. Takes from the stream only what the connection has room for. Resolves when
 * the stream has ended or the client has gone.
 */
export async function sendEvents(
  res: ServerResponse,
  results: AsyncIterable<ExecutionResult> | ExecutionResult,
): Promise<void> {
  const iterator = Symbol.asyncIterator in results ? results[Symbol.asyncIterator]() : only(results);
  if (res.destroyed) return void (await iterator.return?.());
  const gone = new Promise((resolve) => res.once('close', resolve));
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  // Something at once, since some clients wait for the first byte.
  res.write(':\n\n');
  const ping = setInterval(() => res.writableNeedDrain || res.write(':\n\n'), PING_MS);
  const left = gone.then(() => iterator.return?.());
  try {
    for (let step = await iterator.next(); !step.done && !res.destroyed; step = await iterator.next())
      if (!res.write(eventOf(step.value)))
        await Promise.race([new Promise((resolve) => res.once('drain', resolve)), gone]);
    res.end('event: complete\ndata:\n\n');
  } finally {
    clearInterval(ping);
  }
  await left;
}

async function* only(result: ExecutionResult): AsyncGenerator<ExecutionResult> {
  yield result;
}

/** The id of the last event is the cursor too: a stream that ends with an error says where to go on. */
function eventOf(result: ExecutionResult): string {
  const frame = serialized(result);
  const cursor = frame?.cursor ?? result.errors?.[0]?.extensions['cursor'];
  const id = typeof cursor === 'string' ? `id: ${cursor}\n` : '';
  return `${id}event: next\ndata: ${frame?.json ?? JSON.stringify(withoutHttp(result))}\n\n`;
}

/** `extensions.http` is a word between server and transport. */
function withoutHttp(result: ExecutionResult): object {
  return {
    ...result,
    errors: result.errors?.map((error) => {
      const { http: _http, ...extensions } = error.extensions;
      return { ...error.toJSON(), extensions };
    }),
  };
}
