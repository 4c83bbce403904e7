/** Why a command ended, for scripts. Documented in docs/tq.md and `tq help`. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  nothing: 3,
  leaseLost: 4,
  notFound: 5,
  notAllowed: 6,
  cannotConnect: 7,
  conflict: 8,
  rejected: 9,
  undecided: 10,
  cursorGone: 11,
  interrupted: 130,
} as const;

export const EXIT_MEANINGS: readonly (readonly [number, string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.unexpected, 'unexpected error; doctor: something is wrong'],
  [EXIT.usage, 'wrong usage, or an argument the hub refused'],
  [EXIT.nothing, 'nothing to claim, or to read from a queue'],
  [EXIT.leaseLost, 'the lease is lost, or not held here'],
  [EXIT.notFound, 'not found'],
  [EXIT.notAllowed, 'not allowed: no valid token, or not with this one'],
  [EXIT.cannotConnect, 'cannot connect, or the hub is without its database'],
  [EXIT.conflict, 'conflict: held by another, already decided, wrong state'],
  [EXIT.rejected, 'ask: rejected'],
  [EXIT.undecided, 'ask: not decided within the wait'],
  [EXIT.cursorGone, '--after: the cursor is too old, or of another history'],
  [EXIT.interrupted, 'interrupted by Ctrl-C'],
];

/** Ends the command with a line for people and a code for scripts. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The codes of the hub, and of the client on its way to it. */
const BY_CODE: Readonly<Record<string, number>> = {
  BAD_INPUT: EXIT.usage,
  LEASE_LOST: EXIT.leaseLost,
  NOT_FOUND: EXIT.notFound,
  UNAUTHENTICATED: EXIT.notAllowed,
  FORBIDDEN: EXIT.notAllowed,
  UNREACHABLE: EXIT.cannotConnect,
  UNAVAILABLE: EXIT.cannotConnect,
  GOING_AWAY: EXIT.cannotConnect,
  TOO_MANY: EXIT.cannotConnect,
  CONFLICT: EXIT.conflict,
  ALREADY_DECIDED: EXIT.conflict,
  DEPENDENCY_CYCLE: EXIT.conflict,
  IDEMPOTENCY_CONFLICT: EXIT.conflict,
  CURSOR_EXPIRED: EXIT.cursorGone,
  CURSOR_INVALID: EXIT.cursorGone,
};

/** The exit code for whatever a command threw. Knows errors by their `code`, so that the client need not be loaded. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof Failure) return error.exitCode;
  const code = (error as { code?: unknown } | null)?.code;
  return (typeof code === 'string' ? BY_CODE[code] : undefined) ?? EXIT.unexpected;
}
