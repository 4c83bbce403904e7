import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import type { Data } from '../support/live.ts';

const hub = await testHub();
/** Of the same database, where the operator has set the size. */
const strict = await testHub({ over: hub, env: { EMBEDDING_DIMENSIONS: '3' } });
const { rows } = await hub.pg.query(`select from pg_extension where extname = 'vector'`);
const pgvector = rows.length > 0;
const ann = { agent: 'ann' };
const RECORD = 'mutation ($input: RecordKnowledgeInput!) { recordKnowledge(input: $input) { entry { id } } }';
const NEAREST = `query ($embedding: [Float!]!, $filter: KnowledgeNeighbourFilter, $first: Int) {
  nearestKnowledge(embedding: $embedding, filter: $filter, first: $first) { distance entry { title } } }`;

const record = (title: string, embedding: number[] | null, rest: object = {}) =>
  hub.graphql(RECORD, { input: { title, content: 'x', embedding, ...rest } }, ann);
const nearest = async (embedding: number[], rest: object = {}): Promise<[string, number][]> =>
  (await hub.data(NEAREST, { embedding, ...rest }, ann))['nearestKnowledge'].map(({ entry, distance }: Data) => [
    entry.title,
    Number(distance.toFixed(5)) || 0,
  ]);

test('the nearest come first, by direction and not by length, of those the filter lets through', async () => {
  expect(await nearest([1, 0])).toEqual([]);
  await record('east', [1, 0, 0], { category: 'way', tags: ['x'] });
  await record('far east', [2_000, 1, 0], { category: 'way' });
  await record('north-east', [0.5, 0.5, 0]);
  await record('up', [0, 0, 1e-6]);
  await record('west', [-3, 0, 0]);
  await record('nowhere', null);
  expect(await nearest([5, 0, 0])).toEqual([
    ['east', 0],
    ['far east', 0],
    ['north-east', 0.29289],
    ['up', 1],
    ['west', 2],
  ]);
  expect(await nearest([5, 0, 0], { first: 1 })).toEqual([['east', 0]]);
  expect(await nearest([-1, 0, 0], { filter: { category: 'way' }, first: 1 })).toEqual([['far east', 2]]);
  expect(await nearest([-1, 0, 0], { filter: { tags: ['x'], agent: 'ann' } })).toEqual([['east', 2]]);
  expect(await nearest([-1, 0, 0], { filter: { agent: 'bob' } })).toEqual([]);
});

test('what was superseded is not found, and what was corrected where it is now', async () => {
  const id = (await hub.pg.query(`select id from agent_knowledge where title = 'up'`)).rows[0].id;
  await hub.data(
    'mutation ($id: ID!) { supersedeKnowledge(input: { id: $id, by: { title: "higher", content: "x", embedding: [0, 0.01, 1] } }) { entry { id } } }',
    { id },
    ann,
  );
  const north = [0, 1, 0];
  const titles = async (rest: object = {}) => (await nearest(north, { first: 2, ...rest })).map(([title]) => title);
  expect(await titles()).toEqual(['north-east', 'higher']);
  expect((await nearest([0, 0, 1], { filter: { includeSuperseded: true } }))[0]).toEqual(['up', 0]);
  const update = 'mutation ($input: UpdateKnowledgeInput!) { updateKnowledge(input: $input) { entry { id } } }';
  const west = (await hub.pg.query(`select id from agent_knowledge where title = 'west'`)).rows[0].id;
  await hub.data(update, { input: { id: west, embedding: north } }, ann);
  expect(await titles()).toEqual(['west', 'north-east']);
  await hub.data(update, { input: { id: west, embedding: null } }, ann);
  expect(await titles()).toEqual(['north-east', 'higher']);
  await hub.pg.query(`delete from agent_knowledge where title = 'north-east'`);
  expect(await titles()).toEqual(['higher', 'far east']);
});

test('embeddings of several sizes stand side by side, each compared with its like', async () => {
  const { errors } = await hub.graphql(NEAREST, { embedding: [1, 2] }, ann);
  expect(errors?.[0]).toMatchObject({
    message: 'No entry has an embedding of 2 numbers, the newest one has 3: ask with the model that made those.',
    extensions: { code: 'BAD_INPUT', dimensions: 3 },
  });
  expect((await record('flat', [1, 1])).errors).toBeUndefined();
  expect(await nearest([1, 1])).toEqual([['flat', 0]]);
  expect(await nearest([1, 1], { filter: { agent: 'bob' } })).toEqual([]);
  expect((await record('south', [0, -1, 0])).errors).toBeUndefined();
  expect(await nearest([0, -1, 0], { first: 1 })).toEqual([['south', 0]]);
});

test('where the operator has set a size, the API takes no other', async () => {
  const before = (await hub.pg.query('select from agent_knowledge')).rowCount;
  const refused = {
    message: 'Embeddings have 3 numbers here, as the operator has set it (EMBEDDING_DIMENSIONS); this one has 2.',
    extensions: { code: 'BAD_INPUT', dimensions: 3 },
  };
  const { rows } = await hub.pg.query(`select id from agent_knowledge where title = 'south'`);
  const input = { title: 'bad', content: 'x', embedding: [1, 2] };
  for (const [document, variables] of [
    [RECORD, { input }],
    [
      'mutation ($id: ID!) { updateKnowledge(input: { id: $id, embedding: [1, 2] }) { entry { id } } }',
      { id: rows[0].id },
    ],
    [
      'mutation ($id: ID!, $by: RecordKnowledgeInput!) { supersedeKnowledge(input: { id: $id, by: $by }) { entry { id } } }',
      { id: rows[0].id, by: input },
    ],
    [NEAREST, { embedding: [1, 2] }],
  ] as const)
    expect((await strict.graphql(document, variables, ann)).errors?.[0], document).toMatchObject(refused);
  expect((await hub.pg.query('select from agent_knowledge')).rowCount).toBe(before);
  const recorded = await strict.data(RECORD, { input: { ...input, title: 'down', embedding: [0, 0, -1] } }, ann);
  expect(recorded['recordKnowledge'].entry.id).toMatch(/^\d+$/);
});

test('what is no embedding is refused; plain SQL may write what it likes', async () => {
  for (const embedding of [[], [0, 0, 0], [1e9, 0, 0], Array(2_001).fill(1)])
    expect((await record('bad', embedding)).errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_INPUT',
    });
  for (const text of ['', 'word2vec', '[1,,2]', '[1e999]', '[0, 0]', '[]', '{1,2}', `[${'1,'.repeat(2_000)}1]`])
    await hub.pg.query(
      `INSERT INTO agent_knowledge (agent_name, title, content, embedding) VALUES ('sql', 's', 'c', $1)`,
      [text],
    );
  const kept = await hub.pg.query(
    `select from agent_knowledge k join rookery.knowledge_vectors v on v.entry_id = k.id where k.agent_name = 'sql'`,
  );
  expect(kept.rowCount).toBe(0);
  await hub.pg.query(
    `INSERT INTO agent_knowledge (agent_name, title, content, embedding) VALUES ('sql', 'deep', 'c', '[ 1, 0.0, -1e0 ]')`,
  );
  expect(await nearest([1, 0, -1], { first: 1 })).toEqual([['deep', 0]]);
});

test('embeddings of the largest size are compared exactly', async () => {
  const embedding = (seed: number) => Array.from({ length: 2_000 }, (_, n) => Math.sin(seed * (n + 1)));
  await hub.pg.query(
    `INSERT INTO agent_knowledge (agent_name, title, content, embedding) VALUES ('sql', 'l1', 'c', $1)`,
    [JSON.stringify(embedding(1))],
  );
  await record('l2', embedding(2));
  const cosine = (a: number[], b: number[]) => a.reduce((sum, x, n) => sum + x * b[n]!, 0);
  const [a, b] = [embedding(1), embedding(2)];
  const expected = 1 - cosine(a, b) / Math.sqrt(cosine(a, a) * cosine(b, b));
  const found = await nearest(a);
  expect(found[0]).toEqual(['l1', 0]);
  expect(found[1]?.[0]).toBe('l2');
  expect(found[1]?.[1]).toBeCloseTo(expected, 4);
});

test.skipIf(!pgvector)(
  'with pgvector, its index finds them, and goes on until the filter has let enough through',
  async () => {
    // So many that the planner prefers the index, which is quicker built than kept.
    await hub.pg.query('drop index rookery.knowledge_vectors_384');
    await hub.pg.query(`with entries as (
      insert into agent_knowledge (agent_name, category, title, content)
      select 'v', case n % 100 when 0 then 'one in 100' else 'other' end, n, 'c' from generate_series(1, 4000) n returning id, title
    ) insert into rookery.knowledge_vectors (entry_id, unit)
      select id, array(select sin(title::int * place) / 13.9 from generate_series(1, 384) place) from entries`);
    await hub.pg.query(
      'analyze agent_knowledge; analyze rookery.knowledge_vectors; select rookery.index_embeddings(384)',
    );
    const embedding = Array.from({ length: 384 }, (_, n) => Math.sin(77 * (n + 1)));
    await hub.pg.query('begin');
    const found = await hub.pg.query(
      `select title from rookery.nearest_knowledge($1::jsonb, null, null, null, false, 1) join agent_knowledge on id = entry_id`,
      [JSON.stringify(embedding)],
    );
    const used = await hub.pg.query(
      `select pg_stat_get_xact_numscans('rookery.knowledge_vectors_384'::regclass) > 0 as yes`,
    );
    await hub.pg.query('commit');
    expect(used.rows).toEqual([{ yes: true }]);
    expect(found.rows).toEqual([{ title: '77' }]);
    expect(await nearest(embedding, { filter: { category: 'one in 100' }, first: 40 })).toHaveLength(40);
  },
);
