import { setTimeout } from 'node:timers/promises';
import { isConnectionFailure, isTransient } from '../errors.ts';

/** About half a second in all, so that a caller is told soon of what lasts. */
const MAX_REPEATS = 6;
const FIRST_PAUSE_MS = 10;

/**
 * Runs a statement that is a transaction of its own, and again, after a growing pause with jitter, when it failed for the
 * moment and had no effect. When the connection broke on the way, its commit may have happened: only a `harmless`
 * statement, which may happen twice, then runs again. Errors: the last one.
 */
export async function withRetries<T>(statement: () => Promise<T>, harmless: boolean): Promise<T> {
  for (let repeats = 0; ; repeats++)
    try {
      return await statement();
    } catch (error) {
      if (repeats === MAX_REPEATS) throw error;
      if (!isTransient(error) && !(harmless && isConnectionFailure(error) && !isExhausted(error))) throw error;
      // No connection is held meanwhile. Between half and all of the pause: those who failed together part.
      await setTimeout(FIRST_PAUSE_MS * 2 ** repeats * (0.5 + Math.random() / 2));
    }
}

/** No connection came free in 5 s: to stand in line again would only make it longer. */
function isExhausted(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('timeout exceeded when trying to connect');
}
