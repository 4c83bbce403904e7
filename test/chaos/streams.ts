import { createClient } from 'graphql-ws/client';
import WebSocket from 'ws';

/** One result of a subscription: its data, or the error that ends the stream. */
export interface Result {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions?: Record<string, unknown> }[];
}

export type OpenStream = (
  query: string,
  variables: Record<string, unknown>,
  signal: AbortSignal,
) => AsyncGenerator<Result>;

/** A subscription over WebSocket, on a socket of its own; ends when the socket does. */
export function overWebSocket(url: string): OpenStream {
  return async function* (query, variables, signal) {
    const client = createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      lazy: true,
      connectionParams: { 'x-agent': 'watcher' },
      onNonLazyError: () => {},
    });
    const stop = () => client.terminate();
    signal.addEventListener('abort', stop, { once: true });
    try {
      yield* client.iterate({ query, variables }) as AsyncIterable<Result>;
    } finally {
      signal.removeEventListener('abort', stop);
      await client.dispose();
    }
  };
}

/** A subscription over Server-Sent Events, with nothing but `fetch`. */
export function overSse(url: string): OpenStream {
  return async function* (query, variables, signal) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'x-agent': 'watcher' },
      body: JSON.stringify({ query, variables }),
      signal,
    });
    if (response.body === null || !response.ok) throw new Error(`SSE answered ${response.status}`);
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const fields = new Map(
          event.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
        );
        if (fields.get('event') === 'complete') return;
        if (fields.get('event') === 'next') yield JSON.parse(fields.get('data') ?? '{}');
      }
    }
  };
}

/**
 * A stream that its reader cuts at random and resumes from the last cursor, for ever: what a careful client does.
 * `field` is the subscription's root field; events without a cursor are never handed on.
 */
export async function* resuming(
  open: OpenStream,
  query: string,
  variables: Record<string, unknown>,
  field: string,
  options: { cutAfter: () => number; signal: AbortSignal; onResume: () => void },
): AsyncGenerator<Record<string, unknown>> {
  let after = variables['after'];
  while (!options.signal.aborted) {
    const cut = new AbortController();
    const signal = AbortSignal.any([cut.signal, options.signal]);
    let left = options.cutAfter();
    try {
      for await (const { data, errors } of open(query, { ...variables, after }, signal)) {
        const cursor = errors?.[0]?.extensions?.['cursor'];
        if (cursor !== undefined) after = cursor;
        else if (errors !== undefined && !/UNAVAILABLE|GOING_AWAY/.test(String(errors[0]?.extensions?.['code'])))
          throw new Refused(JSON.stringify(errors));
        const event = data?.[field] as Record<string, unknown> | undefined;
        if (event === undefined) continue;
        after = event['cursor'];
        yield event;
        if (--left === 0) break;
      }
    } catch (error) {
      if (error instanceof Refused) throw error;
      // The connection was cut, by us, by the hub or by the crash: resume.
    }
    cut.abort();
    options.onResume();
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 50));
  }
}

class Refused extends Error {}
