import { randomBytes } from 'node:crypto';
import pgListen from 'pg-listen';
import type { Logger } from '../log.ts';

/** The channel on which writers and other processes say that there is something to do. Payloads: see `Wake`. */
const CHANNEL = 'rookery';

/** `write`: a writer outside the API committed. `head 17`: events up to 17 were numbered. `rebase`: a new epoch. */
export type Wake = 'write' | `head ${number}` | 'rebase' | 'reconnected';

export interface ListenerOptions {
  url: string;
  log: Logger;
  onWake: (wake: Wake) => void;
  /** How often the listener proves itself, and how long the proof may take. Milliseconds. */
  proofEveryMs?: number;
  proofTimeoutMs?: number;
}

/** The one listening connection of a process. */
export interface Listener {
  /** True while the last proof of life came back in time. */
  readonly alive: boolean;
  close(): Promise<void>;
}

// The package is CommonJS; under nodenext its types hide the function one level deeper than it is at run time.
const createSubscriber = pgListen as unknown as typeof pgListen.default;
type Subscriber = ReturnType<typeof createSubscriber>;

const FIRST_RETRY_MS = 100;
const SLOWEST_RETRY_MS = 2_000;

/**
 * Listens, and proves every two seconds that it still hears: a notification to a channel of its own must come back
 * within 1.5 s. A connection that fails the proof, errors or ends is replaced, for ever, with backoff and jitter
 * (pg-listen's own reconnecting gives up after 3 s and does not see a half-open socket, so it is switched off). After
 * each replacement `onWake('reconnected')` is called, since notifications may have been missed.
 *
 * States: connecting -> alive -> (error, end or silence) -> connecting …; closed is final. Throws when the very first
 * connection fails, so that a wrong URL is told at the start.
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const { url, log, onWake, proofEveryMs = 2_000, proofTimeoutMs = 1_500 } = options;
  const proofChannel = `rookery_proof_${randomBytes(8).toString('hex')}`;
  let current: Subscriber | undefined;
  let alive = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let heard: (() => void) | undefined;

  const connect = async () => {
    const subscriber = createSubscriber(
      { connectionString: url, application_name: 'rookery listener', connectionTimeoutMillis: 5_000 },
      { paranoidChecking: false, retryLimit: 1, parse: (text) => text, serialize: (value) => String(value) },
    );
    current = subscriber;
    subscriber.events.on('error', (error) => lose(subscriber, error));
    subscriber.notifications.on(CHANNEL, (payload: Wake) => onWake(payload));
    subscriber.notifications.on(proofChannel, () => heard?.());
    await subscriber.connect();
    await subscriber.listenTo(CHANNEL);
    await subscriber.listenTo(proofChannel);
    alive = true;
    schedule(() => prove(subscriber), proofEveryMs);
  };

  const prove = async (subscriber: Subscriber) => {
    const proof = new Promise<void>((resolve, reject) => {
      const timeout = setTimeout(
        () => reject(new Error(`the listener heard nothing for ${proofTimeoutMs} ms`)),
        proofTimeoutMs,
      );
      heard = () => {
        clearTimeout(timeout);
        resolve();
      };
    });
    try {
      await Promise.all([proof, subscriber.notify(proofChannel, 'alive')]);
      schedule(() => prove(subscriber), proofEveryMs);
    } catch (error) {
      lose(subscriber, error as Error);
    }
  };

  const lose = (subscriber: Subscriber, error: Error) => {
    if (subscriber !== current || closed) return;
    current = undefined;
    alive = false;
    log.warn({ err: error }, 'listening connection lost; the feed polls until it is back');
    discard(subscriber);
    schedule(() => reconnect(FIRST_RETRY_MS), 0);
  };

  const reconnect = async (delayMs: number) => {
    try {
      await connect();
      log.info('listening connection is back');
      onWake('reconnected');
    } catch (error) {
      if (current !== undefined) discard(current);
      current = undefined;
      log.debug({ err: error }, 'could not connect to listen');
      schedule(() => reconnect(Math.min(delayMs * 2, SLOWEST_RETRY_MS)), delayMs * (0.5 + Math.random()));
    }
  };

  const schedule = (action: () => Promise<void>, delayMs: number) => {
    clearTimeout(timer);
    if (!closed) timer = setTimeout(() => void action(), delayMs);
  };

  try {
    await connect();
  } catch (error) {
    closed = true;
    if (current !== undefined) discard(current);
    throw error;
  }

  return {
    get alive() {
      return alive;
    },
    async close() {
      closed = true;
      alive = false;
      clearTimeout(timer);
      if (current !== undefined) await settled(current.close());
    },
  };
}

/** Lets go of a connection that may be half-open: nobody waits for its end. */
function discard(subscriber: Subscriber): void {
  void settled(subscriber.close());
}

async function settled(promise: Promise<unknown>): Promise<void> {
  await promise.catch(() => {});
}
