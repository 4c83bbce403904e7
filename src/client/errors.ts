/** What the hub, or this client on its way to it, says of a failure: `code` out of one table, `extensions` as sent. */
export class HubError extends Error {
  /** One of docs/protocol.md, or `UNREACHABLE`. */
  readonly code: string;
  /** What goes with the code, for example `holder` of LEASE_LOST or `issues` of BAD_INPUT. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, extensions: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.extensions = extensions;
  }
}

/** No token, or one that is unknown, expired or revoked. */
export class Unauthenticated extends HubError {}
/** The token does not allow this. */
export class Forbidden extends HubError {}
/** There is no such record, or the token may not see it. */
export class NotFound extends HubError {}
/** An argument is malformed or out of range; `extensions.issues` lists each. */
export class BadInput extends HubError {}
/** The record is in a state that does not allow this. */
export class Conflict extends HubError {}
/** The task is not (or no longer) held by this lease: stop working on it. `extensions.holder` says who has it. */
export class LeaseLost extends HubError {}
/** The dependency would make a task wait for itself. */
export class DependencyCycle extends HubError {}
/** The idempotency key was used before with other arguments. */
export class IdempotencyConflict extends HubError {}
/** Somebody else decided first: `extensions` say who, when and what. */
export class AlreadyDecided extends HubError {}
/** The cursor is older than what the hub keeps: read the list again, and subscribe after its `feedCursor`. */
export class CursorExpired extends HubError {}
/** The cursor is of another history of the feed, for example of before a restore: read the list again. */
export class CursorInvalid extends HubError {}
/** The subscriber took nothing for 30 s. Streams of this client resume by themselves. */
export class SlowConsumer extends HubError {}
/** The hub is shutting down. Streams of this client resume by themselves. */
export class GoingAway extends HubError {}
/** A limit on sockets, operations or rate is reached. */
export class TooMany extends HubError {}
/** The hub cannot reach its database; `extensions.outcome` is `none` (nothing happened) or `unknown`. */
export class Unavailable extends HubError {}

/** The class of each code of the hub's table. */
export const CODES = {
  UNAUTHENTICATED: Unauthenticated,
  FORBIDDEN: Forbidden,
  NOT_FOUND: NotFound,
  BAD_INPUT: BadInput,
  CONFLICT: Conflict,
  LEASE_LOST: LeaseLost,
  DEPENDENCY_CYCLE: DependencyCycle,
  IDEMPOTENCY_CONFLICT: IdempotencyConflict,
  ALREADY_DECIDED: AlreadyDecided,
  CURSOR_EXPIRED: CursorExpired,
  CURSOR_INVALID: CursorInvalid,
  SLOW_CONSUMER: SlowConsumer,
  GOING_AWAY: GoingAway,
  TOO_MANY: TooMany,
  UNAVAILABLE: Unavailable,
} as const;

/** The hub could not be reached, or did not answer. `extensions.outcome`: `none` if the call surely did nothing, else `unknown`. */
export class Unreachable extends HubError {
  constructor(message: string, extensions: { outcome: 'none' | 'unknown'; status?: number }, options?: ErrorOptions) {
    super('UNREACHABLE', message, extensions, options);
  }
}

/** An error as it stands in a GraphQL result. */
export interface GraphQLErrorLike {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** The error of its code's class; `HubError` itself for codes that have none (`INTERNAL`, `GRAPHQL_VALIDATION_FAILED` …). */
export function errorOf({ message, extensions = {} }: GraphQLErrorLike): HubError {
  const { code = 'INTERNAL', ...rest } = extensions;
  const Class = Object.hasOwn(CODES, String(code)) ? CODES[code as keyof typeof CODES] : HubError;
  return new Class(String(code), message, rest);
}

/** Whether the hub may answer the same call later: it is away, restarting, busy or without its database. */
export function isPassing(error: unknown): error is HubError {
  return (
    error instanceof Unreachable ||
    error instanceof Unavailable ||
    error instanceof GoingAway ||
    error instanceof SlowConsumer ||
    error instanceof TooMany
  );
}
