import { LRUCache } from 'lru-cache';
import { RookeryError } from '../errors.ts';
import type { Feed } from '../feed/feed.ts';
import type { Viewer } from '../graphql/context.ts';
import { patiently } from '../graphql/patience.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../postgres/database.ts';
import { findToken, hashSecret, isWellFormed, tokensExist, type ValidToken } from './tokens.ts';

/** Headers by lower-case name, or the connection parameters of a WebSocket, which carry the same. */
export type Credentials = Readonly<Record<string, unknown>>;

/** The one authentication for HTTP, event streams and WebSocket. */
export interface Authenticator {
  /** True while no token was ever made: the caller names itself with `x-agent` and is an operator. */
  readonly open: boolean;
  /**
   * Who is asking. Null without credentials where a token is required: such a caller may use what is public.
   * Errors: `UNAUTHENTICATED` for a token that is unknown, expired or revoked; `FORBIDDEN` for one of another agent.
   */
  authenticate(credentials: Credentials): Promise<Viewer | null>;
  /**
   * Registers what is to happen, within a second, when a token that was used here is revoked or expires; or, with null,
   * when open mode ends: then to all who came without a token.
   */
  onEnd(listener: (tokenId: string | null) => void): void;
  /** Whether what let this caller in has ended since: to be asked once a stream, begun before, is registered. */
  hasEnded(viewer: Viewer | null): boolean;
  close(): void;
}

interface Entry extends ValidToken {
  /** When `last_used_at` was last written, on the monotonic clock. */
  notedAt: number;
}

const CACHE_SIZE = 10_000;
/** A revocation empties the cache at once. This bounds what happens if the feed is blind meanwhile. */
const CACHE_MS = 30_000;
const NOTE_EVERY_MS = 60_000;
const EXPIRY_CHECK_MS = 500;
const MAX_NAME = 255;

export async function createAuthenticator(options: {
  db: Database;
  feed: Feed;
  log: Logger;
  /** False on any address but loopback: there, a token is required even if there is none yet. */
  mayBeOpen: boolean;
}): Promise<Authenticator> {
  const { db, feed, log, mayBeOpen } = options;
  const cache = new LRUCache<string, Entry>({ max: CACHE_SIZE, ttl: CACHE_MS });
  /** When each expiring token that was used here expires, on the monotonic clock. */
  const expiries = new Map<string, number>();
  const ended = new LRUCache<string, true>({ max: CACHE_SIZE });
  const listeners: ((tokenId: string | null) => void)[] = [];
  /** Counts what the feed told of tokens: an answer read before and used after such news is read again. */
  let news = 0;
  let open = mayBeOpen && !(await tokensExist(db));

  const end = (tokenId: string) => {
    expiries.delete(tokenId);
    ended.set(tokenId, true);
    for (const listener of listeners) listener(tokenId);
  };

  const endOpenMode = () => {
    if (!open) return;
    open = false;
    for (const listener of listeners) listener(null);
  };

  const forget = () => {
    news++;
    cache.clear();
  };

  let untap = watch();
  function watch(): () => void {
    return feed.tap({
      topics: ['tokens'],
      onEvent: ({ op, entityId, data }) => {
        forget();
        if (op === 'insert') endOpenMode();
        else if (op === 'delete' || data['revoked_at'] !== null) end(entityId);
        else if (typeof data['expires_at'] === 'string')
          expiries.set(entityId, performance.now() + Date.parse(data['expires_at']) - Date.now());
        else expiries.delete(entityId);
      },
      onBreak: () => {
        forget();
        untap = watch();
        if (open) void lookForTokens();
      },
    });
  }

  /** The first token may have been made while the feed could not tell. */
  async function lookForTokens(): Promise<void> {
    if (await patiently(() => tokensExist(db))) endOpenMode();
  }

  const expiryCheck = setInterval(() => {
    const now = performance.now();
    for (const [tokenId, at] of expiries)
      if (at <= now) {
        forget();
        end(tokenId);
      }
  }, EXPIRY_CHECK_MS);
  expiryCheck.unref();

  async function valid(secret: string): Promise<Entry> {
    if (!isWellFormed(secret)) throw refused();
    const hash = hashSecret(secret);
    const key = hash.toString('base64');
    const known = cache.get(key);
    if (known !== undefined) return known;
    const newsBefore = news;
    const token = await findToken(db, hash);
    if (news !== newsBefore) return valid(secret);
    if (token === undefined) throw refused();
    endOpenMode();
    const entry = { ...token, notedAt: Number.NEGATIVE_INFINITY };
    cache.set(key, entry);
    if (token.expiresInMs !== null) expiries.set(token.id, performance.now() + token.expiresInMs);
    return entry;
  }

  function noteUse(entry: Entry): void {
    const now = performance.now();
    if (now - entry.notedAt < NOTE_EVERY_MS) return;
    entry.notedAt = now;
    db.query(NOTE_USE, [entry.id]).catch((error) => log.warn({ err: error }, 'could not note the use of a token'));
  }

  return {
    get open() {
      return open;
    },
    async authenticate(credentials) {
      const secret = bearerOf(credentials);
      const agent = nameOf(credentials, 'x-agent');
      const instance = nameOf(credentials, 'x-instance') ?? 'default';
      if (secret === null) return open ? { role: 'operator', agent, instance, tokenId: null } : null;
      const token = await valid(secret);
      noteUse(token);
      if (token.role === 'agent' && agent !== null && agent !== token.agent)
        throw new RookeryError('FORBIDDEN', `This token acts as ${token.agent}, not as ${agent}: leave out x-agent.`);
      return { role: token.role, agent: agent ?? token.agent, instance, tokenId: token.id };
    },
    onEnd: (listener) => listeners.push(listener),
    hasEnded: (viewer) => viewer !== null && (viewer.tokenId === null ? !open : ended.has(viewer.tokenId)),
    close() {
      clearInterval(expiryCheck);
      untap();
    },
  };
}

/**
 * What a WebSocket sends as its connection parameters: the same names as the headers, in any case; or `token`, `agent` and
 * `instance` for short.
 */
export function credentialsOf(connectionParams: Readonly<Record<string, unknown>> | undefined): Credentials {
  const given = Object.fromEntries(
    Object.entries(connectionParams ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const { token, agent, instance } = given;
  return {
    ...(typeof token === 'string' && token !== '' ? { authorization: `Bearer ${token}` } : {}),
    ...(agent === undefined ? {} : { 'x-agent': agent }),
    ...(instance === undefined ? {} : { 'x-instance': instance }),
    ...given,
  };
}

const NOTE_USE = `/* token note use */ update rookery.tokens set last_used_at = clock_timestamp()
  where id = $1 and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`;

function refused(): RookeryError {
  return new RookeryError('UNAUTHENTICATED', 'This token is unknown, expired or revoked.');
}

/** Null when no credentials were given; an empty header counts as none, so that a form field may be left empty. */
function bearerOf(credentials: Credentials): string | null {
  const header = credentials['authorization'];
  if (typeof header !== 'string' || header.trim() === '') return null;
  const match = /^Bearer +(\S+)$/i.exec(header.trim());
  if (match === null)
    throw new RookeryError('UNAUTHENTICATED', 'Credentials are sent as Authorization: Bearer <token>.');
  return match[1] as string;
}

function nameOf(credentials: Credentials, header: string): string | null {
  const value = credentials[header];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || value.length > MAX_NAME || /\p{Cc}/u.test(value))
    throw new RookeryError('BAD_INPUT', `${header} must be text of at most ${MAX_NAME} characters.`);
  return value;
}
