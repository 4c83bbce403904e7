import { setTimeout as delay } from 'node:timers/promises';
import { ask, worker } from './processes.ts';

export type CrowdOrder =
  | {
      readonly what: 'open';
      readonly port: number;
      readonly sockets: number;
      readonly protocol: string | null;
      /** Sent by each socket, each after the answer to the one before; `$socket` is its number. */
      readonly messages: readonly string[];
    }
  | { readonly what: 'forget' | 'look' | 'close' }
  | { readonly what: 'await'; readonly frames: number };

export interface CrowdReport {
  /** When this was said, in milliseconds of the machine's clock. */
  readonly at: number;
  /** Frames received by the socket that received the fewest, and the most. */
  readonly least: number;
  readonly most: number;
  readonly bytes: number;
  readonly first: string;
}

/** Many WebSockets in one process of their own. */
export interface Crowd {
  /**
   * Deliveries per second, from the moment `publish(events)` is called until every socket has received every event.
   * Throws when a socket received more or something that is not an event.
   */
  deliver(publish: (events: number) => Promise<unknown>, events: number): Promise<number>;
  /** Bytes that one event cost, less the head of its frame. */
  readonly bytesPerEvent: number;
  /** Closes the sockets. */
  leave(): Promise<unknown>;
}

export async function openCrowd(options: {
  port: number;
  sockets: number;
  /** The GraphQL subscription of each, over graphql-transport-ws; null for sockets that only listen. */
  query: string | null;
  agent?: string;
  publish: (events: number) => Promise<unknown>;
}): Promise<Crowd> {
  const { port, sockets, query, agent = 'bench', publish } = options;
  const child = worker('./load/websockets.ts');
  const order = (message: CrowdOrder) => ask(child, message) as Promise<CrowdReport>;
  const messages = [
    { type: 'connection_init', payload: { 'x-agent': agent } },
    { type: 'subscribe', id: '1', payload: { query } },
  ];
  await order({
    what: 'open',
    port,
    sockets,
    protocol: query === null ? null : 'graphql-transport-ws',
    messages: query === null ? [] : messages.map((message) => JSON.stringify(message)),
  });
  await order({ what: 'forget' });
  await settle(order, publish);
  let bytesPerEvent = 0;
  return {
    get bytesPerEvent() {
      return bytesPerEvent;
    },
    async deliver(publishEvents, events) {
      await order({ what: 'forget' });
      const start = performance.timeOrigin + performance.now();
      const [{ at }] = await Promise.all([order({ what: 'await', frames: events }), publishEvents(events)]);
      const { most, bytes, first } = await order({ what: 'look' });
      if (most !== events || /"errors"|"type":"(error|complete)"/.test(first))
        throw new Error(`a socket received ${most} frames for ${events} events, the first: ${first.slice(0, 600)}`);
      bytesPerEvent = bytes / (sockets * events);
      return (sockets * events) / ((at - start) / 1_000);
    },
    leave: () => order({ what: 'close' }),
  };
}

/** A subscription is not acknowledged: it is there when an event reaches it. Then waits until the last one has arrived. */
async function settle(
  order: (message: CrowdOrder) => Promise<CrowdReport>,
  publish: (events: number) => Promise<unknown>,
) {
  for (let attempt = 0; ; attempt++) {
    await publish(1);
    await delay(300);
    const { least, first } = await order({ what: 'look' });
    if (least > 0) break;
    if (attempt === 100) throw new Error(`after ${attempt} events a socket has received none; another: ${first}`);
  }
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    await delay(500);
    now = (await order({ what: 'look' })).bytes;
  }
}
