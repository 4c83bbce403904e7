import pg from 'pg';
import { afterAll, beforeEach } from 'vitest';
import type { Viewer } from '../../src/graphql/context.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { type Claim, type ClaimRequest, claim } from '../../src/tasks/leases.ts';
import { createTask, type NewTask } from '../../src/tasks/service.ts';
import { testDatabase } from '../support/database.ts';

/** A row of agent_tasks, as far as tests look into it. */
interface TaskRow extends Record<string, unknown> {
  status: string;
  assigned_to: string | null;
  updated_at: Date;
}

export const agent = (name: string, instance = 'default'): Viewer => ({
  role: 'agent',
  agent: name,
  instance,
  tokenId: null,
});
export const operator: Viewer = { role: 'operator', agent: null, instance: 'default', tokenId: null };

/** The tasks room over a database of this file's own, emptied before each test; time passes by moving stamps back. */
export async function openRoom() {
  const { url } = await testDatabase();
  const db = openDatabase({ url, poolSize: 8, statementTimeoutMs: 20_000 });
  const psql = new pg.Client({ connectionString: url });
  await psql.connect();
  afterAll(async () => {
    await psql.end();
    await db.close();
  });
  beforeEach(async () => {
    await psql.query('truncate agent_tasks cascade; delete from rookery.idempotency_receipts');
    await psql.query(
      `insert into sessions (id, title) select id, 'A session' from generate_series(1, 20) id on conflict do nothing`,
    );
    await psql.query(
      `insert into rookery.sweeps values ('tasks', clock_timestamp()) on conflict (name) do update set swept_at = excluded.swept_at`,
    );
  });

  /** Another pool over the same database, as another hub has it. */
  const another = () => {
    const other = openDatabase({ url, poolSize: 4, statementTimeoutMs: 20_000 });
    afterAll(() => other.close());
    return other;
  };

  const row = async (id: string | bigint): Promise<TaskRow> =>
    (await psql.query('select * from agent_tasks where id = $1', [id])).rows[0];

  return {
    url,
    db,
    psql,
    row,
    another,
    /** The row's status in words, e.g. `in_progress by ann`. */
    async state(id: string | bigint): Promise<string> {
      const { status, assigned_to } = await row(id);
      return assigned_to === null ? status : `${status} by ${assigned_to}`;
    },
    /** Creates a task as ann; returns its id. */
    async create(input: Partial<NewTask> = {}, creator = 'ann'): Promise<string> {
      return String((await createTask(db, agent(creator), { title: 'a task', ...input })).id);
    },
    claim: (name: string, rest: Partial<ClaimRequest> = {}): Promise<Claim | null> =>
      claim(db, { agent: name, instance: 'default', leaseSeconds: 30, ...rest }),
    /** As claim, where there must be one. */
    async take(name: string, rest: Partial<ClaimRequest> = {}): Promise<{ id: string; token: string; fence: number }> {
      const claimed = await claim(db, { agent: name, instance: 'default', leaseSeconds: 30, ...rest });
      if (claimed === null) throw new Error(`Nothing was ready for ${name}`);
      return { id: String(claimed.task.id), token: claimed.lease.token, fence: claimed.lease.fence };
    },
    /** The leases of these tasks ran out a moment ago. */
    expire: (...ids: string[]) =>
      apiWrite(
        psql,
        `update agent_tasks set lease_expires_at = clock_timestamp() - interval '1 ms' where id = any ($1)`,
        [ids],
      ),
    /** run_after and retry_at of a task were so long ago. `ready` is left as it was: that is for a claim or a sweep to see to. */
    timePasses: (id: string, interval: string) =>
      apiWrite(
        psql,
        `alter table agent_tasks disable trigger _200_maintain;
         update agent_tasks set run_after = run_after - interval '${interval}', retry_at = retry_at - interval '${interval}' where id = ${id};
         alter table agent_tasks enable trigger _200_maintain`,
      ),
    attempts: async (id: string) =>
      (
        await psql.query(
          'select attempt, agent, instance, fence::int, outcome, error from agent_task_attempts where task_id = $1 order by attempt',
          [id],
        )
      ).rows,
  };
}

export type Room = Awaited<ReturnType<typeof openRoom>>;

/** A write that counts as the hub's own. */
async function apiWrite(psql: pg.Client, text: string, values?: unknown[]): Promise<void> {
  await psql.query(`set rookery.wakeup = 'self'`);
  await psql.query(text, values);
  await psql.query('reset rookery.wakeup');
}
