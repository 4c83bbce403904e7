import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The command `rookery`, run as its users run it: a process of its own, out of the built files. */
export interface Command {
  readonly process: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Waits until standard output or error matches, and gives what the first group (or all) matched. Fails if the process ends first. */
  printed(pattern: RegExp): Promise<string>;
  /** Waits for the end: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Runs `rookery …args` and makes sure that it does not outlive the test. */
export function rookery(args: string[], env: Record<string, string> = {}): Command {
  const child = spawn(process.execPath, ['scripts/start.mjs', ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 0));
  });
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  });
  return {
    process: child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(stdout) ?? pattern.exec(stderr);
          if (found) resolve(found[1] ?? found[0]);
        };
        look();
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        void ended.then((code) =>
          reject(new Error(`ended with ${code} before it printed ${pattern}:\n${stdout}${stderr}`)),
        );
      }),
  };
}

/** A directory for ROOKERY_HOME, removed after the test. Ask for it before starting what runs in it. */
export async function temporaryHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'rookery-home-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  return home;
}
