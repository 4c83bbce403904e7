import { RookeryError } from '../errors.ts';
import { Listing, text } from '../graphql/listing.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { Prisma, SystemStateValue } from '../postgres/generated/client.ts';
import { askPatiently } from '../postgres/patience.ts';

const CHANGE = '/* change state */ select * from rookery.change_states($1::jsonb)';

/** What is to become of one key. Without `expectedVersion` it happens in any case. */
interface Change {
  key: string;
  /** The version that the key must have; 0: it must not exist. Else `CONFLICT`, with the present version and value. */
  expectedVersion?: number | null | undefined;
}

/** Sets a value; `agent`, if any, is who did it. Joins concurrent calls. Errors: `CONFLICT`. */
export async function setState(
  db: Database,
  agent: string | null,
  { key, value, expectedVersion }: Change & { value: unknown },
): Promise<SystemStateValue> {
  const row = await db.join<{ state: Record<string, unknown> }>(CHANGE, {
    key,
    value,
    expected: expectedVersion ?? null,
    agent,
  });
  return fromRow('SystemStateValue', row.state);
}

/** Deletes a key and returns what it was; null when there was none. Errors: `CONFLICT`. */
export async function deleteState(
  db: Database,
  agent: string | null,
  { key, expectedVersion }: Change,
): Promise<SystemStateValue | null> {
  const row = await askPatiently<{ state: Record<string, unknown> | null }>(db, 'rookery.change_states($1::jsonb)', {
    key,
    expected: expectedVersion ?? null,
    remove: true,
    agent,
  });
  return row.state === null ? null : fromRow('SystemStateValue', row.state);
}

/** Keys that begin with the prefix are those from it up to itself and the last character there is. */
const LAST_CHARACTER = '\u{10ffff}';

/** By key, in byte order. */
export const STATES = new Listing<SystemStateValue, 'state'>(
  'states',
  { column: 'key', as: text },
  { state: { column: 'key', as: text, way: 'asc' } },
);

/** The keys that begin with the prefix. */
export function stateWhere(prefix: string): Prisma.SystemStateValueWhereInput {
  return prefix === '' ? {} : { key: { gte: prefix, lt: prefix + LAST_CHARACTER } };
}

/** A value that was over 16 kB and so is not in an event, as it is now. Errors: `NOT_FOUND` once the key is deleted. */
export async function readValue(db: Database, key: string): Promise<Prisma.JsonValue> {
  const state = await db.prisma.systemStateValue.findUnique({ where: { key }, select: { value: true } });
  if (state === null) throw new RookeryError('NOT_FOUND', `The key ${key} has been deleted since.`, { key });
  return state.value;
}
