// graphile-worker with tasks that do nothing: it takes a job, "runs" it and completes it. One at a time is its default;
// batched is what its documentation recommends for many quick jobs.
import { EventEmitter } from 'node:events';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import type { WorkerOrder } from '../claims.ts';

const logger = new Logger(() => () => {});

process.on('message', (order: WorkerOrder) => {
  work(order).then(
    (perSecond) => process.send!({ perSecond }),
    (error: Error) => process.send!({ failure: error.stack }),
  );
});

/** Jobs completed per second, of jobs that were all there before the clock was started. */
async function work({ url, batched, jobs, seconds, concurrency, poolSize }: WorkerOrder): Promise<number> {
  const utils = await makeWorkerUtils({ connectionString: url, logger });
  await utils.migrate();
  await utils.withPgClient(async (client) => {
    await client.query('truncate graphile_worker._private_jobs');
    await client.query(
      `select graphile_worker.add_jobs(array(
         select row('nothing', '{}', null, null, null, null, null, null)::graphile_worker.job_spec from generate_series(1, $1::int)))`,
      [jobs],
    );
  });
  await utils.release();

  const events = new EventEmitter();
  let completed = 0;
  events.on('job:complete', () => completed++);
  const start = performance.now();
  const runner = await run({
    connectionString: url,
    logger,
    concurrency,
    maxPoolSize: poolSize,
    noHandleSignals: true,
    events: events as never,
    taskList: { nothing: () => {} },
    ...(batched && {
      preset: { worker: { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    }),
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const perSecond = completed / ((performance.now() - start) / 1_000);
  if (completed >= jobs) throw new Error(`all ${jobs} jobs were done before the time was over`);
  await runner.stop();
  return perSecond;
}
