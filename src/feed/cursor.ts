import { RookeryError } from '../errors.ts';

/** A cursor is opaque text made of the feed's epoch and a position: `k3f9a0c1d2e3-2s`. */
export function encodeCursor(epoch: string, position: number): string {
  return `${epoch}-${position.toString(36)}`;
}

/** The position a cursor names; `CURSOR_INVALID` when it is malformed or of another epoch (a restored database). */
export function decodeCursor(epoch: string, cursor: string): number {
  const match = /^([0-9a-f]{12})-([0-9a-z]{1,11})$/.exec(cursor);
  if (match === null)
    throw new RookeryError('CURSOR_INVALID', 'This is not a cursor. Take one from feedCursor or from an event.');
  if (match[1] !== epoch)
    throw new RookeryError(
      'CURSOR_INVALID',
      'This cursor belongs to another history of the feed (the database was restored or replaced). Read the list again and subscribe after feedCursor.',
    );
  return Number.parseInt(match[2] as string, 36);
}
