import { InvalidArgumentError } from 'commander';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** Said in the help of every command that takes one. */
export const DURATIONS = 'Durations: 30s, 5m, 2h or 1d; a bare number is seconds.';

/** "90", "90s", "15m", "1.5h" or "2d", in seconds; from `least` to `most` seconds. For options: a wrong one is a fault of usage. */
export function duration(least = 0, most = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const seconds = Math.round(secondsIn(text) ?? Number.NaN);
    if (seconds >= least && seconds <= most) return seconds;
    throw new InvalidArgumentError(
      `Say a duration${bounds(least, most)}: for example 30s, 5m or 2h; a bare number is seconds.`,
    );
  };
}

/** For help and errors: ", 5s to 1d", ", up to 1m", or nothing. */
export function bounds(least: number, most: number): string {
  if (most === Number.POSITIVE_INFINITY) return '';
  return least === 0 ? `, up to ${span(most)}` : `, ${span(least)} to ${span(most)}`;
}

function secondsIn(text: string): number | undefined {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * SECONDS[unit as keyof typeof SECONDS];
}

/** "2026-12-01", "2026-12-01T10:00Z", or a duration from now ("2h"); as ISO 8601. */
export function moment(text: string): string {
  const seconds = secondsIn(text);
  // Date would take "12" too, for a month of 2001.
  const iso = /^\d{4}-\d\d-\d\d/.test(text) ? text : Number.NaN;
  const at = new Date(seconds === undefined ? iso : Date.now() + seconds * 1_000);
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('Say for example 2026-12-01, 2026-12-01T10:00Z or 2h.');
  return at.toISOString();
}

/** How long ago, or until then, in one unit: "now", "41s", "12m", "3h", "5d"; "in 12m". Empty for null. */
export function age(at: string | null | undefined, now = Date.now()): string {
  if (!at) return '';
  const seconds = Math.round((now - new Date(at).getTime()) / 1_000);
  if (seconds === 0) return 'now';
  return seconds > 0 ? roughly(seconds) : `in ${roughly(-seconds)}`;
}

/** As `age`, for a sentence: "now", "12m ago", "in 12m". */
export function ago(at: string, now = Date.now()): string {
  const text = age(at, now);
  return /^\d/.test(text) ? `${text} ago` : text;
}

/** So many seconds in one unit, for tables. */
export function roughly(seconds: number): string {
  if (seconds < 100) return `${seconds}s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)}m`;
  if (seconds < 48 * 3_600) return `${Math.round(seconds / 3_600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}

/** So many seconds exactly, in the greatest unit that can say it, as `duration` takes it: "90s", "2m", "1h", "1d". */
export function span(seconds: number): string {
  const units = Object.entries(SECONDS).filter(([, size]) => seconds % size === 0 && seconds >= size);
  const [unit, size] = units.at(-1) ?? ['s', 1];
  return `${seconds / size}${unit}`;
}
