import { createClient } from 'graphql-ws/client';
import WebSocket from 'ws';

/** What this tour needs of a client: one call, and one stream over either transport. All of it is plain GraphQL. */
export interface Caller {
  call<Data>(query: string, variables?: Record<string, unknown>): Promise<Data>;
  /** Live events over WebSocket. `drop` cuts the socket, as a bad network would. */
  overWebSocket<Event>(field: string, query: string, variables?: Record<string, unknown>): Stream<Event>;
  /** Live events over Server-Sent Events, with nothing but `fetch`. */
  overSse<Event>(field: string, query: string, variables?: Record<string, unknown>): Stream<Event>;
}

export interface Stream<Event> {
  events: AsyncGenerator<Event>;
  drop(): void;
}

type Result<Event> = { data?: Record<string, Event> | null; errors?: { message: string }[] };

export function connect(url: string, agent: string, token?: string): Caller {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : { 'x-agent': agent };

  const post = (body: object, accept: string, signal?: AbortSignal) =>
    fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });

  return {
    async call(query, variables = {}) {
      const response = await post({ query, variables }, 'application/json');
      const { data, errors } = (await response.json()) as { data: never; errors?: { message: string }[] };
      if (errors?.[0]) throw new Error(`${agent}: ${errors[0].message}`);
      return data;
    },

    overWebSocket(field, query, variables = {}) {
      const client = createClient({
        url: url.replace(/^http/, 'ws'),
        webSocketImpl: WebSocket,
        connectionParams: headers,
        // A stream that resumes owns its loop: this client would repeat the old variables.
        retryAttempts: 0,
      });
      return {
        events: unwrap(field, client.iterate({ query, variables }) as AsyncIterable<Result<never>>),
        drop: () => client.terminate(),
      };
    },

    overSse(field, query, variables = {}) {
      const connection = new AbortController();
      return {
        events: unwrap(
          field,
          serverSentEvents(() => post({ query, variables }, 'text/event-stream', connection.signal)),
        ),
        drop: () => connection.abort(),
      };
    },
  };
}

/** Yields the events of a field; ends quietly when the connection is cut. */
async function* unwrap<Event>(field: string, results: AsyncIterable<Result<Event>>): AsyncGenerator<Event> {
  try {
    for await (const { data, errors } of results) {
      if (errors?.[0]) throw new Refused(errors[0].message);
      if (data) yield data[field] as Event;
    }
  } catch (error) {
    if (error instanceof Refused) throw error;
  }
}

class Refused extends Error {}

async function* serverSentEvents(open: () => Promise<Response>): AsyncGenerator<Result<never>> {
  const response = await open();
  if (response.body === null) return;
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const data = /^data: ?(.*)$/m.exec(block)?.[1];
      if (/^event: ?next$/m.test(block) && data) yield JSON.parse(data);
    }
  }
}
