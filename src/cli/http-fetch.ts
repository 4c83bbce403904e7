import type { IncomingMessage, RequestOptions } from 'node:http';

interface Init {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/**
 * As much of `fetch` as the client uses. Node's own takes some 150 ms of CPU to load, more than all else that `tq list`
 * does, and every call of tq is a process that would pay for it.
 */
async function httpFetch(input: string, { method, headers = {}, body = '', signal }: Init): Promise<Response> {
  const { request } = input.startsWith('https:') ? await import('node:https') : await import('node:http');
  const options: RequestOptions = { method, headers: { ...headers, 'content-length': Buffer.byteLength(body) } };
  return new Promise((resolve, reject) => {
    const sent = request(input, options, (answer) => {
      abort = () => answer.destroy();
      resolve(responseOf(answer, signal) as Response);
    });
    let abort: () => unknown = () => sent.destroy();
    const onAbort = () => abort();
    signal?.addEventListener('abort', onAbort, { once: true });
    sent.once('close', () => signal?.removeEventListener('abort', onAbort));
    sent.on('error', (error) => reject(failure(error, signal)));
    if (signal?.aborted) abort();
    else sent.end(body);
  });
}

/** As fetch tells it: what went wrong is the cause, unless the caller gave it up. */
function failure(error: unknown, signal: AbortSignal | undefined): unknown {
  return signal?.aborted ? signal.reason : new TypeError('fetch failed', { cause: error });
}

/** For `connect({ fetch })`. */
export const fetchByHttp = httpFetch as unknown as typeof fetch;

function responseOf(
  answer: IncomingMessage,
  signal: AbortSignal | undefined,
): Pick<Response, 'status' | 'headers' | 'text' | 'body'> {
  return {
    status: answer.statusCode ?? 0,
    headers: { get: (name: string) => answer.headers[name]?.toString() ?? null } as Headers,
    async text() {
      let text = '';
      for await (const chunk of chunksOf(answer.setEncoding('utf8'), signal)) text += chunk;
      return text;
    },
    body: { getReader: () => readerOf(answer, signal) } as unknown as ReadableStream<Uint8Array<ArrayBuffer>>,
  };
}

async function* chunksOf(answer: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<unknown, void> {
  try {
    yield* answer;
  } catch (error) {
    throw failure(error, signal);
  }
}

function readerOf(answer: IncomingMessage, signal: AbortSignal | undefined) {
  const chunks = chunksOf(answer, signal);
  return {
    async read() {
      const { done, value } = await chunks.next();
      return { done: done === true, value };
    },
  };
}
