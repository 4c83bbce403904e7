import { RookeryError } from '../errors.ts';

/**
 * A row's place in a list as an opaque cursor: the list's name, so that no cursor of another is taken for one of it, and
 * the values that it is ordered by.
 */
export function encodePlace(list: string, ...values: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...values])).toString('base64url');
}

/** The values of a cursor of this list, `length` of them. Errors: `BAD_INPUT` for any other text. */
export function decodePlace(list: string, cursor: string, length: number): string[] {
  try {
    const [name, ...values]: string[] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    // PostgreSQL has no text with a zero character.
    const sound = values.every((value) => typeof value === 'string' && !value.includes('\0'));
    if (name === list && values.length === length && sound) return values;
  } catch {
    // Told below.
  }
  throw notAPlace();
}

export function notAPlace(): RookeryError {
  return new RookeryError(
    'BAD_INPUT',
    'This is not a cursor of this list in this order: take one from its pageInfo or its edges.',
  );
}
