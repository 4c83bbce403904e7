import { setImmediate } from 'node:timers/promises';
import { type ErrorCode, isConnectionFailure, RookeryError } from '../errors.ts';

/** One caller's part of a joined statement. */
export type Batcher = (item: unknown) => Promise<unknown>;

/** A row that answers one item: `item` is its place in the array, `error` is set when it failed alone. */
interface Answer {
  item: number;
  error?: { code: ErrorCode; message: string } & Record<string, unknown>;
}

interface Call {
  json: string;
  /** It carries an idempotency key: should it have happened, a repeat is answered with what it made. */
  repeatable: boolean;
  resolve: (row: unknown) => void;
  reject: (error: unknown) => void;
}

const MAX_ITEMS = 128;
const MAX_BYTES = 4 * 1024 * 1024;
/** How often calls with an idempotency key run again when the connection broke. */
const MAX_REPEATS = 2;
/** How many calls of a statement that ran into a timeout run at once, each by itself. */
const MAX_APART = 4;

/** Statement cancelled, lock not had in time: one item waited for a lock, or asked too much. */
const TIMED_OUT = new Set(['57014', '55P03']);

/**
 * Joins concurrent calls into one statement: a call that comes while none is in flight leaves at once and alone; those
 * that come while one is in flight leave together when it is back (at most 128 items or 4 MiB). So a lone caller waits
 * for nothing and a crowd pays for one round trip, one commit and one trigger call.
 */
export function createBatcher(run: (itemsJson: string) => Promise<object[]>): Batcher {
  const waiting: Call[] = [];
  let inFlight = false;

  const pump = async () => {
    inFlight = true;
    while (waiting.length > 0) {
      const batch = takeBatch(waiting);
      await settle(batch, run);
      // Those just answered are about to call again: a few turns let them join, else a crowd travels in two halves
      // (batches of 29 in place of 16 out of 32 callers). A lone caller does not wait.
      if (batch.length > 1) for (let turn = 0; turn < 3; turn++) await setImmediate();
    }
    inFlight = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      const repeatable = (item as { idempotencyKey?: unknown } | null)?.idempotencyKey != null;
      waiting.push({ json: JSON.stringify(item), repeatable, resolve, reject });
      if (!inFlight) void pump();
    });
}

function takeBatch(waiting: Call[]): Call[] {
  let bytes = 0;
  let count = 0;
  for (const call of waiting) {
    bytes += call.json.length;
    if (count > 0 && (count === MAX_ITEMS || bytes > MAX_BYTES)) break;
    count++;
  }
  return waiting.splice(0, count);
}

/**
 * Runs the calls in one statement. If that raises, halves them until the culprit fails alone; if it ran into a timeout,
 * runs each by itself, some at once, so that one culprit costs one timeout more and not one per halving. Never rejects.
 */
async function settle(calls: Call[], run: (itemsJson: string) => Promise<object[]>, repeats = 0): Promise<void> {
  try {
    const rows = (await run(`[${calls.map((call) => call.json).join(',')}]`)) as Answer[];
    const answers = new Map(rows.map((row) => [row.item, row]));
    for (const [index, call] of calls.entries()) answer(call, answers.get(index));
  } catch (error) {
    const code = sqlstate(error);
    if (isBroken(error)) {
      // It may have been committed: only calls that a repeat does no harm run again.
      const repeating = repeats < MAX_REPEATS && outcomeUnknown(error);
      const again = calls.filter(({ repeatable }) => repeating && repeatable);
      for (const call of calls) if (!again.includes(call)) call.reject(error);
      if (again.length > 0) await settle(again, run, repeats + 1);
      return;
    }
    if (calls.length === 1) {
      calls[0]?.reject(error);
      return;
    }
    if (TIMED_OUT.has(code)) return settleApart(calls, run);
    const half = calls.length >> 1;
    await settle(calls.slice(0, half), run);
    await settle(calls.slice(half), run);
  }
}

async function settleApart(calls: Call[], run: (itemsJson: string) => Promise<object[]>): Promise<void> {
  const left = calls.values();
  const worker = async () => {
    for (const call of left) await settle([call], run);
  };
  await Promise.all(Array.from({ length: MAX_APART }, worker));
}

/** What PostgreSQL called the failure, also where it has become a `RookeryError`. */
function sqlstate(error: unknown): string {
  const raised = error instanceof RookeryError ? error.cause : error;
  return (raised as { code?: string } | undefined)?.code ?? '';
}

function isBroken(error: unknown): boolean {
  return isConnectionFailure(error) || (error instanceof RookeryError && isConnectionFailure(error.cause));
}

function outcomeUnknown(error: unknown): boolean {
  return error instanceof RookeryError && error.details['outcome'] === 'unknown';
}

function answer(call: Call, row: Answer | undefined): void {
  if (row === undefined) call.reject(new Error('The joined statement returned no row for this item'));
  else if (row.error) {
    const { code, message, ...details } = row.error;
    call.reject(new RookeryError(code, message, details));
  } else call.resolve(row);
}
