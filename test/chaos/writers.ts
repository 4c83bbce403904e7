import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** What the writers did, as they know it themselves: the truth that streams are held against. */
export interface Ledger {
  /** Tags of changes whose commit was acknowledged. */
  readonly committed: Set<string>;
  /** Tags whose commit may have happened: the connection was lost before the answer. */
  readonly uncertain: Set<string>;
  /** Tags that were rolled back and must never be seen. */
  readonly undone: Set<string>;
}

export const newLedger = (): Ledger => ({ committed: new Set(), uncertain: new Set(), undone: new Set() });

/** Rows that all SQL writers fight for; each change adds one to `input.n`, under the row's lock. */
export const HOT_ROWS = 8;

let serial = 0;
const newTag = (writer: number) => `w${writer}.${++serial}`;

/**
 * A script with `psql` habits: transactions of one to six changes, some slow, some with savepoints, some rolled back.
 * Reconnects for ever when its connection is killed.
 */
export async function sqlWriter(
  url: string,
  writer: number,
  hot: readonly string[],
  ledger: Ledger,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    const client = new pg.Client({ connectionString: url, application_name: 'storm writer' });
    client.on('error', () => {});
    try {
      await client.connect();
      while (!stop.aborted) await transaction(client, writer, hot, ledger);
    } catch {
      await delay(50 * Math.random());
    } finally {
      await client.end().catch(() => {});
    }
  }
}

async function transaction(client: pg.Client, writer: number, hot: readonly string[], ledger: Ledger): Promise<void> {
  const tags: string[] = [];
  const undone: string[] = [];
  let committing = false;
  try {
    await client.query('begin');
    // Always in the same order, so that the writers wait for each other but never deadlock.
    const rows = [...hot].sort().filter(() => Math.random() < 0.25);
    for (const id of rows) tags.push(await change(client, writer, id));
    if (Math.random() < 0.3) {
      await client.query('savepoint here');
      undone.push(await create(client, writer));
      await client.query('rollback to here');
    }
    if (Math.random() < 0.7) tags.push(await create(client, writer));
    if (Math.random() < 0.2) await delay(Math.random() * 40);
    const give = Math.random() < 0.15;
    if (give) undone.push(...tags.splice(0));
    committing = !give;
    await client.query(give ? 'rollback' : 'commit');
    for (const tag of tags) ledger.committed.add(tag);
    for (const tag of undone) ledger.undone.add(tag);
  } catch (error) {
    for (const tag of tags) (committing ? ledger.uncertain : ledger.undone).add(tag);
    for (const tag of undone) ledger.undone.add(tag);
    throw error;
  }
}

async function change(client: pg.Client, writer: number, id: string): Promise<string> {
  const tag = newTag(writer);
  await client.query(
    `update agent_tasks set input = jsonb_build_object('n', (input ->> 'n')::int + 1, 'tag', $2::text), updated_at = now() where id = $1`,
    [id, tag],
  );
  return tag;
}

async function create(client: pg.Client, writer: number): Promise<string> {
  const tag = newTag(writer);
  await client.query(
    `insert into agent_tasks (title, created_by, input) values ('storm', 'psql', jsonb_build_object('n', 1, 'tag', $1::text))`,
    [tag],
  );
  return tag;
}

/** An agent on the API, which creates tasks; a call that got no answer counts as uncertain. */
export async function apiWriter(url: string, writer: number, ledger: Ledger, stop: AbortSignal): Promise<void> {
  const query = 'mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }';
  while (!stop.aborted) {
    const tag = newTag(writer);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-agent': `writer-${writer}` },
        body: JSON.stringify({ query, variables: { input: { title: 'storm', input: { n: 1, tag } } } }),
      });
      const body = (await response.json()) as { errors?: unknown[] };
      (body.errors === undefined ? ledger.committed : ledger.uncertain).add(tag);
      if (body.errors !== undefined) await delay(20 * Math.random());
    } catch {
      ledger.uncertain.add(tag);
      await delay(50 * Math.random());
    }
    if (Math.random() < 0.1) await delay(Math.random() * 20);
  }
}
