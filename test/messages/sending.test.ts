import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { type Caller, testHub } from '../support/hub.ts';
import { heldUp } from '../support/locks.ts';

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

const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  message { id from to type content metadata threadId readAt replyTo { id } fromAgent { id } toAgent { id } } } }`;
const SEND_MANY =
  'mutation ($inputs: [SendMessageInput!]!) { sendMessages(inputs: $inputs) { messages { id to content } } }';
const send = async (input: object, caller: Caller) => (await hub.data(SEND, { input }, caller))['sendMessage'].message;
const failure = async (input: object, caller: Caller) =>
  (await hub.graphql(SEND, { input }, caller)).errors?.[0]?.extensions;
const count = async () => Number((await hub.pg.query('select count(*) from agent_messages')).rows[0].count);

test('a direct message', async () => {
  const message = await send({ to: 'bob', type: 'question', content: 'Can you?', metadata: { pr: 142 } }, callers.ann);
  expect(message).toEqual({
    id: expect.stringMatching(/^\d+$/),
    from: 'ann',
    to: 'bob',
    type: 'question',
    content: 'Can you?',
    metadata: { pr: 142 },
    threadId: message.id,
    readAt: null,
    replyTo: null,
    fromAgent: { id: 'ann' },
    toAgent: null,
  });
});

test('a broadcast is one row, and a receipt for every registered agent but the sender', async () => {
  await hub.pg.query(`insert into agents (agent_id) values ('ann'), ('bob'), ('carl') on conflict do nothing`);
  const message = await send({ content: 'Deploying in 5 minutes' }, callers.ann);
  expect(message).toMatchObject({ to: null, type: 'general', metadata: {} });
  const { rows } = await hub.pg.query('select agent_id from agent_message_receipts where message_id = $1 order by 1', [
    message.id,
  ]);
  expect(rows.map((row) => row.agent_id)).toEqual(['bob', 'carl']);
});

test('an answer joins the thread and goes to the other side', async () => {
  const question = await send({ to: 'bob', content: 'Q' }, callers.ann);
  const answer = await send({ replyTo: question.id, content: 'A' }, callers.bob);
  expect(answer).toMatchObject({ to: 'ann', threadId: question.id, replyTo: { id: question.id } });
  const addition = await send({ replyTo: answer.id, content: 'B' }, callers.bob);
  expect(addition).toMatchObject({ to: 'ann', threadId: question.id });
  const toAll = await send({ replyTo: answer.id, to: null, content: 'C' }, callers.ann);
  expect(toAll).toMatchObject({ to: null, threadId: question.id });
  const { message } = await hub.data(
    'query ($id: ID!) { message(id: $id) { thread(first: 3) { edges { node { content } } pageInfo { hasNextPage } } } }',
    { id: addition.id },
    callers.ann,
  );
  expect(message.thread).toEqual({
    edges: [{ node: { content: 'Q' } }, { node: { content: 'A' } }, { node: { content: 'B' } }],
    pageInfo: { hasNextPage: true },
  });
});

test('plain SQL answers join the thread too', async () => {
  const { rows } = await hub.pg.query(
    `insert into agent_messages (from_agent, to_agent, content) values ('x', 'y', 'root') returning id`,
  );
  const second = await hub.pg.query(
    `insert into agent_messages (from_agent, to_agent, content, reply_to) values ('y', 'x', 'leaf', $1) returning id, thread_id`,
    [rows[0].id],
  );
  expect(second.rows[0].thread_id).toBe(rows[0].id);
  const third = await hub.pg.query(
    `insert into agent_messages (from_agent, to_agent, content, reply_to) values ('x', 'y', 'leaf', $1) returning thread_id`,
    [second.rows[0].id],
  );
  expect(third.rows[0].thread_id).toBe(rows[0].id);
});

test('nobody answers, or reads through an answer, what it may not see', async () => {
  const secret = await send({ to: 'carl', content: 'secret' }, callers.ann);
  expect(await failure({ replyTo: secret.id, content: 'I heard' }, callers.bob)).toMatchObject({
    code: 'NOT_FOUND',
    replyTo: secret.id,
  });
  expect(await failure({ replyTo: '999999', content: 'x' }, callers.ann)).toMatchObject({ code: 'NOT_FOUND' });
  const leak = await send({ replyTo: secret.id, to: null, content: 'about that' }, callers.ann);
  const look =
    'query ($id: ID!) { message(id: $id) { content replyTo { content } thread { edges { node { content } } } } }';
  expect((await hub.data(look, { id: leak.id }, callers.bob))['message']).toEqual({
    content: 'about that',
    replyTo: null,
    thread: { edges: [{ node: { content: 'about that' } }] },
  });
  expect((await hub.data(look, { id: leak.id }, callers.observer))['message'].replyTo).toEqual({ content: 'secret' });
  expect((await hub.data(look, { id: secret.id }, callers.bob))['message']).toBeNull();
  const answered = await send({ from: 'overseer', replyTo: secret.id, content: 'I see all' }, callers.operator);
  expect(answered).toMatchObject({ from: 'overseer', to: 'ann' });
});

test('an agent sends as itself only, an operator as any, an observer not at all', async () => {
  expect(await failure({ from: 'ann', content: 'x' }, callers.bob)).toMatchObject({ code: 'FORBIDDEN' });
  expect(await failure({ from: 'ann', content: 'x' }, callers.observer)).toMatchObject({ code: 'FORBIDDEN' });
  expect(await failure({ content: 'x' }, callers.operator)).toMatchObject({ code: 'BAD_INPUT' });
  expect(await failure({ content: 'x' }, {})).toMatchObject({ code: 'UNAUTHENTICATED' });
  const { errors } = await hub.graphql(
    SEND_MANY,
    { inputs: [{ content: 'mine' }, { from: 'ann', content: 'not mine' }] },
    callers.bob,
  );
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' });
});

test('wrong input is told plainly', async () => {
  expect(await failure({ content: '' }, callers.ann)).toMatchObject({ code: 'BAD_INPUT' });
  expect(await failure({ to: '*', content: 'x' }, callers.ann)).toMatchObject({ code: 'BAD_INPUT' });
  expect(await failure({ to: 'role:dba', content: 'x' }, callers.ann)).toMatchObject({ code: 'BAD_INPUT' });
  expect(await failure({ replyTo: 'first', content: 'x' }, callers.ann)).toMatchObject({ code: 'BAD_INPUT' });
  expect(await failure({ content: 'x'.repeat(1_048_577) }, callers.ann)).toBeDefined();
  const many = Array.from({ length: 201 }, () => ({ content: 'x' }));
  expect((await hub.graphql(SEND_MANY, { inputs: many }, callers.ann)).errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_INPUT',
  });
  expect((await hub.graphql(SEND_MANY, { inputs: [] }, callers.ann)).errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_INPUT',
  });
});

test('a batch is sent as a whole, in order, or not at all', async () => {
  const contents = Array.from({ length: 200 }, (_, n) => `n${n}`);
  const { sendMessages } = await hub.data(
    SEND_MANY,
    { inputs: contents.map((content) => ({ to: 'bob', content })) },
    callers.ann,
  );
  expect(sendMessages.messages.map((message: { content: string }) => message.content)).toEqual(contents);
  const ids = sendMessages.messages.map((message: { id: string }) => Number(message.id));
  expect(ids).toEqual(ids.toSorted((a: number, b: number) => a - b));

  const before = await count();
  const { errors } = await hub.graphql(
    SEND_MANY,
    { inputs: [{ content: 'a' }, { content: 'b', replyTo: '999999' }, { content: 'c' }] },
    callers.ann,
  );
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', index: 1 });
  expect(await count()).toBe(before);
});

test('idempotency: a repeat gets the first message, also in a race and inside one batch', async () => {
  const before = await count();
  const race = await Promise.all(
    Array.from({ length: 20 }, () => send({ content: 'once', idempotencyKey: 'race' }, callers.ann)),
  );
  expect(new Set(race.map(({ id }) => id)).size).toBe(1);
  expect(await send({ content: 'once', idempotencyKey: 'race' }, callers.ann)).toEqual(race[0]);
  const twin = { to: 'bob', content: 'twin', idempotencyKey: 'twin' };
  const { sendMessages } = await hub.data(
    SEND_MANY,
    { inputs: [twin, { to: 'bob', content: 'between' }, twin] },
    callers.ann,
  );
  expect(sendMessages.messages[0]).toEqual(sendMessages.messages[2]);
  expect(await count()).toBe(before + 3);
});

test('idempotency: other arguments conflict; another sender has keys of its own', async () => {
  const first = await send({ to: 'bob', content: 'one', idempotencyKey: 'mine' }, callers.ann);
  expect(await failure({ to: 'bob', content: 'two', idempotencyKey: 'mine' }, callers.ann)).toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
    id: first.id,
  });
  const other = await send({ to: 'ann', content: 'two', idempotencyKey: 'mine' }, callers.bob);
  expect(other.id).not.toBe(first.id);
});

test('idempotency: a call that failed has not used its key up', async () => {
  expect(await failure({ content: 'x', replyTo: '999999', idempotencyKey: 'later' }, callers.ann)).toMatchObject({
    code: 'NOT_FOUND',
  });
  expect(await send({ to: 'bob', content: 'x', idempotencyKey: 'later' }, callers.ann)).toMatchObject({ content: 'x' });
});

test('idempotency: whoever repeats a call that is still under way waits, and gets its message', async () => {
  const input = { to: 'bob', content: 'slow', idempotencyKey: 'slow' };
  const first = new pg.Client({ connectionString: hub.db });
  await first.connect();
  try {
    await first.query('begin');
    const { rows } = await first.query(`select message ->> 'id' as id from rookery.send_messages($1)`, [
      JSON.stringify([{ from: 'ann', ...input }]),
    ]);
    const second = send(input, callers.ann);
    await expect.poll(() => heldUp(hub.pg)).toBeGreaterThan(0);
    await first.query('commit');
    expect((await second).id).toBe(rows[0].id);
  } finally {
    await first.end();
  }
});

test('one poisoned message in a crowd fails alone', async () => {
  const calls = Array.from({ length: 40 }, (_, n) =>
    hub.graphql(SEND, { input: { to: 'bob', content: n === 17 ? 'a\u0000b' : 'fine' } }, callers.ann),
  );
  const failed = (await Promise.all(calls)).flatMap(({ errors }, n) =>
    errors ? [[n, errors[0]?.extensions?.['code']]] : [],
  );
  expect(failed).toEqual([[17, 'BAD_INPUT']]);
});
