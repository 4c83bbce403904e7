import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { atEnd } from './at-end.ts';
import type { Conditions } from './bench.ts';
import { execute, openSession } from './cluster.ts';
import { type Contestant, contest, percentile, type Result, summary } from './contest.ts';
import { EQUIVALENTS } from './peers/equivalents.ts';
import { post } from './post.ts';
import { startHub } from './processes.ts';
import { type Finding, type Row, rowsOf } from './report.ts';
import {
  AGENT,
  NOTIFY_OF_PLAIN_MESSAGES,
  overEvents,
  overListen,
  overWebSocket,
  type Subscriber,
} from './subscribers.ts';

/** Resolves when the write is acknowledged. */
type Writer = (content: string) => Promise<unknown>;

const TARGET_MS = 10;

/**
 * From just before a message is written until a subscriber has it: request, commit and delivery. One message at a time,
 * at uneven intervals, so that nothing falls into step with a poll.
 */
export async function latency({ cluster, rounds, short }: Conditions): Promise<Finding[]> {
  const url = await cluster.createDatabase('latency');
  await execute(url, EQUIVALENTS);
  await execute(url, NOTIFY_OF_PLAIN_MESSAGES);
  const hub = await startHub(url);
  const sql = await openSession(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  atEnd(() => agent.destroy());

  const api: Writer = (content) => send(hub.port, agent, content);
  const plain: Writer = (content) =>
    sql.query({ name: 'ours', text: INSERT('public.agent_messages'), values: [AGENT, content] });
  const bare: Writer = (content) =>
    sql.query({ name: 'theirs', text: INSERT('bench.plain_messages'), values: [AGENT, content] });

  const times = new Map<string, Times>();
  const pairs: [string, Subscriber, Writer][] = [
    ['rookery: plain SQL to WebSocket', overWebSocket(hub.port), plain],
    [LISTEN, overListen(url), bare],
    ['rookery: plain SQL to SSE', overEvents(hub.port), plain],
    ['rookery: API to WebSocket', overWebSocket(hub.port), api],
    ['rookery: API to SSE', overEvents(hub.port), api],
  ];
  const contestants = pairs.map(([name, subscriber, writer]): Contestant => {
    const own: Times = { total: [], afterAcknowledgement: [] };
    times.set(name, own);
    return { name, round: () => measure(subscriber, writer, short ? 25 : 100, own) };
  });
  return [finding(await contest(contestants, rounds), times)];
}

const LISTEN = 'raw LISTEN client: plain SQL to NOTIFY';

interface Times {
  /** Milliseconds from before the write until delivery. */
  readonly total: number[];
  /** The same from the acknowledgement of the write on; negative when the subscriber had it first. */
  readonly afterAcknowledgement: number[];
}

/** The median of this round; each time also goes to `times`. */
async function measure(subscriber: Subscriber, write: Writer, messages: number, times: Times): Promise<number> {
  const arrivals = new Map<string, (at: number) => void>();
  const { close } = await subscriber({ onContent: (content) => arrivals.get(content)?.(performance.now()) });
  const round: number[] = [];
  try {
    await greeted(arrivals, write);
    for (let n = 0; n < messages; n++) {
      await delay(5 + Math.random() * 25);
      const content = nonce();
      const arrival = new Promise<number>((resolve) => arrivals.set(content, resolve));
      const start = performance.now();
      await write(content);
      const acknowledged = performance.now();
      const arrived = await Promise.race([arrival, delay(10_000, undefined, { ref: false })]);
      if (arrived === undefined) throw new Error('a message did not arrive within 10 s');
      arrivals.delete(content);
      round.push(arrived - start);
      times.total.push(arrived - start);
      times.afterAcknowledgement.push(arrived - acknowledged);
    }
  } finally {
    await close();
  }
  return summary(round).median;
}

/** A subscription is not acknowledged: it is there when a message reaches it. */
async function greeted(arrivals: Map<string, (at: number) => void>, write: Writer): Promise<void> {
  let there = false;
  for (let attempt = 0; !there && attempt < 50; attempt++) {
    const content = nonce();
    const arrival = new Promise<number>((resolve) => arrivals.set(content, resolve));
    await write(content);
    there = (await Promise.race([arrival, delay(200)])) !== undefined;
    arrivals.delete(content);
  }
  if (!there) throw new Error('a subscriber was never told anything');
}

function finding(results: Result[], times: Map<string, Times>): Finding {
  const rows = rowsOf(results, 'ms').map((row): Row => {
    if (row.name === LISTEN) return row;
    return { ...row, target: `<= ${TARGET_MS} ms`, reached: row.figure.median <= TARGET_MS };
  });
  const notes = results.map(({ name }) => {
    const { total, afterAcknowledgement } = times.get(name)!;
    const at = (values: number[], percent: number) =>
      percentile(
        [...values].sort((a, b) => a - b),
        percent,
      ).toFixed(2);
    return `${name}: p50 ${at(total, 50)}, p95 ${at(total, 95)}, p99 ${at(total, 99)} ms; after the acknowledgement p50 ${at(afterAcknowledgement, 50)}, p99 ${at(afterAcknowledgement, 99)} ms`;
  });
  return {
    title: 'milliseconds from before the write until a subscriber has it; the median of each round',
    unit: 'ms',
    rows,
    notes: [...notes, `${results[0]?.name}, against the raw LISTEN client, is the pair with the same writer.`],
  };
}

const INSERT = (table: string) => `insert into ${table} (from_agent, to_agent, content) values ('writer', $1, $2)`;

const MUTATION = 'mutation Send($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }';

async function send(port: number, agent: Agent, content: string): Promise<void> {
  const answer = await post(port, agent, 'writer', { query: MUTATION, variables: { input: { to: AGENT, content } } });
  if (!answer.includes('"id":"')) throw new Error(`sendMessage answered ${answer}`);
}

let count = 0;

function nonce(): string {
  return `message-${process.pid}-${++count}`;
}
