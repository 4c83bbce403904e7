import { beforeAll, expect, test } from 'vitest';
import { expectFew, planRoom, ROWS } from '../support/plans.ts';

/** Entries of which an agent, a category and a tag have 50; one in 200 superseded; a word in every 50th passage of them. */
const { ask, fill, pages, psql } = await planRoom();
const FEW = ROWS / 50;

beforeAll(() =>
  fill(
    ['agent_knowledge', 'rookery.knowledge_passages'],
    `insert into agent_knowledge (agent_name, category, title, content, tags, superseded_by, superseded_at)
     select 'a' || n % ${FEW}, 'c' || n % ${FEW}, md5(n::text), 'Entry ' || md5(n::text) || md5(n::text || 'x'), array['t' || n % ${FEW}, 'common'],
            case when n % 200 = 0 then n + 1 end, case when n % 200 = 0 then now() - n * interval '1 minute' end
       from generate_series(1, ${ROWS}) n`,
    // Without the parser: words are put in by hand, as many bytes as those of a text of a hundred words.
    `insert into rookery.knowledge_passages (entry_id, start, words)
     select id, 1, array_to_tsvector(array[' agent=' || agent_name, ' current', 'everywher', 'word' || id % ${FEW}, repeat('x', 800)]
              || case when id % 20 = 0 then '{often}' else '{}'::text[] end) from agent_knowledge order by id`,
  ),
);

test.each([
  ['all', '{}'],
  ['an agent', '{ agent: "a7" }'],
  ['a category', '{ category: "c7" }'],
  ['an agent, closed or not', '{ agent: "a7", includeSuperseded: true }'],
  ['a category, closed or not', '{ category: "c7", includeSuperseded: true }'],
  ['a rare tag', '{ tags: ["t77"] }'],
  ['a common tag', '{ tags: ["common"] }'],
  ['a time of closing', `{ closedSince: "${new Date(Date.now() - 20 * 3_600_000).toISOString()}" }`],
  ['any part of the text', '{ search: "c4ca4238a0b923820dcc" }'],
])('a page of entries by %s', async (_what, filter) => {
  // A text's trigrams are common: their lists in the index are blocks too, 270 of a million entries.
  expectFew(await pages(`knowledgeEntries(filter: ${filter})`), 100);
});

test.each([
  // 250 are the look at the newest; 500 of what is found are ranked.
  ['a word', 'query: "word77", mode: WORDS', 20, 600],
  ['a word in one of 20', 'query: "often", mode: WORDS', 20, 1_500],
  ['a word of an agent', 'query: "everywhere", mode: WORDS, agent: "a7"', 20, 600],
  ['a word that is everywhere', 'query: "everywhere", mode: WORDS', 20, 1_400],
  ['words that are nowhere together', 'query: "word77 word78", mode: WORDS', 0, 400],
  ['a title with a typing error', 'query: "c4ca4238a0b92382xdcc509a6f75849b", mode: TITLE', 1, 700],
  ['any part of the text', 'query: "CA4238A0B923820DCC", mode: TEXT', 1, 100],
])('a search for %s', async (_what, args, found, most) => {
  const plan = await ask(`{ searchKnowledge(${args}) { edges { node { rank } } } }`);
  expect(plan.data['searchKnowledge'].edges).toHaveLength(found);
  expectFew([plan], most);
});

test('what an entry superseded', async () => {
  expectFew([await ask('{ knowledge(id: 201) { supersedes { id } } }')]);
});

test('without pg_trgm the same is found, but for typing errors', async () => {
  await psql.query('begin; drop extension pg_trgm cascade');
  const find = async (query: string, mode: string) =>
    (await psql.query('select * from rookery.search_knowledge($1, $2, null, null, null, false, 20, 0)', [query, mode]))
      .rowCount;
  expect(await find('word77', 'auto')).toBe(20);
  expect(await find('C4CA4238A0B9', 'title')).toBe(1);
  expect(await find('c4ca4238a0b92382xdcc509a6f75849b', 'auto')).toBe(0);
  await psql.query('rollback');
});
