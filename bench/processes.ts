import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../src/postgres/embedded-address.ts';
import { atEnd } from './at-end.ts';

/** A contestant that listens on a port of the loopback interface. */
export interface Server {
  readonly port: number;
  readonly pid: number;
}

const HUB = fileURLToPath(new URL('../dist/server/main.js', import.meta.url));
const READY_WITHIN_MS = 30_000;

/**
 * Starts the built hub as people start it, in open mode, on a database of the bench cluster. It runs on the same Node as
 * the peers, or on the one that HUB_NODE names. HUB_ARGS goes to that Node, for example `--cpu-prof`.
 */
export async function startHub(databaseUrl: string, settings: Record<string, string> = {}): Promise<Server> {
  const port = await freePort();
  const flags = (process.env['HUB_ARGS'] ?? '').split(' ').filter(Boolean);
  const child = spawn(process.env['HUB_NODE'] ?? process.execPath, [...flags, HUB, 'start'], {
    cwd: tmpdir(),
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  started(child);
  await answering(child, `http://127.0.0.1:${port}/readyz`);
  return { port, pid: child.pid! };
}

/** Starts a peer of `peers/`, told what to do by `options`; it says its port when it is ready. */
export async function startPeer(name: string, options: object): Promise<Server & { readonly process: ChildProcess }> {
  const child = worker(`./peers/${name}.ts`, { NODE_ENV: 'production', GRAPHILE_ENV: 'production' });
  const { port } = (await ask(child, options)) as { port: number };
  return { process: child, port, pid: child.pid! };
}

/** Starts a module of this folder in a process of its own, so that what it costs is not the contestant's. */
export function worker(path: string, env: Record<string, string> = {}): ChildProcess {
  const child = fork(fileURLToPath(new URL(path, import.meta.url)), {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  started(child);
  return child;
}

/** Ends with the bench; and whatever ends this process, nothing it started may go on. */
function started(child: ChildProcess): void {
  atEnd(() => stop(child));
  const end = () => child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
}

/** Sends a worker one message and gives its answer. One at a time. */
export async function ask(child: ChildProcess, message: object): Promise<unknown> {
  const settled = new AbortController();
  const { signal } = settled;
  const answered = once(child, 'message', { signal });
  const ended = once(child, 'exit', { signal }).then(([code]) => Promise.reject(new Error(`a worker ended: ${code}`)));
  child.send(message);
  const [answer] = await Promise.race([answered, ended]).finally(() => settled.abort());
  if (typeof answer?.failure === 'string') throw new Error(answer.failure);
  return answer;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([ended, delay(15_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))]);
}

async function answering(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await delay(50);
  }
  child.kill('SIGKILL');
  throw new Error(`the hub did not answer ${url}; has it been built (npm run build)?`);
}
