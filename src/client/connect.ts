import { agentVerbs, presenceVerbs } from './agents.ts';
import { askingVerbs } from './ask.ts';
import type { Handler } from './attempt.ts';
import { eventStreams } from './events.ts';
import { FeedCursor } from './generated/operations.ts';
import { type InboxOptions, openInbox } from './inbox.ts';
import { knowledgeVerbs } from './knowledge.ts';
import { type Message, messageVerbs } from './messages.ts';
import { createPresence } from './presence.ts';
import { queueVerbs } from './queues.ts';
import { createRequest, type Endpoint } from './request.ts';
import { requestVerbs } from './requests.ts';
import { Scope } from './scope.ts';
import { sessionVerbs } from './sessions.ts';
import { connectSocket, type SocketClass } from './socket.ts';
import { connectSse } from './sse.ts';
import { type Follow, openStream, type Stream } from './stream.ts';
import { taskVerbs } from './tasks.ts';
import { type WorkOptions, work } from './work.ts';

export interface ConnectOptions {
  /** Of the hub, for example `http://127.0.0.1:4000`; `/graphql` is added unless a path is given. */
  readonly url: string | URL;
  /** As `rookery token create` printed it. Not needed while the hub is in open mode. */
  readonly token?: string | undefined;
  /** Who you are: needed in open mode and with an operator's token; an agent's token says it by itself. */
  readonly agent?: string | undefined;
  /**
   * Tells the processes of one agent apart; leases belong to an instance, and its heartbeats renew them all. By default a
   * random one for this connection: name it only if one process is to go on with what another held.
   */
  readonly instance?: string | undefined;
  /** Instead of the global one. */
  readonly fetch?: typeof fetch | undefined;
  /** How streams travel: `sse` (default), or `ws`, all over one socket, for browsers with many of them. */
  readonly transport?: 'sse' | 'ws' | undefined;
  /** For `ws` where there is no global WebSocket, as in Node 20: that of the package `ws`. */
  readonly webSocket?: unknown;
  /** For how long calls that are safe to repeat are repeated while the hub can't be reached. Default 30000; 0 for not at all. */
  readonly patienceMs?: number | undefined;
}

/** A connection to a hub. Nothing is sent before it is used. */
export type Hub = ReturnType<typeof connect>;

const PATIENCE_MS = 30_000;

/**
 * The way to a hub:
 *
 *     const hub = connect({ url: 'http://127.0.0.1:4000', token, agent: 'jean' });
 *     await hub.messages.send({ to: 'ada', content: 'The build is green.' });
 *     for await (const message of hub.inbox()) …
 *
 * Calls reject with a class per code (`LeaseLost`, `NotFound` … all of them `HubError`), or with `Unreachable`.
 */
export function connect(options: ConnectOptions) {
  const { token, agent, instance = randomName(), transport = 'sse' } = options;
  const url = graphqlUrl(options.url);
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(agent === undefined ? {} : { 'x-agent': agent }),
    'x-instance': instance,
  };
  const endpoint: Endpoint = {
    url,
    headers,
    // A browser's fetch must be called as its own.
    fetch: options.fetch ?? ((...args) => fetch(...args)),
    patienceMs: options.patienceMs ?? PATIENCE_MS,
  };
  const scope = new Scope();
  const request = createRequest(endpoint, scope);
  const connection =
    transport === 'ws'
      ? connectSocket(
          url,
          headers,
          (options.webSocket ?? Reflect.get(globalThis, 'WebSocket')) as SocketClass | undefined,
        )
      : connectSse(endpoint);

  // biome-ignore lint/correctness/useYield: it begins with no event of the past.
  async function* fromNow(signal: AbortSignal): AsyncGenerator<never, string> {
    return (await request(FeedCursor, {}, { signal, patienceMs: 0 })).feedCursor;
  }
  const subscribe: Follow = (document, variables, pick, streamOptions = {}, begin = fromNow) =>
    openStream(
      {
        connect: connection,
        query: String(document),
        variables,
        begin,
        pick: pick as (data: unknown) => ReturnType<typeof pick>,
      },
      streamOptions,
      scope,
    );

  const messages = messageVerbs(request);
  const tasks = taskVerbs(request);
  const agents = agentVerbs(request);
  const self = presenceVerbs(request);
  const requests = requestVerbs(request);
  const asking = askingVerbs(requests);
  const presence = createPresence({ request, subscribe, agent, instance, beat: self.beat, stop: agents.stop });
  return {
    url,
    agent,
    instance,
    /** Performs any query or mutation: one of `operations`, a document typed by a code generator, or text. */
    request,
    /** A stream over any subscription; see `Follow`. */
    subscribe,
    tasks,
    messages,
    agents,
    knowledge: knowledgeVerbs(request),
    sessions: sessionVerbs(request),
    queues: queueVerbs(request),
    requests,
    ...asking,
    ...self,
    /** What is unread, then what arrives: see `InboxOptions` and `Stream`. */
    inbox: (inboxOptions?: InboxOptions): Stream<Message> => openInbox(subscribe, messages, inboxOptions),
    /** Changes as they are committed, live and resumed. */
    events: eventStreams(subscribe),
    /** Claims tasks of these types and works on them, until told to stop: see `WorkOptions` and `TaskContext`. */
    work: (types: string | readonly string[] | undefined, handler: Handler, workOptions?: WorkOptions): Promise<void> =>
      work({ presence, tasks, log: self.log, asking }, types, handler, workOptions),
    /** Ends every stream, and every call that is under way. */
    close(): void {
      scope.end(new Error('The connection to the hub was closed.'));
    },
  };
}

function graphqlUrl(given: string | URL): string {
  const url = new URL(given);
  if (url.pathname === '/') url.pathname = '/graphql';
  return url.href;
}

function randomName(): string {
  return crypto.randomUUID().slice(0, 8);
}
