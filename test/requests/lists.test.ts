import { expect, test } from 'vitest';
import type { Viewer } from '../../src/graphql/context.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { countRequests, type RequestFilter, type RequestList, readPage } from '../../src/requests/listing.ts';
import { pendingFor } from '../../src/requests/service.ts';
import { plansOf } from '../support/plans.ts';
import { requestsRoom } from './room.ts';

const { hub, ask, failure } = await requestsRoom({ tokens: true });
const operator = { token: hub.operator };
const jean = { token: (await hub.token({ role: 'agent', agent: 'jean' })).secret };
const bob = { token: (await hub.token({ role: 'agent', agent: 'bob' })).secret };

const LIST = `query ($list: RequestList!, $filter: RequestFilter, $first: Int, $after: String, $last: Int, $before: String) {
  requests(list: $list, filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    edges { node { subject } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

async function page(variables: object, caller = jean) {
  const { edges, pageInfo } = (await hub.data(LIST, { list: 'PENDING', ...variables }, caller))['requests'];
  return { subjects: edges.map(({ node }: { node: { subject: string } }) => node.subject), ...pageInfo };
}

test('an agent has one list of what it asked, what it is asked, and what all are asked, page by page', async () => {
  for (const [subject, from, input] of [
    ['e', jean, { priority: 9 }],
    ['b', jean, { priority: 2, to: 'bob' }],
    ['c', bob, { priority: 2, to: 'jean' }],
    ['d', bob, { priority: 5, to: '*' }],
    ['a', jean, { priority: 1, to: '*' }],
    ['-', bob, { priority: 1 }],
  ] as const)
    await ask({ subject, ...input }, from);
  expect((await page({})).subjects).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect((await page({}, operator)).subjects).toEqual(['a', '-', 'b', 'c', 'd', 'e']);
  expect((await page({ list: 'ALL' })).subjects).toEqual(['a', 'd', 'c', 'b', 'e']);
  expect((await page({ filter: { forMe: true } })).subjects).toEqual(['c', 'd']);
  expect((await page({ filter: { forMe: true } }, operator)).subjects).toEqual(['a', '-', 'd', 'e']);
  expect((await page({ filter: { mine: true, maxPriority: 2 } })).subjects).toEqual(['a', 'b']);
  expect((await page({ filter: { to: '*', from: 'bob' } })).subjects).toEqual(['d']);
  expect((await page({ filter: { kinds: ['HELP'] } })).subjects).toEqual([]);

  const first = await page({ first: 2 });
  expect(first).toMatchObject({ subjects: ['a', 'b'], hasNextPage: true, hasPreviousPage: false });
  const second = await page({ first: 2, after: first.endCursor });
  expect(second).toMatchObject({ subjects: ['c', 'd'], hasNextPage: true });
  expect(await page({ first: 2, after: second.endCursor })).toMatchObject({ subjects: ['e'], hasNextPage: false });
  expect((await page({ last: 2, before: second.endCursor })).subjects).toEqual(['b', 'c']);
  expect((await page({ last: 2 })).subjects).toEqual(['d', 'e']);
  const forged = ['pending Infinity 5', 'pending 1000000000000 5', 'pending  5'].map((text) => btoa(text));
  for (const [list, after] of [['ALL', first.endCursor], ...forged.map((cursor) => ['PENDING', cursor])]) {
    const { errors } = await hub.graphql(LIST, { list, after }, jean);
    expect(errors?.[0]?.extensions?.['code'], after).toBe('BAD_INPUT');
  }
  expect(
    (await hub.data('{ requestCounts { pending overdue forMe mine unseen } }', {}, jean))['requestCounts'],
  ).toEqual({
    pending: 5,
    overdue: 0,
    forMe: 2,
    mine: 3,
    unseen: 0,
  });
  expect(await failure('takeRequest', { id: '0' }, jean)).toMatchObject({ code: 'BAD_INPUT' });
});

const ROWS = Number(process.env['ROWS'] ?? 60_000);

test(`a page, a count and a sweep read what they show, whatever there is besides: ${ROWS} requests`, async () => {
  // Without triggers: what they do is not what this is about. A tenth is open, a tenth of that overdue.
  await hub.pg.query('set session_replication_role = replica');
  await hub.pg.query(
    `insert into agent_requests (kind, subject, from_agent, to_agent, priority, status, decision, decided_by, decided_at, seen_at, deadline_at, on_timeout)
     select 'approval', 'bulk', 'a' || n % 97, case n / 10 % 30 when 0 then 'jean' when 1 then null else 'operator' end, n % 10 + 1,
            case when open then 'open' else 'decided' end, case when not open then 'approve' end, case when not open then 'mik' end,
            case when not open then now() end, case when not open and n % 3 > 0 then now() end,
            case when n % 100 = 0 then now() - n * interval '1 second' when n % 100 = 10 then now() + interval '1 day' end,
            case when n % 100 = 10 then 'reject' else 'wait' end
       from generate_series(1, ${ROWS}) n, lateral (select n % 10 = 0 as open) o`,
  );
  await hub.pg.query('set session_replication_role = default');
  await hub.pg.query('analyze agent_requests');
  const db = openDatabase({ url: hub.db, poolSize: 1, statementTimeoutMs: 20_000 });
  const viewers: Record<string, Viewer> = {
    operator: { role: 'operator', agent: null, instance: 'default', tokenId: null },
    jean: { role: 'agent', agent: 'jean', instance: 'default', tokenId: null },
    a10: { role: 'agent', agent: 'a10', instance: 'default', tokenId: null },
  };
  const now = new Date();
  const read = async (viewer: Viewer, list: RequestList, filter: RequestFilter = {}) => {
    let found = 0;
    const plans = await plansOf(db, async () => {
      const stretch = { list, limit: 21, inverted: false, now };
      found = (await readPage(viewer, filter, stretch, (wanted) => db.prisma.agentRequest.findMany(wanted))).length;
    });
    expect(found).toBe(21);
    return plans;
  };

  for (const [who, list, filter, parts] of [
    ['operator', 'pending', {}, 1],
    ['operator', 'overdue', {}, 1],
    ['operator', 'all', {}, 1],
    ['operator', 'pending', { forMe: true }, 2],
    ['jean', 'pending', {}, 3],
    ['jean', 'all', {}, 3],
    ['a10', 'pending', { mine: true }, 1],
    ['a10', 'all', { mine: true }, 1],
  ] as const) {
    const plans = await read(viewers[who]!, list, filter);
    expect(plans, `${who} ${list}`).toHaveLength(parts);
    for (const plan of plans) {
      expect(plan.paths, `${who} ${list}`).toEqual([expect.stringMatching(/^agent_requests_/)]);
      expect(plan.scanned, `${who} ${list}`).toBeLessThanOrEqual(30);
    }
  }

  const counts = await plansOf(db, async () => {
    expect((await countRequests(db, viewers['jean']!)).pending).toBeGreaterThan(300);
    expect(await pendingFor(db, 'a1')).toBeGreaterThan(30);
  });
  for (const plan of counts) {
    expect(plan.paths.filter((path) => path.startsWith('seq'))).toEqual([]);
    // Nine counts, each of 1,000 at most, which come by twice; three look for an agent's overdue ones among those of all.
    expect(plan.scanned).toBeLessThanOrEqual(20_000 + (6 * ROWS) / 100);
  }
  await db.close();

  // Nothing is due: neither those that are overdue and wait nor those of tomorrow are looked at.
  await hub.pg.query('begin');
  await hub.pg.query(`select pg_advisory_xact_lock(hashtextextended('rookery.sweep_requests', 0))`);
  const readSoFar = async () => {
    const { rows } = await hub.pg.query(
      `select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables where relname = 'agent_requests'`,
    );
    return rows[0].rows;
  };
  const before = await readSoFar();
  const { rows } = await hub.pg.query('select * from rookery.sweep_requests()');
  expect(rows).toEqual([{ timed_out: 0, reminded: 0 }]);
  // The planner looks at the ends of an index, which is a handful.
  expect((await readSoFar()) - before).toBeLessThan(20);
  await hub.pg.query('rollback');
});
