import { setTimeout as delay } from 'node:timers/promises';
import { fromPostgres, RookeryError } from '../errors.ts';

const RETRY_MS = 250;

/**
 * True when a read failed because the database is away, whoever reported it: it will be back, and nothing has been lost.
 * A statement that was too slow is no outage: it would be too slow for ever.
 */
export function isOutage(error: unknown): boolean {
  const seen = fromPostgres(error);
  return seen instanceof RookeryError && seen.code === 'UNAVAILABLE' && seen.details['outcome'] !== undefined;
}

/** Repeats a read until the database is back. */
export async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!isOutage(error)) throw error;
      await delay(RETRY_MS * (0.5 + Math.random()));
    }
  }
}
