import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type OperationResult } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { RookeryError } from '../errors.ts';
import type { Viewer } from '../graphql/context.ts';
import type { Logger } from '../log.ts';
import { type Authenticator, credentialsOf } from './auth.ts';
import { ALL_TYPES, isRefused, type Operation, type Operations } from './operations.ts';
import { MAX_BODY } from './post.ts';
import { Outgoing } from './ws-outgoing.ts';

/** GraphQL over WebSocket (subprotocol graphql-transport-ws). */
export interface WebSockets {
  readonly count: number;
  /** Written and not yet taken by the readers, over all sockets. */
  readonly bufferedBytes: number;
  /** Takes over a connection that asks for an upgrade; the caller has checked where it comes from. */
  accept(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes each socket (1001) as soon as its operations have ended; resolves when all are closed. */
  drain(): Promise<void>;
  /** Cuts what is left. */
  terminate(): void;
}

/** One client's socket. */
interface Connection {
  readonly socket: WebSocket;
  readonly outgoing: Outgoing;
  readonly headers: IncomingMessage['headers'];
  readonly gone: AbortController;
  viewer: Viewer | null;
  /** Messages that are being handled; an operation's for as long as it lasts. */
  active: number;
  alive: boolean;
  end(code: number, reason: string): void;
}

interface SocketOperation extends Operation {
  readonly connection: Connection;
  readonly id: string;
}

const PING_MS = 12_000;
const INIT_MS = 3_000;
const GOING_AWAY = 1001;
/** What a socket may leave unread before it is cut: results of its queries are not read from a table again. */
const MAX_UNREAD = 8 * 1024 * 1024;

export function createWebSockets(options: {
  operations: Operations;
  auth: Authenticator;
  log: Logger;
  maxOperationsPerSocket: number;
}): WebSockets {
  const { operations, auth, log, maxOperationsPerSocket } = options;
  const connections = new Set<Connection>();
  let draining = false;
  const upgrader = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_BODY,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols,
  });

  const protocol = makeServer<Record<string, unknown> | undefined, Connection>({
    connectionInitWaitTimeout: INIT_MS,
    async onConnect({ extra: connection, connectionParams }) {
      try {
        const credentials = { ...connection.headers, ...credentialsOf(connectionParams) };
        connection.viewer = await auth.authenticate(credentials);
        return true;
      } catch (error) {
        if (!(error instanceof RookeryError)) throw error;
        const told = error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN';
        connection.end(told ? CloseCode.Forbidden : CloseCode.BadRequest, error.message);
        return false;
      }
    },
    onSubscribe(context, id, payload) {
      const { extra: connection } = context;
      if (Object.keys(context.subscriptions).length > maxOperationsPerSocket)
        return [tooMany(`A socket may run at most ${maxOperationsPerSocket} operations at a time.`)];
      const request = operations.context(connection.viewer, { signal: () => connection.gone.signal });
      const operation = operations.prepare(payload, request, ALL_TYPES);
      if (isRefused(operation)) return operation;
      const started: SocketOperation = { ...operation, connection, id };
      return started;
    },
    execute: (operation) => operations.perform(operation as SocketOperation) as Promise<never>,
    subscribe: (args) => {
      const operation = args as SocketOperation;
      const { connection, id } = operation;
      const outlet = { sink: connection.outgoing.sink(id), onStalled: () => connection.socket.terminate() };
      return operations.perform(operation, outlet) as OperationResult;
    },
  });

  auth.onEnd((tokenId) => {
    for (const connection of connections)
      if (connection.viewer?.tokenId === tokenId) connection.end(CloseCode.Forbidden, 'Forbidden');
  });

  const pings = setInterval(() => {
    for (const connection of connections) {
      // A congested socket can't answer; who takes nothing is the subscriptions' to judge.
      if (connection.outgoing.congested) continue;
      if (!connection.alive) connection.socket.terminate();
      connection.alive = false;
      connection.socket.ping();
    }
  }, PING_MS);
  pings.unref();

  function open(socket: WebSocket, raw: Duplex, { headers }: IncomingMessage): void {
    const gone = new AbortController();
    const connection: Connection = {
      socket,
      outgoing: new Outgoing(socket, raw),
      headers,
      gone,
      viewer: null,
      active: 0,
      alive: true,
      end(code, reason) {
        void closed(code, reason); // Its streams end now, not when the client has answered.
        socket.close(code, reason);
        setTimeout(() => socket.terminate(), 1_000).unref();
      },
    };
    connections.add(connection);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => sent(socket, text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => socket.on('message', (data) => void receive(connection, handle, String(data))),
      },
      connection,
    );
    socket.on('pong', () => {
      connection.alive = true;
    });
    socket.on('error', (error) => log.debug({ err: error }, 'a socket failed'));
    socket.once('close', (code, reason) => {
      connections.delete(connection);
      gone.abort();
      closed(code, String(reason)).catch((error) => log.error({ err: error }, 'a socket did not end well'));
    });
  }

  async function receive(connection: Connection, handle: (text: string) => Promise<void>, text: string): Promise<void> {
    const { socket } = connection;
    if (socket.bufferedAmount > MAX_UNREAD) return socket.terminate();
    connection.active++;
    try {
      await handle(text);
    } catch (error) {
      log.error({ err: error }, 'a message could not be handled');
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    } finally {
      connection.active--;
      if (draining) retire(connection);
    }
  }

  function retire(connection: Connection): void {
    if (connection.active === 0) connection.socket.close(GOING_AWAY, 'Going away');
  }

  return {
    get count() {
      return connections.size;
    },
    get bufferedBytes() {
      let bytes = 0;
      for (const { socket } of connections) bytes += socket.bufferedAmount;
      return bytes;
    },
    accept(req, socket, head) {
      if (draining) return refuseUpgrade(socket, 503, 'The hub is shutting down.');
      upgrader.handleUpgrade(req, socket, head, (webSocket) => open(webSocket, socket, req));
    },
    async drain() {
      draining = true;
      clearInterval(pings);
      const all = [...connections];
      const closes = all.map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)));
      for (const connection of all) {
        connection.gone.abort(); // Who waits for work gets none.
        retire(connection);
      }
      await Promise.all(closes);
    },
    terminate() {
      for (const { socket } of connections) socket.terminate();
    },
  };
}

/** Answers an upgrade that is not to happen. */
export function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  const body = JSON.stringify({ errors: [{ message }] });
  socket.end(
    `HTTP/1.1 ${status} \r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Resolves when the text has left, so that an operation counts until its result does. */
function sent(socket: WebSocket, text: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => socket.send(text, () => resolve()));
}

function tooMany(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'TOO_MANY' } });
}
