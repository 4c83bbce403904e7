import { InvalidArgumentError } from 'commander';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** "90", "90s", "15m", "1h" or "2d", in seconds. For options: a wrong one is a fault of usage. */
export function duration(text: string): number {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('Say for example 90s, 15m, 1h or 2d.');
  return Math.round(Number(amount) * SECONDS[unit as keyof typeof SECONDS]);
}

/** "2026-12-01", "2026-12-01T10:00Z", or a duration from now; as ISO 8601. */
export function moment(text: string): string {
  if (/^\d+(\.\d+)?[smhd]$/.test(text)) return new Date(Date.now() + duration(text) * 1_000).toISOString();
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('Say for example 2026-12-01, 2026-12-01T10:00Z or 2h.');
  return at.toISOString();
}

/** How long ago, or until then, in one unit: "now", "41s", "12m", "3h", "5d"; "in 12m". Empty for null. */
export function age(at: string | null | undefined, now = Date.now()): string {
  if (!at) return '';
  const seconds = Math.round((now - new Date(at).getTime()) / 1_000);
  if (seconds === 0) return 'now';
  return seconds > 0 ? inOneUnit(seconds) : `in ${inOneUnit(-seconds)}`;
}

function inOneUnit(seconds: number): string {
  if (seconds < 100) return `${seconds}s`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)}m`;
  if (seconds < 48 * 3_600) return `${Math.round(seconds / 3_600)}h`;
  return `${Math.round(seconds / 86_400)}d`;
}
