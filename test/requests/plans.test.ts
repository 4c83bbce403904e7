import { beforeAll, expect, test } from 'vitest';
import { expectFew, planRoom, ROWS } from '../support/plans.ts';

/** A tenth is open, a tenth of that overdue; a tenth of the open ones is jean's, another asked of all. */
const { ask, fill, pages, run } = await planRoom();
const FEW = ROWS / 50;

beforeAll(() =>
  fill(
    ['agent_requests', 'agent_request_responses'],
    `insert into agent_requests (kind, subject, from_agent, to_agent, priority, status, decision, decided_by, decided_at, seen_at, deadline_at, on_timeout, task_id, session_id)
     select case when n % ${FEW} = 3 then 'help' else 'approval' end, 'bulk', 'a' || n % 97, case n / 10 % 30 when 0 then 'jean' when 1 then null else 'operator' end, n % 7 + 1,
            case when open then 'open' else 'decided' end, case when not open then case when n % ${FEW} = 3 then 'answer' when n % ${FEW} = 4 then 'reject' else 'approve' end end, case when not open then 'mik' end,
            case when not open then now() end, case when not open and n % 3 > 0 then now() end,
            case when n % 100 = 0 then now() - n * interval '1 second' when n % 100 = 10 then now() + interval '1 day' end,
            case when n % 100 = 10 then 'reject' else 'wait' end, n % ${FEW}, n % ${FEW}
       from generate_series(1, ${ROWS}) n, lateral (select n % 10 = 0 as open) o`,
    `insert into agent_request_responses (request_id, responder) select n % 100 + 1, 'r' || n from generate_series(1, 2000) n`,
  ),
);

const viewers = {
  operator: {},
  jean: { role: 'agent', agent: 'jean' },
  a10: { role: 'agent', agent: 'a10' },
} as const;

test.each([
  ['operator', 'PENDING', '{}'],
  ['operator', 'OVERDUE', '{}'],
  ['operator', 'ALL', '{}'],
  ['operator', 'PENDING', '{ forMe: true }'],
  ['jean', 'PENDING', '{}'],
  ['jean', 'OVERDUE', '{}'],
  ['jean', 'ALL', '{}'],
  ['a10', 'PENDING', '{ mine: true }'],
  ['a10', 'ALL', '{ mine: true }'],
  ['operator', 'ALL', '{ to: "*" }'],
  ['operator', 'ALL', '{ to: "jean" }'],
  ['operator', 'ALL', '{ from: "a7" }'],
  ['operator', 'ALL', '{ taskId: 7 }'],
  ['operator', 'ALL', '{ sessionId: 7 }'],
  ['operator', 'PENDING', '{ taskId: 7 }'],
  ['operator', 'PENDING', '{ kinds: [APPROVAL] }'],
  ['operator', 'ALL', '{ statuses: [DECIDED], decisions: [APPROVE] }'],
  ['operator', 'ALL', '{ statuses: [OPEN] }'],
] as const)('requests: to %s, of the list %s with %s', async (who, list, filter) => {
  // Of an agent's overdue ones, those that are open are looked at: 3,334 of a million.
  const most = list === 'OVERDUE' ? 3_500 : 700;
  expectFew(await pages(`requests(list: ${list}, filter: ${filter})`, { viewer: viewers[who] }), most);
});

test('counts, each of which ends at 1,000', async () => {
  for (const viewer of Object.values(viewers))
    expectFew([await ask('{ requestCounts { pending overdue forMe mine unseen } }', {}, viewer)], 40_000, [
      'agent_requests',
    ]);
});

test('the responses to a request', async () =>
  expectFew([await ask('{ request(id: 1) { responses { responder } } }', {}, viewers.operator)], 40));

test('a sweep when nothing is due', async () => {
  const sweep = () => run('select * from rookery.sweep_requests()');
  await sweep(); // The first one of a session reads the catalog.
  const plan = await sweep();
  expect(plan.data['rows']).toEqual([{ timed_out: 0, reminded: 0 }]);
  // Those that are due and wait, and those of tomorrow, are not looked at.
  expectFew([plan]);
});
