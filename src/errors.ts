/**
 * The one table of expected failures. A `RookeryError` is shown to the caller as it is (`extensions.code`); anything
 * else is masked and logged. SQL functions raise the same failures with the SQLSTATE given here, so that the rule
 * can live where it must hold for every writer. `docs/protocol.md` documents each code.
 */
const TABLE = {
  UNAUTHENTICATED: { sqlstate: 'RK401', status: 401, meaning: 'no token, or one that is unknown, expired or revoked' },
  FORBIDDEN: { sqlstate: 'RK403', status: 403, meaning: 'the token does not allow this' },
  NOT_FOUND: { sqlstate: 'RK404', status: 200, meaning: 'there is no such record, or the token may not see it' },
  BAD_INPUT: { sqlstate: 'RK400', status: 200, meaning: 'an argument is malformed or out of range' },
  CONFLICT: { sqlstate: 'RK409', status: 200, meaning: 'the record is in a state that does not allow this' },
  LEASE_LOST: {
    sqlstate: 'RK410',
    status: 200,
    meaning: 'the lease token is not (or no longer) the one that holds the task',
  },
  DEPENDENCY_CYCLE: { sqlstate: 'RK411', status: 200, meaning: 'the dependency would make a task wait for itself' },
  IDEMPOTENCY_CONFLICT: {
    sqlstate: 'RK412',
    status: 200,
    meaning: 'the idempotency key was used before with other arguments',
  },
  ALREADY_DECIDED: {
    sqlstate: 'RK413',
    status: 200,
    meaning: 'the request has its decision: extensions say by whom and when',
  },
  CURSOR_EXPIRED: {
    sqlstate: 'RK420',
    status: 200,
    meaning: 'the cursor is older than retention: read the list again, then subscribe from feedCursor',
  },
  CURSOR_INVALID: {
    sqlstate: 'RK421',
    status: 200,
    meaning: 'the cursor is not of this feed (malformed, restored database, or ahead of the head)',
  },
  SLOW_CONSUMER: {
    sqlstate: 'RK422',
    status: 200,
    meaning: 'the subscriber took nothing for 30 s: subscribe again from extensions.cursor',
  },
  GOING_AWAY: {
    sqlstate: 'RK423',
    status: 200,
    meaning: 'the hub is shutting down: subscribe again from extensions.cursor',
  },
  TOO_MANY: { sqlstate: 'RK429', status: 429, meaning: 'a limit on sockets, operations or rate is reached' },
  UNAVAILABLE: {
    sqlstate: 'RK503',
    status: 503,
    meaning: 'the database cannot be reached; the call had no effect, unless it says it may have',
  },
} as const;

/** A code of the table, as clients see it in `extensions.code`. */
export type ErrorCode = keyof typeof TABLE;

export const ERROR_CODES = TABLE as Readonly<Record<ErrorCode, { sqlstate: string; status: number; meaning: string }>>;

const BY_SQLSTATE = new Map<string, ErrorCode>(
  Object.entries(TABLE).map(([code, row]) => [row.sqlstate, code as ErrorCode]),
);

/** An expected failure: its message and `details` are for the caller to read, so they say what to do next. */
export class RookeryError extends Error {
  override readonly name = 'RookeryError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** What PostgreSQL said, when it is one of ours (own SQLSTATE; DETAIL is a JSON object) or plainly the caller's mistake. */
export function fromPostgres(error: unknown): unknown {
  const raised = postgresFields(error);
  if (raised === undefined) return error;
  const own = BY_SQLSTATE.get(raised.code);
  if (own !== undefined) return new RookeryError(own, raised.message, parseDetail(raised.detail), { cause: error });
  if (raised.code === '22P05' || raised.code === '22021')
    return new RookeryError(
      'BAD_INPUT',
      'Text cannot hold the character NUL (\\u0000): remove it.',
      {},
      { cause: error },
    );
  // JSON.stringify() writes such a half as it is, as the escape \ud83d.
  if (raised.code === '22P02' && raised.detail?.startsWith('Unicode ') === true)
    return new RookeryError(
      'BAD_INPUT',
      'Text holds half of a character (a lone surrogate): it was cut in the middle.',
      {},
      { cause: error },
    );
  if (raised.code === '57014')
    return new RookeryError(
      'UNAVAILABLE',
      'The statement took longer than the limit and was cancelled: ask for less.',
      {},
      { cause: error },
    );
  if (raised.code === '55P03')
    return new RookeryError(
      'CONFLICT',
      'Another session has locked what this call needs (an open transaction?). Nothing was changed: try again.',
      { busy: true },
      { cause: error },
    );
  if (NOT_CONNECTED.test(raised.code))
    return new RookeryError(
      'UNAVAILABLE',
      'The database cannot be reached just now. The call had no effect: repeat it.',
      { outcome: 'none' },
      { cause: error },
    );
  if (CONNECTION_FAILURE.test(raised.code))
    return new RookeryError(
      'UNAVAILABLE',
      'The connection to the database broke during the call: a write may or may not have happened; repeat it with an idempotencyKey.',
      { outcome: 'unknown' },
      { cause: error },
    );
  return error;
}

/**
 * No connection was had at all: refused, not ready, too many, or none free in time. Or it was told to end (57P01), which the
 * server says only of a transaction that it has rolled back: between a commit and its answer it says nothing.
 */
const NOT_CONNECTED = /^(08001|08004|57P01|57P03|53300|ECONNREFUSED|ENOTFOUND|NO_CONNECTION|P1001|P1002|P2024|P2037)$/;

/** Class 08 (connection), 57P0x (shutdown, crash), 53300 (too many connections), Node's socket errors, and Prisma's words for them. */
const CONNECTION_FAILURE =
  /^(08...|57P0.|53300|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|NO_CONNECTION|CONNECTION_LOST|P1001|P1002|P1008|P1017|P2024|P2037)$/;

/** True when the statement surely or possibly failed for want of a connection: its outcome is then unknown. */
export function isConnectionFailure(error: unknown): boolean {
  const code = postgresFields(error)?.code;
  return code !== undefined && CONNECTION_FAILURE.test(code);
}

/**
 * True when PostgreSQL undid the statement whole, or never got it, and it may well succeed if it simply runs again:
 * serialisation failure, deadlock, a server that ends this session, is starting, has too many, or is not there yet.
 */
export function isTransient(error: unknown): boolean {
  return /^(40001|40P01|57P01|57P03|53300|ECONNREFUSED)$/.test(postgresFields(error)?.code ?? '');
}

/** `pg` puts the SQLSTATE in `code`; Prisma hides it in `meta.driverAdapterError.cause.originalCode`. */
function postgresFields(error: unknown): { code: string; message: string; detail: string | undefined } | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, detail, meta } = error as Error & {
    code?: unknown;
    detail?: string;
    meta?: { driverAdapterError?: { cause?: { originalCode?: string; originalMessage?: string } } };
  };
  const cause = meta?.driverAdapterError?.cause;
  if (cause?.originalCode !== undefined)
    return { code: cause.originalCode, message: cause.originalMessage ?? error.message, detail: undefined };
  if (typeof code === 'string') return { code, message: error.message, detail };
  if (/^(timeout exceeded when trying to connect|Connection terminated due to connection timeout)/.test(error.message))
    return { code: 'NO_CONNECTION', message: error.message, detail: undefined };
  if (/^(Connection terminated|Client has encountered a connection error)/.test(error.message))
    return { code: 'CONNECTION_LOST', message: error.message, detail: undefined };
  return undefined;
}

function parseDetail(detail: string | undefined): Record<string, unknown> {
  if (detail === undefined || !detail.startsWith('{')) return {};
  try {
    return JSON.parse(detail) as Record<string, unknown>;
  } catch {
    return {};
  }
}
