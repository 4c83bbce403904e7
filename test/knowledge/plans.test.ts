import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KnowledgeFilter, knowledgeWhere } from '../../src/knowledge/service.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { testDatabase } from '../support/database.ts';
import { plansOf } from '../support/plans.ts';

/** How much is read, with 30,000 entries of 500 agents and 600 categories, one in 200 superseded. */
const { url } = await testDatabase();
const db = openDatabase({ url, poolSize: 1, statementTimeoutMs: 20_000 });
const client = new pg.Client({ connectionString: url });
await client.connect();
afterAll(() => Promise.all([db.close(), client.end()]));

beforeAll(async () => {
  // Nobody is to hear of these.
  await client.query('alter table agent_knowledge disable trigger _900_emit_insert');
  // Without the parser: words are put in by hand, ten passages to a word.
  await client.query('alter table agent_knowledge disable trigger _300_passages_insert');
  await client.query(`insert into agent_knowledge (agent_name, category, title, content, tags)
    select 'a' || n % 500, 'c' || n % 600, md5(n::text), 'Entry ' || md5(n::text) || md5(n::text || 'x'),
           array['t' || n % 3000, 'common']
      from generate_series(1, 30000) n`);
  await client.query('set session_replication_role = replica');
  await client.query(
    `update agent_knowledge set superseded_by = id + 1, superseded_at = now() - id * interval '1 minute' where id % 200 = 0`,
  );
  await client.query(`insert into rookery.knowledge_passages (entry_id, start, words)
    select id, 1, array_to_tsvector(array[' agent=' || agent_name, ' current', 'everywher', 'word' || id % 3000]) from agent_knowledge order by id`);
  await client.query('set session_replication_role = default');
  await client.query('vacuum analyze agent_knowledge');
  await client.query('vacuum analyze rookery.knowledge_passages');
}, 60_000);

test.each<[string, KnowledgeFilter, string]>([
  ['all', {}, 'agent_knowledge_pkey'],
  ['an agent', { agent: 'a7' }, 'agent_knowledge_current_agent'],
  ['a category', { category: 'c7' }, 'agent_knowledge_current_category'],
  ['an agent, closed or not', { agent: 'a7', includeSuperseded: true }, 'agent_knowledge_agent'],
  ['a category, closed or not', { category: 'c7', includeSuperseded: true }, 'agent_knowledge_category'],
  ['a rare tag', { tags: ['t77'] }, 'agent_knowledge_tags'],
  ['a common tag', { tags: ['common'] }, 'agent_knowledge_pkey'],
  ['a time of closing', { closedSince: new Date(Date.now() - 3_600_000) }, 'agent_knowledge_superseded_at'],
  ['any part of the text', { search: 'c4ca4238a0b923820dcc' }, 'agent_knowledge_content'],
])('a page of entries by %s reads that page', async (_what, filter, path) => {
  const plans = await plansOf(db, () =>
    db.prisma.knowledgeEntry.findMany({ where: knowledgeWhere(filter), orderBy: { id: 'desc' }, take: 21 }),
  );
  expect(plans).toHaveLength(1);
  expect(plans[0]?.paths).toContain(path);
  expect(plans[0]?.paths.filter((each) => each.startsWith('seq'))).toEqual([]);
  expect(plans[0]?.scanned).toBeLessThanOrEqual(60);
});

/** What one search read of the tables: rows fetched by index, and scans of the whole. */
async function cost(query: string, mode: string, agent: string | null = null) {
  const counters = async () =>
    (
      await client.query<{ scans: number; rows: number }>(
        `select sum(seq_scan)::int as scans, sum(idx_tup_fetch)::int as rows from pg_stat_xact_all_tables
          where relname in ('agent_knowledge', 'knowledge_passages')`,
      )
    ).rows[0]!;
  await client.query('begin');
  const before = await counters();
  const { rowCount } = await client.query(
    'select * from rookery.search_knowledge($1, $2, null, null, $3, false, 20, 0)',
    [query, mode, agent],
  );
  const after = await counters();
  await client.query('commit');
  return { hits: rowCount, scans: after.scans - before.scans, rows: after.rows - before.rows };
}

test.each([
  // 250 are the look at the newest; a word that is everywhere stops at 1,000, which are read again to be ranked.
  ['a word', 'word77', 'words', null, 10, 300],
  ['a word of an agent', 'everywhere', 'words', 'a7', 20, 2_200],
  ['a word that is everywhere', 'everywhere', 'words', null, 20, 2_300],
  ['words that are nowhere together', 'word77 word78', 'words', null, 0, 250],
  ['a title with a typing error', 'c4ca4238a0b92382xdcc509a6f75849b', 'title', null, 1, 600],
  ['any part of the text', 'CA4238A0B923820DCC', 'text', null, 1, 5],
] as const)('a search for %s reads what it finds, by an index', async (_what, query, mode, agent, found, most) => {
  const { hits, scans, rows } = await cost(query, mode, agent);
  expect({ hits, scans }).toEqual({ hits: found, scans: 0 });
  expect(rows).toBeLessThanOrEqual(most);
});

test('without pg_trgm the same is found, but for typing errors', async () => {
  await client.query('begin; drop extension pg_trgm cascade');
  const find = async (query: string, mode: string) =>
    (
      await client.query('select * from rookery.search_knowledge($1, $2, null, null, null, false, 20, 0)', [
        query,
        mode,
      ])
    ).rowCount;
  expect(await find('word77', 'auto')).toBe(10);
  expect(await find('C4CA4238A0B9', 'title')).toBe(1);
  expect(await find('c4ca4238a0b92382xdcc509a6f75849b', 'auto')).toBe(0);
  await client.query('rollback');
});
