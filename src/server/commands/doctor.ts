import type { ClientBase } from 'pg';
import { type Config, parseConfig, SetupError } from '../../config.ts';
import { openLog } from '../../log.ts';
import { connect } from '../../postgres/connect.ts';
import { pendingMigrations } from '../../postgres/migrations.ts';
import { idleTriggers } from '../../postgres/triggers.ts';
import { withDatabase } from './with-database.ts';

type Finding = readonly [result: 'ok' | 'warning' | 'bad', check: string, text: string];

const OLDEST_SERVER = 150_000;
const NOTIFY_MS = 1_500;
const SKEW_MS = 1_000;
/** Beside what the pool takes: the listener, and commands like this one. */
const OTHER_CONNECTIONS = 5;

/** `rookery doctor`: looks at the database as the hub would use it, and changes nothing. Exit code 1 if something is wrong. */
export async function doctor(env: NodeJS.ProcessEnv): Promise<void> {
  const config = parseConfig(env);
  const log = openLog(config.logLevel === 'info' ? 'warn' : config.logLevel);
  const findings = await withDatabase(config, log, (listenUrl) => examine(config, listenUrl));
  for (const [result, check, text] of findings)
    process.stdout.write(`${result.padEnd(8)} ${check.padEnd(12)} ${text}\n`);
  const bad = findings.filter(([result]) => result === 'bad').length;
  if (bad > 0) throw new SetupError(`${bad} of ${findings.length} checks found something wrong.`);
}

async function examine(config: Config, listenUrl: string): Promise<Finding[]> {
  const url = config.databaseUrl ?? listenUrl;
  const session = await connect(url, 'rookery doctor');
  try {
    const findings = [await server(session, config), await clock(session), await listener(session, listenUrl)];
    const pending = await pendingMigrations(session);
    findings.push(
      pending.length === 0
        ? ['ok', 'migrations', 'all applied']
        : [
            'bad',
            'migrations',
            `${pending.length} not applied, the next is ${pending[0]}: rookery migrate, or start a hub`,
          ],
    );
    // What they make is not there yet.
    if (pending.length === 0)
      findings.push(await triggers(session), await feed(session), await access(session, config));
    findings.push(await extensions(session), origins(config));
    return findings;
  } finally {
    await session.end();
  }
}

async function server(session: ClientBase, { poolSize }: Config): Promise<Finding> {
  const { rows } = await session.query<{ number: number; name: string; free: number }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as name,
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
              - (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as free`,
  );
  const { number, name, free } = rows[0]!;
  if (number < OLDEST_SERVER) return ['bad', 'server', `PostgreSQL ${name} is too old: 15 or later is needed`];
  const needed = poolSize + OTHER_CONNECTIONS;
  if (free < needed)
    return ['warning', 'server', `PostgreSQL ${name}, ${free} connections free, one more hub takes up to ${needed}`];
  return ['ok', 'server', `PostgreSQL ${name}, ${free} connections free`];
}

/** Leases and deadlines run by the database's clock, logs and clients by others. */
async function clock(session: ClientBase): Promise<Finding> {
  const before = Date.now();
  const { rows } = await session.query<{ now: Date }>('select clock_timestamp() as now');
  const skew = rows[0]!.now.getTime() - (before + Date.now()) / 2;
  const text = `the database's is ${Math.abs(Math.round(skew))} ms ${skew < 0 ? 'behind' : 'ahead of'} the one here`;
  return [Math.abs(skew) > SKEW_MS ? 'warning' : 'ok', 'clock', text];
}

/** Listens as the hub does, and notifies as its pool does: through a transaction pooler nothing would come back. */
async function listener(session: ClientBase, listenUrl: string): Promise<Finding> {
  const channel = `rookery_doctor_${process.pid}`;
  const ear = await connect(listenUrl, 'rookery doctor listener');
  let timer: NodeJS.Timeout | undefined;
  try {
    const heard = new Promise<boolean>((resolve) => {
      ear.once('notification', () => resolve(true));
      timer = setTimeout(resolve, NOTIFY_MS, false);
    });
    await ear.query(`listen ${channel}`);
    const begun = performance.now();
    const { rows } = await session.query<{ usage: number }>(
      `select pg_notification_queue_usage() as usage, pg_notify($1, '')`,
      [channel],
    );
    if (!(await heard))
      return [
        'bad',
        'listener',
        `no notification came within ${NOTIFY_MS} ms: set DATABASE_LISTEN_URL past the pooler`,
      ];
    const took = Math.round(performance.now() - begun);
    const full = rows[0]!.usage;
    if (full > 0.5)
      return [
        'bad',
        'listener',
        `the notification queue is ${Math.round(full * 100)}% full: some session listens and does not read`,
      ];
    return ['ok', 'listener', `a notification came back in ${took} ms`];
  } finally {
    clearTimeout(timer);
    await ear.end();
  }
}

async function triggers(session: ClientBase): Promise<Finding> {
  const { idle, expected } = await idleTriggers(session);
  if (idle.length === 0) return ['ok', 'triggers', `all ${expected} are there and switched on`];
  const more = idle.length > 3 ? ` and ${idle.length - 3} more` : '';
  return ['bad', 'triggers', `missing or switched off: ${idle.slice(0, 3).join(', ')}${more}`];
}

async function feed(session: ClientBase): Promise<Finding> {
  const { rows } = await session.query<{ epoch: string; head: string; restored: boolean }>(
    'select epoch, head, restored from rookery.feed_state()',
  );
  const { epoch, head, restored } = rows[0]!;
  if (restored)
    return ['warning', 'feed', 'this database is a restored copy: the next hub that starts begins a new epoch'];
  return ['ok', 'feed', `epoch ${epoch}, position ${head}`];
}

async function access(session: ClientBase, { host }: Config): Promise<Finding> {
  const { rows } = await session.query<{ valid: number }>(
    'select count(*)::int as valid from rookery.tokens where revoked_at is null and (expires_at is null or expires_at > clock_timestamp())',
  );
  const { valid } = rows[0]!;
  if (valid > 0) return ['ok', 'access', `${valid} valid tokens`];
  return [
    'warning',
    'access',
    `no valid token: a hub is open to all on loopback, and does not start elsewhere (HOST is ${host})`,
  ];
}

async function extensions(session: ClientBase): Promise<Finding> {
  const { rows } = await session.query<{ name: string }>(
    `select extname as name from pg_extension where extname in ('pg_trgm', 'vector', 'pg_stat_statements')`,
  );
  const there = new Set(rows.map(({ name }) => name));
  const text = Object.entries(USES).map(
    ([name, use]) => `${name} ${there.has(name) ? 'is there' : `is missing (${use})`}`,
  );
  return [there.has('pg_trgm') ? 'ok' : 'warning', 'extensions', text.join(', ')];
}

const USES = {
  pg_trgm: 'titles are searched word for word',
  vector: 'embeddings are compared one by one',
  pg_stat_statements: 'slow statements are not told',
};

function origins({ host, allowedOrigins, allowedHosts }: Config): Finding {
  const list = (given: readonly string[]) => given.join(', ') || 'none';
  const text = `addressed as ${host}; other hosts: ${list(allowedHosts)}; web pages of other origins: ${list(allowedOrigins)}`;
  const wrong = allowedOrigins.filter(
    (origin) => !URL.canParse(origin) || new URL(origin).origin !== origin.toLowerCase().replace(/\/$/, ''),
  );
  if (wrong.length > 0)
    return [
      'bad',
      'origins',
      `ALLOWED_ORIGINS: ${wrong.join(', ')} is no origin, say for example https://app.example.org`,
    ];
  return ['ok', 'origins', text];
}
