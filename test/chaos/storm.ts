import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { overSse, overWebSocket, resuming } from './streams.ts';
import { apiWriter, HOT_ROWS, type Ledger, newLedger, sqlWriter } from './writers.ts';

export interface StormOptions {
  /** The hub's GraphQL endpoint, in open mode. */
  url: string;
  databaseUrl: string;
  /** Half of them use the API, half plain SQL. */
  writers: number;
  /** Half of them read over WebSocket, half over SSE. */
  subscribers: number;
  seconds: number;
  /** Runs beside the storm and does its damage. */
  faults?: (stop: AbortSignal) => Promise<void>;
}

export interface StormReport {
  committed: number;
  uncertain: number;
  resumes: number;
  /** Each summed over all subscribers; all but `resumes` must be zero. */
  lost: number;
  doubled: number;
  phantoms: number;
  inversions: number;
  disorder: number;
  /** Holes in the feed's positions, and events without one. */
  gaps: number;
}

interface Watch {
  tags: Map<string, number>;
  inversions: number;
  disorder: number;
}

const QUERY =
  'subscription ($after: Cursor) { taskEvents(after: $after) { cursor op task { id input creator { id } } } }';

/** Writers write, subscribers drop and resume; then what each subscriber saw is held against what the writers know. */
export async function storm(options: StormOptions): Promise<StormReport> {
  const { url, databaseUrl, writers, subscribers, seconds, faults } = options;
  const ledger = newLedger();
  const hot = await plantHotRows(databaseUrl);
  const after = await feedCursor(url);
  const stopReading = new AbortController();
  const stopWriting = new AbortController();
  let resumes = 0;

  const watches = Array.from({ length: subscribers }, (): Watch => ({ tags: new Map(), inversions: 0, disorder: 0 }));
  const reading = watches.map((watch, index) =>
    follow(
      watch,
      resuming(index % 2 === 0 ? overWebSocket(url) : overSse(url), QUERY, { after }, 'taskEvents', {
        cutAfter: () => 20 + Math.floor(Math.random() * 400),
        signal: stopReading.signal,
        onResume: () => resumes++,
      }),
    ),
  );
  const writing = Array.from({ length: writers }, (_, index) =>
    index % 2 === 0
      ? apiWriter(url, index, ledger, stopWriting.signal)
      : sqlWriter(databaseUrl, index, hot, ledger, stopWriting.signal),
  );
  const harming = faults?.(stopWriting.signal);

  await delay(seconds * 1_000);
  stopWriting.abort();
  await Promise.all([...writing, harming]);
  await allSeen(watches, ledger);
  stopReading.abort();
  await Promise.all(reading);
  return { ...judge(watches, ledger), resumes, gaps: await countGaps(databaseUrl) };
}

async function follow(watch: Watch, events: AsyncGenerator<Record<string, unknown>>): Promise<void> {
  const newest = new Map<string, number>();
  let position = 0;
  for await (const event of events) {
    const task = event['task'] as { id: string; input: { n: number; tag: string } };
    watch.tags.set(task.input.tag, (watch.tags.get(task.input.tag) ?? 0) + 1);
    if (task.input.n <= (newest.get(task.id) ?? 0)) watch.inversions++;
    newest.set(task.id, task.input.n);
    const here = Number.parseInt(String(event['cursor']).split('-')[1] ?? '', 36);
    if (!(here > position)) watch.disorder++;
    position = here;
  }
}

/** Waits until every subscriber has seen what was committed, or nothing has come for a while: then it is lost. */
async function allSeen(watches: readonly Watch[], ledger: Ledger): Promise<void> {
  const missing = () =>
    watches.reduce((sum, watch) => sum + [...ledger.committed].filter((tag) => !watch.tags.has(tag)).length, 0);
  const seen = () => watches.reduce((sum, watch) => sum + watch.tags.size, 0);
  for (let before = -1, quiet = 0; missing() > 0 && quiet < 50; quiet = seen() === before ? quiet + 1 : 0) {
    before = seen();
    await delay(200);
  }
}

function judge(watches: readonly Watch[], ledger: Ledger): Omit<StormReport, 'resumes' | 'gaps'> {
  const sum = (count: (watch: Watch) => number) => watches.reduce((total, watch) => total + count(watch), 0);
  return {
    committed: ledger.committed.size,
    uncertain: ledger.uncertain.size,
    lost: sum(({ tags }) => [...ledger.committed].filter((tag) => !tags.has(tag)).length),
    doubled: sum(({ tags }) => [...tags.values()].filter((count) => count > 1).length),
    phantoms: sum(({ tags }) => [...tags.keys()].filter((tag) => ledger.undone.has(tag)).length),
    inversions: sum((watch) => watch.inversions),
    disorder: sum((watch) => watch.disorder),
  };
}

async function plantHotRows(databaseUrl: string): Promise<string[]> {
  const { rows } = await query<{ id: string }>(
    databaseUrl,
    `insert into agent_tasks (title, created_by, input)
     select 'hot', 'psql', jsonb_build_object('n', 1, 'tag', 'hot' || i) from generate_series(1, ${HOT_ROWS}) i returning id`,
  );
  return rows.map(({ id }) => id);
}

async function countGaps(databaseUrl: string): Promise<number> {
  const { rows } = await query<{ gaps: string }>(
    databaseUrl,
    `select (max(position) - min(position) + 1 - count(distinct position))
          + (select count(*) from rookery.change_events e where not exists (select from rookery.feed f where f.event_id = e.id))
          + (count(event_id) - count(distinct event_id)) as gaps
       from rookery.feed`,
  );
  return Number(rows[0]?.gaps);
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<pg.QueryResult<Row>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client.query<Row>(sql).finally(() => client.end());
}

async function feedCursor(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-agent': 'watcher' },
    body: JSON.stringify({ query: '{ feedCursor }' }),
  });
  const { data } = (await response.json()) as { data: { feedCursor: string } };
  return data.feedCursor;
}
