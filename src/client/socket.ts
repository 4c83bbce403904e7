import { errorOf, type GraphQLErrorLike, type HubError, SlowConsumer, Unauthenticated, Unreachable } from './errors.ts';
import type { Arrival, Connection, Operation } from './stream.ts';

/** What is used of a WebSocket: a browser's, Node's from version 22 on, or the one of the package `ws`. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
}

export type SocketClass = new (url: string, protocol: string) => SocketLike;

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

const PROTOCOL = 'graphql-transport-ws';
const PING_MS = 10_000;
/** No acknowledgement, or two pings without an answer: whoever is silent for this long is gone. */
const SILENCE_MS = 25_000;
const FORBIDDEN = 4403;

/** Subscriptions over one shared WebSocket, opened for the first of them and closed after the last. */
export function connectSocket(
  url: string,
  credentials: Readonly<Record<string, string>>,
  Socket: SocketClass | undefined,
): Connection {
  let shared: SharedSocket | undefined;
  return async function* connect(operation, signal, opened) {
    if (Socket === undefined)
      throw new TypeError(
        "There is no global WebSocket here: give connect() a `webSocket`, as the package 'ws' has it.",
      );
    if (shared === undefined || shared.ended) shared = new SharedSocket(url, credentials, Socket);
    const socket = shared;
    const line = socket.begin(operation, opened);
    const leave = () => line.end();
    signal.addEventListener('abort', leave, { once: true });
    try {
      if (!signal.aborted) yield* line.arrivals();
    } finally {
      signal.removeEventListener('abort', leave);
      socket.finish(line);
    }
  };
}

/** One subscription on the socket: what has arrived for it and was not taken yet. */
class Line {
  /** A socket can't be told to wait. Who leaves more than this untaken is served again, from its cursor, later. */
  static readonly MAX_UNTAKEN = 256;
  readonly id: string;
  readonly operation: Operation;
  readonly opened: () => void;
  private readonly untaken: Arrival[] = [];
  private over: { error?: HubError | undefined } | undefined;
  private wake = () => {};

  constructor(id: string, operation: Operation, opened: () => void) {
    this.id = id;
    this.operation = operation;
    this.opened = opened;
  }

  push(arrival: Arrival): void {
    if (this.over !== undefined) return;
    if (this.untaken.length < Line.MAX_UNTAKEN) this.untaken.push(arrival);
    else this.end(new SlowConsumer('SLOW_CONSUMER', 'More arrived than was taken; the rest is asked for again.'));
    this.wake();
  }

  /** What has arrived is still taken, then this error is thrown. */
  end(error?: HubError): void {
    this.over ??= { error };
    this.wake();
  }

  get ended(): boolean {
    return this.over !== undefined;
  }

  async *arrivals(): AsyncGenerator<Arrival, void> {
    for (;;) {
      const arrival = this.untaken.shift();
      if (arrival !== undefined) yield arrival;
      else if (this.over?.error !== undefined) throw this.over.error;
      else if (this.over !== undefined) return;
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }
}

class SharedSocket {
  ended = false;
  private readonly socket: SocketLike;
  private readonly lines = new Map<string, Line>();
  private acknowledged = false;
  private nextId = 1;
  private lastHeard = performance.now();
  private readonly pings: ReturnType<typeof setInterval>;

  constructor(url: string, credentials: Readonly<Record<string, string>>, Socket: SocketClass) {
    this.socket = new Socket(url.replace(/^http/, 'ws'), PROTOCOL);
    this.socket.onopen = () => this.send({ type: 'connection_init', payload: credentials });
    this.socket.onmessage = ({ data }: { data: unknown }) => {
      const message = parsed(data);
      if (message === undefined) this.fail(lost(url, 'it does not speak as a hub does'));
      else this.take(message);
    };
    this.socket.onerror = ({ message }: { message?: string }) => this.fail(lost(url, message ?? 'the socket failed'));
    this.socket.onclose = ({ code, reason }: { code: number; reason: string }) =>
      this.fail(
        code === FORBIDDEN
          ? new Unauthenticated('UNAUTHENTICATED', reason || 'The token is not valid, or has ended.')
          : lost(url, `closed with ${code} ${reason}`.trimEnd()),
      );
    this.pings = setInterval(() => {
      if (performance.now() - this.lastHeard > SILENCE_MS) this.fail(lost(url, `silent for ${SILENCE_MS / 1_000} s`));
      else if (this.acknowledged) this.send({ type: 'ping' });
    }, PING_MS);
  }

  begin(operation: Operation, opened: () => void): Line {
    const line = new Line(String(this.nextId++), operation, opened);
    this.lines.set(line.id, line);
    if (this.acknowledged) this.subscribe(line);
    return line;
  }

  /** The reader has left; with the last one the socket is closed. */
  finish(line: Line): void {
    if (this.lines.delete(line.id) && this.acknowledged) this.send({ id: line.id, type: 'complete' });
    if (this.lines.size === 0) this.end(() => this.socket.close(1000, 'Done'));
  }

  private subscribe(line: Line): void {
    this.send({ id: line.id, type: 'subscribe', payload: line.operation });
    line.opened();
  }

  private take({ type, id, payload }: Message): void {
    this.lastHeard = performance.now();
    const line = this.lines.get(id ?? '');
    if (type === 'ping') this.send({ type: 'pong' });
    else if (type === 'connection_ack') {
      this.acknowledged = true;
      for (const each of this.lines.values()) this.subscribe(each);
    } else if (line !== undefined) this.arrived(line, type, payload);
  }

  private arrived(line: Line, type: string, payload: unknown): void {
    if (type === 'next') line.push({ result: payload as Arrival['result'] });
    else if (type === 'error')
      line.end(errorOf((payload as GraphQLErrorLike[] | undefined)?.[0] ?? { message: 'refused' }));
    else if (type === 'complete') line.end();
    if (!line.ended) return;
    this.lines.delete(line.id);
    // Ended from here, because it was full: the hub must hear of it.
    if (type === 'next') this.send({ id: line.id, type: 'complete' });
  }

  private fail(error: HubError): void {
    this.end(() => this.socket.close());
    for (const line of this.lines.values()) line.end(error);
    this.lines.clear();
  }

  private end(close: () => void): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.pings);
    close();
  }

  private send(message: Message): void {
    if (!this.ended) this.socket.send(JSON.stringify(message));
  }
}

/** Undefined for what is no message: thrown in a listener, nobody could catch it. */
function parsed(data: unknown): Message | undefined {
  try {
    return Object(JSON.parse(String(data))) as Message;
  } catch {
    return undefined;
  }
}

function lost(url: string, why: string): Unreachable {
  return new Unreachable(`The hub at ${url} cannot be reached (${why}).`, { outcome: 'unknown' });
}
