import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const jean = { agent: 'jean' };
const RECORD = 'mutation ($input: RecordMetricsInput!) { recordMetrics(input: $input) { recorded } }';
const SERIES = `query ($agent: ID, $metric: String!, $since: DateTime, $until: DateTime, $bucketSeconds: Int) {
  metricSeries(agent: $agent, metric: $metric, since: $since, until: $until, bucketSeconds: $bucketSeconds) {
    agentId metric unit bucketSeconds points { at avg min max p95 count } } }`;

const record = async (input: object, caller: object = jean) =>
  (await hub.data(RECORD, { input }, caller))['recordMetrics'].recorded;
const failure = async (query: string, variables: object) =>
  (await hub.graphql(query, { ...variables }, jean)).errors?.[0] as {
    message: string;
    extensions: Record<string, unknown>;
  };
const count = async (agent: string) =>
  Number((await hub.pg.query('select count(*) from performance_metrics where agent_id = $1', [agent])).rows[0].count);

const DAY = 86_400_000;
/** Of yesterday: what is older than 30 days is deleted. */
const NOON = Math.floor(Date.now() / DAY) * DAY - DAY / 2;
/** So many seconds after noon. */
const at = (seconds: number) => new Date(NOON + seconds * 1_000).toISOString();

test('measurements come back as a series: buckets with mean, least, greatest, p95 and count', async () => {
  const metrics = Array.from({ length: 100 }, (_, second) => ({
    name: 'load',
    value: second + 1,
    unit: 'percent',
    at: at(second),
    metadata: { core: 0 },
  }));
  expect(await record({ metrics })).toBe(100);
  const window = { metric: 'load', since: at(0), until: at(100) };
  const { metricSeries } = await hub.data(SERIES, { ...window, bucketSeconds: 60 }, jean);
  expect(metricSeries).toEqual({
    agentId: 'jean',
    metric: 'load',
    unit: 'percent',
    bucketSeconds: 60,
    points: [
      { at: at(0), avg: 30.5, min: 1, max: 60, p95: expect.closeTo(57.05), count: 60 },
      { at: at(60), avg: 80.5, min: 61, max: 100, p95: expect.closeTo(98.05), count: 40 },
    ],
  });
  // Left to the hub, the bucket is a round one; the end is not in the window; empty buckets are no points.
  expect((await hub.data(SERIES, { ...window, until: at(99) }, jean))['metricSeries']).toMatchObject({
    bucketSeconds: 1,
    points: { length: 99 },
  });
  const day = (await hub.data(SERIES, { ...window, until: at(86_400) }, jean))['metricSeries'];
  expect(day.bucketSeconds).toBe(600);
  expect(day.points).toMatchObject([{ count: 100, max: 100 }]);
  expect((await hub.data(SERIES, { ...window, agent: 'nobody' }))['metricSeries']).toMatchObject({
    unit: null,
    points: [],
  });
});

test('what was just recorded is in the series at once, whoever asks', async () => {
  await record({ metrics: [{ name: 'fresh', value: 1.5 }] });
  const { metricSeries } = await hub.data(SERIES, { agent: 'jean', metric: 'fresh' });
  expect(metricSeries.points).toMatchObject([{ avg: 1.5, p95: 1.5, count: 1 }]);
});

test('a series has at most 1000 points; who asks for more is told what to ask for', async () => {
  const window = { metric: 'load', since: at(0), until: at(86_400) };
  expect(await failure(SERIES, { ...window, bucketSeconds: 60 })).toMatchObject({
    message:
      'A series has at most 1000 points: ask for a shorter time, for bucketSeconds of at least 87, or leave bucketSeconds out.',
    extensions: { code: 'BAD_INPUT', bucketSeconds: 87 },
  });
  expect(await hub.data(SERIES, { ...window, bucketSeconds: 87 }, jean)).toBeTruthy();
  expect(await failure(SERIES, { metric: 'load', since: at(1), until: at(1) })).toMatchObject({
    message: '`since` must be before `until` (by default now).',
    extensions: { code: 'BAD_INPUT' },
  });
  for (const bucketSeconds of [0, -1])
    expect(await failure(SERIES, { ...window, bucketSeconds })).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
});

test('summaries per agent and metric, page by page', async () => {
  for (const agent of ['a1', 'a2'])
    await record(
      {
        agent,
        metrics: [1, 2, 6].flatMap((value) => [
          { name: 'cpu', value, at: at(7_200 + value) },
          { name: 'mem', value: value * 10, at: at(7_200 + value) },
        ]),
      },
      {},
    );
  const read = async (args: string) =>
    (
      await hub.data(
        `{ metricSummaries(since: "${at(7_200)}", until: "${at(10_800)}"${args}) {
             edges { node { agentId metric avg min max count lastAt } } pageInfo { hasNextPage endCursor } } }`,
      )
    )['metricSummaries'];
  const all = await read('');
  expect(
    all.edges.map(({ node }: { node: { agentId: string; metric: string } }) => [node.agentId, node.metric]),
  ).toEqual([
    ['a1', 'cpu'],
    ['a1', 'mem'],
    ['a2', 'cpu'],
    ['a2', 'mem'],
  ]);
  expect(all.edges[0].node).toEqual({
    agentId: 'a1',
    metric: 'cpu',
    avg: 3,
    min: 1,
    max: 6,
    count: 3,
    lastAt: at(7_206),
  });
  const first = await read(', first: 3');
  expect(first.pageInfo.hasNextPage).toBe(true);
  expect((await read(`, first: 3, after: "${first.pageInfo.endCursor}"`)).edges).toEqual([all.edges[3]]);
  expect((await read(`, last: 1, before: "${first.pageInfo.endCursor}"`)).edges).toEqual([all.edges[1]]);
  expect((await read(', agent: "a2", metric: "mem"')).edges).toEqual([all.edges[3]]);
  expect(await failure('{ metricSummaries(after: "bm9uc2Vuc2U") { edges { cursor } } }', {})).toMatchObject({
    extensions: { code: 'BAD_INPUT' },
  });
});

test('single measurements, newest first, in pages that neither skip nor repeat within a millisecond', async () => {
  await record({
    metrics: Array.from({ length: 5 }, (_, value) => ({ name: 'tick', value, at: at(value > 2 ? 1 : 0) })),
  });
  const read = async (args: string) =>
    (
      await hub.data(
        `{ metricSamples(agent: "jean", metric: "tick"${args}) { edges { node { value at metadata measuredBy } } pageInfo { endCursor hasNextPage } } }`,
      )
    )['metricSamples'];
  const values = (page: { edges: { node: { value: number } }[] }) => page.edges.map(({ node }) => node.value);
  const first = await read(', first: 3');
  expect(values(first)).toEqual([4, 3, 2]);
  const second = await read(`, first: 3, after: "${first.pageInfo.endCursor}"`);
  expect([...values(second), second.pageInfo.hasNextPage]).toEqual([1, 0, false]);
  expect(values(await read(`, last: 2, before: "${second.pageInfo.endCursor}"`))).toEqual([2, 1]);
  expect(values(await read(`, until: "${at(1)}"`))).toEqual([2, 1, 0]);
  expect(first.edges[0].node).toEqual({ value: 4, at: at(1), metadata: null, measuredBy: null });
});

test('a repeat with the same key records nothing more; with other arguments it is refused', async () => {
  const input = { metrics: [{ name: 'once', value: 1 }], idempotencyKey: 'k1' };
  const results = await Promise.all(Array.from({ length: 8 }, () => record(input, { agent: 'keyed' })));
  expect(results).toEqual(Array(8).fill(1));
  expect(await count('keyed')).toBe(1);
  expect(
    (await hub.graphql(RECORD, { input: { ...input, metrics: [{ name: 'once', value: 2 }] } }, { agent: 'keyed' }))
      .errors?.[0],
  ).toMatchObject({ extensions: { code: 'IDEMPOTENCY_CONFLICT', idempotencyKey: 'k1' } });
  expect(await count('keyed')).toBe(1);
});

test('an operator records what it measured of others, and that is said', async () => {
  await record({ agent: 'jared', metrics: [{ name: 'seen', value: 7 }] }, { agent: 'monitor' });
  const { metricSamples } = await hub.data(
    '{ metricSamples(agent: "jared", metric: "seen") { edges { node { agentId value measuredBy } } } }',
  );
  expect(metricSamples.edges).toEqual([{ node: { agentId: 'jared', value: 7, measuredBy: 'monitor' } }]);
});

test('1000 measurements in a call, not one more; a crowd of calls is recorded whole', async () => {
  const metrics = Array.from({ length: 1_000 }, (_, value) => ({ name: 'many', value }));
  expect(await record({ metrics }, { agent: 'crowd' })).toBe(1_000);
  expect(await failure(RECORD, { input: { metrics: [...metrics, metrics[0]] } })).toMatchObject({
    extensions: { code: 'BAD_INPUT' },
  });
  const calls = Array.from({ length: 50 }, (_, value) =>
    record({ metrics: [{ name: 'c', value }] }, { agent: 'crowd' }),
  );
  expect(await Promise.all(calls)).toEqual(Array(50).fill(1));
  expect(await count('crowd')).toBe(1_050);
});

test('malformed measurements are told plainly', async () => {
  for (const metrics of [
    [],
    [{ name: '', value: 1 }],
    [{ name: 'n'.repeat(256), value: 1 }],
    [{ name: 'n', value: 1e151 }],
  ])
    expect(await failure(RECORD, { input: { metrics } })).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
  expect(await failure(RECORD, { input: { metrics: [{ name: 'a\u0000', value: 1 }] } })).toMatchObject({
    extensions: { code: 'BAD_INPUT' },
  });
  const nobody = await hub.graphql(RECORD, { input: { metrics: [{ name: 'n', value: 1 }] } });
  expect(nobody.errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
});

test('measurements are no change events', async () => {
  const events = async () => (await hub.pg.query('select count(*) from rookery.change_events')).rows[0].count;
  const before = await events();
  await record({ metrics: [{ name: 'quiet', value: 1 }] });
  expect(await events()).toBe(before);
});

test('the table refuses what would spoil every series', async () => {
  for (const value of ['NaN', 'Infinity', '-1e151'])
    await expect(
      hub.pg.query(`insert into performance_metrics (agent_id, metric_name, value) values ('a', 'b', $1)`, [value]),
    ).rejects.toThrow('performance_metrics_value_check');
});
