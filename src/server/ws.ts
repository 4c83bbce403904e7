import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
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
  /** Operations by the message that began them, until their last result has left; also those the client has cancelled. */
  readonly running: Map<object, SocketOperation>;
  viewer: Viewer | null;
  /** Messages that are being handled; an operation's for as long as it lasts. */
  active: number;
  alive: boolean;
  end(code: number, reason: string): void;
}

interface SocketOperation extends Operation {
  readonly connection: Connection;
  readonly id: string;
  /** True from when the client has cancelled it, or its socket was closed. */
  readonly cancelled: () => boolean;
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
        if (!auth.hasEnded(connection.viewer)) return true;
        connection.end(CloseCode.Forbidden, 'Forbidden');
        return false;
      } catch (error) {
        if (!(error instanceof RookeryError)) throw error;
        const told = error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN';
        connection.end(told ? CloseCode.Forbidden : CloseCode.BadRequest, error.message);
        return false;
      }
    },
    async onSubscribe(context, id, payload) {
      const { extra: connection } = context;
      const { running } = connection;
      const cancelled = () => !(id in context.subscriptions);
      // The one that makes room may have been cancelled just now, and needs a moment to end.
      if (running.size >= maxOperationsPerSocket) await setImmediate();
      if (cancelled()) return [new GraphQLError('Cancelled.')];
      if (running.size >= maxOperationsPerSocket)
        return [tooMany(`A socket may run at most ${maxOperationsPerSocket} operations at a time.`)];
      const operation = operations.prepare(payload, operations.context(connection.viewer), ALL_TYPES);
      if (isRefused(operation)) return operation;
      const started: SocketOperation = { ...operation, connection, id, cancelled };
      if (operation.type !== undefined) running.set(payload, started);
      return started;
    },
    onComplete: ({ extra: connection }, _id, payload) => void connection.running.delete(payload),
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
    const connection: Connection = {
      socket,
      outgoing: new Outgoing(socket, raw),
      headers,
      running: new Map(),
      viewer: null,
      active: 0,
      alive: true,
      end(code, reason) {
        abandonAll(connection);
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
      abandonAll(connection);
      closed(code, String(reason)).catch((error) => log.error({ err: error }, 'a socket did not end well'));
    });
  }

  async function receive(connection: Connection, handle: (text: string) => Promise<void>, text: string): Promise<void> {
    const { socket } = connection;
    if (socket.bufferedAmount > MAX_UNREAD) return socket.terminate();
    connection.active++;
    try {
      const handled = handle(text);
      // A `complete` makes the protocol forget the operation. What it waits for it must not get any more.
      for (const operation of connection.running.values()) if (operation.cancelled()) operation.contextValue.abandon();
      await handled;
    } catch (error) {
      if (isForClients(error)) return socket.close(CloseCode.BadRequest, 'Invalid message received');
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
      for (const connection of all) retire(connection);
      await Promise.all(closes);
    },
    terminate() {
      for (const { socket } of connections) socket.terminate();
    },
  };
}

function abandonAll({ running }: Connection): void {
  for (const { contextValue } of running.values()) contextValue.abandon();
}

/** Answers an upgrade that is not to happen. */
export function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  const body = JSON.stringify({ errors: [{ message }] });
  socket.end(
    `HTTP/1.1 ${status} \r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** A message as a server sends them: of the protocol, so it is no invalid one to graphql-ws, but not for us. */
function isForClients(error: unknown): boolean {
  return error instanceof Error && /^Unexpected message of type \w+ received$/.test(error.message);
}

/** Resolves when the text has left, so that an operation counts until its result does. */
function sent(socket: WebSocket, text: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => socket.send(text, () => resolve()));
}

function tooMany(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'TOO_MANY' } });
}
