import { type ExecutionResult, GraphQLObjectType, GraphQLSchema, GraphQLString, parse } from 'graphql';
import { afterAll, expect, test, vi } from 'vitest';
import { RookeryError } from '../../src/errors.ts';
import type { ChangeEvent } from '../../src/feed/event.ts';
import type { Context, Viewer } from '../../src/graphql/context.ts';
import { serialized } from '../../src/graphql/frames.ts';
import { liveEvents } from '../../src/graphql/live.ts';
import type { Subscriber } from '../../src/graphql/subscriber.ts';
import { createSubscriptions } from '../../src/graphql/subscriptions.ts';
import { ALL, connect, createToys, feedOf, until } from '../feed/toys.ts';
import { testDatabase } from '../support/database.ts';
import { connection, contextOf, OPERATOR, type Opened, opener } from './streams.ts';

const { url } = await testDatabase();
await createToys(url);
const { db, feed } = await feedOf(url);
const psql = await connect(url);
afterAll(() => psql.end());

let executions = 0;
const text = { type: GraphQLString };
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { nothing: text } }),
  subscription: new GraphQLObjectType<unknown, Context>({
    name: 'Subscription',
    fields: {
      toys: {
        type: new GraphQLObjectType<ChangeEvent>({
          name: 'ToyEvent',
          fields: { cursor: text, name: { ...text, resolve: ({ data }) => data['name'] } },
        }),
        args: { after: text },
        subscribe: (_root, { after }: { after?: string }, context) => liveEvents(context, after, ALL),
        resolve: (event) => {
          executions++;
          return event;
        },
      },
    },
  }),
});

const subscriptions = createSubscriptions({ mask: (result) => result, limit: 50 });
const start = opener(subscriptions, schema, { db, feed });
const DOCUMENT = parse('subscription ($after: String) { toys(after: $after) { cursor name } }');

const open = ({ after, document = DOCUMENT, ...options }: Partial<Opened> & { after?: string } = {}) =>
  start({ document, variables: { after }, ...options });

const nameIn = (json: string): string => JSON.parse(json).data.toys.name;
const nameOf = (result: ExecutionResult): string => nameIn(serialized(result)?.json ?? '{}');

async function take(subscriber: Subscriber, count: number): Promise<string[]> {
  const names: string[] = [];
  while (names.length < count) {
    const { value } = await subscriber.next();
    names.push(nameOf(value as ExecutionResult));
  }
  return names;
}

const insert = (prefix: string, count: number) =>
  psql.query(`insert into toys (name) select $1 || i from generate_series(1, $2) i`, [prefix, count]);
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

test('subscribers that ask for the same share one execution and one text', async () => {
  const sockets = Array.from({ length: 10 }, () => connection(nameIn));
  const streams = await Promise.all(sockets.map((sink) => open({ sink })));
  const iterator = await open();
  expect(subscriptions.count).toEqual({ subscribers: 11, groups: 1 });
  const before = executions;
  await insert('shared', 5);
  expect(await take(iterator, 5)).toEqual(names('shared', 5));
  await until(() => sockets.every((socket) => socket.taken.length === 5));
  for (const socket of sockets) expect(socket.taken).toEqual(names('shared', 5));
  expect(executions - before).toBe(5);
  await Promise.all([...streams, iterator].map((stream) => stream.return()));
  expect(subscriptions.count).toEqual({ subscribers: 0, groups: 0 });
});

test('other rights or another document do not share', async () => {
  const agent: Viewer = { ...OPERATOR, role: 'agent', agent: 'ann' };
  const other = parse('subscription { toys { name } }');
  const streams = [await open(), await open({ viewer: agent }), await open({ document: other })];
  expect(subscriptions.count.groups).toBe(3);
  await psql.query(`insert into toys (owner, name) values ('bob', 'for bob'), ('ann', 'for ann')`);
  expect(await take(streams[0] as Subscriber, 2)).toEqual(['for bob', 'for ann']);
  expect(await take(streams[1] as Subscriber, 1)).toEqual(['for ann']);
  await Promise.all(streams.map((stream) => stream.return()));
});

test('a resumed stream replays, then joins the live one, while writers go on', async () => {
  const live = await open();
  await feed.advance();
  const after = feed.cursorAt(feed.position);
  const writing = (async () => {
    for (let batch = 0; batch < 20; batch++) await insert(`b${batch}-`, 40);
  })();
  await take(live, 300);
  const resumed = await open({ after });
  const replayed = await take(resumed, 800);
  await writing;
  expect(replayed).toEqual(Array.from({ length: 20 }, (_, batch) => names(`b${batch}-`, 40)).flat());
  await live.return();
  await resumed.return();
});

test('a burst larger than what is remembered is served whole, from the table', async () => {
  const socket = connection(nameIn);
  const stream = await open({ sink: socket });
  await insert('burst', 3000);
  await until(() => socket.taken.length >= 3000);
  expect(socket.taken).toEqual(names('burst', 3000));
  await stream.return();
});

test('a congested connection is sent no more until it drained, disturbs nobody and misses nothing', async () => {
  const slow = connection(nameIn);
  const quick = connection(nameIn);
  const streams = [await open({ sink: slow }), await open({ sink: quick })];
  slow.full = true;
  await insert('flood', 1000);
  await until(() => quick.taken.length === 1000);
  expect(slow.taken.length).toBe(1);
  slow.drain();
  await until(() => slow.taken.length >= 1000);
  expect(slow.taken).toEqual(names('flood', 1000));
  await Promise.all(streams.map((stream) => stream.return()));
});

test('a stream that ends by the hub says why, and its cursor resumes exactly there', async () => {
  const stream = await open();
  await insert('seen', 3);
  expect(await take(stream, 3)).toEqual(names('seen', 3));
  subscriptions.end(() => true, new RookeryError('GOING_AWAY', 'bye'));
  await insert('missed', 2);
  const { value } = await stream.next();
  const extensions = (value as ExecutionResult).errors?.[0]?.extensions as { code: string; cursor: string };
  expect(extensions.code).toBe('GOING_AWAY');
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  const resumed = await open({ after: extensions.cursor });
  expect(await take(resumed, 2)).toEqual(names('missed', 2));
  await resumed.return();
});

test('a client that takes nothing for 30 s is closed with its cursor; one that merely has nothing to take is not', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'performance'] });
  const engine = createSubscriptions({ mask: (result) => result, limit: 50 });
  const cut = vi.fn();
  const args = { schema, document: DOCUMENT, variableValues: {} };
  const asleep = (await engine.subscribe(
    { ...args, contextValue: contextOf({ db, feed }, OPERATOR) },
    undefined,
    cut,
  )) as Subscriber;
  const content = (await engine.subscribe(
    { ...args, contextValue: contextOf({ db, feed }, OPERATOR) },
    undefined,
    cut,
  )) as Subscriber;
  await insert('unread', 1);
  expect(await take(content, 1)).toEqual(['unread1']);
  vi.advanceTimersByTime(36_000);
  vi.useRealTimers();
  expect(cut).toHaveBeenCalledTimes(1);
  const { value } = await asleep.next();
  expect((value as ExecutionResult).errors?.[0]?.extensions['code']).toBe('SLOW_CONSUMER');
  expect(engine.count.subscribers).toBe(1);
  engine.close();
});

test('return() ends a stream that is waiting', async () => {
  const stream = await open();
  const waiting = stream.next();
  await stream.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

test('a cursor that is refused is a plain result with its code; so is one subscription too many', async () => {
  await expect(open({ after: 'nonsense' })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  const many = await Promise.all(Array.from({ length: 50 }, () => open()));
  await expect(open()).rejects.toMatchObject({ extensions: { code: 'TOO_MANY' } });
  await Promise.all(many.map((stream) => stream.return()));
});
