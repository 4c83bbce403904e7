import { backoffMs, pause } from './backoff.ts';
import type { AnyDocument } from './document.ts';
import { CursorExpired, CursorInvalid, HubError, isPassing } from './errors.ts';
import { dataOf, type Result } from './request.ts';
import type { Scope } from './scope.ts';

/** One result as it arrives, with the cursor the transport gave it, if it did. */
export interface Arrival {
  readonly result: Result;
  readonly id?: string | undefined;
}

/** An operation as it travels. */
export interface Operation {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/**
 * One subscription over one connection, which is never resumed here: it ends when the hub ends it, and throws when it
 * breaks. `opened` is called when the hub has taken it.
 */
export type Connection = (operation: Operation, signal: AbortSignal, opened: () => void) => AsyncIterable<Arrival>;

/** `catching up`: connected, and what was missed is arriving. */
export type StreamState = 'connecting' | 'catching up' | 'live' | 'closed';

export interface StreamOptions {
  /** Where to go on: every event after this cursor comes. By default from now on. */
  readonly after?: string | undefined;
  /** Ends the stream: the loop over it ends, without an error. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each change of `state`, and of each try to connect that failed; `error` is why, or why the connection was lost. */
  readonly onState?: ((state: StreamState, error?: HubError) => void) | undefined;
  /**
   * When the hub can't resume from the cursor, because it is too old or of another history: `throw` (default) ends the
   * stream with `CursorExpired` or `CursorInvalid`, since only you know what to read again; `restart` goes on from now.
   */
  readonly onGap?: 'throw' | 'restart' | undefined;
}

/**
 * Events, each once and in order, for as long as it is read: lost connections are made again, for ever, and resumed after
 * the last event that was taken. Ends with an error only if trying again can't help: `Unauthenticated`, `Forbidden`,
 * `BadInput`, `CursorExpired`, `CursorInvalid` … Read slowly, it holds a bounded number of events.
 */
export interface Stream<Event> extends AsyncIterableIterator<Event, void> {
  readonly state: StreamState;
  /** Of the event taken last: keep it to go on there another time. Undefined until the hub was first reached. */
  readonly cursor: string | undefined;
  /** Ends it; so does leaving a `for await` loop. */
  close(): Promise<void>;
  return(): Promise<IteratorReturnResult<void>>;
}

export interface Source<Event> {
  readonly connect: Connection;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Called where there is no cursor: may give events to begin with, and returns the cursor to go on after. Safe to repeat. */
  readonly begin: (signal: AbortSignal) => AsyncGenerator<Event, string>;
  /** The event in a result; undefined for one that is not wanted. */
  readonly pick: (data: unknown) => Event | undefined;
}

/**
 * Opens a stream over a subscription that takes `$after: Cursor` and whose one field selects `cursor`. `pick` takes the
 * event out of the data; those for which it gives undefined are passed over.
 */
export type Follow = <Data, Variables, Event>(
  document: AnyDocument<Data, Variables>,
  variables: Omit<Variables, 'after'>,
  pick: (data: Data) => Event | undefined,
  options?: StreamOptions,
  begin?: (signal: AbortSignal) => AsyncGenerator<Event, string>,
) => Stream<Event>;

/** A connection that lasted this long was a good one. */
const HEALTHY_MS = 10_000;
/** Nothing more of the past came for this long: there is none. */
const QUIET_MS = 250;

/** See `Stream`. */
export function openStream<Event>(source: Source<Event>, options: StreamOptions, scope: Scope): Stream<Event> {
  const abort = scope.open(options.signal);
  let cursor = options.after;
  let state: StreamState = 'connecting';
  let quiet: ReturnType<typeof setTimeout> | undefined;

  function become(next: StreamState, error?: HubError): void {
    clearTimeout(quiet);
    if (next === state && error === undefined) return;
    state = next;
    options.onState?.(next, error);
  }

  /** Counts while more is waited for, not while the reader is busy. */
  function expectMore(): void {
    if (state === 'catching up') quiet = setTimeout(become, QUIET_MS, 'live');
  }

  async function* once(): AsyncGenerator<Event, void> {
    // A place to come back to, before anything can be missed.
    cursor ??= yield* source.begin(abort.signal);
    const operation = { query: source.query, variables: { ...source.variables, after: cursor } };
    const opened = () => {
      become('catching up');
      expectMore();
    };
    for await (const { result, id } of source.connect(operation, abort.signal, opened)) {
      clearTimeout(quiet);
      const data = dataOf(result as Result<Record<string, { cursor?: string }>>);
      cursor = id ?? Object.values(data)[0]?.cursor ?? cursor;
      const event = source.pick(data);
      if (event !== undefined) yield event;
      expectMore();
    }
  }

  async function* forever(): AsyncGenerator<Event, void> {
    let failures = 0;
    try {
      while (!abort.signal.aborted) {
        const begun = performance.now();
        try {
          for await (const event of once()) {
            failures = 0;
            yield event;
          }
          if (abort.signal.aborted) return;
          become('connecting');
        } catch (error) {
          if (abort.signal.aborted) return;
          if (!(error instanceof HubError)) throw error;
          if (isGap(error)) {
            if (options.onGap !== 'restart') throw error;
            cursor = undefined;
          } else if (!isPassing(error)) throw error;
          else cursor = (error.extensions['cursor'] as string | undefined) ?? cursor;
          become('connecting', error);
        }
        if (performance.now() - begun > HEALTHY_MS) failures = 0;
        await pause(backoffMs(failures++), abort.signal);
      }
    } finally {
      abort.abort();
      abort.release();
      become('closed');
    }
  }

  const events = forever();
  const end = async (): Promise<IteratorReturnResult<void>> => {
    abort.abort();
    await events.return();
    // A stream that was never read has finished nothing.
    abort.release();
    become('closed');
    return { done: true, value: undefined };
  };
  return {
    get state() {
      return state;
    },
    get cursor() {
      return cursor;
    },
    next: () => events.next(),
    return: end,
    close: async () => void (await end()),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function isGap(error: HubError): boolean {
  return error instanceof CursorExpired || error instanceof CursorInvalid;
}
