/** A worker on the typed client: builds, and deploys when it may. Goes on over restarts of the hub until it gets SIGTERM. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../../src/client/index.ts';

const hub = connect({ url: process.env['ROOKERY_URL']!, agent: 'builder' });
const stop = new AbortController();
const say = (text: string) => console.log(text);

const listening = (async () => {
  for await (const { id, from, content } of hub.inbox({ signal: stop.signal })) {
    await hub.messages.markRead({ ids: [id] });
    say(`reads message ${id} of ${from}: ${content}`);
  }
})();

await hub.work(
  ['build', 'deploy'],
  async (task, { approve, checkpoint, progress, signal }) => {
    if (task.type === 'deploy') {
      const version = '1.0';
      const approval = await approve('Deploy to production?', {
        to: 'planner',
        arguments: { version },
        idempotencyKey: 'deploy',
      });
      say(`may deploy ${JSON.stringify(approval.arguments)}`);
      return { deployed: version };
    }
    const { part } = task.input as { part: number };
    await progress(0.5, `part ${part}`);
    await checkpoint({ half: part });
    await sleep(400, undefined, { signal });
    await hub.messages.send({ to: 'planner', content: `Part ${part} is built.`, idempotencyKey: `built-${task.id}` });
    say(`builds task ${task.id}, attempt ${task.attempt}`);
    return { part };
  },
  { concurrency: 2, leaseSeconds: 30, onError: (error) => process.stderr.write(`builder: ${error}\n`) },
);
stop.abort();
await listening.catch(() => {});
hub.close();
say('drains and leaves');
