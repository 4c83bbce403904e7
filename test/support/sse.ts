import type { ExecutionResult } from 'graphql';

/** One event of a stream, as text. */
export interface ServerSentEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** What a subscription delivers, whatever the transport. */
export type Result = ExecutionResult<Record<string, never>, Record<string, unknown>>;

/** A live subscription: iterate it, or take results one by one. */
export interface Live extends AsyncIterableIterator<Result> {
  /** The next result; fails the test when the stream has ended instead. */
  take(): Promise<Result>;
  /** The cursor of the last event taken. */
  readonly cursor: string | undefined;
  /** Ends it from the client's side. */
  close(): Promise<void>;
}

/** Reads an event stream, as a browser's EventSource would. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const event = parseEvent(text.slice(0, end));
      text = text.slice(end + 2);
      if (event !== undefined) yield event;
    }
  }
}

/** Undefined for a comment, which is how pings look. */
function parseEvent(block: string): ServerSentEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''));
  }
  if (fields.size === 0) return undefined;
  return { event: fields.get('event') ?? 'message', id: fields.get('id'), data: fields.get('data') ?? '' };
}

/** Subscribes over an event stream (GraphQL over SSE, distinct connections); resolves when the hub has answered. */
export async function subscribeSse(url: string, body: object, headers: Record<string, string> = {}): Promise<Live> {
  const abort = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify(body),
    signal: abort.signal,
  });
  if (!response.ok || response.body === null)
    throw new Error(`The hub answered ${response.status}: ${await response.text()}`);
  let cursor: string | undefined;
  async function* results(events: AsyncIterable<ServerSentEvent>): AsyncGenerator<Result> {
    for await (const { event, id, data } of events) {
      if (event === 'complete') return;
      cursor = id ?? cursor;
      yield JSON.parse(data) as Result;
    }
  }
  return live(
    results(readEvents(response.body)),
    () => cursor,
    async () => abort.abort(),
  );
}

/** Wraps an iterator of results; used by both transports. */
export function live(
  results: AsyncGenerator<Result>,
  cursorOf: () => string | undefined,
  close: () => Promise<void>,
): Live {
  return {
    next: () => results.next(),
    [Symbol.asyncIterator]() {
      return this;
    },
    async take() {
      const step = await results.next();
      if (step.done) throw new Error('The stream ended');
      return step.value;
    },
    get cursor() {
      return cursorOf();
    },
    async close() {
      await close();
      await results.return(undefined).catch(() => {});
    },
  };
}
