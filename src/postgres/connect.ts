import pg from 'pg';
import { SetupError } from '../config.ts';

/**
 * Opens one session of its own. What keeps it from opening is nearly always for the operator to put right (an address,
 * a password, a server that is down), so each such failure becomes one line that says which, never with the password.
 */
export async function connect(url: string, applicationName = 'rookery'): Promise<pg.Client> {
  let client: pg.Client;
  try {
    client = new pg.Client({
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: 10_000,
    });
  } catch (error) {
    throw new SetupError(
      `DATABASE_URL is no PostgreSQL address (postgres://user:password@host:port/database): ${reasonOf(error)}`,
    );
  }
  try {
    await client.connect();
    return client;
  } catch (error) {
    const advice = ADVICE[codeOf(error)];
    throw new SetupError(
      `Cannot reach PostgreSQL at ${placeOf(client)}: ${reasonOf(error)}${advice === undefined ? '' : ` (${advice})`}`,
      { cause: error },
    );
  }
}

function placeOf(client: pg.Client): string {
  const who = client.user === undefined ? '' : `, as ${client.user}`;
  return `${client.host}:${client.port}, database ${client.database}${who}`;
}

/** By the code of Node or PostgreSQL. */
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'start it there, or correct DATABASE_URL; without DATABASE_URL the hub runs one of its own',
  ENOTFOUND: 'correct the host in DATABASE_URL',
  EAI_AGAIN: 'correct the host in DATABASE_URL',
  '28000': 'correct the user in DATABASE_URL, or let it in by pg_hba.conf',
  '28P01': 'correct user and password in DATABASE_URL',
  '3D000': 'create it, or correct DATABASE_URL',
};

function codeOf(error: unknown): string {
  return String((firstOf(error) as { code?: unknown }).code);
}

function reasonOf(error: unknown): string {
  const first = firstOf(error);
  return first instanceof Error ? first.message : String(first);
}

/** Node reports a host with several addresses as an AggregateError whose own message is empty. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : error;
}
