import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/** A text as given, `@path` for the content of a file, `-` for standard input; `@@` begins a text with an @. */
export function textValue(given: string): string {
  if (given.startsWith('@@')) return given.slice(1);
  if (given !== '-' && !given.startsWith('@')) return given;
  try {
    return readFileSync(given === '-' ? 0 : given.slice(1), 'utf8').trimEnd();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = code === 'ENOENT' ? ' @ stands before the name of a file; for a text that begins with @, say @@.' : '';
    throw new InvalidArgumentError(`${message}.${hint}`);
  }
}

/** JSON, as `textValue` gives it. */
export function jsonValue(given: string): unknown {
  const text = textValue(given);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It must be JSON: ${(error as Error).message}.`);
  }
}

/** JSON if it is, else the text itself: `42`, `{"a":1}`, `yes`. What begins as JSON and is none is an error, not a text. */
export function looseValue(given: string): unknown {
  const text = textValue(given);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/^\s*[{[]/.test(text)) return text;
    const { message } = error as Error;
    throw new InvalidArgumentError(
      `It begins as JSON, but is none: ${message}. A text that is to begin so: write it as a JSON string, in quotes.`,
    );
  }
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Say a whole number from ${least} to ${most}.`);
  };
}

/** A number from `least` to `most`. */
export function fraction(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
    if (text !== '' && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Say a number from ${least} to ${most}, for example 0.4 or 40%.`);
  };
}

/** "a,b" and repeated options alike; at least one. */
export function words(text: string, before: readonly string[] = []): string[] {
  const found = text.split(',').flatMap((word) => word.trim() || []);
  if (found.length === 0) throw new InvalidArgumentError('Say at least one word.');
  return [...before, ...found];
}

/** One of a closed set, in whatever case, with - or _. */
export function oneOf<Word extends string>(set: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = text.trim().toUpperCase().replaceAll('-', '_');
    const found = set.find((each) => each === word);
    if (found === undefined) throw new InvalidArgumentError(`Say one of ${named(set)}.`);
    return found;
  };
}

/** Some of a closed set, as `words`. */
export function someOf<Word extends string>(set: readonly Word[]) {
  return (text: string, before: readonly Word[] = []): Word[] => [...before, ...words(text).map(oneOf(set))];
}

/** A closed set, as it is typed and shown: "open, blocked, in_progress". */
export function named(set: readonly string[]): string {
  return set.join(', ').toLowerCase();
}
