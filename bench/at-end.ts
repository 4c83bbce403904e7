/** What the present bench has opened. */
const opened: (() => unknown)[] = [];

/** Has something closed when the bench is over, however it ends. */
export function atEnd(close: () => unknown): void {
  opened.push(close);
}

/** Closes all of it, the last opened first, so that the next bench has the machine to itself. */
export async function endBench(): Promise<void> {
  for (let close = opened.pop(); close !== undefined; close = opened.pop()) await close();
}
