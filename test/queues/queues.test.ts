import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub();

const CREATE =
  'mutation ($input: CreateQueueInput!) { createQueue(input: $input) { queue { name maxReads deadLetterQueue } } }';
const SEND = 'mutation ($input: SendToQueueInput!) { sendToQueue(input: $input) { id } }';
const BATCH = 'mutation ($input: SendBatchToQueueInput!) { sendBatchToQueue(input: $input) { ids } }';
const READ = `mutation ($input: ReadQueueInput!) { readQueue(input: $input) {
  deliveries { receipt message { id queue body headers group readCount lastReader origin { queue messageId readCount group } } } } }`;
const ARCHIVE = 'mutation ($input: ArchiveQueueMessagesInput!) { archiveQueueMessages(input: $input) { ids } }';
const DELETE = 'mutation ($input: DeleteQueueMessagesInput!) { deleteQueueMessages(input: $input) { ids } }';
const EXTEND =
  'mutation ($input: ExtendQueueVisibilityInput!) { extendQueueVisibility(input: $input) { messages { id visibleAt } } }';
const POP = 'mutation ($input: PopQueueInput!) { popQueue(input: $input) { messages { id body } } }';
const FIGURES = '{ length visibleLength totalMessages oldestMessageAgeSeconds newestMessageAgeSeconds }';

interface Delivery {
  receipt: string;
  message: { id: string; body: unknown; group: string | null; readCount: number } & Record<string, unknown>;
}

const create = (name: string, more: object = {}) => hub.data(CREATE, { input: { name, ...more } });
const send = async (queue: string, body: unknown, more: object = {}) =>
  ((await hub.data(SEND, { input: { queue, body, ...more } }))['sendToQueue'] as { id: string }).id;
const read = async (queue: string, more: object = {}, agent = 'nexus'): Promise<Delivery[]> =>
  (
    (await hub.data(READ, { input: { queue, quantity: 10, ...more } }, { agent }))['readQueue'] as {
      deliveries: Delivery[];
    }
  ).deliveries;
const held = (deliveries: Delivery[]) => deliveries.map(({ receipt, message: { id } }) => ({ id, receipt }));
const bodies = (deliveries: Delivery[]) => deliveries.map(({ message }) => message.body);
const figures = async (queue: string) =>
  (await hub.data(`query ($queue: String!) { queue(name: $queue) ${FIGURES} }`, { queue }))['queue'] as Record<
    string,
    number | null
  >;

test('sent, read, hidden, archived', async () => {
  await create('llm_requests');
  const id = await send('llm_requests', { task: 'hello' }, { headers: { trace: '9f' } });
  expect(await figures('llm_requests')).toEqual({
    length: 1,
    visibleLength: 1,
    totalMessages: 1,
    oldestMessageAgeSeconds: expect.any(Number),
    newestMessageAgeSeconds: expect.any(Number),
  });
  const [delivery] = await read('LLM_requests');
  expect(delivery?.message).toEqual({
    id,
    queue: 'llm_requests',
    body: { task: 'hello' },
    headers: { trace: '9f' },
    group: null,
    readCount: 1,
    lastReader: 'nexus',
    origin: null,
  });
  expect(await read('llm_requests')).toEqual([]);
  expect(await figures('llm_requests')).toMatchObject({ length: 1, visibleLength: 0 });
  const input = { queue: 'llm_requests', messages: held([delivery as Delivery]) };
  expect(await hub.data(ARCHIVE, { input })).toEqual({ archiveQueueMessages: { ids: [id] } });
  expect(await hub.data(ARCHIVE, { input }), 'archiving again is no error').toEqual({
    archiveQueueMessages: { ids: [id] },
  });
  expect(await figures('llm_requests')).toEqual({
    length: 0,
    visibleLength: 0,
    totalMessages: 1,
    oldestMessageAgeSeconds: null,
    newestMessageAgeSeconds: null,
  });
  const archive = await hub.data(
    '{ queue(name: "llm_requests") { archive { edges { node { id body readCount lastReader } } } } }',
  );
  expect(archive['queue']).toEqual({
    archive: { edges: [{ node: { id, body: { task: 'hello' }, readCount: 1, lastReader: 'nexus' } }] },
  });
});

test('figures are right across a fold of the counters and for figures of many queues', async () => {
  await create('counted');
  for (let n = 0; n < 5; n++) await send('counted', n);
  await hub.pg.query('select rookery.fold_queue_counts()');
  await send('counted', 5);
  await hub.data(POP, { input: { queue: 'counted', quantity: 2 } });
  expect(await figures('counted')).toMatchObject({ length: 4, visibleLength: 4, totalMessages: 6 });
  await hub.pg.query('select rookery.fold_queue_counts()');
  expect(await figures('counted')).toMatchObject({ length: 4, visibleLength: 4, totalMessages: 6 });
  const all = await hub.data(`{ queues(first: 200) { edges { node { name length } } } }`);
  const nodes = (all['queues'] as { edges: { node: { name: string; length: number } }[] }).edges.map(
    ({ node }) => node,
  );
  expect(nodes).toContainEqual({ name: 'counted', length: 4 });
  expect(nodes).toContainEqual({ name: 'llm_requests', length: 0 });
});

test('a receipt is good until the message is read again, and then settles nothing', async () => {
  await create('fenced');
  await send('fenced', 1);
  const late = await read('fenced', { visibilitySeconds: 0 });
  const now = await read('fenced', { visibilitySeconds: 60 }, 'other');
  expect(now[0]?.message.readCount).toBe(2);
  for (const [query, input] of [
    [ARCHIVE, { queue: 'fenced', messages: held(late) }],
    [DELETE, { queue: 'fenced', messages: held(late) }],
    [EXTEND, { queue: 'fenced', messages: held(late), visibilitySeconds: 0 }],
  ] as const) {
    const { errors } = await hub.graphql(query, { input }, { agent: 'nexus' });
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'LEASE_LOST',
      lost: [{ id: late[0]?.message.id, reason: 'READ_AGAIN' }],
    });
  }
  // All or none: one stale receipt, and the good one beside it stays as it is.
  await send('fenced', 2);
  const fresh = await read('fenced');
  const mixed = await hub.graphql(DELETE, { input: { queue: 'fenced', messages: held([...fresh, ...late]) } });
  expect(mixed.errors?.[0]?.extensions).toMatchObject({ code: 'LEASE_LOST' });
  expect(await figures('fenced')).toMatchObject({ length: 2 });
  await hub.data(DELETE, { input: { queue: 'fenced', messages: held([...fresh, ...now]) } });
  expect(await figures('fenced')).toMatchObject({ length: 0 });
  const gone = await hub.graphql(DELETE, { input: { queue: 'fenced', messages: held(now) } });
  expect(gone.errors?.[0]?.extensions).toMatchObject({ code: 'LEASE_LOST', lost: [{ reason: 'GONE' }] });
});

test('an expired receipt still settles what nobody else has read', async () => {
  await create('tardy');
  await send('tardy', 1);
  const [delivery] = await read('tardy', { visibilitySeconds: 0 });
  expect(await hub.data(DELETE, { input: { queue: 'tardy', messages: held([delivery as Delivery]) } })).toMatchObject({
    deleteQueueMessages: { ids: [delivery?.message.id] },
  });
});

test('a message that another session has locked is busy, and holds nobody else up', async () => {
  await create('busy');
  await send('busy', 1);
  await send('busy', 2);
  const [first, second] = await read('busy');
  await hub.pg.query('begin');
  await hub.pg.query('select from queue_messages where msg_id = $1 for update', [first?.message.id]);
  const [stuck, free] = await Promise.all([
    hub.graphql(DELETE, { input: { queue: 'busy', messages: held([first as Delivery]) } }),
    hub.graphql(DELETE, { input: { queue: 'busy', messages: held([second as Delivery]) } }),
  ]);
  expect(stuck.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', busy: true });
  expect(free.errors).toBeUndefined();
  await hub.pg.query('rollback');
  await hub.data(DELETE, { input: { queue: 'busy', messages: held([first as Delivery]) } });
});

test('extend hides for longer, and with 0 gives back', async () => {
  await create('extended');
  await send('extended', 1);
  const deliveries = await read('extended', { visibilitySeconds: 30 });
  const extend = (visibilitySeconds: number) =>
    hub.data(EXTEND, { input: { queue: 'extended', messages: held(deliveries), visibilitySeconds } });
  const { extendQueueVisibility } = await extend(3_600);
  const { visibleAt } = (extendQueueVisibility as { messages: { visibleAt: string }[] }).messages[0] as {
    visibleAt: string;
  };
  const { rows } = await hub.pg.query(`select $1::timestamptz - clock_timestamp() > interval '59 minutes' as longer`, [
    visibleAt,
  ]);
  expect(rows[0].longer).toBe(true);
  expect(await read('extended')).toEqual([]);
  await extend(0);
  expect(bodies(await read('extended'))).toEqual([1]);
});

test('delayed messages come when they are due, and those in flight do not stand in the way', async () => {
  await create('delayed');
  await send('delayed', 'later', { delaySeconds: 3_600 });
  await send('delayed', 'now');
  expect(bodies(await read('delayed'))).toEqual(['now']);
  await hub.pg.query(
    `update queue_messages set vt = clock_timestamp() where queue = 'delayed' and message = '"later"'`,
  );
  expect(bodies(await read('delayed'))).toEqual(['later']);
});

test('a message read too often goes to the dead letter queue with its origin, and is redriven from there', async () => {
  expect((await create('fragile', { maxReads: 2 }))['createQueue']).toEqual({
    queue: { name: 'fragile', maxReads: 2, deadLetterQueue: 'fragile_dead' },
  });
  const id = await send('fragile', 'poison', { headers: { trace: '1' } });
  await send('fragile', 'fine');
  for (const readCount of [1, 2])
    expect((await read('fragile', { visibilitySeconds: 0 }))[0]?.message).toMatchObject({ id, readCount });
  // The third read gives it up, and still delivers the other: nobody comes away empty-handed for it.
  await hub.pg.query(`update queue_messages set read_ct = 0 where queue = 'fragile' and message = '"fine"'`);
  expect(bodies(await read('fragile'))).toEqual(['fine']);
  expect(await figures('fragile')).toMatchObject({ length: 1, totalMessages: 2 });
  const [letter] = await read('fragile_dead', { visibilitySeconds: 0 });
  expect(letter?.message).toMatchObject({
    body: 'poison',
    headers: { trace: '1' },
    origin: { queue: 'fragile', messageId: id, readCount: 2, group: null },
  });
  const redrive = () => hub.data('mutation { redriveQueue(input: { queue: "fragile_dead" }) { redriven } }');
  expect(await redrive()).toEqual({ redriveQueue: { redriven: 1 } });
  expect(await redrive()).toEqual({ redriveQueue: { redriven: 0 } });
  const [again] = await read('fragile');
  expect(again?.message).toMatchObject({ body: 'poison', headers: { trace: '1' }, readCount: 1, origin: null });
  expect(await figures('fragile_dead')).toMatchObject({ length: 0, totalMessages: 1 });
});

test('of a group, one message is in flight at a time, in order; other groups and loose messages go on', async () => {
  await create('groups');
  const batch = ['a1', 'a2', 'a3'].map((body) => ({ body, group: 'a' }));
  await hub.data(BATCH, {
    input: { queue: 'groups', messages: [...batch, { body: 'b1', group: 'b' }, { body: 'loose' }] },
  });
  const first = await read('groups');
  expect(bodies(first)).toEqual(['a1', 'b1', 'loose']);
  expect(await read('groups')).toEqual([]);
  // Given back, the head comes again: never its successor.
  await hub.data(EXTEND, { input: { queue: 'groups', messages: held(first.slice(0, 1)), visibilitySeconds: 0 } });
  const again = await read('groups');
  expect(bodies(again)).toEqual(['a1']);
  await hub.data(ARCHIVE, { input: { queue: 'groups', messages: held(again) } });
  const next = await read('groups');
  expect(bodies(next)).toEqual(['a2']);
  await hub.data(DELETE, { input: { queue: 'groups', messages: held(next) } });
  await send('groups', 'a4', { group: 'a' });
  expect(bodies(await read('groups'))).toEqual(['a3']);
});

test('an idempotency key sends once, alone, at once and in a batch', async () => {
  await create('once');
  const one = { queue: 'once', body: { n: 1 }, idempotencyKey: 'k1' };
  const calls = await Promise.all(Array.from({ length: 8 }, () => hub.data(SEND, { input: one }, { agent: 'jean' })));
  expect(new Set(calls.map(({ sendToQueue }) => (sendToQueue as { id: string }).id)).size).toBe(1);
  const other = await hub.graphql(SEND, { input: { ...one, body: { n: 2 } } }, { agent: 'jean' });
  expect(other.errors?.[0]?.extensions).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  const batch = { queue: 'once', messages: [{ body: 1 }, { body: 2 }], idempotencyKey: 'k2' };
  const [first, second] = [await hub.data(BATCH, { input: batch }), await hub.data(BATCH, { input: batch })];
  expect(first).toEqual(second);
  expect(await figures('once')).toMatchObject({ length: 3 });
});

test('every caller of a crowd gets its own messages or its own error', async () => {
  await create('crowd');
  const sent = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      hub.graphql(SEND, { input: { queue: n % 20 === 7 ? 'nowhere' : 'crowd', body: n } }),
    ),
  );
  expect(sent.filter(({ errors }) => errors?.[0]?.extensions?.['code'] === 'NOT_FOUND')).toHaveLength(3);
  const reads = await Promise.all(Array.from({ length: 40 }, () => read('crowd', { quantity: 2 })));
  const ids = reads.flat().map(({ message }) => message.id);
  expect(ids).toHaveLength(57);
  expect(new Set(ids).size).toBe(57);
  expect(reads.every((deliveries) => deliveries.length <= 2)).toBe(true);
});

test('a page through the messages goes on where it was, also when messages have left', async () => {
  await create('peeked');
  for (let n = 0; n < 5; n++) await send('peeked', n);
  const page = async (after: string | null) => {
    const query = `query ($after: String) { queue(name: "peeked") { messages(first: 2, after: $after) {
      pageInfo { endCursor hasNextPage } edges { node { body readCount } } } } }`;
    const { messages } = (await hub.data(query, { after }))['queue'] as unknown as {
      messages: { pageInfo: { endCursor: string; hasNextPage: boolean }; edges: { node: { body: number } }[] };
    };
    return { ...messages.pageInfo, bodies: messages.edges.map(({ node }) => node.body) };
  };
  const first = await page(null);
  expect(first).toMatchObject({ bodies: [0, 1], hasNextPage: true });
  await hub.data(POP, { input: { queue: 'peeked', quantity: 2 } });
  expect(await page(first.endCursor)).toMatchObject({ bodies: [2, 3], hasNextPage: true });
});

test('purge and drop', async () => {
  await create('doomed', { maxReads: 3, deadLetterQueue: 'grave' });
  for (let n = 0; n < 3; n++) await send('doomed', n);
  await read('doomed', { quantity: 1 });
  expect(await hub.data('mutation { purgeQueue(input: { queue: "doomed" }) { purged } }')).toEqual({
    purgeQueue: { purged: 3 },
  });
  expect(await figures('doomed')).toMatchObject({ length: 0, totalMessages: 3 });
  const { errors } = await hub.graphql('mutation { dropQueue(input: { queue: "grave" }) { name } }');
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', queue: 'doomed' });
  await send('doomed', 3);
  expect(await hub.data('mutation { dropQueue(input: { queue: "doomed" }) { name purged } }')).toEqual({
    dropQueue: { name: 'doomed', purged: 1 },
  });
  expect(await hub.data('{ queue(name: "doomed") { name } }')).toEqual({ queue: null });
  await create('doomed');
  expect(await hub.data('{ queue(name: "DOOMED") { name } }')).toEqual({ queue: { name: 'doomed' } });
  expect(await hub.data('{ queue(name: "d__med") { name } }')).toEqual({ queue: null });
  expect(await figures('doomed')).toMatchObject({ length: 0, totalMessages: 0 });
});

test('wrong input is told plainly', async () => {
  const code = async (query: string, input: object) =>
    (await hub.graphql(query, { input })).errors?.[0]?.extensions?.['code'];
  expect(await code(CREATE, { name: 'no-dash' })).toBe('BAD_INPUT');
  expect(await code(CREATE, { name: 'x'.repeat(48) })).toBe('BAD_INPUT');
  expect(await code(CREATE, { name: 'selfish', maxReads: 2, deadLetterQueue: 'Selfish' })).toBe('BAD_INPUT');
  await create('settled');
  expect(await code(CREATE, { name: 'settled', maxReads: 2 })).toBe('CONFLICT');
  expect(await code(SEND, { queue: 'nowhere', body: 1 })).toBe('NOT_FOUND');
  expect(await code(SEND, { queue: 'settled', body: 1, headers: [1] })).toBe('BAD_INPUT');
  expect(await code(READ, { queue: 'nowhere' })).toBe('NOT_FOUND');
  expect(await code(READ, { queue: 'settled', quantity: 101 })).toBe('BAD_INPUT');
  expect(await code(POP, { queue: 'nowhere' })).toBe('NOT_FOUND');
  expect(await code(DELETE, { queue: 'nowhere', messages: [{ id: '1', receipt: 'x' }] })).toBe('NOT_FOUND');
  expect(await code(DELETE, { queue: 'settled', messages: [] })).toBe('BAD_INPUT');
  expect(await code(DELETE, { queue: 'settled', messages: [{ id: 'x', receipt: 'x' }] })).toBe('BAD_INPUT');
  expect(await code(BATCH, { queue: 'settled', messages: [] })).toBe('BAD_INPUT');
});
