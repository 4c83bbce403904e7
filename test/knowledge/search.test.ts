import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import type { Data } from '../support/live.ts';

const hub = await testHub();
const RECORD = 'mutation ($input: RecordKnowledgeInput!) { recordKnowledge(input: $input) { entry { id } } }';
const SEARCH = `query ($query: String!, $mode: KnowledgeSearchMode, $category: String, $tags: [String!], $agent: String,
    $includeSuperseded: Boolean, $first: Int, $after: String) {
  searchKnowledge(query: $query, mode: $mode, category: $category, tags: $tags, agent: $agent,
      includeSuperseded: $includeSuperseded, first: $first, after: $after) {
    edges { node { matchedBy rank snippet entry { title agent supersededAt } } } pageInfo { hasNextPage endCursor } } }`;

const record = async (input: object, agent = 'ann'): Promise<string> =>
  (await hub.data(RECORD, { input: { content: 'nothing else', ...input } }, { agent }))['recordKnowledge'].entry.id;
const search = async (query: string, rest: object = {}): Promise<Data> =>
  (await hub.data(SEARCH, { query, ...rest }, { agent: 'bob' }))['searchKnowledge'];
const hits = async (query: string, rest: object = {}): Promise<Data[]> =>
  (await search(query, rest))['edges'].map(({ node }: Data) => node);
const titles = async (query: string, rest: object = {}): Promise<string[]> =>
  (await hits(query, rest)).map(({ entry }) => entry.title);

test('words are found by their stem, in the title before the content, with the place in a snippet', async () => {
  await record({ title: 'Retrying with jitter', content: 'Else all of them come back at once.', category: 'pattern' });
  await record({ title: 'Backoff', content: 'A retry waits twice as long each time.', tags: ['net', "o'neil \\ co"] });
  await record(
    { title: 'Parsers', content: 'A parser that recovers: error recovery by panic mode, not a retry.' },
    'bob',
  );
  const found = await hits('retries');
  expect(found.map(({ entry }) => entry.title)).toEqual(['Retrying with jitter', 'Parsers', 'Backoff']);
  expect(found.map(({ matchedBy }) => matchedBy)).toEqual(['WORDS', 'WORDS', 'WORDS']);
  expect(found[0]).toMatchObject({ snippet: expect.stringContaining('**Retrying** with jitter') });
  expect(found[2]).toMatchObject({ snippet: expect.stringContaining('A **retry** waits') });
  const ranks = found.map(({ rank }) => rank);
  expect(ranks).toEqual([...ranks].sort((a, b) => b - a));
  expect(ranks.every((rank) => rank > 0 && rank < 1)).toBe(true);

  expect(await titles('retry -panic -jitter')).toEqual(['Backoff']);
  expect(await titles('"error recovery"')).toEqual(['Parsers']);
  expect(await titles('"recovery error"', { mode: 'WORDS' })).toEqual([]);
  expect(await titles('the', { mode: 'WORDS' })).toEqual([]);
  // Category and tags are words too.
  expect(await titles('pattern')).toEqual(['Retrying with jitter']);
});

test('filters hold together, in every mode', async () => {
  for (const mode of ['WORDS', 'TITLE', 'TEXT', 'AUTO']) {
    const query = mode === 'TITLE' ? 'Backof' : 'retr';
    const found = (rest: object) => titles(mode === 'WORDS' ? 'retry' : query, { mode, ...rest });
    expect(await found({ tags: ['net', "o'neil \\ co"] })).toEqual(['Backoff']);
    expect(await found({ tags: ['net', 'other'] })).toEqual([]);
    expect(await found({ tags: ['net'], agent: 'bob' })).toEqual([]);
    expect(await found({ category: 'pattern' })).toEqual(mode === 'TITLE' ? [] : ['Retrying with jitter']);
    expect(await found({ agent: 'bob' })).toEqual(mode === 'TITLE' ? [] : ['Parsers']);
  }
});

test('titles are found with typing errors, where no word is', async () => {
  expect(await hits('retrying wih jitter')).toMatchObject([
    { matchedBy: 'TITLE', snippet: 'Retrying with jitter', entry: { title: 'Retrying with jitter' } },
  ]);
  await record({ title: 'Parser workshop', content: 'It shakes.' });
  const similar = await hits('Parserz', { mode: 'TITLE' });
  expect(similar.map(({ entry }) => entry.title).sort()).toEqual(['Parser workshop', 'Parsers']);
  expect(similar[0]?.['rank']).toBeGreaterThanOrEqual(0.6);
  expect((await hits('parsers')).every(({ matchedBy }) => matchedBy === 'WORDS')).toBe(true);
});

test('the very characters are found where no word is, whatever they mean to LIKE', async () => {
  await record({ title: 'Shell', content: 'Run make_all --jobs=100% and wait; C:\\temp is full.' });
  for (const query of ['e_al', '100% AND', 'c:\\TEMP'])
    expect(await hits(query, { mode: 'TEXT' })).toMatchObject([
      { matchedBy: 'TEXT', rank: 0, entry: { title: 'Shell' } },
    ]);
  expect(await titles('e%al', { mode: 'TEXT' })).toEqual([]);
  // Without a mode, when nothing else is found.
  expect(await hits('ake_al')).toMatchObject([
    { matchedBy: 'TEXT', snippet: expect.stringContaining('m**ake_al**l --jobs') },
  ]);
  const list =
    'query ($search: String!) { knowledgeEntries(filter: { search: $search }) { edges { node { title } } } }';
  for (const [text, count] of [
    ['00% AND', 1],
    ['e%al', 0],
  ] as const)
    expect((await hub.data(list, { search: text }))['knowledgeEntries'].edges).toHaveLength(count);
});

test('what was superseded, corrected or deleted is found as it is now', async () => {
  const id = await record({ title: 'Quokka', content: 'A quokka is a bird.', category: 'animals', tags: ['fauna'] });
  const other = await record({ title: 'Wombat', content: 'A wombat digs.' });
  await hub.data(
    'mutation ($id: ID!) { supersedeKnowledge(input: { id: $id, by: { title: "Quokka!", content: "A quokka is a marsupial." } }) { entry { id } } }',
    { id },
    { agent: 'bob' },
  );
  expect(await titles('quokka', { category: 'animals', tags: ['fauna'] })).toEqual(['Quokka!']);
  expect(await titles('quokka', { mode: 'TITLE' })).toEqual(['Quokka!']);
  expect(await titles('bird')).toEqual([]);
  const all = await hits('quokka', { includeSuperseded: true });
  expect(all.map(({ entry }) => [entry.title, entry.supersededAt !== null]).sort()).toEqual([
    ['Quokka!', false],
    ['Quokka', true],
  ]);
  await hub.pg.query(`update agent_knowledge set content = 'It burrows.', tags = '{earth}' where id = $1`, [other]);
  expect(await titles('digs', { mode: 'WORDS' })).toEqual([]);
  expect(await titles('burrow', { tags: ['earth'] })).toEqual(['Wombat']);
  await hub.pg.query('delete from agent_knowledge where id = $1', [other]);
  expect(await titles('burrow', { mode: 'WORDS' })).toEqual([]);
  const { rows } = await hub.pg.query('select from rookery.knowledge_passages where entry_id = $1', [other]);
  expect(rows).toEqual([]);
});

test('every word of a content of megabytes is found, also one that a passage ends in', async () => {
  const filler = 'and so on, ÄÖÜ; '.repeat(60_000);
  const content = `alphaword ${filler.slice(0, 15_985)} borderword ${filler} omegaword`;
  await hub.pg.query(`insert into agent_knowledge (agent_name, title, content) values ('sql', 'Long', $1)`, [content]);
  for (const word of ['alphaword', 'borderword', 'omegaword'])
    expect(await hits(word)).toMatchObject([
      { entry: { title: 'Long' }, snippet: expect.stringContaining(`**${word}**`) },
    ]);
});

test('pages follow one another and repeat nothing', async () => {
  for (let n = 0; n < 5; n++) await record({ title: `Zebra ${n}`, content: `zebra ${'stripes '.repeat(n)}` });
  for (const query of ['zebra', 'zebraa', 'ebra']) {
    const seen: string[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const { edges, pageInfo } = await search(query, { first: 2, ...(after && { after }) });
      seen.push(...edges.map(({ node }: Data) => node.entry.title));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(seen.sort(), query).toEqual(['Zebra 0', 'Zebra 1', 'Zebra 2', 'Zebra 3', 'Zebra 4']);
  }
});

test('malformed searches are told plainly', async () => {
  for (const variables of [
    { query: '  ' },
    { query: 'x', category: '' },
    { query: 'x', tags: Array.from({ length: 51 }, String) },
    { query: 'a\u0000b' },
    { query: 'x', first: -1 },
  ])
    expect((await hub.graphql(SEARCH, variables)).errors?.[0]?.extensions, JSON.stringify(variables)).toMatchObject({
      code: expect.stringMatching(/BAD_INPUT|GRAPHQL_VALIDATION_FAILED/),
    });
});

test('a cursor that no search gave is bad input', async () => {
  for (const offset of ['2147483640', '-50', '10001']) {
    const after = btoa(`OffsetConnection:${offset}`);
    for (const field of ['searchKnowledge', 'searchSessions']) {
      const query = `query ($after: String) { ${field}(query: "x", after: $after) { edges { cursor } } }`;
      const { errors } = await hub.graphql(query, { after }, { agent: 'bob' });
      expect(errors?.[0]?.extensions?.['code'], `${field} ${offset}`).toBe('BAD_INPUT');
    }
  }
});
