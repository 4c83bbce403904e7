import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { GraphQLSchema } from 'graphql';
import type { Config } from '../config.ts';
import { RookeryError } from '../errors.ts';
import type { Feed } from '../feed/feed.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../postgres/database.ts';
import type { Authenticator } from './auth.ts';
import { allowOrigin, createDoors } from './doors.ts';
import { statusOf } from './errors-to-graphql.ts';
import { isGraphiql, serveGraphiql } from './graphiql.ts';
import { checkHealth } from './health.ts';
import { createMcpRoute } from './mcp.ts';
import type { Metrics } from './metrics.ts';
import type { Operations } from './operations.ts';
import { servePost, wrongRequest } from './post.ts';
import { newRequestId } from './request-context.ts';
import { negotiate, sendResult } from './respond.ts';
import { refuseUpgrade, type WebSockets } from './ws.ts';
import { createYogaLane } from './yoga.ts';

export interface House {
  readonly config: Config;
  readonly schema: GraphQLSchema;
  readonly db: Database;
  readonly feed: Feed;
  readonly auth: Authenticator;
  readonly operations: Operations;
  readonly sockets: WebSockets;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** True on loopback, where health and metrics need no token. */
  readonly loopback: boolean;
}

/** The HTTP server and the number of event streams it has open. */
export interface HttpServer {
  readonly server: Server;
  readonly eventStreams: number;
  /** Takes no more connections and says so on /readyz; resolves when the requests in flight are answered. */
  drain(): Promise<void>;
}

/** Longest time a request may take to arrive whole, in milliseconds. */
const REQUEST_MS = 30_000;
/** Longer than the 60 s after which common proxies drop an idle connection, so that it is they who do. */
const KEEP_ALIVE_MS = 65_000;
const IDLE_SWEEP_MS = 50;

export function createHttpServer(house: House): HttpServer {
  const { config, operations, auth, sockets, log } = house;
  const doors = createDoors(config);
  const yoga = createYogaLane(operations, house.schema, log);
  const mcp = createMcpRoute(house);
  let draining = false;
  let eventStreams = 0;

  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true },
    (req, res) => void handle(req, res),
  );
  /** Opened in advance, as browsers do, and without a request yet: Node counts these as busy. */
  const unused = new Set<Socket>();
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('upgrade', (req, socket, head) => upgrade(req, socket, head));

  function closeIdle(): void {
    server.closeIdleConnections();
    for (const socket of unused) if (socket.bytesRead === 0) socket.destroy();
  }

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    unused.delete(req.socket);
    const requestId = requestIdOf(req);
    res.setHeader('x-request-id', requestId);
    if (draining) res.setHeader('connection', 'close');
    try {
      doors.check(req.headers);
      allowOrigin(req, res);
      await route(req, res, requestId);
    } catch (error) {
      if (!req.destroyed || res.writable) fail(res, error, requestId);
    }
  }

  async function route(req: IncomingMessage, res: ServerResponse, requestId: string): Promise<void> {
    const path = pathOf(req);
    if (req.method === 'OPTIONS') return void res.writeHead(204).end();
    if (isGraphiql(path, req)) return serveGraphiql(path, req, res);
    switch (path) {
      case '/graphql':
        return graphql(req, res, requestId);
      case '/mcp':
        return mcp(req, res);
      case '/':
        return void res.writeHead(302, { location: '/graphql' }).end();
      case '/livez':
        return sendJson(res, 200, { status: 'ok' });
      case '/readyz':
        return ready(res);
      case '/metrics':
        return metrics(req, res);
      default:
        throw wrongRequest(
          404,
          'There is nothing here. GraphQL and GraphiQL are at /graphql, MCP is at /mcp.',
          'NOT_FOUND',
        );
    }
  }

  async function graphql(req: IncomingMessage, res: ServerResponse, id: string): Promise<void> {
    if (req.method === 'POST' && !isJson(req.headers['content-type']))
      throw wrongRequest(415, 'Send the operation as application/json.');
    const viewer = await auth.authenticate(req.headers);
    if (res.destroyed) return;
    const context = operations.context(viewer, {
      id,
      lastEventId: headerOf(req, 'last-event-id'),
    });
    res.once('close', () => context.abandon());
    const mediaType = negotiate(req.headers.accept);
    if (mediaType === undefined)
      throw wrongRequest(406, 'Accept application/json, application/graphql-response+json or text/event-stream.');
    if (mediaType === 'text/event-stream') return streamed(res, () => yoga({ context, req, res }));
    if (req.method === 'POST') return servePost(operations, context, mediaType, req, res);
    return yoga({ context, req, res });
  }

  async function streamed(res: ServerResponse, stream: () => Promise<void>): Promise<void> {
    checkRoom();
    eventStreams++;
    res.once('close', () => eventStreams--);
    await stream();
  }

  function checkRoom(): void {
    if (sockets.count + eventStreams >= config.maxSockets)
      throw new RookeryError(
        'TOO_MANY',
        `This hub has its ${config.maxSockets} sockets and streams open: try again later.`,
      );
  }

  async function ready(res: ServerResponse): Promise<void> {
    const { ready: isReady, ...report } = await checkHealth(house);
    if (draining) return sendJson(res, 503, { ...report, status: 'stopping', reasons: ['The hub is shutting down.'] });
    sendJson(res, isReady ? 200 : 503, { status: isReady ? 'ready' : 'degraded', ...report });
  }

  async function metrics(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const viewer = await auth.authenticate(req.headers);
    if (!house.loopback && viewer === null) throw new RookeryError('UNAUTHENTICATED', 'Metrics need a token.');
    if (!house.loopback && viewer?.role === 'agent')
      throw new RookeryError('FORBIDDEN', 'Metrics need the token of an operator or observer.');
    const text = await house.metrics.render();
    res.writeHead(200, { 'content-type': house.metrics.contentType }).end(text);
  }

  function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    unused.delete(req.socket);
    try {
      doors.check(req.headers);
      if (pathOf(req) !== '/graphql') throw wrongRequest(404, 'WebSockets are at /graphql.', 'NOT_FOUND');
      checkRoom();
      sockets.accept(req, socket, head);
    } catch (error) {
      const result = operations.failure(error);
      const status = statusOf(result, 'application/graphql-response+json');
      refuseUpgrade(socket, status === 429 ? 503 : status, result.errors?.[0]?.message ?? '');
    }
  }

  function fail(res: ServerResponse, error: unknown, requestId: string): void {
    if (res.headersSent) return void res.destroy();
    const result = operations.failure(error, requestId);
    const status = statusOf(result, 'application/graphql-response+json');
    if (status === 401) res.setHeader('www-authenticate', 'Bearer');
    const accepted = negotiate(res.req.headers.accept);
    sendResult(res, result, accepted === 'application/graphql-response+json' ? accepted : 'application/json', status);
  }

  return {
    server,
    get eventStreams() {
      return eventStreams;
    },
    async drain() {
      draining = true;
      const closed = once(server, 'close');
      server.close();
      // A connection kept alive by its client counts as open even when its last request is answered.
      const sweep = setInterval(closeIdle, IDLE_SWEEP_MS);
      await closed;
      clearInterval(sweep);
    },
  };
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** What a page of another site can send unasked (forms, plain text) is thereby refused: JSON needs its permission. */
function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/json\s*(;|$)/i.test(contentType);
}

function requestIdOf(req: IncomingMessage): string {
  const given = headerOf(req, 'x-request-id');
  return given !== null && /^[\w.:-]{1,64}$/.test(given) ? given : newRequestId();
}

function headerOf({ headers }: IncomingMessage, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function sendJson(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  res.end(JSON.stringify(body));
}
