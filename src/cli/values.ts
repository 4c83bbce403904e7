import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from 'commander';

/** A text as given, `@path` for the content of a file, `-` for standard input. */
export function textValue(given: string): string {
  if (given !== '-' && !given.startsWith('@')) return given;
  try {
    return readFileSync(given === '-' ? 0 : given.slice(1), 'utf8').trimEnd();
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

/** JSON, as `textValue` gives it. */
export function jsonValue(given: string): unknown {
  const text = textValue(given);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`It must be JSON: ${(error as Error).message}`);
  }
}

/** JSON if it is, else the text itself: `42`, `{"a":1}`, `yes`. */
export function looseValue(given: string): unknown {
  const text = textValue(given);
  try {
    return JSON.parse(text);
  } catch {
    return text;
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

/** "a,b" and repeated options alike. */
export function words(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(',').flatMap((word) => word.trim() || [])];
}

/** As `words`, in the spelling of GraphQL's enums: "in-progress" is IN_PROGRESS. */
export function enumWords(text: string, before: readonly string[] = []): string[] {
  return words(text, before).map(enumWord);
}

export function enumWord(text: string): string {
  return text.trim().toUpperCase().replaceAll('-', '_');
}
