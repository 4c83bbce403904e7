import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { openFeed } from '../../src/feed/feed.ts';
import { claim, completeTask } from '../../src/tasks/leases.ts';
import { sweepTasks } from '../../src/tasks/service.ts';
import { openRoom } from './room.ts';

const TASKS = 150;
const WORKERS = 24;
const LEASE_SECONDS = 0.5;

const room = await openRoom();
const { db, psql, url } = room;
const feed = await openFeed({ db, listenUrl: url, log: pino({ level: 'silent' }), retentionDays: 7 });
afterAll(() => feed.close());

/** Resolves when a task has left the hands that held it under this fence; it may have before this is asked. */
async function takenBack(id: string, fence: number): Promise<void> {
  let untap = () => {};
  const told = new Promise<void>((resolve) => {
    untap = feed.tap({
      topics: ['tasks'],
      onEvent: ({ entityId, data }) => {
        if (entityId === id && hasLeft(fence, Number(data['fence']), String(data['status']))) resolve();
      },
      onBreak: () => resolve(),
    });
  });
  const { rows } = await psql.query('select fence, status from agent_tasks where id = $1', [id]);
  if (!hasLeft(fence, Number(rows[0].fence), rows[0].status)) await told;
  untap();
}

/** An older fence is news of before the claim. */
function hasLeft(held: number, fence: number, status: string): boolean {
  return fence > held || (fence === held && status !== 'in_progress');
}

test(`${WORKERS} workers, some killed, some paused past their lease: one holder at a time, stale finishes refused`, async () => {
  await psql.query(
    `insert into agent_tasks (title, created_by, max_lost_leases) select 'x', 'psql', 100 from generate_series(1, ${TASKS})`,
  );
  let running = true;
  const finished: { id: string; fence: number }[] = [];
  let killed = 0;
  let stale = 0;
  let refused = 0;
  let late = 0;

  const sweeper = (async () => {
    while (running) {
      const { nextInMs } = await sweepTasks(db);
      await new Promise((resolve) => setTimeout(resolve, Math.min(nextInMs, 50)));
    }
  })();

  const worker = async (name: string) => {
    // Half of them are two processes of one name.
    const instance = String(Math.random());
    while (finished.length < TASKS) {
      const claimed = await claim(db, { agent: name, instance, leaseSeconds: LEASE_SECONDS });
      if (claimed === null) continue;
      const id = String(claimed.task.id);
      const { token, fence } = claimed.lease;
      // Not for ever: what is lost again and again is offered after an ever longer pause.
      const fate = claimed.task.attempt <= 2 ? Math.random() : 1;
      if (fate < 0.15) {
        killed++;
        continue;
      }
      if (fate < 0.35) await takenBack(id, fence);
      const finish = completeTask(db, { id, token, actor: name, agent: name, instance, operator: false, force: false });
      const outcome = await finish.then(
        () => 'done',
        ({ code }) => code as string,
      );
      if (outcome === 'done') finished.push({ id, fence });
      if (fate < 0.35) {
        stale++;
        if (outcome === 'LEASE_LOST') refused++;
      } else if (outcome === 'LEASE_LOST') late++;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, n) => worker(`worker-${n >> 1}`)));
  running = false;
  await sweeper;

  expect(stale).toBeGreaterThan(0);
  expect(killed).toBeGreaterThan(0);
  expect(refused).toBe(stale);
  expect(new Set(finished.map(({ id }) => id)).size).toBe(TASKS);
  expect(finished).toHaveLength(TASKS);

  const { rows: history } = await psql.query<{ overlaps: number; disorder: number; done: number; lost: number }>(
    `select count(*) filter (where next_start < ended_at)::int as overlaps,
            count(*) filter (where next_fence <= fence)::int as disorder,
            count(*) filter (where outcome = 'done')::int as done,
            count(*) filter (where outcome = 'lost')::int as lost
       from (select *, lead(started_at) over line as next_start, lead(fence) over line as next_fence
               from agent_task_attempts window line as (partition by task_id order by attempt)) attempts`,
  );
  expect(history[0]).toEqual({ overlaps: 0, disorder: 0, done: TASKS, lost: killed + stale + late });
  const { rows: done } = await psql.query(
    `select task_id::text as id, fence::int from agent_task_attempts where outcome = 'done'`,
  );
  const byId = (one: { id: string }, other: { id: string }) => Number(one.id) - Number(other.id);
  expect([...finished].sort(byId)).toEqual(done.sort(byId));
}, 60_000);
