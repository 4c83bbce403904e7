import { setTimeout as delay } from 'node:timers/promises';
import { RookeryError } from '../errors.ts';

const RETRY_MS = 250;

/** True when a read failed because the database is away; it will be back, and nothing has been lost. */
export function isOutage(error: unknown): boolean {
  return error instanceof RookeryError && error.code === 'UNAVAILABLE';
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
