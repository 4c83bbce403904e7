import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const jean = { agent: 'jean' };
const EVENT = 'id type severity data agentId at';
const LOG = `mutation ($input: LogEventInput!) { logEvent(input: $input) { event { ${EVENT} } } }`;

const log = async (input: object, caller: object = jean) => (await hub.data(LOG, { input }, caller))['logEvent'].event;
const list = async (args: string) =>
  (await hub.data(`{ systemEvents${args} { edges { node { ${EVENT} } } pageInfo { endCursor hasNextPage } } }`))[
    'systemEvents'
  ];
const types = (page: { edges: { node: { type: string } }[] }) => page.edges.map(({ node }) => node.type);

test('what is logged is read back, by type, severity, agent and time', async () => {
  const entry = await log({ type: 'trace', severity: 'DEBUG', data: { run: 1 } });
  expect(entry).toEqual({
    id: expect.stringMatching(/^\d+$/),
    type: 'trace',
    severity: 'DEBUG',
    data: { run: 1 },
    agentId: 'jean',
    at: expect.any(String),
  });
  expect(
    (await hub.data(`query ($id: ID!) { systemEvent(id: $id) { ${EVENT} } }`, { id: entry.id }))['systemEvent'],
  ).toEqual(entry);
  expect((await hub.data('{ systemEvent(id: "999999") { id } }'))['systemEvent']).toBeNull();

  expect(await log({ type: 'started' })).toMatchObject({ severity: 'INFO', data: null });
  await log({ type: 'slow', severity: 'WARNING', agent: 'jared' }, {});
  await log({ type: 'broken', severity: 'ERROR', agent: 'jared' }, {});
  expect(await log({ type: 'on fire', severity: 'CRITICAL' }, {})).toMatchObject({ agentId: null });

  expect(types(await list(''))).toEqual(['on fire', 'broken', 'slow', 'started', 'trace']);
  expect(types(await list('(filter: {minSeverity: DEBUG})'))).toHaveLength(5);
  expect(types(await list('(filter: {minSeverity: WARNING})'))).toEqual(['on fire', 'broken', 'slow']);
  expect(types(await list('(filter: {minSeverity: ERROR, agent: "jared"})'))).toEqual(['broken']);
  expect(types(await list('(filter: {types: ["slow", "trace"]})'))).toEqual(['slow', 'trace']);
  const { at } = (await list('(filter: {types: ["slow"]})')).edges[0].node;
  expect(types(await list(`(since: "${at}")`))).toContain('slow');
  expect(types(await list(`(until: "${at}")`))).not.toContain('slow');

  const first = await list('(first: 2)');
  expect(types(await list(`(first: 2, after: "${first.pageInfo.endCursor}")`))).toEqual(['slow', 'started']);
});

test('a page follows one whose last entry has been deleted since', async () => {
  for (const type of ['p1', 'p2', 'p3']) await log({ type, agent: 'pages' }, {});
  const first = await list('(filter: {agent: "pages"}, first: 2)');
  expect(types(first)).toEqual(['p3', 'p2']);
  await hub.pg.query(`delete from system_events where event_type = 'p2'`);
  expect(types(await list(`(filter: {agent: "pages"}, first: 2, after: "${first.pageInfo.endCursor}")`))).toEqual([
    'p1',
  ]);
});

test('a repeat with the same key is one entry; with other arguments it is refused; once deleted, that is said', async () => {
  const input = { type: 'once', idempotencyKey: 'k1' };
  const entries = await Promise.all(Array.from({ length: 8 }, () => log(input)));
  expect(new Set(entries.map(({ id }) => id)).size).toBe(1);
  const { errors } = await hub.graphql(LOG, { input: { ...input, type: 'twice' } }, jean);
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', id: entries[0].id });
  await hub.pg.query('delete from system_events where id = $1', [entries[0].id]);
  const gone = await hub.graphql(LOG, { input }, jean);
  expect(gone.errors?.[0]?.extensions?.['code']).toBe('NOT_FOUND');
});

test('malformed entries and cursors are told plainly', async () => {
  for (const input of [{ type: '' }, { type: 't'.repeat(101) }, { type: 'x', data: 'a\u0000b' }])
    expect((await hub.graphql(LOG, { input }, jean)).errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
  for (const cursor of ['bm9uc2Vuc2U', Buffer.from('2026-01-01T00:00:00Z x').toString('base64url')]) {
    const { errors } = await hub.graphql(`{ systemEvents(after: "${cursor}") { edges { cursor } } }`);
    expect(errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
  }
});

test('the log is heard as it is written, filtered, in order, whoever writes, and again from a cursor', async () => {
  const query = `subscription ($after: Cursor) {
    systemEvents(filter: {minSeverity: WARNING, types: ["a", "b"]}, after: $after) { cursor event { type severity data agentId } } }`;
  const stream = await hub.subscribeWs(query);
  await log({ type: 'a' });
  await log({ type: 'c', severity: 'ERROR' });
  await log({ type: 'a', severity: 'ERROR', data: [1] });
  await hub.pg.query(
    `insert into system_events (event_type, severity) values ('b', 'warn'), ('b', 'Fatal'), ('b', 'notice')`,
  );
  await log({ type: 'a', severity: 'WARNING' });
  const heard = [];
  for (let event = 0; event < 4; event++) heard.push((await stream.take()).data?.['systemEvents']);
  expect(heard.map(({ event }) => event)).toEqual([
    { type: 'a', severity: 'ERROR', data: [1], agentId: 'jean' },
    { type: 'b', severity: 'WARNING', data: null, agentId: null },
    { type: 'b', severity: 'CRITICAL', data: null, agentId: null },
    { type: 'a', severity: 'WARNING', data: null, agentId: 'jean' },
  ]);
  await stream.close();
  const resumed = await hub.subscribeSse(query, { after: heard[1].cursor });
  expect([(await resumed.take()).data?.['systemEvents'], (await resumed.take()).data?.['systemEvents']]).toEqual(
    heard.slice(2),
  );
  await resumed.close();
});

test('data over 16 kB is read from the table when the event comes', async () => {
  const stream = await hub.subscribeSse('subscription { systemEvents(filter: {types: ["large"]}) { event { data } } }');
  const data = Array.from({ length: 4_000 }, (_, index) => `line ${index * 7_919}`);
  await log({ type: 'large', data });
  expect((await stream.take()).data?.['systemEvents'].event.data).toEqual(data);
  await stream.close();
});

test('a severity has one stored form; one that nobody knows is refused', async () => {
  const { rows } = await hub.pg.query(`insert into system_events (event_type, severity)
    values ('s', 'info'), ('s', 'Error'), ('s', 'err'), ('s', 'trace'), ('s', null), ('s', 'WARNING') returning severity`);
  expect(rows.map(({ severity }) => severity)).toEqual(['INFO', 'ERROR', 'ERROR', 'DEBUG', 'INFO', 'WARNING']);
  const insert = hub.pg.query(`insert into system_events (event_type, severity) values ('s', 'loud')`);
  await expect(insert).rejects.toThrow('system_events_severity_check');
});

test('deleting old entries, as the documents do weekly, is no news', async () => {
  await hub.pg.query(`insert into system_events (event_type, timestamp) values ('old', now() - interval '31 days')`);
  const events = async () => (await hub.pg.query('select count(*) from rookery.change_events')).rows[0].count;
  const before = await events();
  const { rowCount } = await hub.pg.query(`DELETE FROM system_events WHERE timestamp < NOW() - INTERVAL '30 days'`);
  expect(rowCount).toBe(1);
  expect(await events()).toBe(before);
});
