import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { summary } from './contest.ts';

/** What a fixed piece of work costs on this machine at this moment: taken before and after, it shows who else was there. */
export interface Calibration {
  /** Milliseconds for hashing 64 MiB on one core; the median of five. */
  readonly cpuMs: number;
  /** Milliseconds for writing 8 KiB through to the disk; the median of fifty. It bounds commits per second of a lone writer. */
  readonly fsyncMs: number;
  /** Processes that wanted a core, on average, in the last minute. */
  readonly load: number;
}

export const MACHINE = `${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}`;

export function calibrate(directory: string): Calibration {
  const block = Buffer.alloc(1024 * 1024, 7);
  const hashing = () => {
    const hash = createHash('sha256');
    for (let i = 0; i < 64; i++) hash.update(block);
    hash.digest();
  };
  const file = join(directory, 'calibration');
  const descriptor = openSync(file, 'w');
  const syncing = () => {
    writeSync(descriptor, block, 0, 8192, 0);
    fdatasyncSync(descriptor);
  };
  try {
    return { cpuMs: median(5, hashing), fsyncMs: median(50, syncing), load: loadavg()[0]! };
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}

function median(times: number, work: () => void): number {
  const samples = Array.from({ length: times }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return summary(samples).median;
}
