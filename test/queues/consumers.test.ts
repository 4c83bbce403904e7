import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { type Running, run } from './processes/run.ts';

const hub = await testHub();
/** Asked from many sides at once. */
const database = new pg.Pool({ connectionString: hub.db, max: 4 });
afterAll(() => database.end());

const CONSUMERS = 24;
const MESSAGES = 400;
const GROUPS = 10;

interface Report {
  did: 'read' | 'archived' | 'lost';
  id: string;
  receipt: string;
}

/** Read counts by the database, whether the message is still there or archived. */
async function readAgain(id: string): Promise<boolean> {
  const { rows } = await database.query(
    `select max(read_ct) > 1 as again from (
       select read_ct from queue_messages where queue = 'storm' and msg_id = $1
       union all select read_ct from queue_archive where queue = 'storm' and msg_id = $1) m`,
    [id],
  );
  return rows[0].again === true;
}

test('24 consumers, some killed, some paused past their time: nothing lost, nothing settled by a stale receipt', {
  timeout: 120_000,
}, async () => {
  await hub.data('mutation { createQueue(input: { name: "storm" }) { queue { name } } }');
  const running = new Set<Running>();
  const reports: Report[] = [];
  let started = 0;
  let killed = 0;
  let paused = 0;
  const pauses: Promise<void>[] = [];

  function start(): void {
    const consumer = run('consumer', { ROOKERY_URL: hub.url, QUEUE: 'storm', NAME: `c${started++}` });
    running.add(consumer);
    void follow(consumer);
  }

  /** The first of its messages decides a consumer's fate: every third is killed holding it, every third paused. */
  async function follow(consumer: Running): Promise<void> {
    let fate = started % 3;
    for (let step = await consumer.lines.next(); !step.done; step = await consumer.lines.next()) {
      const report = JSON.parse(step.value) as Report;
      reports.push(report);
      if (report.did !== 'read') continue;
      if (fate === 1 && killed < 10) {
        killed++;
        running.delete(consumer);
        await consumer.kill();
        start();
        return;
      }
      if (fate === 2 && paused < 10) {
        paused++;
        consumer.child.kill('SIGSTOP');
        // It goes on when what it holds is in other hands.
        pauses.push(
          expect
            .poll(() => readAgain(report.id), { timeout: 30_000 })
            .toBe(true)
            .then(
              () => void consumer.child.kill('SIGCONT'),
              // It had settled the message before the pause came.
              () => void consumer.child.kill('SIGCONT'),
            ),
        );
      }
      fate = 0;
    }
  }

  try {
    for (let n = 0; n < CONSUMERS; n++) start();
    for (let sent = 0; sent < MESSAGES; sent += 50) {
      const messages = Array.from({ length: 50 }, (_, n) => ({
        body: sent + n,
        ...(n % 5 === 0 ? { group: `g${n % GROUPS}` } : {}),
      }));
      await hub.data('mutation ($input: SendBatchToQueueInput!) { sendBatchToQueue(input: $input) { ids } }', {
        input: { queue: 'storm', messages },
      });
    }
    const left = async () =>
      (await database.query(`select count(*)::int as n from queue_messages where queue = 'storm'`)).rows[0].n as number;
    await expect.poll(left, { timeout: 90_000, interval: 100 }).toBe(0);
    await expect.poll(() => reports.some(({ did }) => did === 'lost'), { timeout: 30_000 }).toBe(true);
  } finally {
    for (const consumer of running) {
      consumer.child.kill('SIGCONT');
      await consumer.kill();
    }
  }

  expect(killed).toBe(10);
  expect(paused).toBeGreaterThan(0);
  const { rows: archive } = await database.query<{ msg_id: string; receipt: string; message: number }>(
    `select msg_id, receipt, message from queue_archive where queue = 'storm' order by msg_id`,
  );
  expect(archive.map(({ message }) => message)).toEqual(Array.from({ length: MESSAGES }, (_, n) => n));
  // What a consumer was told is so: the receipt that settled a message is the one of its last read, and no other settled it.
  const receipts = new Map(archive.map(({ msg_id, receipt }) => [msg_id, receipt]));
  for (const { did, id, receipt } of reports) {
    if (did === 'archived') expect(receipts.get(id), `message ${id}`).toBe(receipt);
    if (did === 'lost') expect(receipts.get(id), `message ${id}`).not.toBe(receipt);
  }
  // Of each group, one after the other.
  const { rows: groups } = await database.query(
    `select bool_and(in_order) as in_order from (
       select archived_at >= lag(archived_at, 1, '-infinity') over (partition by message::int % ${GROUPS} order by msg_id) as in_order
         from queue_archive where queue = 'storm' and message::int % 5 = 0) g`,
  );
  expect(groups[0].in_order).toBe(true);
});
