import type { ExecutionResult } from 'graphql';

// biome-ignore lint/suspicious/noExplicitAny: what a query returns is for the test that wrote it to know.
export type Data = Record<string, any>;

/** What an operation or a subscription delivers, whatever the transport. */
export type Result = ExecutionResult<Data, Record<string, unknown>>;

/** A live subscription: iterate it, or take results one by one. */
export interface Live extends AsyncIterableIterator<Result> {
  /** The next result; rejects when the stream has ended instead. */
  take(): Promise<Result>;
  /** The cursor of the last event that was taken. */
  readonly cursor: string | undefined;
  /** Ends it from the client's side. */
  close(): Promise<void>;
}

/** The side of a transport: it pushes what arrives. */
export interface Feeder {
  readonly live: Live;
  push(result: Result, cursor: string | undefined): void;
  /** The stream has ended; with an error, whoever reads on is told. */
  end(error?: unknown): void;
}

export function createLive(close: () => Promise<void>): Feeder {
  const arrived: { result: Result; cursor: string | undefined }[] = [];
  let over: { error?: unknown } | undefined;
  let cursor: string | undefined;
  let wake = () => {};

  async function next(): Promise<IteratorResult<Result, undefined>> {
    for (;;) {
      const first = arrived.shift();
      if (first !== undefined) {
        cursor = first.cursor ?? cursor;
        return { done: false, value: first.result };
      }
      if (over?.error !== undefined) throw over.error;
      if (over !== undefined) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    push(result, itsCursor) {
      arrived.push({ result, cursor: itsCursor });
      wake();
    },
    end(error) {
      over ??= { error };
      wake();
    },
    live: {
      next,
      [Symbol.asyncIterator]() {
        return this;
      },
      async take() {
        const step = await next();
        if (step.done) throw new Error('The stream ended');
        return step.value;
      },
      get cursor() {
        return cursor;
      },
      async return() {
        await close();
        return { done: true, value: undefined };
      },
      close,
    },
  };
}
