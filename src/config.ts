import { z } from 'zod';

/** Something the operator has to put right. Its message is one plain line, shown without a stack trace. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

const seconds = z.coerce.number().positive();
const count = z.coerce.number().int().positive();
const list = z.string().transform((text): readonly string[] => text.split(',').flatMap((item) => item.trim() || []));
const postgresUrl = z
  .string()
  .refine((text) => /^postgres(ql)?:$/.test(URL.canParse(text) ? new URL(text).protocol : ''), {
    message: 'must look like postgres://user:password@host:port/database',
  });

/** Every variable the hub reads: its rule, its default and what it means. `docs/configuration.md` is written from it. */
const VARIABLES = z.object({
  HOST: z.string().default('127.0.0.1').describe('Address to listen on. Any other than loopback requires tokens.'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4000).describe('Port to listen on; 0 takes any free one.'),
  DATABASE_URL: postgresUrl
    .optional()
    .describe('PostgreSQL 15 or later. Without it the hub runs an embedded PostgreSQL 18 in ROOKERY_HOME.'),
  DATABASE_LISTEN_URL: postgresUrl
    .optional()
    .describe(
      'Where to LISTEN and to migrate, if DATABASE_URL goes through a transaction pooler (PgBouncer): these need a session of their own.',
    ),
  ROOKERY_HOME: z
    .string()
    .default('.rookery')
    .describe('Directory of the embedded database, its log and its lock; relative to where the hub is started.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least level that is logged.'),
  POOL_SIZE: z.coerce
    .number()
    .int()
    .min(2)
    .default(10)
    .describe('Most PostgreSQL connections of the pool, the listener aside.'),
  STATEMENT_TIMEOUT_MS: count.default(5000).describe('A statement that runs longer is cancelled.'),
  EMBEDDING_DIMENSIONS: count
    .max(2_000)
    .optional()
    .describe(
      'How many numbers an embedding of shared knowledge has: others are refused. Without it each is compared with those that have as many.',
    ),
  RETENTION_DAYS: count.default(7).describe('Days the change feed is kept, and so how old a cursor may be.'),
  ALLOWED_ORIGINS: list
    .default([])
    .describe('Browser origins, besides the own one, whose pages may use the API; comma-separated.'),
  ALLOWED_HOSTS: list
    .default([])
    .describe('Host names, besides loopback and HOST, that requests may be addressed to; comma-separated.'),
  MAX_SOCKETS: count.default(10_000).describe('Most WebSockets and event streams open at once.'),
  MAX_OPERATIONS_PER_SOCKET: count
    .default(100)
    .describe(
      'Most operations that run at once on one WebSocket: subscriptions, and whatever else has not been answered yet.',
    ),
  DRAIN_SECONDS: seconds
    .max(60)
    .default(5)
    .describe('How long a stopping hub waits for requests in flight before it closes them.'),
});

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<Name>;
type Variables = z.output<typeof VARIABLES>;

/** The variables, validated; HOST is `host`, POOL_SIZE is `poolSize` and so on. */
export type Config = { readonly [Name in keyof Variables as CamelCase<Name>]: Variables[Name] };

/** Reads the environment handed in, and nothing else. All faults are told at once, as one SetupError. */
export function parseConfig(env: Record<string, string | undefined>): Config {
  // `PORT= npm start` means "not set" to whoever writes it.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = VARIABLES.safeParse(given, { error: rule });
  const faults = parsed.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  if (given['DATABASE_LISTEN_URL'] !== undefined && given['DATABASE_URL'] === undefined)
    faults.push('DATABASE_LISTEN_URL: needs DATABASE_URL, which is not set');
  if (!parsed.success || faults.length > 0) throw new SetupError(`The configuration is wrong. ${faults.join('; ')}`);
  return Object.freeze(
    Object.fromEntries(Object.entries(parsed.data).map(([name, value]) => [camelCase(name), value])),
  ) as Config;
}

/** What a value breaks, for people; of what is not known here, zod's own words. */
function rule(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'must be a whole number' : `must be a ${issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`;
    case 'too_small':
      return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    default:
      return undefined;
  }
}

/** Names among these that no setting has. */
export function unknownSettings(settings: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(settings).filter((name) => !(name in VARIABLES.shape));
}

/** One line for each variable, for people: what it means, its default and the value it has in `config`, secrets masked. */
export function describeConfig(config: Config): { name: string; meaning: string; fallback: string; value: string }[] {
  return Object.entries(VARIABLES.shape).map(([name, schema]) => ({
    name,
    meaning: schema.description ?? '',
    fallback: show(schema.safeParse(undefined).data),
    value: show(config[camelCase(name) as keyof Config]),
  }));
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function show(value: Config[keyof Config]): string {
  if (value === undefined) return '';
  return String(value).replace(/(:\/\/[^:/@]*):[^@]*@/, '$1:***@');
}
