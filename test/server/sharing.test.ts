import {
  type GraphQLObjectType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isRequiredArgument,
  parse,
} from 'graphql';
import { expect, test } from 'vitest';
import type { Viewer } from '../../src/graphql/context.ts';
import { createSubscriptions } from '../../src/graphql/subscriptions.ts';
import { schema } from '../../src/server/schema.ts';
import { feedOf, until } from '../feed/toys.ts';
import { alone, connection, OPERATOR, opener } from '../graphql/streams.ts';
import { testHub } from '../support/hub.ts';

// Whatever a room lets be selected: nobody may be shown by the engine, which shares, what GraphQL would not show it alone.
const hub = await testHub();
const ground = await feedOf(hub.db);
const { position } = ground.feed;
await write();
await ground.feed.advance();

const engine = createSubscriptions({ mask: (result) => result, limit: 100 });
const open = opener(engine, schema, ground);
const agent = (name: string, tokenId: string): Viewer => ({ role: 'agent', agent: name, instance: 'default', tokenId });
const VIEWERS: Viewer[] = [
  agent('ann', '1'),
  agent('ann', '2'),
  agent('bob', '3'),
  agent('cid', '4'),
  { ...OPERATOR, agent: 'dot' },
  OPERATOR,
  { ...OPERATOR, role: 'observer' },
];

/** Seconds that pass between two executions are no difference. */
const VOLATILE = /AgeSeconds$|^silen|^uptime/i;

function selectionOf(type: GraphQLObjectType, depth: number): string {
  const fields = Object.values(type.getFields()).flatMap(({ name, type: of, args }) => {
    const named = getNamedType(of);
    if (VOLATILE.test(name) || args.some(isRequiredArgument) || isAbstractType(named)) return [];
    if (!isCompositeType(named)) return [name];
    const inner = depth === 0 ? '' : selectionOf(named as GraphQLObjectType, depth - 1);
    const page = args.some((arg) => arg.name === 'first') ? '(first: 2)' : '';
    return inner === '' ? [] : [`${name}${page} ${inner}`];
  });
  return fields.length === 0 ? '' : `{ ${fields.join(' ')} }`;
}

const ARGUMENTS: Record<string, string> = { queueEvents: 'queues: ["open", "closed"]', inbox: 'agent: "ann"' };
/** Their records, or how they begin, depend on the agent: what it has read, which queues it may see. */
const PERSONAL = new Set(['inbox', 'queueEvents', 'agentEvents']);
const fields = Object.values(schema.getSubscriptionType()?.getFields() ?? {});

test.each(
  fields.flatMap(({ name, type }) =>
    [1, 2].map((depth) => [name, depth, selectionOf(getNamedType(type) as GraphQLObjectType, depth)] as const),
  ),
)('%s, selected %i levels deep', async (name, depth, selection) => {
  const given = ARGUMENTS[name] ?? '';
  const document = parse(`subscription ($after: Cursor) { ${name}(${given} after: $after) ${selection} }`);
  const variables = { after: ground.feed.cursorAt(position) };
  const shown = await Promise.all(
    VIEWERS.map(async (viewer) => {
      const sink = connection((json) => json);
      const stream = await open({ document, variables, viewer, sink }).catch((error: Error) => error);
      return { viewer, sink, stream };
    }),
  );
  let events = 0;
  for (const { viewer, sink, stream } of shown) {
    const own = alone(schema, ground, { document, variables, viewer, position });
    if (stream instanceof Error) await expect(own).rejects.toThrow();
    else {
      const texts = await own;
      await until(() => sink.taken.length >= texts.length);
      expect(sink.taken, JSON.stringify(viewer)).toEqual(texts);
      events += texts.length;
    }
  }
  expect(events).toBeGreaterThan(0);
  // Records that all see alike are executed once for all of a role.
  if (depth === 1 && !PERSONAL.has(name)) expect(engine.count.groups).toBe(3);
  for (const { stream } of shown) if (!(stream instanceof Error)) await stream.return();
});

/** Something of everything, also what is between two alone. */
async function write(): Promise<void> {
  const as = (name: string) => (mutation: string) => hub.data(`mutation { ${mutation} }`, {}, { agent: name });
  const [ann, bob, cid] = [as('ann'), as('bob'), as('cid')];
  for (const each of ['ann', 'bob', 'cid']) await as(each)(`registerAgent(input: { id: "${each}" }) { agent { id } }`);
  const { createSession } = await ann('createSession(input: { title: "plan" }) { session { id } }');
  const session = createSession.session.id;
  await bob(`joinSession(input: { id: ${session} }) { participant { role } }`);
  await ann(`appendChunks(input: { sessionId: ${session}, chunks: [{ content: "a word" }] }) { chunks { id } }`);
  const { createTask } = await ann(
    `createTask(input: { title: "dig", assignedTo: "bob", sessionId: ${session} }) { task { id } }`,
  );
  const { claimTask } = await bob(`claimTask(input: { id: ${createTask.task.id} }) { lease { token } }`);
  await bob(
    `completeTask(input: { id: ${createTask.task.id}, leaseToken: "${claimTask.lease.token}" }) { task { id } }`,
  );
  const { sendMessage } = await ann('sendMessage(input: { to: "bob", content: "between us" }) { message { id } }');
  await bob(`sendMessage(input: { replyTo: ${sendMessage.message.id}, content: "indeed" }) { message { id } }`);
  await cid(`sendMessage(input: { content: "to all" }) { message { id } }`);
  await ann('markRead(input: { ids: [2, 3] }) { messages { id } }');
  const { createRequest } = await ann(
    'createRequest(input: { kind: APPROVAL, subject: "may I?", to: "bob" }) { request { id } }',
  );
  await bob(`respondToRequest(input: { id: ${createRequest.request.id}, decision: APPROVE }) { request { id } }`);
  await cid('createRequest(input: { kind: HELP, subject: "anybody?", to: "*" }) { request { id } }');
  for (const queue of ['open', 'closed'])
    await hub.data(`mutation { createQueue(input: { name: "${queue}" }) { queue { name } } }`);
  await hub.data(
    'mutation { grantQueue(input: { queue: "closed", agent: "bob", send: true, read: true, view: true }) { grant { agent } } }',
  );
  for (const queue of ['open', 'closed']) await bob(`sendToQueue(input: { queue: "${queue}", body: 1 }) { id }`);
  await ann('postStandup(input: { currentTask: "digging" }) { standup { id } }');
  await cid('setState(input: { key: "season", value: "spring" }) { state { key } }');
  await bob('recordKnowledge(input: { title: "digging", content: "use a spade" }) { entry { id } }');
  await cid('logEvent(input: { type: "noise" }) { event { id } }');
}
