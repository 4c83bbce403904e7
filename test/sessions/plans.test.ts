import { beforeAll, describe, test } from 'vitest';
import { expectFew, PAGE, planRoom, ROWS } from '../support/plans.ts';

/** One session in 50 is active; an agent takes part in 50; session 7 holds 1,000 of everything, the others one or a few each. */
const { ask, fill, pages } = await planRoom();
const FEW = ROWS / 50;
const SEVEN = `case when n % ${ROWS / 1_000} = 0 then 7 else n end`;

beforeAll(async () => {
  await fill(
    [
      'sessions',
      'session_participants',
      'conversation_chunks',
      'memories',
      'artifacts',
      'agent_tasks',
      'rookery.session_passages',
    ],
    `insert into sessions (title, status, last_activity) select 'About ' || md5(n::text), case when n % 50 = 0 then 'active' else 'completed' end,
            timestamptz '2026-01-01' + n * interval '10 seconds' from generate_series(1, ${ROWS}) n`,
    `insert into session_participants (session_id, agent) select n, 'a' || n % ${FEW} from generate_series(1, ${ROWS}) n`,
    `insert into conversation_chunks (session_id, number, content) select ${SEVEN}, n, 'x' from generate_series(1, ${ROWS}) n`,
    `insert into memories (session_id, type, key, content, tags) select ${SEVEN}, case when n % ${FEW} = 0 then 'idea' else 'fact' end, 'key ' || n, '1',
            array['common', 'tag-' || n % ${FEW}] from generate_series(1, ${ROWS}) n`,
    `insert into artifacts (session_id, type, name, version, latest, content, content_hash, format)
     select case when n / 4 % (${ROWS} / 4000) = 0 then 7 else n / 4 end, case when n / 4 % ${FEW} = 0 then 'code' else 'report' end, 'name ' || n / 4, n % 4 + 1, n % 4 = 3,
            'x', 'x', case when n / 4 % ${FEW} = 2 then 'html' else 'markdown' end from generate_series(4, ${ROWS}) n`,
    `insert into agent_tasks (title, created_by, session_id) select 'x', 'ann', 1 + n % 50 from generate_series(1, 50000) n`,
    `insert into rookery.session_passages (session_id, kind, entity_id, start, words)
     select ${SEVEN}, 'chunk', n, 1, array_to_tsvector(array['everywher', 'word' || n % ${FEW}]) from generate_series(1, ${ROWS}) n`,
  );
});

describe.each(['NEWEST', 'LAST_ACTIVITY'])('in the order %s, sessions', (order) => {
  test.each([
    ['all', '{}', PAGE],
    ['by status', '{ statuses: [ACTIVE] }', 50 * PAGE],
    ['where most are', '{ statuses: [COMPLETED] }', 25],
    ['with an agent', '{ participant: "a7" }', 150],
    ['by title', '{ search: "c4ca4238a0b923820dcc" }', PAGE],
    ['by a text that all titles have', '{ search: "about" }', PAGE],
    [
      'that are active since',
      `{ activeSince: "${new Date(Date.parse('2026-01-01T00:00:00Z') + (ROWS - 40) * 10_000).toISOString()}" }`,
      60,
    ],
  ])('%s', async (_what, filter, most) => {
    expectFew(await pages(`sessions(filter: ${filter}, orderBy: ${order})`), most);
  });
});

test.each([
  ['chunks', 'number'],
  ['chunks(from: 100)', 'number'],
  ['memories', 'key'],
  ['memories(filter: { types: [IDEA] })', 'key'],
  ['memories(filter: { tags: ["tag-8"] })', 'key'],
  ['memories(filter: { tags: ["common"] })', 'key'],
  ['memories(filter: { keyPrefix: "key 10" })', 'key'],
  ['artifacts', 'name'],
  ['artifacts(filter: { allVersions: true })', 'name'],
  ['artifacts(filter: { types: [CODE] })', 'name'],
  ['artifacts(filter: { format: "html" })', 'name'],
  ['artifacts(filter: { name: "name 1" })', 'name'],
  ['tasks', 'id'],
])('of a large session, %s', async (list, node) => {
  // What the session holds; a small table is rather read along its key.
  expectFew(await pages(list, { parent: 'session(id: 7)', node }), 20_000);
});

test('participants and counters', async () => {
  expectFew([await ask('{ session(id: 7) { participants { agentId } } }')]);
  expectFew([await ask('{ session(id: 8) { counters { chunks memories artifacts tasks participants } } }')], 1_100);
});

test.each([
  ['a word', 'word77', 600],
  ['a word that is everywhere', 'everywhere', 2_300],
  ['words that are nowhere together', 'word77 word78', 600],
])('a search for %s', async (_what, words, most) => {
  const plan = await ask(`{ searchSessions(query: "${words}") { edges { node { rank } } } }`);
  expectFew([plan], most);
  const one = await ask(`{ searchSessions(query: "${words}", sessionId: 7) { edges { node { rank } } } }`);
  expectFew([one], most);
});
