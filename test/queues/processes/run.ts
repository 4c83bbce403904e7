import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A real process of this folder, and the lines it prints. */
export interface Running {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
  /** The next line it prints; fails with what it wrote to stderr when it has ended instead. */
  line(): Promise<string>;
  /** Ends it at once. */
  kill(): Promise<void>;
}

/** Starts `<name>.mjs` of this folder. */
export function run(name: string, env: Record<string, string>): Running {
  const script = fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let complaints = '';
  child.stderr?.on('data', (chunk) => {
    complaints += chunk;
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    child,
    lines,
    async line() {
      const step = await lines.next();
      if (step.done) throw new Error(`${name} ended: ${complaints}`);
      return step.value;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
