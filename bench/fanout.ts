import type { Conditions } from './bench.ts';
import { openSession } from './cluster.ts';
import { type Contestant, contest } from './contest.ts';
import { type Crowd, openCrowd } from './crowd.ts';
import { ask, type Server, startHub, startPeer } from './processes.ts';
import { type Finding, rowsOf } from './report.ts';

const QUERY = 'subscription { taskEvents { cursor op at task { id title status priority } } }';
/** Another text for each socket: nobody else has the same subscription, so nothing can be shared. */
const OWN_QUERY = QUERY.replace('subscription', 'subscription Of$socket');

/** Events in a burst: what a database tells of one statement. */
const BURST = 100;

/**
 * Deliveries per second to many sockets, from the moment a burst is published until the last socket has the last event.
 * For the hub, publishing is an INSERT by plain SQL, so its way leads through the database; the peers are handed the
 * events in memory.
 */
export async function fanout({ cluster, rounds, seconds, short }: Conditions): Promise<Finding[]> {
  const sockets = short ? 200 : 1_000;
  const url = await cluster.createDatabase('fanout');
  const hub = await startHub(url);
  const plain = await startPeer('graphql-ws', {});
  const raw = await startPeer('raw-ws', {});
  const sql = await openSession(url);
  const crowds: Crowd[] = [];

  const insert = (events: number) =>
    sql.query(
      `insert into agent_tasks (title, created_by) select 'Task ' || n, 'bench' from generate_series(1, $1::int) n`,
      [events],
    );
  const publishIn =
    ({ process }: Awaited<ReturnType<typeof startPeer>>) =>
    (events: number) =>
      ask(process, { publish: events });

  const join = async (
    name: string,
    server: Server,
    query: string | null,
    publish: (events: number) => Promise<unknown>,
    agent?: string,
  ): Promise<Contestant> => {
    const crowd = await openCrowd({ port: server.port, sockets, query, publish, ...(agent && { agent }) });
    crowds.push(crowd);
    return { name, round: () => bursts(crowd, publish, seconds) };
  };
  /** The newest crowd goes: the hub and a peer serve all who are subscribed, whoever's turn it is. */
  const leave = () => crowds.pop()!.leave();
  const rawCrowd = await join(RAW, raw, null, publishIn(raw));
  const plainCrowd = await join(PLAIN, plain, QUERY, publishIn(plain));
  const together = await contest(
    [await join('rookery, the same for all', hub, QUERY, insert), plainCrowd, rawCrowd],
    rounds,
  );
  const size = crowds.map(({ bytesPerEvent }) => bytesPerEvent.toFixed(0)).join(', ');
  await leave();
  const agents = await contest(
    [await join('rookery, as many agents', hub, QUERY, insert, 'agent-$socket'), plainCrowd],
    rounds,
  );
  await leave();
  await leave();
  const own = await contest(
    [
      await join('rookery, each its own', hub, OWN_QUERY, insert, 'agent-$socket'),
      await join(PLAIN, plain, OWN_QUERY, publishIn(plain)),
    ],
    rounds,
  );
  return [
    {
      title: `deliveries per second to ${sockets} sockets, bursts of ${BURST} events`,
      unit: '/s',
      rows: rowsOf(together, '/s', { [PLAIN]: 2 }),
      notes: [
        `Bytes of an event: ${size} (raw, plain, hub). The hub’s time includes the INSERT, its commit, the numbering and the reading.`,
      ],
    },
    {
      title: `the same, each of the ${sockets} sockets as another agent`,
      unit: '/s',
      rows: rowsOf(agents, '/s', { [PLAIN]: 2 }),
    },
    {
      title: `the same, each of the ${sockets} sockets with a subscription that nobody else has`,
      unit: '/s',
      rows: rowsOf(own, '/s'),
    },
  ];
}

const PLAIN = 'plain graphql-ws';
const RAW = 'raw ws, text made once';

/** The rate over all bursts of a turn. */
async function bursts(crowd: Crowd, publish: (events: number) => Promise<unknown>, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  const times: number[] = [];
  do times.push(1 / (await crowd.deliver(publish, BURST)));
  while (performance.now() < until);
  return times.length / times.reduce((sum, time) => sum + time, 0);
}
