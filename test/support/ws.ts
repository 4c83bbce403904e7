import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { createLive, type Data, type Live, type Result } from './live.ts';

/** How a socket was closed. */
export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** A graphql-ws client over one socket, which never reconnects by itself. */
export interface WsClient {
  /** Resolves when the hub has acknowledged the connection; rejects with how it was closed. */
  readonly connected: Promise<void>;
  /** Resolves when the socket is closed, by either side. */
  readonly closed: Promise<Close>;
  /** Resolves when the hub has received it: what is committed from then on is delivered. */
  subscribe(query: string, variables?: Record<string, unknown>): Promise<Live>;
  /** Cuts the connection without a word, as a lost network does. */
  terminate(): void;
  close(): Promise<void>;
}

export function connectWs(url: string, connectionParams: Record<string, unknown> = {}): WsClient {
  let socket: WebSocket | undefined;
  let onConnected = () => {};
  let onClosed: (close: Close) => void = () => {};
  const closed = new Promise<Close>((resolve) => {
    onClosed = resolve;
  });
  const connected = new Promise<void>((resolve, reject) => {
    onConnected = resolve;
    void closed.then(({ code, reason }) => reject(new Error(`closed: ${code} ${reason}`)));
  });
  connected.catch(() => {});
  const client = createClient({
    url: url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams,
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => {},
    on: {
      opened: (opened) => {
        socket = opened as WebSocket;
      },
      connected: () => onConnected(),
      closed: (event) => onClosed(event as Close),
      error: () => onClosed({ code: 0, reason: 'could not connect' }),
    },
  });
  return {
    connected,
    closed,
    async subscribe(query, variables = {}) {
      await connected;
      let dispose = () => {};
      const { live, push, end } = createLive(async () => dispose());
      dispose = client.subscribe<Data>(
        { query, variables },
        {
          next: (result) => push(result as Result, cursorIn(result as Result)),
          error: end,
          complete: () => end(),
        },
      );
      await received(socket as WebSocket);
      return live;
    },
    terminate: () => socket?.terminate(),
    async close() {
      await client.dispose();
    },
  };
}

/** The hub takes messages in order, so its answer to a ping says that it has what was sent before. */
async function received(socket: WebSocket): Promise<void> {
  await setImmediate();
  socket.ping();
  await once(socket, 'pong');
}

/** Over WebSocket the cursor is in the event, or in the error that ended the stream. */
function cursorIn({ data, errors }: Result): string | undefined {
  const event = Object.values(data ?? {})[0] as { cursor?: string } | undefined;
  return event?.cursor ?? (errors?.[0]?.extensions?.['cursor'] as string | undefined);
}
