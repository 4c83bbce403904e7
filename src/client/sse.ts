import { HubError } from './errors.ts';
import { bodyOf, dataOf, type Endpoint, failedFetch, post, readResult } from './request.ts';
import { linked } from './scope.ts';
import type { Arrival, Connection } from './stream.ts';

/** The hub sends something, if only a comment, every 12 s: who hears nothing for this long is alone. */
const SILENCE_MS = 30_000;

/** One subscription over one event stream (GraphQL over SSE, distinct connections). Read as it is taken, so it bounds itself. */
export function connectSse(endpoint: Endpoint): Connection {
  return async function* connect(operation, signal, opened) {
    const body = bodyOf(operation);
    const abort = linked(signal);
    const heard = listening(abort);
    try {
      const response = await heard(post(endpoint, body, 'text/event-stream', abort.signal));
      if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream'))
        return void dataOf(await heard(readResult(endpoint, response)));
      opened();
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      let text = '';
      for (;;) {
        const { done, value } = await heard(reader.read());
        if (done) throw new Error('the connection was cut');
        text += decoder.decode(value, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const { event, id, data } = parseEvent(block);
          if (event === 'complete') return;
          if (event === 'next') yield { result: JSON.parse(data), id } satisfies Arrival;
        }
      }
    } catch (error) {
      throw error instanceof HubError ? error : failedFetch(endpoint, error);
    } finally {
      abort.abort();
      abort.release();
    }
  };
}

/** Aborts what takes too long, but counts only while somebody waits: a slow consumer is not a silent hub. */
function listening(abort: AbortController): <Value>(step: Promise<Value>) => Promise<Value> {
  return async (step) => {
    const timer = setTimeout(() => abort.abort(new Error(`silent for ${SILENCE_MS / 1_000} s`)), SILENCE_MS);
    try {
      return await step;
    } finally {
      clearTimeout(timer);
    }
  };
}

/** Fields of one event; comments, which are pings, have none. */
function parseEvent(block: string): { event?: string; id?: string; data: string } {
  const fields = { data: '' } as { event?: string; id?: string; data: string };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ');
    const name = line.slice(0, colon);
    if (colon > 0 && (name === 'event' || name === 'id' || name === 'data')) fields[name] = line.slice(colon + 2);
  }
  return fields;
}
