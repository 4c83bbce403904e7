import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const ann = { agent: 'ann' };
const bob = { agent: 'bob' };

const create = async (input: object): Promise<string> =>
  (
    await hub.data(
      'mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }',
      { input: { title: 'A task', ...input } },
      ann,
    )
  )['createTask'].task.id;
const WAITS = 'waitingOn { reason text agent requestId task { id } until }';
const waits = async (id: string) =>
  (await hub.data(`query ($id: ID!) { task(id: $id) { ${WAITS} } }`, { id }))['task'].waitingOn;
const reasons = async (id: string): Promise<string[]> =>
  (await waits(id)).map(({ reason, text }: { reason: string; text: string }) => `${reason}: ${text}`);

test('a task says why it does not move, and nothing any more once it is done', async () => {
  const id = await create({ type: 'code' });
  // Ann registered by creating it, and says nothing of what she can do.
  expect(await reasons(id)).toEqual(['CLAIM: Ready: waits for an agent to claim it']);
  const register = 'mutation ($input: RegisterAgentInput!) { registerAgent(input: $input) { agent { id } } }';
  await hub.data(register, { input: { capabilities: ['review'] } }, ann);
  expect(await reasons(id)).toEqual(['NO_AGENT: No live agent takes tasks of type code']);
  await hub.data(register, { input: { capabilities: ['code'] } }, bob);
  expect(await reasons(id)).toEqual(['CLAIM: Ready: waits for an agent to claim it']);

  const { lease } = (await hub.data('mutation { claimTask { lease { token } } }', {}, bob))['claimTask'];
  expect(await reasons(id)).toEqual([
    expect.stringMatching(/^HOLDER: Held by bob, last beat \d+ s ago, lease ends in (30|29|28) s$/),
  ]);
  await hub.pg.query(
    `insert into agent_requests (kind, subject, from_agent, to_agent, task_id, deadline_at, on_timeout, escalate_to)
     values ('approval', 'May I?', 'bob', 'cleo', $1, clock_timestamp() + interval '59 minutes 59 seconds', 'escalate', 'operator')`,
    [id],
  );
  const [holder, request] = await waits(id);
  expect(holder).toMatchObject({ reason: 'HOLDER', agent: 'bob', requestId: null });
  expect(request).toMatchObject({ reason: 'REQUEST', agent: 'cleo', requestId: '1', task: null });
  expect(request.text).toBe('Waits for cleo to decide request 1, escalated in 60 min');

  await hub.data(
    'mutation ($input: CompleteTaskInput!) { completeTask(input: $input) { task { id } } }',
    { input: { id, leaseToken: lease.token } },
    bob,
  );
  expect(await waits(id)).toEqual([]);
});

test('what it depends on, who alone may claim it, and when', async () => {
  const first = await create({ assignedTo: 'zoe' });
  const second = await create({ dependsOn: [first] });
  expect(await waits(second)).toEqual([
    {
      reason: 'DEPENDENCY',
      text: `Waits for task ${first}, which is open (zoe)`,
      agent: 'zoe',
      requestId: null,
      task: { id: first },
      until: null,
    },
  ]);
  expect(await reasons(first)).toEqual(['ASSIGNEE: Assigned to zoe, who never registered']);
  const assigned = await create({ assignedTo: 'bob' });
  expect(await reasons(assigned)).toEqual([
    expect.stringMatching(/^ASSIGNEE: Assigned to bob, who is online, last beat \d+ s ago$/),
  ]);
  const runAfter = new Date(Date.now() + 3 * 86_400_000).toISOString();
  const [later] = await waits(await create({ runAfter }));
  expect(later).toMatchObject({ reason: 'TIME', text: 'Not to be run for 3 d', until: runAfter });
});

test('a list of tasks asks once for all', async () => {
  const { rows: before } = await hub.pg.query(
    'select count(*)::int as open from agent_tasks where finished_at is null',
  );
  const list = (await hub.data(`{ tasks(first: 200) { edges { node { id status ${WAITS} } } } }`))['tasks'];
  const told = list.edges.filter(({ node }: { node: { waitingOn: unknown[] } }) => node.waitingOn.length > 0);
  expect(told).toHaveLength(before[0].open);
});

test('only what is asked about is read, among many', async () => {
  await hub.pg.query(
    `insert into agent_tasks (title, created_by) select 'many', 'ann' from generate_series(1, 20000);
     insert into agent_requests (subject, from_agent, task_id) select 'many', 'ann', 1 + n from generate_series(1, 5000) n;
     analyze agent_tasks, agent_requests`,
  );
  const { rows } = await hub.pg.query('explain select * from rookery.waiting_on(array[5, 6]::bigint[])');
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('agent_requests_task');
  expect(plan).not.toMatch(/Seq Scan on (agent_tasks|agent_requests|agent_task_dependencies)/);
});

test('whether anybody takes a type is looked up once, however many tasks of it are shown', async () => {
  await hub.pg.query(
    `insert into agents (agent_id, capabilities) select 'a' || n, '["review"]' from generate_series(1, 200) n`,
  );
  const ids = await Promise.all(Array.from({ length: 20 }, () => create({ type: 'rare' })));
  await hub.pg.query(`update agents set capabilities = '["review"]'`);
  await hub.pg.query('begin; analyze agents');
  const looked = async (count: number): Promise<number> => {
    const read = `select (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows from pg_stat_xact_user_tables where relname = 'agents'`;
    const before = (await hub.pg.query(read)).rows[0].rows;
    const { rows } = await hub.pg.query('select reason from rookery.waiting_on($1::bigint[])', [ids.slice(0, count)]);
    expect(rows).toEqual(Array(count).fill({ reason: 'no_agent' }));
    return (await hub.pg.query(read)).rows[0].rows - before;
  };
  expect(await looked(20)).toBeLessThan(2 * (await looked(1)));
  await hub.pg.query('rollback');
});

test('a task is assigned to an agent, not to a role, which could claim nothing', async () => {
  const code = async (mutation: string) =>
    (await hub.graphql(`mutation { ${mutation} { task { id } } }`)).errors?.[0]?.extensions?.['code'];
  expect(await code('createTask(input: { title: "t", assignedTo: "role:dba" })')).toBe('BAD_INPUT');
  const { id } = (await hub.data('mutation { createTask(input: { title: "t" }) { task { id } } }'))['createTask'].task;
  expect(await code(`updateTask(input: { id: ${id}, assignedTo: "role:dba" })`)).toBe('BAD_INPUT');
});
