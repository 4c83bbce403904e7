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
  } catch {
    throw new SetupError('DATABASE_URL is not a PostgreSQL address (postgres://user:password@host:port/database).');
  }
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw new SetupError(`Cannot reach PostgreSQL at ${placeOf(client)}: ${reasonOf(error)}`, { cause: error });
  }
}

function placeOf(client: pg.Client): string {
  return `${client.host}:${client.port}, database ${client.database}, as ${client.user}`;
}

/** Node reports a host with several addresses as an AggregateError whose own message is empty. */
function reasonOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
