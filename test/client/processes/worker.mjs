// A process that works on whatever there is, a hundred tasks at a time, and says what it does. Ends on SIGTERM.
import { setTimeout } from 'node:timers/promises';
import { connect } from 'rookery/client';

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const hub = connect({ url: process.env.ROOKERY_URL, agent: process.env.AGENT_NAME });

await hub.work(
  undefined,
  async ({ id }, { signal }) => {
    say({ did: 'begin', id });
    await setTimeout(300 + 300 * Math.random(), undefined, { signal });
    say({ did: 'end', id });
    return { by: process.pid };
  },
  { concurrency: 100, onError: (error, task) => task && say({ did: 'fail', id: task.id, error: String(error) }) },
);
