/** Characters of a text in a list; in an answer about one thing; and of JSON. A model pays for each. */
export const LINE = 300;
export const WHOLE = 20_000;
const JSON_MAX = 4_000;

/** A record without its empty fields: those that may be null may be absent. */
type Said<T> = { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: NonNullable<T[K]>;
};

/** Without the fields that are null, undefined or an empty list: they say nothing. */
export function said<T extends object>(record: T): Said<T> {
  const telling = Object.entries(record).filter(
    ([, value]) => value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(telling) as Said<T>;
}

/** At most `most` characters from `offset` on; when more follow, the text itself says how to read on. */
export function cut(text: string, most: number, how: string, offset = 0): string {
  const end = offset + most;
  if (text.length <= end) return text.slice(offset);
  return `${text.slice(offset, end)}… [${text.length - end} more characters: ${how}, offset ${end}]`;
}

/** As it is if it is short; else the beginning of its JSON (or of the text that it is), cut. */
export function cutJson(value: unknown, how: string, most = JSON_MAX): unknown {
  const text = textOf(value);
  return text.length <= most ? value : cut(text, most, how);
}

/** JSON as text; what is text already, as it is. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** What follows a page, for `after`. */
export function nextOf({ hasNextPage, endCursor }: { hasNextPage: boolean; endCursor: string | null }) {
  return hasNextPage && endCursor !== null ? { next: endCursor } : {};
}
