import { CONNECTIONS, type Conditions, POOL_SIZE } from './bench.ts';
import { execute } from './cluster.ts';
import { type Contestant, contest } from './contest.ts';
import { Cost } from './cpu.ts';
import { startDriver, step } from './drive.ts';
import { EQUIVALENTS, fillTasks, PGBENCH_CLAIM } from './peers/equivalents.ts';
import { findPgbench, pgbench } from './pgbench.ts';
import { ask, type Server, startHub, startPeer, worker } from './processes.ts';
import { type Finding, rowsOf } from './report.ts';

/** What peers/graphile-worker.ts is to do in one turn. */
export interface WorkerOrder {
  readonly url: string;
  readonly batched: boolean;
  readonly jobs: number;
  readonly seconds: number;
  readonly concurrency: number;
  readonly poolSize: number;
}

const CLAIM = step('mutation { claimTask { task { id title status } lease { token fence expiresAt } } }', '"id":"');

const CLAIM_AND_COMPLETE = [
  { ...CLAIM, captures: { id: '"id":"(\\d+)"', token: '"token":"([^"]+)"' } },
  step('mutation Done($input: CompleteTaskInput!) { completeTask(input: $input) { task { status } } }', '"DONE"', {
    variables: { input: { id: '$id', leaseToken: '$token' } },
    uses: ['id', 'token'],
  }),
];

const PEER_CLAIM = (name: string) =>
  step(`mutation { ${name}(input: { worker: "bench-$connection" }) { result { rowId title status } } }`, '"rowId":"');

/** Tasks claimed, one per request or transaction, of a backlog that is never used up; and claimed and completed. */
export async function claims({ cluster, rounds, seconds, short }: Conditions): Promise<Finding[]> {
  const backlog = Math.ceil(short ? 12_000 : (rounds + 1) * seconds * 9_000);
  const url = await cluster.createDatabase('claims');
  const peerUrl = await cluster.createDatabase('claims_peer');
  await execute(peerUrl, EQUIVALENTS);
  await fillTasks(url, 2 * backlog);
  await fillTasks(peerUrl, backlog);
  const program = await findPgbench();
  const hub = await startHub(url, { POOL_SIZE: String(POOL_SIZE) });
  const peer = await startPeer('postgraphile', { url: peerUrl, poolSize: POOL_SIZE });
  const jobs = worker('./peers/graphile-worker.ts');
  const driver = startDriver();
  const load = { connections: CONNECTIONS, seconds };

  const sql = { url: peerUrl, sql: PGBENCH_CLAIM, directory: cluster.directory, clients: CONNECTIONS, seconds };
  const costs = new Map<string, Cost>();
  const counted = (name: string, server: Server, turn: () => Promise<number>): Contestant => {
    const cost = new Cost(server.pid, cluster.pid);
    costs.set(name, cost);
    return { name, round: () => cost.of(turn) };
  };
  const claimers: Contestant[] = [
    counted('rookery', hub, () => driver.drive(hub, [CLAIM], load)),
    counted(SAME, peer, () => driver.drive(peer, [PEER_CLAIM('benchClaimTask')], load)),
    counted(PLAIN, peer, () => driver.drive(peer, [PEER_CLAIM('benchClaimPlainTask')], load)),
    ...(program ? [{ name: PGBENCH, round: () => pgbench(program, sql) }] : []),
  ];
  const graphileWorker = (name: string, batched: boolean, most: number): Contestant => {
    const order: WorkerOrder = {
      ...{ url: peerUrl, batched, seconds, poolSize: POOL_SIZE, concurrency: CONNECTIONS },
      jobs: Math.ceil(seconds * most),
    };
    return { name, round: async () => ((await ask(jobs, order)) as { perSecond: number }).perSecond };
  };
  const workers: Contestant[] = [
    { name: 'rookery', round: () => driver.drive(hub, CLAIM_AND_COMPLETE, load) },
    graphileWorker('graphile-worker, one at a time', false, 6_000),
    graphileWorker('graphile-worker, batches of 500', true, 40_000),
  ];
  const claimed = await contest(claimers, rounds);
  const completed = await contest(workers, rounds);
  return [
    {
      title: `claims per second over HTTP, ${CONNECTIONS} connections, one task per request`,
      unit: '/s',
      rows: rowsOf(claimed, '/s', { [SAME]: 2, [PLAIN]: 2, [PGBENCH]: 0.5 }),
      notes: [
        'Same table: the hub’s agent_tasks with its triggers. Plain table: that of the first document, one index, no events.',
        program
          ? `${PGBENCH}: no HTTP, no events, no lease; ${CONNECTIONS} clients with a prepared statement on the plain table.`
          : 'pgbench is neither on PATH nor below /usr/lib/postgresql: the comparison with it is missing.',
        `CPU us for each, server + PostgreSQL: ${[...costs].map(([name, cost]) => `${name} ${cost}`).join('; ')}.`,
      ],
    },
    {
      title: `tasks claimed and completed per second (ours: two HTTP requests each)`,
      unit: '/s',
      rows: rowsOf(completed, '/s'),
      notes: ['graphile-worker runs inside the worker’s process and speaks to PostgreSQL directly.'],
    },
  ];
}

const SAME = 'PostGraphile 5, same table';
const PLAIN = 'PostGraphile 5, plain table';
const PGBENCH = 'pgbench, raw single claims';
