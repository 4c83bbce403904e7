import { parseConfig, SetupError } from '../../config.ts';
import { openLog } from '../../log.ts';
import { connect } from '../../postgres/connect.ts';
import { createToken, listTokens, type NewToken, revokeToken, type TokenRecord } from '../tokens.ts';
import { bringUpToDate, withDatabase } from './with-database.ts';

type Session = Awaited<ReturnType<typeof connect>>;

export interface NewTokenOptions {
  readonly role: NewToken['role'];
  /** Needed by role agent. */
  readonly agent?: string;
  readonly name?: string;
  /** In seconds. */
  readonly expires?: number;
}

/** `rookery token create`: works beside a running hub and without one. Only the secret goes to standard output. */
export async function create(env: NodeJS.ProcessEnv, options: NewTokenOptions): Promise<void> {
  const { role, agent, name, expires } = options;
  const { secret, id } = await inSession(env, (session) =>
    createToken(session, {
      role,
      agent: agent ?? null,
      name: name ?? agent ?? role,
      expiresAt: expires === undefined ? null : new Date(Date.now() + expires * 1_000),
    }),
  );
  process.stderr.write(`Token ${id}, shown this once:\n`);
  process.stdout.write(`${secret}\n`);
}

/** `rookery token list`. */
export async function list(env: NodeJS.ProcessEnv): Promise<void> {
  const tokens = await inSession(env, listTokens);
  if (tokens.length === 0) process.stderr.write('There are no tokens.\n');
  for (const token of tokens) process.stdout.write(`${line(token)}\n`);
}

/** `rookery token revoke`. */
export async function revoke(env: NodeJS.ProcessEnv, id: string): Promise<void> {
  const token = /^\d{1,18}$/.test(id) ? await inSession(env, (session) => revokeToken(session, id)) : undefined;
  if (token === undefined) throw new SetupError(`There is no token ${id}: see rookery token list.`);
  process.stdout.write(`${line(token)}\n`);
}

async function inSession<T>(env: NodeJS.ProcessEnv, work: (session: Session) => Promise<T>): Promise<T> {
  const config = parseConfig(env);
  const log = openLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  return withDatabase(config, log, async (url) => {
    await bringUpToDate(url, log);
    const session = await connect(url, 'rookery token');
    return work(session).finally(() => session.end());
  });
}

function line({ id, role, agent, name, createdAt, expiresAt, lastUsedAt, revokedAt }: TokenRecord): string {
  const day = (label: string, date: Date | null) => (date ? `${label} ${date.toISOString().slice(0, 16)}Z` : []);
  const facts = [day('made', createdAt), day('expires', expiresAt), day('used', lastUsedAt), day('REVOKED', revokedAt)];
  return [id, role, agent ?? '-', name, ...facts.flat()].join('  ');
}
