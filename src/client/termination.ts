/** What is used of Node's `process`; there is none in a browser. */
interface Process {
  on(signal: string, listener: () => void): void;
  off(signal: string, listener: () => void): void;
}

const SIGNALS = ['SIGTERM', 'SIGINT'];
const listeners = new Set<() => void>();

/** Calls the listener when the process is asked to end, for the first time: the second time it ends, as without us. Returns what takes it off. */
export function onTermination(listener: () => void): () => void {
  const { process } = globalThis as { process?: Partial<Process> };
  if (process?.on === undefined) return () => {};
  if (listeners.size === 0) for (const signal of SIGNALS) process.on(signal, tellAll);
  listeners.add(listener);
  return () => {
    if (listeners.delete(listener) && listeners.size === 0) heedNoMore();
  };
}

function tellAll(): void {
  const told = [...listeners];
  listeners.clear();
  heedNoMore();
  for (const listener of told) listener();
}

function heedNoMore(): void {
  const { process } = globalThis as { process?: Partial<Process> };
  for (const signal of SIGNALS) process?.off?.(signal, tellAll);
}
