import { parseArgs } from 'node:util';
import { parseConfig, SetupError } from '../../config.ts';
import { openLog } from '../../log.ts';
import { connect } from '../../postgres/connect.ts';
import { createToken, listTokens, revokeToken, type TokenRecord } from '../tokens.ts';
import { bringUpToDate, withDatabase } from './with-database.ts';

type Session = Awaited<ReturnType<typeof connect>>;

const ROLES = ['agent', 'operator', 'observer'] as const;
const UNITS = { m: 60, h: 3_600, d: 86_400 } as const;

/** `rookery token …`: works beside a running hub and without one. Only the secret goes to standard output by itself. */
export async function run(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      role: { type: 'string' },
      agent: { type: 'string' },
      name: { type: 'string' },
      expires: { type: 'string' },
    },
  });
  const [verb, id] = positionals;
  if (verb === 'create') return inSession(env, (session) => create(session, values));
  if (verb === 'list') return inSession(env, list);
  if (verb === 'revoke' && id !== undefined) return inSession(env, (session) => revoke(session, id));
  throw new SetupError('Say: token create --role agent --agent <id>, token list, or token revoke <id>.');
}

async function inSession(env: NodeJS.ProcessEnv, work: (session: Session) => Promise<void>): Promise<void> {
  const config = parseConfig(env);
  const log = openLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  await withDatabase(config, log, async (url) => {
    await bringUpToDate(url, log);
    const session = await connect(url, 'rookery token');
    await work(session).finally(() => session.end());
  });
}

async function create(
  session: Session,
  values: { role?: string; agent?: string; name?: string; expires?: string },
): Promise<void> {
  const role = ROLES.find((known) => known === values.role);
  if (role === undefined) throw new SetupError(`Say which --role: ${ROLES.join(', ')}.`);
  if (role === 'agent' && !values.agent)
    throw new SetupError('A token of role agent acts as one agent: say --agent <id>.');
  const { secret, id } = await createToken(session, {
    role,
    agent: values.agent ?? null,
    name: values.name ?? values.agent ?? role,
    expiresAt: values.expires === undefined ? null : after(values.expires),
  });
  process.stderr.write(`Token ${id}, shown this once:\n`);
  process.stdout.write(`${secret}\n`);
}

async function list(session: Session): Promise<void> {
  for (const token of await listTokens(session)) process.stdout.write(`${line(token)}\n`);
}

async function revoke(session: Session, id: string): Promise<void> {
  const token = /^\d+$/.test(id) ? await revokeToken(session, id) : undefined;
  if (token === undefined) throw new SetupError(`There is no token ${id}: see token list.`);
  process.stdout.write(`${line(token)}\n`);
}

function line({ id, role, agent, name, createdAt, expiresAt, lastUsedAt, revokedAt }: TokenRecord): string {
  const day = (label: string, date: Date | null) => (date ? `${label} ${date.toISOString().slice(0, 16)}Z` : []);
  const facts = [day('made', createdAt), day('expires', expiresAt), day('used', lastUsedAt), day('REVOKED', revokedAt)];
  return [id, role, agent ?? '-', name, ...facts.flat()].join('  ');
}

/** "30d", "12h", "90m" from now. */
function after(text: string): Date {
  const [, amount, unit] = /^([1-9]\d*)([mhd])$/.exec(text) ?? [];
  if (unit === undefined) throw new SetupError(`--expires ${text}: say for how long, for example 30d, 12h or 90m.`);
  return new Date(Date.now() + Number(amount) * UNITS[unit as keyof typeof UNITS] * 1000);
}
