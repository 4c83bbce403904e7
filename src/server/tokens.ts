import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { ClientBase, Pool } from 'pg';
import type { Role } from '../graphql/context.ts';
import type { Database } from '../postgres/database.ts';

/** A token as it may be shown: all but its secret. */
export interface TokenRecord {
  readonly id: string;
  readonly role: Role;
  /** The agent it acts as; null for an operator or observer that is bound to none. */
  readonly agent: string | null;
  readonly name: string;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  /** To the minute. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface NewToken {
  role: Role;
  /** Required for role `agent`. */
  agent?: string | null;
  /** For people: where the token is used. */
  name: string;
  /** Null or left out: never. */
  expiresAt?: Date | null;
}

/** A token that may be used now. */
export interface ValidToken {
  readonly id: string;
  readonly role: Role;
  readonly agent: string | null;
  /** Milliseconds until it expires, by the database's clock; null: never. */
  readonly expiresInMs: number | null;
}

const PREFIX = 'rookery_';
const SECRET_LENGTH = 43; // 256 bits in base 62
const CHECKSUM_LENGTH = 6; // 32 bits in base 62
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const RECORD = `id::text, role, agent, name, created_at as "createdAt", expires_at as "expiresAt",
  last_used_at as "lastUsedAt", revoked_at as "revokedAt"`;

/** Makes a token. `secret` is what the caller sends as `Authorization: Bearer …`; it cannot be read again. */
export async function createToken(
  db: Pool | ClientBase,
  { role, agent = null, name, expiresAt = null }: NewToken,
): Promise<TokenRecord & { secret: string }> {
  const secret = mintSecret();
  const { rows } = await db.query<TokenRecord>(
    `/* token create */ with token as (
       insert into rookery.tokens (role, agent, name, expires_at) values ($1, $2, $3, $4) returning *
     ), hash as (
       insert into rookery.token_hashes (token_id, hash) select id, $5 from token
     )
     select ${RECORD} from token`,
    [role, agent, name, expiresAt, hashSecret(secret)],
  );
  return { ...rows[0]!, secret };
}

/** All tokens, newest first; the revoked ones too. */
export async function listTokens(db: Pool | ClientBase): Promise<TokenRecord[]> {
  const { rows } = await db.query<TokenRecord>(
    `/* token list */ select ${RECORD} from rookery.tokens order by rookery.tokens.id desc`,
  );
  return rows;
}

/** Ends a token for good; undefined when there is none of this id. Revoking it again changes nothing. */
export async function revokeToken(db: Pool | ClientBase, id: string): Promise<TokenRecord | undefined> {
  const { rows } = await db.query<TokenRecord>(
    `/* token revoke */ update rookery.tokens set revoked_at = coalesce(revoked_at, clock_timestamp())
      where id = $1 returning ${RECORD}`,
    [id],
  );
  return rows[0];
}

/** True as soon as one token was ever made: from then on every caller needs one. */
export async function tokensExist(db: Database): Promise<boolean> {
  const [row] = await db.query<{ yes: boolean }>(
    '/* tokens exist */ select exists (select from rookery.tokens) as yes',
  );
  return row?.yes === true;
}

/** What the token with this hash allows now; undefined when it is unknown, expired or revoked. */
export async function findToken(db: Database, hash: Buffer): Promise<ValidToken | undefined> {
  const [token] = await db.query<ValidToken>(
    `/* token find */ select t.id::text, t.role, t.agent,
            (extract(epoch from t.expires_at - clock_timestamp()) * 1000)::float8 as "expiresInMs"
       from rookery.token_hashes h join rookery.tokens t on t.id = h.token_id
      where h.hash = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > clock_timestamp())`,
    [hash],
  );
  return token;
}

/**
 * Whether the text is formed like a token and its checksum fits. It keeps typing errors and guesses away from the
 * database, and lets a secret scanner tell a token from chance.
 */
export function isWellFormed(secret: string): boolean {
  if (!FORM.test(secret)) return false;
  const body = secret.slice(0, -CHECKSUM_LENGTH);
  return checksum(body) === secret.slice(-CHECKSUM_LENGTH);
}

/**
 * SHA-256 suffices for 256 random bits: there is nothing to guess, and a comparison of hashes, by an index or
 * otherwise, tells no one how near a guess was.
 */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

function mintSecret(): string {
  const body = PREFIX + base62(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET_LENGTH);
  return body + checksum(body);
}

function checksum(body: string): string {
  return base62(BigInt(crc32(body)), CHECKSUM_LENGTH);
}

function base62(value: bigint, length: number): string {
  let digits = '';
  for (let rest = value; digits.length < length; rest /= 62n) digits = ALPHABET.charAt(Number(rest % 62n)) + digits;
  return digits;
}
