import { beforeAll, describe, test } from 'vitest';
import { expectFew, PAGE, planRoom, ROWS } from '../support/plans.ts';

/** Most tasks are done; one in twenty is open, one in 1,000 failed, one in 2,000 of each session, type, creator, repository. */
const { ask, fill, pages } = await planRoom();
const FEW = ROWS / 50;

beforeAll(async () => {
  await fill(
    ['agent_tasks', 'agent_task_attempts', 'agent_task_dependencies'],
    `insert into agent_tasks (title, description, type, status, ready, priority, assigned_to, created_by, session_id, due_date, github_repo, github_issue, created_at)
     select 'task ' || md5(n::text), 'To do: ' || md5('x' || n), 'type-' || n % ${FEW},
            case when n % 20 = 0 then 'open' when n % ${FEW} = 1 then 'failed' else 'done' end, n % 20 = 0, 1 + n % 10,
            case when n % 3 > 0 then 'a' || n % ${FEW} end, 'c' || n % ${FEW}, n % ${FEW},
            case when n % 4 = 0 then now() + n * interval '1 minute' end, case when n % 2 = 0 then 'repo/' || n % ${FEW} end,
            case when n % 2 = 0 then n / ${FEW} end, now() - (${ROWS} - n) * interval '1 second'
       from generate_series(1, ${ROWS}) n`,
    `insert into agent_task_attempts (task_id, attempt, agent, fence, started_at, ended_at, outcome)
     select 7, n, 'bob', n, now(), now(), 'lost' from generate_series(1, ${ROWS}) n`,
    `insert into agent_task_dependencies (task_id, depends_on_id) select n, 7 from generate_series(8, ${ROWS}) n
     union all select 6, n from generate_series(8, 507) n`,
  );
});

test.each(['NEWEST', 'OLDEST', 'DUE'])('tasks in the order %s', async (order) => {
  expectFew(await pages(`tasks(orderBy: ${order})`));
});

describe.each(['NEWEST', 'OLDEST', 'PRIORITY', 'QUEUE', 'DUE'])('in the order %s, tasks', (order) => {
  test.each([
    ['of ids', 'ids: [5, 6, 7]'],
    ['that are few by status', 'statuses: [FAILED]'],
    ['of a type', 'types: ["type-7"]'],
    ['of an assignee', 'assignedTo: "a7"'],
    ['of a creator', 'createdBy: "c7"'],
    ['of a session', 'sessionId: 7'],
    ['of a repository', 'githubRepo: "repo/8"'],
    ['of an issue', 'githubRepo: "repo/8", githubIssue: 3'],
  ])('%s', async (_what, filter) => {
    expectFew(await pages(`tasks(filter: { ${filter} }, orderBy: ${order})`), 60);
  });
});

test.each([
  ['that are done', 'NEWEST', 'statuses: [DONE]'],
  ['that are open', 'NEWEST', 'statuses: [OPEN]'],
  ['that are open', 'OLDEST', 'statuses: [OPEN]'],
  ['that are open', 'DUE', 'statuses: [OPEN]'],
  ['that are ready', 'NEWEST', 'ready: true'],
  ['of nobody', 'NEWEST', 'unassigned: true'],
  ['that are urgent', 'NEWEST', 'maxPriority: 2'],
  ['due soon', 'DUE', `dueBefore: "${new Date(Date.now() + 3_600_000).toISOString()}"`],
  ['due soon', 'NEWEST', `dueBefore: "${new Date(Date.now() + 3_600_000).toISOString()}"`],
])('tasks %s in the order %s: one in twenty or more are', async (_what, order, filter) => {
  expectFew(await pages(`tasks(filter: { ${filter} }, orderBy: ${order})`), 700);
});

test('what belongs to a task', async () => {
  expectFew(await pages('attempts', { parent: 'task(id: 7)', node: 'attempt' }), PAGE + 2);
  for (const list of ['dependents', 'dependsOn', 'blockedBy'])
    expectFew([await ask(`{ task(id: ${list === 'dependents' ? 7 : 6}) { ${list} { id } } }`)], 2 * 500 + 100);
});
