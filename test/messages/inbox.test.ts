import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { type Caller, testHub } from '../support/hub.ts';
import type { Live } from '../support/live.ts';

const hub = await testHub();
const callers: Record<'ann' | 'bob' | 'carl' | 'operator' | 'observer', Caller> = {
  ann: {},
  bob: {},
  carl: {},
  operator: {},
  observer: {},
};

beforeAll(async () => {
  const bearer = async (options: Parameters<typeof hub.token>[0]) => ({ token: (await hub.token(options)).secret });
  callers.operator = await bearer({ role: 'operator' });
  callers.observer = await bearer({ role: 'observer' });
  for (const agent of ['ann', 'bob', 'carl'] as const) callers[agent] = await bearer({ role: 'agent', agent });
  await hub.pg.query(`insert into agents (agent_id) values ('ann'), ('bob'), ('carl')`);
});

const INBOX = `query ($agent: ID, $unreadOnly: Boolean, $types: [String!], $order: InboxOrder, $first: Int, $after: String) {
  inbox(agent: $agent, unreadOnly: $unreadOnly, types: $types, order: $order, first: $first, after: $after) {
    unreadCount pageInfo { hasNextPage hasPreviousPage endCursor }
    edges { node { id content from to deliveredAt readAt acknowledgedAt } } } }`;
const READ =
  'mutation ($input: MarkReadInput!) { markRead(input: $input) { markedCount unreadCount messages { id readAt deliveredAt acknowledgedAt } } }';
const ACKNOWLEDGE =
  'mutation ($input: AcknowledgeInput!) { acknowledge(input: $input) { markedCount unreadCount messages { id readAt acknowledgedAt } } }';

const inbox = async (variables: object, caller: Caller) => (await hub.data(INBOX, { ...variables }, caller))['inbox'];
const contents = (page: { edges: { node: { content: string } }[] }) => page.edges.map(({ node }) => node.content);
const read = async (input: object, caller: Caller) => (await hub.data(READ, { input }, caller))['markRead'];
const failure = async (query: string, variables: object, caller: Caller) =>
  (await hub.graphql(query, { ...variables }, caller)).errors?.[0]?.extensions?.['code'];

/** Sent by plain SQL; gives the ids. */
async function write(from: string, to: string | null, ...texts: string[]): Promise<string[]> {
  const { rows } = await hub.pg.query(
    'insert into agent_messages (from_agent, to_agent, content) select $1, $2, text from unnest($3::text[]) text returning id',
    [from, to, texts],
  );
  return rows.map((row) => String(row.id));
}

interface InboxNews {
  cursor: string;
  message: { content: string };
}

/** The first event of a message that says this. */
async function until(stream: Live, content: string): Promise<InboxNews> {
  for (;;) {
    const { data } = await stream.take();
    const news = data?.['inbox'] as InboxNews;
    if (news.message.content === content) return news;
  }
}

/** A new stream may begin with the last events of the test before: past this, there is only what is yet to come. */
async function caughtUp(...streams: Live[]): Promise<void> {
  const marker = randomUUID();
  await write('ann', 'bob', marker);
  for (const stream of streams) await until(stream, marker);
}

/** Each test has the inboxes to itself. */
const empty = () => hub.pg.query('delete from agent_messages');

test('oldest first: what is unread, direct and broadcast, page by page', async () => {
  await empty();
  await write('ann', 'bob', 'one', 'two');
  await write('ann', null, 'three');
  await write('carl', 'bob', 'four');
  const page = await inbox({ first: 2 }, callers.bob);
  expect(contents(page)).toEqual(['one', 'two']);
  expect(page).toMatchObject({ unreadCount: 4, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
  const rest = await inbox({ first: 2, after: page.pageInfo.endCursor }, callers.bob);
  expect(contents(rest)).toEqual(['three', 'four']);
  expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  const back = await inbox({ first: 3, order: 'NEWEST_FIRST' }, callers.bob);
  expect(contents(back)).toEqual(['four', 'three', 'two']);
  expect(contents(await inbox({ order: 'NEWEST_FIRST', after: back.pageInfo.endCursor }, callers.bob))).toEqual([
    'one',
  ]);
  expect(contents(await inbox({}, callers.ann))).toEqual([]); // Its own broadcast is no news to the sender.
  expect(contents(await inbox({}, callers.carl))).toEqual(['three']);
});

test('read ones are left out unless asked for; types narrow', async () => {
  await empty();
  const [first] = await write('ann', 'bob', 'one', 'two');
  await hub.pg.query(
    `insert into agent_messages (from_agent, to_agent, message_type, content) values ('ann', 'bob', 'alert', 'fire'), ('ann', null, 'alert', 'smoke')`,
  );
  await read({ ids: [first] }, callers.bob);
  expect(contents(await inbox({}, callers.bob))).toEqual(['two', 'fire', 'smoke']);
  expect(contents(await inbox({ unreadOnly: false }, callers.bob))).toEqual(['one', 'two', 'fire', 'smoke']);
  expect(contents(await inbox({ types: ['alert'] }, callers.bob))).toEqual(['fire', 'smoke']);
  expect(await inbox({ types: ['alert'] }, callers.bob)).toMatchObject({ unreadCount: 3 });
});

test('a broadcast is read by each agent for itself', async () => {
  await empty();
  const [id] = await write('ann', null, 'news');
  expect(await read({ ids: [id] }, callers.bob)).toMatchObject({ markedCount: 1, unreadCount: 0 });
  expect(contents(await inbox({}, callers.bob))).toEqual([]);
  const carl = await inbox({}, callers.carl);
  expect(carl.edges[0].node).toMatchObject({ content: 'news', readAt: null });

  const look =
    'query ($id: ID!) { message(id: $id) { readAt receipts { edges { node { agentId readAt agent { id } } } } } }';
  const sender = (await hub.data(look, { id }, callers.ann))['message'];
  expect(sender.receipts.edges.map((edge: { node: object }) => edge.node)).toEqual([
    { agentId: 'bob', readAt: expect.any(String), agent: { id: 'bob' } },
    { agentId: 'carl', readAt: null, agent: { id: 'carl' } },
  ]);
  expect(sender.readAt).toBeNull();
  const reader = (await hub.data(look, { id }, callers.bob))['message'];
  expect(reader).toMatchObject({ readAt: expect.any(String), receipts: { edges: [{ node: { agentId: 'bob' } }] } });
  const asBob = await inbox({ agent: 'bob', unreadOnly: false }, callers.operator);
  expect(asBob.edges[0].node.readAt).toBe(reader.readAt);
});

test('plain SQL that sets read_at on a broadcast marks it for nobody', async () => {
  await empty();
  const [id] = await write('ann', null, 'news');
  await hub.pg.query('UPDATE agent_messages SET read_at = NOW() WHERE id = $1', [id]);
  expect(await inbox({}, callers.bob)).toMatchObject({ unreadCount: 1, edges: [{ node: { readAt: null } }] });
});

test('plain SQL that sets read_at on a direct message marks it', async () => {
  await empty();
  const [id] = await write('ann', 'bob', 'note');
  await hub.pg.query('UPDATE agent_messages SET read_at = NOW() WHERE id = $1', [id]);
  expect(await inbox({}, callers.bob)).toMatchObject({ unreadCount: 0, edges: [] });
});

test('an agent finds the broadcasts since it registered, also without ever having beaten', async () => {
  await empty();
  await write('ann', null, 'before');
  const token = { token: (await hub.token({ role: 'agent', agent: 'newcomer' })).secret };
  expect(contents(await inbox({}, token))).toEqual([]);
  const [id] = await write('ann', null, 'after');
  expect(contents(await inbox({}, token))).toEqual(['after']);
  expect(await read({ ids: [id] }, token)).toMatchObject({ markedCount: 1, unreadCount: 0 });
});

test('a broadcast from before the agent registered may be acknowledged all the same', async () => {
  await empty();
  const [id] = await write('ann', null, 'early');
  const token = { token: (await hub.token({ role: 'agent', agent: 'latecomer' })).secret };
  const { acknowledge } = await hub.data(ACKNOWLEDGE, { input: { ids: [id] } }, token);
  expect(acknowledge).toMatchObject({
    markedCount: 1,
    messages: [{ id, readAt: expect.any(String), acknowledgedAt: expect.any(String) }],
  });
});

test('delivered, read and acknowledged are three facts', async () => {
  await empty();
  const [direct] = await write('ann', 'bob', 'direct');
  const [broadcast] = await write('ann', null, 'broadcast');
  const others = await inbox({ agent: 'bob' }, callers.operator);
  expect(others.edges.map((edge: { node: { deliveredAt: unknown } }) => edge.node.deliveredAt)).toEqual([null, null]);
  const own = await inbox({}, callers.bob);
  const delivered = own.edges.map((edge: { node: { deliveredAt: unknown } }) => edge.node.deliveredAt);
  expect(delivered).toEqual([expect.any(String), expect.any(String)]);
  expect(
    (await inbox({}, callers.bob)).edges.map((edge: { node: { deliveredAt: unknown } }) => edge.node.deliveredAt),
  ).toEqual(delivered);

  const marked = await read({ ids: [direct, broadcast] }, callers.bob);
  expect(marked).toEqual({
    markedCount: 2,
    unreadCount: 0,
    messages: [
      { id: direct, readAt: expect.any(String), deliveredAt: delivered[0], acknowledgedAt: null },
      { id: broadcast, readAt: expect.any(String), deliveredAt: delivered[1], acknowledgedAt: null },
    ],
  });
  expect(await read({ ids: [direct, broadcast] }, callers.bob)).toEqual({ ...marked, markedCount: 0 });

  const { acknowledge } = await hub.data(ACKNOWLEDGE, { input: { ids: [direct, broadcast] } }, callers.bob);
  expect(acknowledge).toEqual({
    markedCount: 2,
    unreadCount: 0,
    messages: marked.messages.map(({ id, readAt }: { id: string; readAt: string }) => ({
      id,
      readAt,
      acknowledgedAt: expect.any(String),
    })),
  });
});

test('acknowledging implies reading', async () => {
  await empty();
  const [id] = await write('ann', 'bob', 'do it');
  const { acknowledge } = await hub.data(ACKNOWLEDGE, { input: { ids: [id] } }, callers.bob);
  expect(acknowledge).toMatchObject({ unreadCount: 0, messages: [{ readAt: expect.any(String) }] });
});

test('mark all', async () => {
  await empty();
  await write('ann', 'bob', 'one', 'two');
  await write('ann', null, 'three');
  expect(await read({ all: true }, callers.bob)).toEqual({ markedCount: 3, unreadCount: 0, messages: [] });
  expect(await inbox({}, callers.carl)).toMatchObject({ unreadCount: 1 });
});

test('mark all up to a cursor: what is committed later stays unread, even with a smaller id', async () => {
  await empty();
  const stream = await hub.subscribeWs('subscription { inbox { op cursor message { content } } }', {}, callers.bob);
  await caughtUp(stream);
  await read({ all: true }, callers.bob);
  await hub.pg.query('begin');
  await write('ann', 'bob', 'committed late');
  const inputs = [
    { from: 'ann', to: 'bob', content: 'seen' },
    { from: 'ann', to: null, content: 'seen too' },
  ];
  const send = 'mutation ($inputs: [SendMessageInput!]!) { sendMessages(inputs: $inputs) { messages { id } } }';
  await hub.data(send, { inputs }, callers.operator);
  const { cursor } = await until(stream, 'seen too');
  await hub.pg.query('commit');
  await write('ann', null, 'later');
  expect(await read({ through: cursor }, callers.bob)).toMatchObject({ markedCount: 2, unreadCount: 2 });
  expect(contents(await inbox({}, callers.bob))).toEqual(['committed late', 'later']);
  await stream.close();
});

test('nobody reads or marks for another; an operator does', async () => {
  await empty();
  const [id] = await write('ann', 'bob', 'private');
  const [own] = await write('ann', 'carl', 'own');
  expect(await failure(INBOX, { agent: 'bob' }, callers.carl)).toBe('FORBIDDEN');
  expect(await failure(READ, { input: { agent: 'bob', ids: [id] } }, callers.carl)).toBe('FORBIDDEN');
  expect(await failure(ACKNOWLEDGE, { input: { agent: 'bob', ids: [id] } }, callers.observer)).toBe('FORBIDDEN');
  expect(await failure(READ, { input: { ids: [own, id] } }, callers.carl)).toBe('NOT_FOUND');
  expect(await inbox({}, callers.carl)).toMatchObject({ unreadCount: 1 }); // Nothing of that call was marked.
  expect(await failure(INBOX, {}, callers.operator)).toBe('BAD_INPUT');
  expect(contents(await inbox({ agent: 'bob' }, callers.observer))).toEqual(['private']);
  expect(await read({ agent: 'bob', ids: [id] }, callers.operator)).toMatchObject({ markedCount: 1 });
  const count = 'query ($id: ID!) { agent(id: $id) { unreadCount } }';
  expect((await hub.data(count, { id: 'carl' }, callers.carl))['agent']).toEqual({ unreadCount: 1 });
  expect((await hub.data(count, { id: 'carl' }, callers.bob))['agent']).toEqual({ unreadCount: null });
  expect((await hub.data(count, { id: 'carl' }, callers.observer))['agent']).toEqual({ unreadCount: 1 });
});

test('wrong input is told plainly', async () => {
  for (const input of [{}, { ids: ['1'], all: true }, { all: false }, { ids: [] }, { ids: ['x'] }])
    expect([input, await failure(READ, { input }, callers.bob)]).toEqual([input, 'BAD_INPUT']);
  expect(await failure(READ, { input: { ids: ['999999'] } }, callers.bob)).toBe('NOT_FOUND');
  expect(await failure(READ, { input: { through: 'nonsense' } }, callers.bob)).toBe('CURSOR_INVALID');
  expect(await failure(INBOX, { first: 201 }, callers.bob)).toBe('BAD_INPUT');
  expect(await failure(INBOX, { after: 'nonsense' }, callers.bob)).toBe('BAD_INPUT');
});

test('the inbox as a stream: what comes, and what becomes of it', async () => {
  await empty();
  const stream = await hub.subscribeWs(
    'subscription { inbox { op actor message { id content readAt acknowledgedAt } } }',
    {},
    callers.bob,
  );
  const operator = await hub.subscribeSse(
    'subscription { inbox(agent: "bob") { op message { content readAt } } }',
    {},
    callers.operator,
  );
  await caughtUp(stream, operator);
  const [direct] = await write('ann', 'bob', 'direct');
  const [broadcast] = await write('ann', null, 'broadcast');
  await write('bob', null, 'own'); // No news to bob.
  await write('ann', 'carl', 'not for bob');
  await read({ ids: [direct] }, callers.bob);
  await read({ ids: [broadcast] }, callers.carl); // Nobody else's business.
  await hub.data(ACKNOWLEDGE, { input: { ids: [broadcast] } }, callers.bob);
  const next = async (live: typeof stream) => (await live.take()).data?.['inbox'];
  const role = new URL(hub.db).username;
  expect(await next(stream)).toEqual({
    op: 'INSERT',
    actor: role,
    message: { id: direct, content: 'direct', readAt: null, acknowledgedAt: null },
  });
  expect(await next(stream)).toEqual({
    op: 'INSERT',
    actor: role,
    message: { id: broadcast, content: 'broadcast', readAt: null, acknowledgedAt: null },
  });
  expect(await next(stream)).toEqual({
    op: 'UPDATE',
    actor: 'bob',
    message: { id: direct, content: 'direct', readAt: expect.any(String), acknowledgedAt: null },
  });
  expect(await next(stream)).toEqual({
    op: 'UPDATE',
    actor: 'bob',
    message: { id: broadcast, content: 'broadcast', readAt: expect.any(String), acknowledgedAt: expect.any(String) },
  });
  expect([await next(operator), await next(operator), await next(operator), await next(operator)]).toMatchObject([
    { op: 'INSERT' },
    { op: 'INSERT' },
    { op: 'UPDATE' },
    { op: 'UPDATE', message: { content: 'broadcast', readAt: expect.any(String) } },
  ]);
  await stream.close();
  await operator.close();
  const { errors } = await hub.graphql('subscription { inbox(agent: "bob") { op } }', {}, callers.carl);
  expect(errors?.[0]).toBeDefined();
});

test('a long message: its event leaves the text out, whoever asks for it gets it', async () => {
  await empty();
  const stream = await hub.subscribeWs('subscription { inbox { message { content metadata } } }', {}, callers.bob);
  await caughtUp(stream);
  const content = 'long '.repeat(10_000);
  await write('ann', 'bob', content);
  expect((await stream.take()).data?.['inbox'].message).toEqual({ content, metadata: {} });
  await stream.close();
});
