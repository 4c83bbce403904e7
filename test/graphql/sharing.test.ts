import { type DocumentNode, type ExecutionResult, parse } from 'graphql';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { RookeryError } from '../../src/errors.ts';
import type { Context, Viewer } from '../../src/graphql/context.ts';
import { serialized } from '../../src/graphql/frames.ts';
import { Subscriber } from '../../src/graphql/subscriber.ts';
import { createSubscriptions } from '../../src/graphql/subscriptions.ts';
import { connect, createToys, feedOf, until } from '../feed/toys.ts';
import { testDatabase } from '../support/database.ts';
import { curiousToys, seen } from './curious-toys.ts';
import { alone, connection, OPERATOR, opener } from './streams.ts';

const { url } = await testDatabase();
await createToys(url);
const ground = await feedOf(url);
const { feed } = ground;
const psql = await connect(url);
afterAll(() => psql.end());

const schema = curiousToys();
const engine = createSubscriptions({ mask: (result) => result, limit: 100 });
const open = opener(engine, schema, ground);
beforeEach(() => void seen.splice(0));

const agent = (name: string, tokenId: string, instance = 'default'): Viewer => ({
  role: 'agent',
  agent: name,
  instance,
  tokenId,
});
/** Two tokens of one agent, two more agents, and operators with and without a name. */
const ANN = agent('ann', '1');
const VIEWERS = [
  ANN,
  agent('ann', '2', 'spare'),
  agent('bob', '3'),
  agent('cid', '4'),
  { ...OPERATOR, agent: 'dot' },
  OPERATOR,
];

const aloneIn = (document: DocumentNode, variables: Record<string, unknown>, viewer: Viewer, position: number) =>
  alone(schema, ground, { document, variables, viewer, position });

const insert = (name: string, count: number, columns: { owner?: string; status?: string } = {}) =>
  psql.query('insert into toys (name, owner, status) select $1 || i, $3, $4 from generate_series(1, $2) i', [
    name,
    count,
    columns.owner ?? null,
    columns.status ?? 'new',
  ]);

/** A crowd of all viewers, on connections; says what each was sent. */
async function crowd(document: DocumentNode, variables: Record<string, unknown> = {}, viewers = VIEWERS) {
  const sockets = viewers.map(() => connection((json) => json));
  const streams = await Promise.all(
    viewers.map((viewer, place) => open({ document, variables, viewer, sink: sockets[place]! })),
  );
  return { sockets, streams, leave: () => Promise.all(streams.map((stream) => stream.return())) };
}

/** `groups`: how many there are once an event has been shown. */
const QUERIES: [what: string, selection: string, groups: number, variables?: Record<string, unknown>][] = [
  ['nothing', '{ toys { name inner { name } thing { name } } }', 2],
  ['the role, which scopes decide on', '{ toys { name role } }', 2],
  ['the agent', '{ toys { name me } }', 5],
  ['the agent, deep inside', '{ toys { inner { inner { inner { me } } } } }', 5],
  [
    'the agent, if a variable says so, and it does not',
    '($mine: Boolean!) { toys { name me @include(if: $mine) } }',
    2,
    { mine: false },
  ],
  [
    'the agent, if a variable says so, and it does',
    '($mine: Boolean!) { toys { name me @include(if: $mine) } }',
    5,
    { mine: true },
  ],
  ['the agent, in a fragment on a type of an interface', '{ toys { thing { name ... on OwnedThing { mine } } } }', 5],
  ['the agent, in the text of an error', '{ toys { name refused } }', 5],
  ['the agent, and goes on when refused', '{ toys { name swallowed } }', 5],
  ['the agent, after a while', '{ toys { name later } }', 5],
  ['the agent, in a loader that all fields of an event share', '{ toys { loaded inner { loaded } } }', 5],
  ['the instance', '{ toys { name instance } }', 3],
  ['the token', '{ toys { name token } }', 5],
  ['everything, by a copy', '{ toys { name copied } }', 6],
  ['the agent, when it begins', '{ greeted { name } }', 5],
  ['the agent, in its filter', '{ owned { name } }', 5],
];

test.each(QUERIES)(
  'each sees what it would see alone, when a subscription asks for %s',
  async (_what, selection, groups, variables = {}) => {
    const document = parse(`subscription ${selection}`);
    const { position } = feed;
    const { sockets, leave } = await crowd(document, { ...variables });
    await insert('one', 2);
    await insert('another', 2, { status: 'ann' });
    await insert('last', 1);
    await feed.advance();
    for (const [place, viewer] of VIEWERS.entries()) {
      const own = await aloneIn(document, variables, viewer, position);
      await until(() => sockets[place]!.taken.length >= own.length);
      expect(sockets[place]!.taken, JSON.stringify(viewer)).toEqual(own);
    }
    expect(engine.count.groups).toBe(groups);
    // What has been learned stays: another crowd parts at once, and executes nothing in vain.
    seen.splice(0);
    const later = await crowd(document, { ...variables });
    expect(engine.count.groups).toBe(groups);
    await insert('again', 1);
    await until(() => later.sockets.every(({ taken }) => taken.length === 1));
    expect(seen).toHaveLength(groups);
    await Promise.all([leave(), later.leave()]);
    expect(engine.count).toEqual({ subscribers: 0, groups: 0 });
  },
);

test('the execution for a group is given nothing of any of its members', async () => {
  const document = parse('subscription ($after: String) { toys(after: $after) { name } }');
  await insert('earlier', 2);
  await feed.advance();
  const [early, late] = [feed.cursorAt(feed.position - 1), feed.cursorAt(feed.position)];
  const first = await crowd(document, { after: early });
  const second = await crowd(document, { after: late });
  await insert('plain', 1);
  await until(() => second.sockets.every(({ taken }) => taken.length === 1));
  await until(() => first.sockets.every(({ taken }) => taken.length === 2));
  expect(engine.count.groups).toBe(2);
  for (const { event, args, context } of seen) {
    const { viewer, db, feed: its, ...rest } = context;
    expect(args).toEqual({ after: event.cursor });
    expect([db, its]).toEqual([ground.db, feed]);
    expect(rest).toEqual({ feedPosition: event.position, lastEventId: null, signal: null });
    const facts = Object.entries(Object.getOwnPropertyDescriptors(viewer as Viewer));
    expect(facts.map(([, { get }]) => typeof get)).toEqual(['function', 'function', 'function', 'function']);
    expect(viewer?.role).toMatch(/agent|operator/);
    for (const [name] of facts.filter(([name]) => name !== 'role'))
      expect(() => viewer?.[name as keyof Viewer]).toThrow('is not known');
  }
  await Promise.all([first.leave(), second.leave()]);
});

test('what is addressed reaches its recipients only, and what is for all is shared until then', async () => {
  const document = parse('subscription { toys { name } }');
  const agents = VIEWERS.filter(({ role }) => role === 'agent');
  const { sockets, leave } = await crowd(document, {}, agents);
  await insert('open', 1);
  await until(() => sockets.every(({ taken }) => taken.length === 1));
  expect([engine.count.groups, seen.length]).toEqual([1, 1]);
  const { position } = feed;
  await insert('anns', 2, { owner: 'ann' });
  await insert('bobs', 1, { owner: 'bob' });
  await insert('open', 1);
  await feed.advance();
  for (const [place, viewer] of agents.entries()) {
    const own = await aloneIn(document, {}, viewer, position);
    await until(() => sockets[place]!.taken.length > own.length);
    expect(sockets[place]!.taken.slice(1)).toEqual(own);
  }
  expect(sockets.map(({ taken }) => taken.length)).toEqual([4, 4, 3, 2]);
  expect(engine.count.groups).toBe(3);
  await leave();
});

test('a group that divides in the middle of everything loses, doubles and turns around nothing', async () => {
  const document = parse('subscription ($after: String) { toys(after: $after) { name sometimes } }');
  await feed.advance();
  const { position } = feed;
  const after = feed.cursorAt(position);
  const { follow } = Subscriber.prototype;
  // The group they go on in may have something to offer before they have read what lies in between.
  const division = vi.spyOn(Subscriber.prototype, 'follow').mockImplementation(function (this: Subscriber, group) {
    follow.call(this, group);
    this.offer({ position: Number.MAX_SAFE_INTEGER, cursor: '', json: 'too early' });
  });
  const { sockets, leave } = await crowd(document);
  const slow = sockets[2]!;
  slow.full = true;
  const iterator = await open({ document, viewer: ANN });
  const writing = (async () => {
    for (let batch = 0; batch < 20; batch++) await insert(batch === 10 ? 'secret' : `b${batch}-`, 40);
  })();
  const resumed = await crowd(document, { after });
  await until(() => slow.taken.length === 1);
  await writing;
  await feed.advance();
  slow.drain();
  const expected = await Promise.all(VIEWERS.map((viewer) => aloneIn(document, {}, viewer, position)));
  expect(expected[0]).toHaveLength(800);
  for (const [place, own] of expected.entries())
    for (const { taken } of [sockets[place]!, resumed.sockets[place]!]) {
      await until(() => taken.length >= own.length);
      expect(taken).toEqual(own);
    }
  expect(await take(iterator, 800)).toEqual(expected[0]);
  expect(engine.count.groups).toBe(5);
  expect(division).toHaveBeenCalled();
  division.mockRestore();
  await Promise.all([leave(), resumed.leave(), iterator.return()]);
});

test('a crowd that replays divides too, and nobody is shown the text of another', async () => {
  await feed.advance();
  const { position } = feed;
  await insert('past', 150);
  await insert('secret', 3);
  await feed.advance();
  const document = parse('subscription ($after: String) { toys(after: $after) { name sometimes } }');
  const { sockets, leave } = await crowd(document, { after: feed.cursorAt(position) });
  for (const [place, viewer] of VIEWERS.entries()) {
    const own = await aloneIn(document, {}, viewer, position);
    await until(() => sockets[place]!.taken.length >= own.length);
    expect(sockets[place]!.taken).toEqual(own);
  }
  await leave();
});

test('a token that ends takes its own stream along and no other of the group; its cursor resumes exactly there', async () => {
  const document = parse('subscription ($after: String) { toys(after: $after) { name sometimes } }');
  const streams = await Promise.all(VIEWERS.map((viewer) => open({ document, viewer })));
  const [first, ...others] = streams as [Subscriber, ...Subscriber[]];
  await insert('before', 1);
  for (const stream of streams) expect(await take(stream, 1)).toHaveLength(1);
  expect(engine.count.groups).toBe(2);
  // It ends in the moment of the division, before the stream has read on.
  const { follow } = Subscriber.prototype;
  const division = vi.spyOn(Subscriber.prototype, 'follow').mockImplementation(function (this: Subscriber, group) {
    follow.call(this, group);
    engine.end(({ viewer }: Context) => viewer?.tokenId === ANN.tokenId, new RookeryError('UNAUTHENTICATED', 'over'));
  });
  const waiting = first.next();
  await insert('secret', 1);
  await until(() => engine.count.groups > 2);
  division.mockRestore();
  const { value } = await waiting;
  const { code, cursor } = (value as ExecutionResult).errors?.[0]?.extensions ?? {};
  expect(code).toBe('UNAUTHENTICATED');
  for (const stream of others) expect((await take(stream, 1))[0]).toContain('secret1');
  const resumed = await open({ document, viewer: ANN, variables: { after: cursor } });
  expect(await take(resumed, 1)).toEqual(['{"data":{"toys":{"name":"secret1","sometimes":"ann"}}}']);
  await Promise.all([...others, resumed].map((stream) => stream.return()));
});

async function take(subscriber: Subscriber, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) {
    const { value } = await subscriber.next();
    texts.push(serialized(value as ExecutionResult)?.json ?? JSON.stringify(value));
  }
  return texts;
}
