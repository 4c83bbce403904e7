import { type Result, ratio, type Summary, summary } from './contest.ts';
import { type Calibration, MACHINE } from './machine.ts';

/** One contestant's line. */
export interface Row {
  readonly name: string;
  readonly figure: Summary;
  /** Ours divided by this one's, round by round. */
  readonly ratio?: Summary;
  readonly target?: string;
  readonly reached?: boolean;
}

/** What a bench found out. */
export interface Finding {
  readonly title: string;
  readonly unit: '/s' | 'ms';
  readonly rows: readonly Row[];
  /** What a reader has to know to take the figures for what they are. */
  readonly notes?: readonly string[];
}

/** A least ratio for rates, a greatest for times. */
export type Targets = Readonly<Record<string, number>>;

/** The first result is ours; the others get a ratio to it, held against `targets` by their name. */
export function rowsOf([ours, ...others]: readonly Result[], unit: Finding['unit'], targets: Targets = {}): Row[] {
  if (ours === undefined) return [];
  const rows = others.map((other) => {
    const ratios = ratio(ours, other);
    const target = targets[other.name];
    const reached = target !== undefined && (unit === '/s' ? ratios.median >= target : ratios.median <= target);
    return {
      name: other.name,
      figure: summary(other.samples),
      ratio: ratios,
      ...(target !== undefined && { target: `${unit === '/s' ? '>=' : '<='} ${target} x`, reached }),
    };
  });
  return [{ name: ours.name, figure: summary(ours.samples) }, ...rows];
}

export function print({ title, unit, rows, notes = [] }: Finding): void {
  const lines = rows.map((row) => [
    row.name,
    show(row.figure.median, unit),
    `${show(row.figure.min, unit)} to ${show(row.figure.max, unit)}`,
    row.ratio ? `${row.ratio.median.toFixed(2)} x (${row.ratio.min.toFixed(2)} to ${row.ratio.max.toFixed(2)})` : '',
    row.target === undefined ? '' : `${row.target}: ${row.reached ? 'reached' : 'NOT reached'}`,
  ]);
  console.log(`\n${title}`);
  printTable([['', `median ${unit}`, 'spread of the rounds', 'ours / this one', 'target'], ...lines]);
  for (const note of notes) console.log(`  ${note}`);
}

export function printMachine(before: Calibration, after: Calibration): void {
  const change = (name: keyof Calibration, unit: string) =>
    `${before[name].toFixed(2)} -> ${after[name].toFixed(2)} ${unit}`.trim();
  console.log(`\n  machine: ${MACHINE}`);
  console.log(
    `  before -> after: hash 64 MiB ${change('cpuMs', 'ms')}, fsync ${change('fsyncMs', 'ms')}, load ${change('load', '')}`,
  );
}

function show(value: number, unit: Finding['unit']): string {
  return unit === '/s' ? Math.round(value).toLocaleString('en') : value.toFixed(2);
}

function printTable(lines: readonly (readonly string[])[]): void {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  for (const line of lines)
    console.log(
      `  ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ')}`.trimEnd(),
    );
}
