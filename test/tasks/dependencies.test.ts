import { expect, test } from 'vitest';
import { completeTask } from '../../src/tasks/leases.ts';
import { cancelTask, createTasks, sweepTasks, updateTask } from '../../src/tasks/service.ts';
import { agent, openRoom, operator } from './room.ts';

const room = await openRoom();
const { db, psql, create, take, state } = room;

const finish = (id: string) =>
  completeTask(db, { id, actor: 'op', agent: null, instance: 'default', operator: true, force: false });
const depend = (id: string, dependsOn: string[]) => updateTask(db, operator, { id, set: {}, dependsOn });

test('blocked until all it depends on is done, then open, in the same transaction', async () => {
  const [a, b] = [await create(), await create()];
  const c = await create({ dependsOn: [a, b, a] });
  expect(await state(c)).toBe('blocked');
  await finish(a);
  expect(await state(c)).toBe('blocked');
  await finish(b);
  expect(await state(c)).toBe('open');
  const { rows } = await psql.query(
    `select entity_id, data ->> 'status' as status, xid::text from rookery.change_events
      where entity_id = any ($1) order by id desc limit 2`,
    [[b, c]],
  );
  expect(rows.map(({ entity_id, status }) => [entity_id, status])).toEqual([
    [c, 'open'],
    [b, 'done'],
  ]);
  expect(rows[0].xid).toBe(rows[1].xid);
});

test('what depends on finished tasks only is open from the start', async () => {
  const a = await create();
  await finish(a);
  expect(await state(await create({ dependsOn: [a] }))).toBe('open');
});

test('a chain goes on by itself', async () => {
  const chain = [await create()];
  for (let n = 0; n < 5; n++) chain.push(await create({ dependsOn: [chain.at(-1)!] }));
  for (const id of chain) {
    const taken = await take('bob');
    expect(taken.id).toBe(id);
    await completeTask(db, {
      ...taken,
      actor: 'bob',
      agent: 'bob',
      instance: 'default',
      operator: false,
      force: false,
    });
  }
});

test('completion by plain SQL opens what waits, many at once', async () => {
  const parents = await createTasks(db, agent('ann'), [{ title: 'p1' }, { title: 'p2' }]);
  const dependsOn = parents.map(({ id }) => String(id));
  const children = await createTasks(
    db,
    agent('ann'),
    Array.from({ length: 20 }, () => ({ title: 'child', dependsOn })),
  );
  await psql.query(`update agent_tasks set status = 'completed' where title like 'p_'`);
  for (const { id } of children) expect(await state(id)).toBe('open');
});

test('a dependency that failed or was cancelled keeps it blocked', async () => {
  const a = await create();
  const b = await create({ dependsOn: [a] });
  await cancelTask(db, operator, { id: a, reason: null });
  expect(await state(b)).toBe('blocked');
  await depend(b, []);
  expect(await state(b)).toBe('open');
});

test('deleting what it waits for, or the dependency, by plain SQL lets it go', async () => {
  const [a, b] = [await create(), await create()];
  const c = await create({ dependsOn: [a, b] });
  await psql.query('delete from agent_tasks where id = $1', [a]);
  expect(await state(c)).toBe('blocked');
  await psql.query('delete from agent_task_dependencies where depends_on_id = $1', [b]);
  expect(await state(c)).toBe('open');
});

test('changing dependencies blocks and opens', async () => {
  const [a, b, c] = [await create(), await create(), await create()];
  await depend(c, [a]);
  expect(await state(c)).toBe('blocked');
  await depend(c, [b]);
  expect(await state(c)).toBe('blocked');
  await finish(a);
  expect(await state(c)).toBe('blocked');
  await finish(b);
  expect(await state(c)).toBe('open');
});

test('opened by hand while it waits, or given back while it waits, it is blocked', async () => {
  const a = await create();
  const b = await create({ dependsOn: [a] });
  await psql.query(`update agent_tasks set status = 'open' where id = $1`, [b]);
  expect(await state(b)).toBe('blocked');
  await psql.query(`insert into agent_tasks (title, created_by) values ('c', 'psql')`);
  await psql.query(`insert into agent_task_dependencies (task_id, depends_on_id) select max(id), $1 from agent_tasks`, [
    a,
  ]);
  const { rows } = await psql.query(`select status from agent_tasks where title = 'c'`);
  expect(rows).toEqual([{ status: 'blocked' }]);
});

test('a circle is refused with its path, from the API and from psql, however long', async () => {
  const chain = [await create()];
  for (let n = 0; n < 6; n++) chain.push(await create({ dependsOn: [chain.at(-1)!] }));
  const [first, last] = [chain[0]!, chain.at(-1)!];
  const path = [first, ...[...chain].reverse()];
  await expect(depend(first, [last])).rejects.toMatchObject({ code: 'DEPENDENCY_CYCLE', details: { path } });
  await expect(depend(first, [first])).rejects.toMatchObject({
    code: 'DEPENDENCY_CYCLE',
    details: { path: [first, first] },
  });
  await expect(
    psql.query('insert into agent_task_dependencies (task_id, depends_on_id) values ($1, $2)', [first, last]),
  ).rejects.toMatchObject({ code: 'RK411' });
  await expect(depend(first, ['999999'])).rejects.toMatchObject({
    code: 'NOT_FOUND',
    details: { missing: ['999999'] },
  });
});

test('a lattice, whose paths are beyond counting, is checked at once', async () => {
  let layer = [await create(), await create(), await create()];
  const bottom = layer[0]!;
  for (let n = 0; n < 25; n++) {
    const dependsOn = layer;
    layer = (
      await createTasks(
        db,
        agent('ann'),
        [1, 2, 3].map(() => ({ title: 'x', dependsOn })),
      )
    ).map(({ id }) => String(id));
  }
  await expect(depend(bottom, [layer[0]!])).rejects.toMatchObject({ code: 'DEPENDENCY_CYCLE' });
});

test('of two transactions that would close a circle together, one is refused', async () => {
  for (let round = 0; round < 10; round++) {
    const [a, b, c, d] = [await create(), await create(), await create(), await create()];
    await depend(b, [c]);
    await depend(d, [a]);
    const results = await Promise.allSettled([depend(a, [b]), depend(c, [d])]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  }
});

test('two dependencies completed at the same time: the last one opens it', async () => {
  for (let round = 0; round < 20; round++) {
    const [a, b] = [await create(), await create()];
    const c = await create({ dependsOn: [a, b] });
    await Promise.all([finish(a), psql.query(`update agent_tasks set status = 'done' where id = $1`, [b])]);
    expect(await state(c)).toBe('open');
  }
});

test('a dependency completed while the task that waits for it is created', async () => {
  for (let round = 0; round < 20; round++) {
    const a = await create();
    const [c] = await Promise.all([
      create({ dependsOn: [a] }),
      psql.query(`update agent_tasks set status = 'done' where id = $1`, [a]),
    ]);
    expect(await state(c)).toBe('open');
  }
});

test('a completion does not wait for a dependent that psql has locked: the sweeper opens it later', async () => {
  const a = await create();
  const locked = await create({ dependsOn: [a] });
  const free = await create({ dependsOn: [a] });
  await psql.query('begin');
  try {
    await psql.query('select from agent_tasks where id = $1 for update', [locked]);
    await finish(a);
    expect([await state(free), await state(locked)]).toEqual(['open', 'blocked']);
    await sweepTasks(db);
    expect(await state(locked)).toBe('blocked');
  } finally {
    await psql.query('rollback');
  }
  await sweepTasks(db);
  expect(await state(locked)).toBe('open');
  expect((await psql.query('select from rookery.skipped_tasks')).rowCount).toBe(0);
});

test('who depends on a task that psql has locked does not hold up the others', async () => {
  const a = await create();
  await psql.query('begin');
  try {
    await psql.query('select from agent_tasks where id = $1 for update', [a]);
    const ended: string[] = [];
    const held = create({ dependsOn: [a] }).finally(() => ended.push('held'));
    const others = Array.from({ length: 8 }, () => create().finally(() => ended.push('other')));
    await Promise.all(others);
    await expect(held).rejects.toMatchObject({ code: 'CONFLICT', details: { busy: true } });
    expect(ended.at(-1)).toBe('held');
  } finally {
    await psql.query('rollback');
  }
});
