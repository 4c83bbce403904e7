import { beforeAll, expect, test } from 'vitest';
import { type Caller, testHub } from '../support/hub.ts';

const hub = await testHub();
const callers: Record<'ann' | 'bob' | 'operator' | 'observer', Caller> = {
  ann: {},
  bob: {},
  operator: {},
  observer: {},
};

beforeAll(async () => {
  const bearer = async (options: Parameters<typeof hub.token>[0]) => ({ token: (await hub.token(options)).secret });
  callers.operator = await bearer({ role: 'operator' });
  callers.observer = await bearer({ role: 'observer' });
  callers.ann = await bearer({ role: 'agent', agent: 'ann' });
  callers.bob = await bearer({ role: 'agent', agent: 'bob' });
});

const REGISTER = `mutation ($input: RegisterAgentInput! = {}) { registerAgent(input: $input) {
  agent { id name type capabilities status state liveness currentTask heartbeatIntervalSeconds startedAt config metadata }
  instance { instance incarnation } } }`;
const BEAT = `mutation ($input: HeartbeatInput! = {}) { heartbeat(input: $input) {
  agent { id status state liveness currentTask message errorCount metrics uptimeDetails } serverTime nextBeatInSeconds } }`;
const STOP = `mutation ($input: StopAgentInput! = {}) { stopAgent(input: $input) { agent { status state liveness currentTask stoppedAt } } }`;

const codeOf = async (query: string, input: object, caller: Caller) =>
  (await hub.graphql(query, { input }, caller)).errors?.[0]?.extensions?.['code'];

test('an agent registers, beats and stops', async () => {
  const input = { name: 'Ann', type: 'code', capabilities: ['code', 'review'], intervalSeconds: 30, config: { a: 1 } };
  const { registerAgent } = await hub.data(REGISTER, { input }, callers.ann);
  expect(registerAgent).toEqual({
    agent: {
      id: 'ann',
      name: 'Ann',
      type: 'code',
      capabilities: ['code', 'review'],
      status: 'ONLINE',
      state: 'INITIALIZING',
      liveness: 'ONLINE',
      currentTask: null,
      heartbeatIntervalSeconds: 30,
      startedAt: expect.any(String),
      config: { a: 1 },
      metadata: null,
    },
    instance: { instance: 'default', incarnation: 1 },
  });

  const said = {
    status: 'BUSY',
    state: 'DEPLOYING',
    currentTask: 'review',
    message: 'halfway',
    errorCount: 2,
    metrics: { cpu: 0.5 },
    uptimeDetails: { since: 'noon' },
  };
  const { heartbeat } = await hub.data(BEAT, { input: said }, callers.ann);
  expect(heartbeat).toEqual({
    agent: { id: 'ann', liveness: 'ONLINE', ...said },
    serverTime: expect.any(String),
    nextBeatInSeconds: 30,
  });
  const again = await hub.data(BEAT, { input: { currentTask: null } }, callers.ann);
  expect(again['heartbeat'].agent).toEqual({ id: 'ann', liveness: 'ONLINE', ...said, currentTask: null });

  const { stopAgent } = await hub.data(STOP, {}, callers.ann);
  expect(stopAgent.agent).toEqual({
    status: 'OFFLINE',
    state: 'SHUTDOWN',
    liveness: 'OFFLINE',
    currentTask: null,
    stoppedAt: expect.any(String),
  });
  expect((await hub.data(STOP, {}, callers.ann))['stopAgent'].agent.liveness).toBe('OFFLINE');

  const back = await hub.data(BEAT, {}, callers.ann);
  expect(back['heartbeat'].agent).toMatchObject({ status: 'ONLINE', state: 'INITIALIZING', liveness: 'ONLINE' });
});

test('a first beat registers', async () => {
  await hub.data(BEAT, {}, callers.bob);
  const { agent } = await hub.data(
    '{ agent(id: "bob") { name status heartbeatIntervalSeconds instances { instance incarnation stoppedAt } } }',
    {},
    callers.observer,
  );
  expect(agent).toEqual({
    name: 'bob',
    status: 'ONLINE',
    heartbeatIntervalSeconds: 60,
    instances: [{ instance: 'default', incarnation: 1, stoppedAt: null }],
  });
  expect((await hub.data('{ agent(id: "nobody") { id } }', {}, callers.bob))['agent']).toBeNull();
});

test('a process that was replaced is told so', async () => {
  const register = async () =>
    (await hub.data(REGISTER, { input: { instance: 'one' } }, callers.bob))['registerAgent'].instance.incarnation;
  const first = await register();
  expect(await register()).toBe(first + 1);
  const { errors } = await hub.graphql(BEAT, { input: { instance: 'one', incarnation: first } }, callers.bob);
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'CONFLICT', incarnation: first + 1 } });
  await hub.data(BEAT, { input: { instance: 'one', incarnation: first + 1 } }, callers.bob);
});

test('one process of two stops: the agent goes on', async () => {
  await hub.data(
    REGISTER,
    { input: { id: 'twin', instance: 'left', state: 'ACTIVE', status: 'BUSY', currentTask: 'x' } },
    callers.operator,
  );
  const second = await hub.data(REGISTER, { input: { id: 'twin', instance: 'right' } }, callers.operator);
  expect(second['registerAgent'].agent).toMatchObject({ status: 'BUSY', state: 'ACTIVE', currentTask: 'x' });
  const left = await hub.data(STOP, { input: { agent: 'twin', instance: 'left' } }, callers.operator);
  expect(left['stopAgent'].agent).toMatchObject({ status: 'BUSY', liveness: 'ONLINE' });
  const right = await hub.data(STOP, { input: { agent: 'twin', instance: 'right' } }, callers.operator);
  expect(right['stopAgent'].agent).toMatchObject({ status: 'OFFLINE', liveness: 'OFFLINE' });
});

test('an agent that said it is offline is shut down by a stop', async () => {
  await hub.data(BEAT, { input: { agent: 'quiet', status: 'OFFLINE', state: 'STANDBY' } }, callers.operator);
  const { stopAgent } = await hub.data(STOP, { input: { agent: 'quiet' } }, callers.operator);
  expect(stopAgent.agent).toMatchObject({ status: 'OFFLINE', state: 'SHUTDOWN' });
});

test('the stop hook hears which processes ended, the beat hook which beat', async () => {
  await hub.pg.query(`create table heard (hook text, said jsonb);
    create or replace function rookery.on_agent_stop(stops jsonb) returns void language sql as $$ insert into public.heard values ('stop', stops) $$;
    create or replace function rookery.on_heartbeat(beats jsonb) returns void language sql as $$ insert into public.heard values ('beat', beats) $$`);
  await hub.data(BEAT, { input: { agent: 'hooked', instance: 'i' } }, callers.operator);
  await hub.data(STOP, { input: { agent: 'hooked', instance: 'i' } }, callers.operator);
  await hub.data(STOP, { input: { agent: 'hooked' } }, callers.operator);
  const { rows } = await hub.pg.query(`select hook, said from heard where said @> '[{"agent": "hooked"}]'`);
  expect(rows).toEqual([
    { hook: 'beat', said: [{ agent: 'hooked', instance: 'i' }] },
    { hook: 'stop', said: [{ agent: 'hooked', instance: 'i' }] },
    { hook: 'stop', said: [{ agent: 'hooked', instance: null }] },
  ]);
});

test('an agent acts as itself only, an operator as any, an observer as none', async () => {
  for (const [query, key] of [
    [REGISTER, 'id'],
    [BEAT, 'agent'],
    [STOP, 'agent'],
  ] as const) {
    expect(await codeOf(query, { [key]: 'ann' }, callers.bob)).toBe('FORBIDDEN');
    expect(await codeOf(query, { [key]: 'ann' }, callers.operator)).toBeUndefined();
    expect(await codeOf(query, { [key]: 'ann' }, callers.observer)).toBe('FORBIDDEN');
    expect(await codeOf(query, {}, callers.operator)).toBe('BAD_INPUT');
    expect(await codeOf(query, {}, {})).toBe('UNAUTHENTICATED');
  }
});

test('wrong input is told plainly', async () => {
  expect(await codeOf(STOP, { agent: 'never-heard-of' }, callers.operator)).toBe('NOT_FOUND');
  expect(await codeOf(BEAT, { agent: '*' }, callers.operator)).toBe('BAD_INPUT');
  expect(await codeOf(BEAT, { agent: 'a\nb' }, callers.operator)).toBe('BAD_INPUT');
  expect(await codeOf(BEAT, { intervalSeconds: 0 }, callers.ann)).toBe('BAD_INPUT');
  expect(await codeOf(BEAT, { errorCount: -1 }, callers.ann)).toBe('BAD_INPUT');
  expect(await codeOf(BEAT, { message: 'a\u0000b' }, callers.ann)).toBe('BAD_INPUT');
});

test('one poisoned beat in a crowd fails alone', async () => {
  const beats = Array.from({ length: 30 }, (_, index) =>
    hub.graphql(
      BEAT,
      { input: { agent: `crowd-${index}`, message: index === 11 ? 'a\u0000b' : 'fine' } },
      callers.operator,
    ),
  );
  const failed = (await Promise.all(beats)).flatMap(({ errors }, index) => (errors ? [index] : []));
  expect(failed).toEqual([11]);
});

test('lists by filter, page by page', async () => {
  await hub.data(
    REGISTER,
    { input: { id: 'filter-a', type: 'paint', capabilities: ['brush', 'oil'], status: 'BUSY' } },
    callers.operator,
  );
  await hub.data(
    REGISTER,
    { input: { id: 'filter-b', type: 'paint', capabilities: ['oil'], name: 'Rembrandt', state: 'STANDBY' } },
    callers.operator,
  );
  const find =
    'query ($filter: AgentFilter, $first: Int, $after: String) { agents(filter: $filter, first: $first, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }';
  const ids = async (filter: object) =>
    (await hub.data(find, { filter }, callers.observer))['agents'].edges.map(
      (edge: { node: { id: string } }) => edge.node.id,
    );
  expect(await ids({ type: 'paint' })).toEqual(['filter-a', 'filter-b']);
  expect(await ids({ capability: 'brush' })).toEqual(['filter-a']);
  expect(await ids({ search: 'REMBR' })).toEqual(['filter-b']);
  expect(await ids({ type: 'paint', status: ['BUSY', 'ERROR'] })).toEqual(['filter-a']);
  expect(await ids({ type: 'paint', state: ['STANDBY'], liveness: ['ONLINE'] })).toEqual(['filter-b']);
  const { agents } = await hub.data(find, { filter: { type: 'paint' }, first: 1 }, callers.observer);
  expect(agents.pageInfo.hasNextPage).toBe(true);
  const rest = await hub.data(
    find,
    { filter: { type: 'paint' }, first: 1, after: agents.pageInfo.endCursor },
    callers.observer,
  );
  expect(rest['agents'].edges).toEqual([{ node: { id: 'filter-b' } }]);
});

test('lists in order of silence and of change, page by page; stale ones by themselves', async () => {
  await hub.pg.query(`insert into agents (agent_id, type, last_heartbeat, last_state_change, liveness)
    select 'order-' || n, 'order', now() - n * interval '1 s', now() - (n % 3) * interval '1 s', 'online' from generate_series(1, 5) n`);
  await hub.pg.query(
    `update agents set liveness = 'stale', liveness_due_at = null where agent_id in ('order-2', 'order-4')`,
  );
  const list = async (orderBy: string, filter: object = {}) => {
    const found: string[] = [];
    for (let after = null, more = true; more; ) {
      const { agents } = await hub.data(
        `query ($filter: AgentFilter, $orderBy: AgentOrder!, $after: String) {
          agents(filter: $filter, orderBy: $orderBy, first: 2, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }`,
        { filter: { type: 'order', ...filter }, orderBy, after },
        callers.observer,
      );
      found.push(...agents.edges.map((edge: { node: { id: string } }) => edge.node.id.slice(6)));
      ({ hasNextPage: more, endCursor: after } = agents.pageInfo);
    }
    return found.join('');
  };
  expect(await list('ID')).toBe('12345');
  expect(await list('LONGEST_SILENT')).toBe('54321');
  expect(await list('STATE_CHANGED')).toBe(
    '34152'
      .split('')
      .sort((a, b) => (+a % 3) - (+b % 3) || +b - +a)
      .join(''),
  );
  expect(await list('LONGEST_SILENT', { stale: true })).toBe('42');
  expect(await list('ID', { stale: false })).toBe('135');
  const alien = Buffer.from('id  order-1').toString('base64url');
  const query = 'query ($after: String) { agents(orderBy: LONGEST_SILENT, after: $after) { edges { node { id } } } }';
  const { errors } = await hub.graphql(query, { after: alien }, callers.observer);
  expect(errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
});

test('the history of beats, since a time', async () => {
  await hub.pg.query(`insert into agent_heartbeats (agent_id, timestamp, state, status, error_count, message, metrics, metadata)
    select 'historian', now() - n * interval '2 hours', 'active', 'online', n, 'beat ' || n, jsonb_build_object('cpu', n), '{"a": 1}'
      from generate_series(4, 1, -1) n`);
  await hub.pg.query(`insert into agents (agent_id) values ('historian')`);
  const { agent } = await hub.data(
    `query ($since: DateTime) { agent(id: "historian") { heartbeats(first: 2, since: $since) {
      edges { node { instance at createdAt status state errorCount message metrics metadata } } pageInfo { hasNextPage } } } }`,
    { since: new Date(Date.now() - 7 * 3_600_000).toISOString() },
    callers.observer,
  );
  const node = (n: number) => ({
    node: {
      instance: 'default',
      at: expect.any(String),
      createdAt: expect.any(String),
      status: 'online',
      state: 'active',
      errorCount: n,
      message: `beat ${n}`,
      metrics: { cpu: n },
      metadata: { a: 1 },
    },
  });
  expect(agent.heartbeats).toEqual({ edges: [node(1), node(2)], pageInfo: { hasNextPage: true } });
});

test('events: what changes is told, a beat that changes nothing is not', async () => {
  const stream = await hub.subscribeWs(
    'subscription { agentEvents(agents: ["eve"]) { op actor previousLiveness previousStatus agent { id status currentTask metrics } } }',
    {},
    callers.observer,
  );
  const beat = (input: object) => hub.data(BEAT, { input: { agent: 'eve', ...input } }, callers.operator);
  await beat({ currentTask: 'one' });
  await beat({ metrics: { cpu: 1 } });
  await beat({ metrics: { cpu: 2 }, errorCount: 1, message: 'still there' });
  await beat({ status: 'BUSY' });
  await hub.data(STOP, { input: { agent: 'eve' } }, callers.operator);
  const events = [await stream.take(), await stream.take(), await stream.take()].map(
    ({ data }) => data?.['agentEvents'],
  );
  expect(events).toEqual([
    {
      op: 'INSERT',
      actor: 'eve',
      previousLiveness: null,
      previousStatus: null,
      agent: { id: 'eve', status: 'ONLINE', currentTask: 'one', metrics: null },
    },
    {
      op: 'UPDATE',
      actor: 'eve',
      previousLiveness: null,
      previousStatus: 'ONLINE',
      agent: { id: 'eve', status: 'BUSY', currentTask: 'one', metrics: { cpu: 2 } },
    },
    {
      op: 'UPDATE',
      actor: 'eve',
      previousLiveness: 'ONLINE',
      previousStatus: 'BUSY',
      agent: { id: 'eve', status: 'OFFLINE', currentTask: null, metrics: { cpu: 2 } },
    },
  ]);
  await stream.close();
});

test('a column too large for an event is read when it is asked for', async () => {
  const stream = await hub.subscribeWs(
    'subscription { agentEvents(agents: ["large"]) { agent { config metadata capabilities } } }',
    {},
    callers.observer,
  );
  const config = { text: 'x'.repeat(20_000) };
  await hub.data(REGISTER, { input: { id: 'large', config, capabilities: ['c'] } }, callers.operator);
  expect((await stream.take()).data?.['agentEvents'].agent).toEqual({ config, metadata: null, capabilities: ['c'] });
  await stream.close();
});
