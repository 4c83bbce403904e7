import { backoffMs, pause } from './backoff.ts';
import { type AnyDocument, isQuery } from './document.ts';
import { BadInput, errorOf, type GraphQLErrorLike, HubError, isPassing, Unreachable } from './errors.ts';
import { linked, type Scope } from './scope.ts';

/** How to reach the hub, as every part of the client needs it. */
export interface Endpoint {
  /** Where GraphQL is served. */
  readonly url: string;
  /** Who is asking: `authorization`, `x-agent`, `x-instance`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  /** For how long a call that is safe to repeat is repeated while the hub can't be reached, in milliseconds. */
  readonly patienceMs: number;
}

export interface RequestOptions {
  /** Ends the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long one try may take until the hub counts as unreachable. Default 30000. */
  readonly timeoutMs?: number;
  /**
   * True: doing it twice is doing it once, so the call is repeated while the hub can't be reached. Queries always are, a
   * mutation is when it carries an idempotency key. A mutation without is repeated only if it surely did nothing.
   */
  readonly idempotent?: boolean;
  /** Overrides the hub's `patienceMs` for this call; `Infinity` tries until the signal aborts. */
  readonly patienceMs?: number;
}

/** What an operation answers. */
export interface Result<Data = unknown> {
  readonly data?: Data | null;
  readonly errors?: readonly GraphQLErrorLike[];
}

/** What follows the document: its variables, which may be left out if it needs none, and how to ask. */
type Arguments<Variables> =
  Record<never, never> extends Variables
    ? [variables?: Variables, options?: RequestOptions]
    : [variables: Variables, options?: RequestOptions];

/** Performs a query or mutation. Rejects with the class of the first error's code, or `Unreachable`. */
export type Request = <Data = unknown, Variables = Record<string, unknown>>(
  document: AnyDocument<Data, Variables>,
  ...rest: Arguments<Variables>
) => Promise<Data>;

const TIMEOUT_MS = 30_000;
/** The hub takes no more; of what is far longer it would hang up on us, as if it were away. */
const MAX_BODY = 1024 * 1024;

/** The calls of one connection to a hub, which all end with it. */
export function createRequest(endpoint: Endpoint, scope: Scope): Request {
  return async (document, ...[variables, options = {}]) => {
    const abort = scope.open(options.signal);
    try {
      const query = String(document);
      const body = bodyOf({ query, variables });
      const { idempotent = isQuery(query) } = options;
      return await persistently(endpoint, body, { ...options, idempotent, signal: abort.signal });
    } finally {
      abort.release();
    }
  };
}

/** Tries for as long as it is safe to repeat, and the hub can't be reached. */
async function persistently<Data>(
  endpoint: Endpoint,
  body: string,
  options: RequestOptions & { signal: AbortSignal },
): Promise<Data> {
  const { signal, idempotent, patienceMs = endpoint.patienceMs } = options;
  const until = performance.now() + patienceMs;
  for (let failures = 0; ; failures++)
    try {
      return await attempt(endpoint, body, options);
    } catch (error) {
      const safe = isPassing(error) && (idempotent || error.extensions['outcome'] === 'none');
      const left = until - performance.now();
      if (!safe || signal.aborted || left <= 0) throw error;
      // The last try is made when the time is over, not the longest wait before.
      await pause(Math.min(backoffMs(failures), left), signal);
      signal.throwIfAborted();
    }
}

async function attempt<Data>(
  endpoint: Endpoint,
  body: string,
  { signal, timeoutMs = TIMEOUT_MS }: RequestOptions & { signal: AbortSignal },
): Promise<Data> {
  signal.throwIfAborted();
  const abort = linked(signal);
  const timer = setTimeout(() => abort.abort(new Error(`no answer within ${timeoutMs / 1_000} s`)), timeoutMs);
  try {
    const response = await post(endpoint, body, 'application/json', abort.signal);
    return dataOf(await readResult<Data>(endpoint, response));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw error instanceof HubError ? error : failedFetch(endpoint, error);
  } finally {
    clearTimeout(timer);
    abort.release();
  }
}

/** An operation as it is sent. Errors: `BadInput` if it never can be, so that nobody tries for ever. */
export function bodyOf(operation: object): string {
  let body: string;
  try {
    body = JSON.stringify(operation);
  } catch (error) {
    throw new BadInput('BAD_INPUT', `This is no JSON: ${(error as Error).message}`, {}, { cause: error });
  }
  if (body.length <= MAX_BODY) return body;
  throw new BadInput('BAD_INPUT', `A request may have at most ${MAX_BODY} bytes; this one has ${body.length}.`);
}

/** Posts an operation; rejects as `fetch` does. */
export function post(
  { url, headers, fetch }: Endpoint,
  body: string,
  accept: string,
  signal: AbortSignal,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, ...headers },
    body,
    signal,
  });
}

/** The result in an answer; `Unreachable` if it is none of a hub's, for example the page of a proxy. */
export async function readResult<Data>({ url }: Endpoint, response: Response): Promise<Result<Data>> {
  const text = await response.text();
  try {
    const result = JSON.parse(text) as Result<Data>;
    if (typeof result === 'object' && ('data' in result || Array.isArray(result.errors))) return result;
  } catch {
    // Told below.
  }
  const said = text.replace(/\s+/g, ' ').slice(0, 200);
  throw new Unreachable(`${url} answered ${response.status}, but not as a hub does: ${said}`, {
    outcome: 'unknown',
    status: response.status,
  });
}

/** The data of a result; throws its first error. */
export function dataOf<Data>({ data, errors }: Result<Data>): Data {
  if (errors?.[0] !== undefined) throw errorOf(errors[0]);
  return data as Data;
}

/** Failures to connect: nothing was sent, so nothing happened. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What `fetch` refuses in a header: it sends Latin-1. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;

/** What a failed `fetch` means. */
export function failedFetch({ url, headers }: Endpoint, error: unknown): HubError {
  const unsendable = Object.keys(headers).find((name) => UNSENDABLE.test(headers[name] as string));
  if (unsendable !== undefined && error instanceof TypeError && error.cause === undefined)
    return new BadInput('BAD_INPUT', `HTTP cannot carry this ${unsendable}: it takes Latin letters only.`);
  const cause = error instanceof Error ? (error.cause as { code?: string; message?: string } | undefined) : undefined;
  const why = cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : String(error));
  const outcome = NEVER_SENT.has(cause?.code ?? '') ? 'none' : 'unknown';
  return new Unreachable(`The hub at ${url} cannot be reached (${why}).`, { outcome }, { cause: error });
}
