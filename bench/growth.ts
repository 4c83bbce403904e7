import { Agent } from 'node:http';
import { atEnd } from './at-end.ts';
import type { Conditions } from './bench.ts';
import { type Result, summary } from './contest.ts';
import { fill, UNREAD } from './filling.ts';
import { type Explained, explaining, followLog } from './plans.ts';
import { post } from './post.ts';
import { type Server, startHub } from './processes.ts';
import { type Finding, rowsOf } from './report.ts';

/** What agents ask most often; the answer must contain `expect`. */
const OPERATIONS = {
  claim: { query: 'mutation { claimTask { task { id title } lease { token } } }', expect: '"token":"' },
  inbox: {
    query: '{ inbox(first: 20) { edges { node { id from content createdAt } } } }',
    expect: '"content":"',
  },
  'unread count': {
    query: '{ inbox(first: 1) { unreadCount } }',
    expect: `"unreadCount":${UNREAD.direct + UNREAD.broadcast}`,
  },
};
type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS];

const RECORDS = ['agent_tasks', 'agent_messages', 'agent_message_receipts'];
const TARGET = 1.5;
/** Plans of prepared statements may change after five executions. */
const PLANNED_CALLS = 20;
const AGENT = 'agent-1';

/** A database of some size with a hub on it. */
interface Place {
  readonly size: number;
  readonly database: string;
  readonly url: string;
  hub: Server;
}

/**
 * The same work to do, once with little history and once with a lot: open tasks and unread messages are equally many.
 * Times are of the whole request, and of the database alone; plans are those the hub's own statements were run with.
 */
export async function growth({ cluster, rounds, short }: Conditions): Promise<Finding[]> {
  const [small, large] = short ? [10_000, 30_000] : [10_000, 1_000_000];
  const open = short ? 5_000 : 10_000;
  const calls = short ? 10 : 40;
  const connection = new Agent({ keepAlive: true });
  atEnd(() => connection.destroy());
  const places: Place[] = [];
  const call = async ({ hub }: Place, { query, expect }: Operation) => {
    const start = performance.now();
    const answer = await post(hub.port, connection, AGENT, { query });
    if (!answer.includes(expect)) throw new Error(`${query} answered ${answer.slice(0, 600)}`);
    return performance.now() - start;
  };
  for (const size of [large, small]) {
    const database = `growth_${size}`;
    const url = await cluster.createDatabase(database);
    await fill(url, { size, open });
    places.push({ size, database, url, hub: await startHub(explaining(url, { nested: false })) });
  }
  const findings: Finding[] = [];
  const readLog = await followLog(cluster.log);
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const requests = places.map(
      ({ size }): Recorder => ({ name: `${name} of ${size.toLocaleString('en')}, request`, samples: [] }),
    );
    const statements = places.map(
      ({ size }): Recorder => ({ name: `${name} of ${size.toLocaleString('en')}, database`, samples: [] }),
    );
    for (let round = -1; round < rounds; round++) {
      const times = places.map((): number[] => []);
      for (let n = 0; n < calls; n++)
        for (const [i, place] of places.entries()) times[i]!.push(await call(place, operation));
      const explained = await readLog();
      if (round < 0) continue;
      for (const [i, { database }] of places.entries()) {
        requests[i]!.samples.push(summary(times[i]!).median);
        statements[i]!.samples.push(databaseTime(explained, database, calls));
      }
    }
    const rows = [statements, requests].flatMap((results) => rowsOf(results, 'ms', { [results[1]!.name]: TARGET }));
    findings.push({ title: `${name}: milliseconds with much and with little history`, unit: 'ms', rows });
  }

  for (const place of places) place.hub = await startHub(explaining(place.url, { nested: true }));
  await readLog();
  for (const [i, operation] of Object.values(OPERATIONS).entries()) {
    for (let n = 0; n < PLANNED_CALLS; n++) for (const place of places) await call(place, operation);
    const explained = await readLog();
    findings[i] = { ...findings[i]!, notes: comparePlans(explained, places, PLANNED_CALLS) };
  }
  return findings;
}

interface Recorder extends Result {
  readonly samples: number[];
}

/** Milliseconds that one call kept the database busy with the records: for each statement, its median times how often it ran. */
function databaseTime(explained: readonly Explained[], database: string, calls: number): number {
  const times = new Map<string, number[]>();
  for (const statement of explained)
    if (statement.database === database && !isOfTheFeed(statement))
      times.set(statement.query, [...(times.get(statement.query) ?? []), statement.milliseconds]);
  let sum = 0;
  for (const all of times.values()) sum += summary(all).median * Math.round(all.length / calls);
  return sum;
}

/** Numbering and reading the feed happen besides, whatever was asked. */
function isOfTheFeed({ query }: Explained): boolean {
  return /feed_advance|feed_state|\/\* feed /.test(query);
}

/**
 * The last plan of each statement that touches records, in both places: their shapes must be the same. What ran less often
 * than it was asked for is no part of the answer: the sweeper, which comes by once a second.
 */
function comparePlans(explained: readonly Explained[], places: readonly Place[], calls: number): string[] {
  const [large, small] = places.map(({ database }) => {
    const plans = new Map<string, { shape: string; times: number }>();
    for (const { database: where, query, relations, shape } of explained) {
      if (where !== database || !RECORDS.some((name) => relations.has(name))) continue;
      const text = query.replace(/\s+/g, ' ').trim();
      plans.set(text, { shape, times: (plans.get(text)?.times ?? 0) + 1 });
    }
    return new Map([...plans].filter(([, { times }]) => times >= calls).map(([text, { shape }]) => [text, shape]));
  });
  const queries = [...new Set([...large!.keys(), ...small!.keys()])];
  const different = queries.filter((query) => large!.get(query) !== small!.get(query));
  const shapes = [...new Set(large!.values())].map((shape) => `  ${shape}`);
  if (queries.length === 0) return ['Plans: NOT COMPARED, no statement on the records was logged.'];
  if (different.length === 0)
    return [`Plans: the same for all ${queries.length} statements on the records:`, ...shapes];
  return different.flatMap((query) => [
    `Plans: NOT THE SAME for ${query.slice(0, 160)}`,
    ...places.map(({ size }, i) => `  ${size.toLocaleString('en')}: ${[large, small][i]!.get(query) ?? 'not run'}`),
  ]);
}
