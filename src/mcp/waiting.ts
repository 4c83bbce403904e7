/** Longest wait of a call, in seconds: most clients give it up after 60. */
export const MOST_WAIT = 45;

const MARGIN_MS = 15_000;

/** How long the hub has for a call that may wait so many seconds. */
export function patience(waitSeconds = 0): { timeoutMs: number } {
  return { timeoutMs: waitSeconds * 1_000 + MARGIN_MS };
}
