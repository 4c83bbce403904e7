import { Option } from 'commander';
import { bounds, duration, span } from './time.ts';
import { named, oneOf, someOf } from './values.ts';

/** An option that takes a duration, in seconds; help shows its bounds and its default as they are typed. */
export function durationOption(
  flags: string,
  description: string,
  { least = 0, most = Number.POSITIVE_INFINITY, initial }: { least?: number; most?: number; initial?: number } = {},
): Option {
  const option = new Option(flags, `${description}${bounds(least, most)}`).argParser(duration(least, most));
  return initial === undefined ? option : option.default(initial, span(initial));
}

/** An option that takes one of a closed set, which help shows. */
export function choiceOption<Word extends string>(
  flags: string,
  description: string,
  set: readonly Word[],
  initial?: Word,
): Option {
  const option = new Option(flags, `${description}: ${named(set)}`).argParser(oneOf(set));
  return initial === undefined ? option : option.default(initial, named([initial]));
}

/** An option that takes some of a closed set, as "a,b" or repeated. */
export function choicesOption(flags: string, description: string, set: readonly string[]): Option {
  return new Option(flags, `${description}: ${named(set)}`).argParser(someOf(set));
}
