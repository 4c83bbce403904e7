import { createLive, type Live, type Result } from './live.ts';

export type { Live };

/** One event of a stream, as text. */
export interface ServerSentEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
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
  const { live, push, end } = createLive(async () => abort.abort());
  const read = async (body: ReadableStream<Uint8Array>) => {
    for await (const { event, id, data } of readEvents(body)) {
      if (event === 'complete') return;
      push(JSON.parse(data) as Result, id);
    }
    throw new Error('The connection was cut');
  };
  read(response.body).then(() => end(), end);
  return live;
}
