import { expect, test } from 'vitest';
import { supersedeKnowledge, updateKnowledge } from '../../src/knowledge/service.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { type Caller, testHub } from '../support/hub.ts';
import type { Data } from '../support/live.ts';

const hub = await testHub({ tokens: true });
const ann = { token: (await hub.token({ role: 'agent', agent: 'ann' })).secret };
const bob = { token: (await hub.token({ role: 'agent', agent: 'bob' })).secret };
const operator = { token: hub.operator };
const observer = { token: (await hub.token({ role: 'observer' })).secret };

const ENTRY = 'id agent title content category tags metadata changedBy supersededAt supersededBy { id }';
const RECORD = `mutation ($input: RecordKnowledgeInput!) { recordKnowledge(input: $input) { entry { ${ENTRY} } } }`;
const UPDATE = `mutation ($input: UpdateKnowledgeInput!) { updateKnowledge(input: $input) { entry { ${ENTRY} } } }`;
const SUPERSEDE = `mutation ($input: SupersedeKnowledgeInput!) {
  supersedeKnowledge(input: $input) { entry { ${ENTRY} supersedes { id } } superseded { ${ENTRY} } } }`;
const READ = `query ($id: ID!) { knowledge(id: $id) { ${ENTRY} supersedes { id } latest { id content } } }`;

const record = async (input: object, caller: Caller = ann): Promise<Data> =>
  (await hub.data(RECORD, { input: { title: 'T', content: 'C', ...input } }, caller))['recordKnowledge'].entry;
const supersede = async (id: string, by: object, caller: Caller = bob): Promise<Data> =>
  (await hub.data(SUPERSEDE, { input: { id, by: { title: 'T2', content: 'C2', ...by } } }, caller))[
    'supersedeKnowledge'
  ];
const read = async (id: string): Promise<Data> => (await hub.data(READ, { id }, observer))['knowledge'];
const failure = async (query: string, input: object, caller: Caller = ann) =>
  (await hub.graphql(query, { input }, caller)).errors?.[0];
const list = async (filter: object): Promise<string[]> =>
  (
    await hub.data(
      'query ($filter: KnowledgeFilter) { knowledgeEntries(filter: $filter) { edges { node { id } } } }',
      { filter },
      observer,
    )
  )['knowledgeEntries'].edges.map(({ node }: Data) => node.id);

test('an entry is superseded by another agent; the old one stays, closed, and says by what', async () => {
  const { feedCursor } = await hub.data('{ feedCursor }', {}, observer);
  const old = await record({ category: 'chain', tags: ['a', 'b'], metadata: { source: 'pr' } });
  const { entry, superseded } = await supersede(old['id'], {});
  expect(entry).toMatchObject({ agent: 'bob', title: 'T2', category: 'chain', tags: ['a', 'b'], metadata: {} });
  expect(entry).toMatchObject({ supersededBy: null, supersededAt: null, supersedes: [{ id: old['id'] }] });
  expect(superseded).toEqual({
    ...old,
    changedBy: 'bob',
    supersededBy: { id: entry.id },
    supersededAt: expect.any(String),
  });
  const third = (await supersede(entry.id, { category: 'other', tags: [] }, ann)).entry;
  expect(third).toMatchObject({ agent: 'ann', category: 'other', tags: [] });
  for (const id of [old['id'], entry.id, third.id])
    expect((await read(id))['latest']).toEqual({ id: third.id, content: 'C2' });
  expect((await read(third.id))['supersedes']).toEqual([{ id: entry.id }]);

  expect(await list({ category: 'chain' })).toEqual([]);
  expect(await list({ category: 'chain', includeSuperseded: true })).toEqual([entry.id, old['id']]);
  expect(await list({ closedSince: superseded.supersededAt })).toEqual([entry.id, old['id']]);
  const closedLast = (await read(entry.id))['supersededAt'];
  expect(await list({ closedSince: closedLast, tags: ['a', 'b'] })).toContain(entry.id);
  expect(await list({ closedSince: '2999-01-01T00:00:00Z' })).toEqual([]);
  expect(await list({ tags: ['b'], includeSuperseded: true })).toEqual([entry.id, old['id']]);
  expect(await list({ tags: ['b', 'c'], includeSuperseded: true })).toEqual([]);

  // The third left the category and the tags of the chain, yet its filter hears the second go.
  const stream = await hub.subscribeSse(
    `subscription ($after: Cursor) { knowledgeEvents(filter: { category: "chain", tags: ["b"] }, after: $after) {
      op actor entry { id supersededBy { id } } } }`,
    { after: feedCursor },
    observer,
  );
  const events = [];
  for (let n = 0; n < 4; n++) events.push((await stream.take()).data?.['knowledgeEvents']);
  expect(events).toEqual([
    { op: 'INSERT', actor: 'ann', entry: { id: old['id'], supersededBy: null } },
    { op: 'INSERT', actor: 'bob', entry: { id: entry.id, supersededBy: null } },
    { op: 'UPDATE', actor: 'bob', entry: { id: old['id'], supersededBy: { id: entry.id } } },
    { op: 'UPDATE', actor: 'ann', entry: { id: entry.id, supersededBy: { id: third.id } } },
  ]);
  await hub.pg.query(`update agent_knowledge set category = 'chain', tags = '{b}' where id = $1`, [third.id]);
  await hub.pg.query(`update agent_knowledge set category = 'gone' where id = $1`, [third.id]);
  await hub.pg.query(`update agent_knowledge set title = 'unheard' where id = $1`, [third.id]);
  await hub.pg.query(`update agent_knowledge set category = 'chain' where id = $1`, [third.id]);
  for (const category of ['chain', 'gone', 'chain']) {
    const event = (await stream.take()).data?.['knowledgeEvents'];
    expect([event.op, event.entry.id], category).toEqual(['UPDATE', third.id]);
  }
  await stream.close();
});

test('of many who supersede one entry at once, one does; the others are told the successor', async () => {
  const { id } = await record({});
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      hub.graphql(SUPERSEDE, { input: { id, by: { title: `by ${n}`, content: 'x' } } }, n % 2 === 0 ? ann : bob),
    ),
  );
  const [winner, ...more] = results.filter(({ errors }) => errors === undefined);
  expect(more).toEqual([]);
  const entry: Data = winner?.data?.['supersedeKnowledge'].entry;
  for (const { errors } of results)
    if (errors !== undefined)
      expect(errors[0]).toMatchObject({
        message: `Entry ${id} was superseded by entry ${entry.id}, of ${entry.agent}: go on from that.`,
        extensions: { code: 'CONFLICT', supersededBy: entry.id, agent: entry.agent, supersededAt: expect.any(String) },
      });
  expect((await hub.pg.query('select from agent_knowledge where title like $1', ['by %'])).rowCount).toBe(1);
});

test('a repeat with the same key returns the first result, with other arguments it is refused', async () => {
  const input = { title: 'once', content: 'x', idempotencyKey: 'k1' };
  const entries = await Promise.all(Array.from({ length: 10 }, () => record(input)));
  expect(new Set(entries.map(({ id }) => id)).size).toBe(1);
  expect((await record(input, bob))['id']).not.toBe(entries[0]?.['id']);
  expect(await failure(RECORD, { ...input, content: 'y' })).toMatchObject({
    extensions: { code: 'IDEMPOTENCY_CONFLICT' },
  });
  expect(await failure(RECORD, { ...input, idempotencyKey: '' })).toMatchObject({ extensions: { code: 'BAD_INPUT' } });

  const { id } = entries[0] as Data;
  const by = { title: 'after', content: 'x', idempotencyKey: 'k1' };
  const first = await supersede(id, by);
  expect(await supersede(id, by)).toEqual(first);
  expect(await failure(SUPERSEDE, { id, by: { ...by, title: 'else' } }, bob)).toMatchObject({
    extensions: { code: 'IDEMPOTENCY_CONFLICT' },
  });
  await hub.pg.query('delete from agent_knowledge where title = $1', ['after']);
  // Its successor is gone, so the old one is current again.
  expect(await read(id)).toMatchObject({ supersededBy: null, supersededAt: null, latest: { id } });
  await hub.pg.query('delete from agent_knowledge where id = $1', [id]);
  expect(await failure(RECORD, input)).toMatchObject({ extensions: { code: 'NOT_FOUND' } });
});

test('an entry is corrected by its agent or an operator, and only while it is current', async () => {
  const { id } = await record({ category: 'c', tags: ['t'], metadata: { a: 1 } });
  const update = async (input: object, caller: Caller) =>
    (await hub.data(UPDATE, { input: { id, ...input } }, caller))['updateKnowledge'].entry;
  expect(await update({ title: 'New', tags: ['u'] }, ann)).toMatchObject({
    title: 'New',
    content: 'C',
    category: 'c',
    tags: ['u'],
    metadata: { a: 1 },
    agent: 'ann',
  });
  expect(await update({ category: null, title: null, content: 'D' }, operator)).toMatchObject({
    title: 'New',
    content: 'D',
    category: null,
    agent: 'ann',
    changedBy: new URL(hub.db).username,
  });
  expect(await failure(UPDATE, { id, title: 'x' }, bob)).toMatchObject({
    message: expect.stringContaining('is of ann'),
    extensions: { code: 'FORBIDDEN' },
  });
  await supersede(id, {});
  expect(await failure(UPDATE, { id, title: 'x' })).toMatchObject({ extensions: { code: 'CONFLICT', agent: 'bob' } });
  for (const input of [{ id: '999999', title: 'x' }, { id, title: '' }, { id: 'x' }])
    expect(await failure(UPDATE, input)).toMatchObject({
      extensions: { code: input.id === '999999' ? 'NOT_FOUND' : 'BAD_INPUT' },
    });
});

test('agents write as themselves, observers read, without a token nobody does either', async () => {
  const { id } = await record({});
  const by = { title: 'x', content: 'x' };
  for (const [query, input] of [
    [RECORD, by],
    [UPDATE, { id, title: 'x' }],
    [SUPERSEDE, { id, by }],
  ] as const) {
    expect((await failure(query, input, observer))?.extensions?.['code']).toBe('FORBIDDEN');
    expect((await failure(query, input, {}))?.extensions?.['code']).toBe('UNAUTHENTICATED');
  }
  for (const [query, input] of [
    [RECORD, { ...by, agent: 'ann' }],
    [SUPERSEDE, { id, by: { ...by, agent: 'ann' } }],
  ] as const) {
    expect((await failure(query, input, bob))?.extensions?.['code']).toBe('FORBIDDEN');
    expect(await failure(query, input, operator)).toBeUndefined();
  }
  expect((await failure(SUPERSEDE, { id: '999999', by }, bob))?.extensions?.['code']).toBe('NOT_FOUND');
  for (const query of [
    '{ searchKnowledge(query: "x") { edges { cursor } } }',
    '{ nearestKnowledge(embedding: [1]) { distance } }',
  ]) {
    for (const caller of [ann, operator, observer])
      expect((await hub.graphql(query, {}, caller)).errors).toBeUndefined();
    expect((await hub.graphql(query)).errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  }
});

test('plain SQL may close, reopen, and give tags in the metadata; never in a circle', async () => {
  const insert = async (metadata: string | null) =>
    (
      await hub.pg.query(
        `INSERT INTO agent_knowledge (agent_name, title, content, metadata) VALUES ('sql', 's', 'c', $1) RETURNING id, tags`,
        [metadata],
      )
    ).rows[0];
  const holed = await hub.pg.query(
    `INSERT INTO agent_knowledge (agent_name, title, content, tags) VALUES ('sql', 'n', 'c', '{a, NULL}') RETURNING id`,
  );
  expect(await read(holed.rows[0].id)).toMatchObject({ tags: ['a'] });
  const old = await insert('{"tags": ["deploy", 7, "sql", "deploy"]}');
  const next = await insert(null);
  expect([old.tags, next.tags]).toEqual([['deploy', 'sql'], []]);
  await hub.pg.query('UPDATE agent_knowledge SET superseded_by = $2 WHERE id = $1', [old.id, next.id]);
  expect(await read(old.id)).toMatchObject({ supersededBy: { id: next.id }, supersededAt: expect.any(String) });
  await expect(
    hub.pg.query('UPDATE agent_knowledge SET superseded_by = $2 WHERE id = $1', [next.id, old.id]),
  ).rejects.toMatchObject({ code: '23514' });
  await hub.pg.query(`UPDATE agent_knowledge SET superseded_by = NULL, metadata = '{"tags": ["x"]}' WHERE id = $1`, [
    old.id,
  ]);
  expect(await read(old.id)).toMatchObject({ supersededAt: null, tags: ['x'] });
});

test('many who wait for an entry that somebody has locked leave connections for the others', async () => {
  const { id } = await record({ title: 'locked' });
  const few = openDatabase({ url: hub.db, poolSize: 2, statementTimeoutMs: 5_000 });
  await hub.pg.query('begin');
  await hub.pg.query('select from agent_knowledge where id = $1 for update', [id]);
  const ended: string[] = [];
  const correct = (title: string) =>
    updateKnowledge(few, { agent: 'ann', anywhere: false }, BigInt(id), { title }).finally(() => ended.push(title));
  const waiting = Array.from({ length: 4 }, (_, n) => correct(`title ${n}`));
  await few.query('select 1');
  expect(ended).toEqual([]);
  // The first waits for 2 s and is told why; those behind it are served once the entry is free.
  await expect(waiting[0]).rejects.toMatchObject({ code: 'CONFLICT', details: { busy: true } });
  await hub.pg.query('commit');
  await Promise.all(waiting.slice(1));
  await supersedeKnowledge(few, 'bob', BigInt(id), { title: 'T', content: 'C' });
  await few.close();
});
