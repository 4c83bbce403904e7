import { CONNECTIONS, type Conditions, POOL_SIZE } from './bench.ts';
import { execute } from './cluster.ts';
import { contest } from './contest.ts';
import { Cost } from './cpu.ts';
import { type Step, startDriver, step } from './drive.ts';
import { EQUIVALENTS } from './peers/equivalents.ts';
import { type Server, startHub, startPeer } from './processes.ts';
import { type Finding, rowsOf } from './report.ts';

const CONTENT = 'Can you review the pull request about the change feed? It is number 142, and the tests are green.';

const OURS = step(
  'mutation Send($input: SendMessageInput!) { sendMessage(input: $input) { message { id createdAt } } }',
  '"id":"',
  { variables: { input: { to: 'agent-$connection', content: CONTENT } } },
);

const THEIRS = (type: string, input: string) =>
  step(
    `mutation Send($message: ${type}Input!) { create${type}(input: { ${input}: $message }) { ${input} { rowId createdAt } } }`,
    '"rowId":"',
    { variables: { message: { fromAgent: 'bench-$connection', toAgent: 'agent-$connection', content: CONTENT } } },
  );

/** Messages sent over HTTP, one per request. */
export async function messages({ cluster, rounds, seconds }: Conditions): Promise<Finding[]> {
  const url = await cluster.createDatabase('messages');
  const peerUrl = await cluster.createDatabase('messages_peer');
  await execute(peerUrl, EQUIVALENTS);
  const hub = await startHub(url, { POOL_SIZE: String(POOL_SIZE) });
  const peer = await startPeer('postgraphile', { url: peerUrl, poolSize: POOL_SIZE });
  const driver = startDriver();
  const load = { connections: CONNECTIONS, seconds };
  const turns: [string, Server, Step][] = [
    ['rookery', hub, OURS],
    [SAME, peer, THEIRS('AgentMessage', 'agentMessage')],
    [PLAIN, peer, THEIRS('BenchPlainMessage', 'benchPlainMessage')],
  ];
  const costs = turns.map(([, server]) => new Cost(server.pid, cluster.pid));
  const contestants = turns.map(([name, server, step], i) => ({
    name,
    round: () => costs[i]!.of(() => driver.drive(server, [step], load)),
  }));
  const results = await contest(contestants, rounds);
  return [
    {
      title: `messages per second over HTTP, ${CONNECTIONS} connections, one message per request`,
      unit: '/s',
      rows: rowsOf(results, '/s', { [SAME]: 2, [PLAIN]: 2 }),
      notes: [
        'Same table: the hub’s agent_messages with its triggers, so every message is an event there too.',
        'Plain table: the table of the first document, without events: nobody is told of anything.',
        `CPU us for each, server + PostgreSQL: ${turns.map(([name], i) => `${name} ${costs[i]}`).join('; ')}.`,
      ],
    },
  ];
}

const SAME = 'PostGraphile 5, same table';
const PLAIN = 'PostGraphile 5, plain table';
