import { beforeAll, expect, test } from 'vitest';
import { expectFew, PAGE, planRoom, ROWS } from '../support/plans.ts';

/** Of as many open requests as there are, half are put to one role and half to another; jean holds both, the crowd others. */
const { ask, fill, pages } = await planRoom();
const jean = { role: 'agent', agent: 'jean' } as const;

beforeAll(() =>
  fill(
    ['agent_requests', 'agent_roles'],
    `insert into agent_requests (subject, from_agent, to_agent, priority)
     select 'bulk', 'bob', 'role:' || case n % 2 when 0 then 'dba' else 'sre' end, n * 10 / ${ROWS + 1} + 1 from generate_series(1, ${ROWS}) n`,
    `insert into agent_roles (role, agent_id) select 'r' || n % 1000, 'a' || n from generate_series(1, ${ROWS}) n
     union all values ('dba', 'jean'), ('sre', 'jean')`,
  ),
);

test('what is asked of roles is a walk along an index for each', async () => {
  const [first] = await pages('requests(list: PENDING, filter: { forMe: true })', { viewer: jean });
  expect(first!.data['requests'].edges).toHaveLength(20);
  // For each role a page there and back, and the grants; nothing is asked of all, or of jean.
  expectFew([first!], 5 * PAGE);
  expectFew(await pages('requests(list: ALL)', { viewer: jean }), 5 * PAGE);
});

test('who holds which role', async () => {
  for (const filter of ['role: "dba"', 'agent: "jean"'])
    expectFew([await ask(`{ roleGrants(${filter}) { role agent } }`)]);
  expectFew([await ask('{ roleGrants { role agent } }')], 1_000);
});
