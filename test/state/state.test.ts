import pg from 'pg';
import { expect, test } from 'vitest';
import { type Caller, testHub } from '../support/hub.ts';
import { heldUp } from '../support/locks.ts';

const hub = await testHub();
const jean = { agent: 'jean' };
const STATE = 'key value version updatedBy';
const SET = `mutation ($input: SetStateInput!) { setState(input: $input) { state { ${STATE} } } }`;
const DELETE = `mutation ($input: DeleteStateInput!) { deleteState(input: $input) { state { ${STATE} } } }`;

const set = async (input: object, caller: Caller = jean) => (await hub.data(SET, { input }, caller))['setState'].state;
const remove = async (input: object) => (await hub.data(DELETE, { input }, jean))['deleteState'].state;
const read = async (key: string) =>
  (await hub.data(`query ($key: ID!) { state(key: $key) { ${STATE} } }`, { key }))['state'];
const failure = async (mutation: string, input: object) =>
  (await hub.graphql(mutation, { input }, jean)).errors?.[0] as {
    message: string;
    extensions: Record<string, unknown>;
  };

test('a value is set, read, set again, deleted, and set anew', async () => {
  expect(await read('mode')).toBeNull();
  expect(await set({ key: 'mode', value: { on: true } })).toEqual({
    key: 'mode',
    value: { on: true },
    version: 1,
    updatedBy: 'jean',
  });
  expect(await set({ key: 'mode', value: null }, { agent: 'jared' })).toMatchObject({ value: null, version: 2 });
  expect(await read('mode')).toEqual({ key: 'mode', value: null, version: 2, updatedBy: 'jared' });
  expect(await remove({ key: 'mode' })).toMatchObject({ version: 2 });
  expect(await remove({ key: 'mode' })).toBeNull();
  expect(await read('mode')).toBeNull();
  expect(await set({ key: 'mode', value: 0 })).toMatchObject({ version: 1, value: 0 });
});

test('who expects a version changes that version only, and is told what there is', async () => {
  await set({ key: 'lock', value: 'jean', expectedVersion: 0 });
  expect(await failure(SET, { key: 'lock', value: 'jared', expectedVersion: 0 })).toMatchObject({
    message: 'The key lock exists already, at version 1.',
    extensions: { code: 'CONFLICT', key: 'lock', version: 1, value: 'jean' },
  });
  expect(await set({ key: 'lock', value: 'jean', expectedVersion: 1 })).toMatchObject({ version: 2 });
  expect(await failure(SET, { key: 'lock', value: 'x', expectedVersion: 1 })).toMatchObject({
    message: 'The key lock is at version 2, not 1: read the value that it has now and decide anew.',
    extensions: { code: 'CONFLICT', version: 2 },
  });
  expect(await failure(DELETE, { key: 'lock', expectedVersion: 1 })).toMatchObject({
    extensions: { code: 'CONFLICT', version: 2, value: 'jean' },
  });
  expect(await remove({ key: 'lock', expectedVersion: 2 })).toMatchObject({ version: 2 });
  for (const [mutation, input] of [
    [SET, { key: 'lock', value: 1, expectedVersion: 2 }],
    [DELETE, { key: 'lock', expectedVersion: 2 }],
  ] as const)
    expect(await failure(mutation, input)).toMatchObject({
      message: 'There is no key lock: it was deleted, or never set.',
      extensions: { code: 'CONFLICT', version: 0, value: null },
    });
});

test('of a crowd that expects the same version one wins; counted up together, none is lost', async () => {
  const race = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      hub.graphql(SET, { input: { key: 'race', value: index, expectedVersion: 0 } }, jean),
    ),
  );
  const winners = race.filter(({ errors }) => errors === undefined);
  expect(winners).toHaveLength(1);
  expect(winners[0]?.data?.['setState'].state).toEqual(await read('race'));

  const add = async () => {
    for (;;) {
      const { value, version } = (await read('counter')) ?? { value: 0, version: 0 };
      const { errors } = await hub.graphql(
        SET,
        { input: { key: 'counter', value: value + 1, expectedVersion: version } },
        jean,
      );
      if (errors === undefined) return;
      expect(errors[0]?.extensions?.['code']).toBe('CONFLICT');
    }
  };
  await Promise.all(Array.from({ length: 12 }, add));
  expect(await read('counter')).toMatchObject({ value: 12, version: 12 });
});

test('one batch changes a key as often as it asks, in its order, and each change is an event', async () => {
  const before = (await hub.data('{ feedCursor }'))['feedCursor'];
  const changes = [
    { key: 'batch', value: 'a', expected: 0 },
    { key: 'other', value: 1 },
    { key: 'batch', value: 'b', expected: 1 },
    { key: 'batch', value: 'lost', expected: 1 },
    { key: 'batch', remove: true, expected: 2 },
    { key: 'batch', value: 'c' },
  ];
  const { rows } = await hub.pg.query('select item, state, error from rookery.change_states($1) order by item', [
    JSON.stringify(changes),
  ]);
  expect(rows.map(({ state, error }) => error?.version ?? state.version)).toEqual([1, 1, 2, 2, 2, 1]);
  expect(rows.map(({ error }) => error?.code ?? null)).toEqual([null, null, null, 'CONFLICT', null, null]);
  expect(rows[4].state.value).toBe('b');

  const stream = await hub.subscribeSse(
    'subscription ($after: Cursor) { stateEvents(prefix: "batch", after: $after) { op state { value version } } }',
    { after: before },
  );
  const events = [];
  for (let event = 0; event < 4; event++) events.push((await stream.take()).data?.['stateEvents']);
  expect(events).toEqual([
    { op: 'INSERT', state: { value: 'a', version: 1 } },
    { op: 'UPDATE', state: { value: 'b', version: 2 } },
    { op: 'DELETE', state: { value: 'b', version: 2 } },
    { op: 'INSERT', state: { value: 'c', version: 1 } },
  ]);
  await stream.close();
});

test('a concurrent transaction that sets the key first makes the expectation fail', async () => {
  const other = new pg.Client({ connectionString: hub.db });
  await other.connect();
  await other.query('begin');
  await other.query(`insert into system_state (key, value) values ('slow', '"theirs"')`);
  const ours = failure(SET, { key: 'slow', value: 'ours', expectedVersion: 0 });
  await expect.poll(() => heldUp(other)).toBeGreaterThan(0);
  await other.query('commit');
  await other.end();
  expect(await ours).toMatchObject({ extensions: { code: 'CONFLICT', version: 1, value: 'theirs' } });
});

test('keys are listed by prefix, page by page, also past one that has been deleted', async () => {
  // The characters of LIKE mean nothing here, and upper case comes before lower.
  const keys = ['p%1', 'p%2', 'p%3', 'p%é', 'p%🐦'];
  for (const key of [...keys, 'p', 'px1', 'P%1', 'q']) await set({ key, value: key });
  const list = async (args: string) =>
    (
      await hub.data(
        `{ states(${args}) { edges { node { key } } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } }`,
      )
    )['states'];
  const keysOf = ({ edges }: { edges: { node: { key: string } }[] }) => edges.map(({ node }) => node.key);

  expect(keysOf(await list('prefix: "p%"'))).toEqual(keys);
  const first = await list('prefix: "p%", first: 2');
  expect(keysOf(first)).toEqual(['p%1', 'p%2']);
  expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  await remove({ key: 'p%2' });
  const second = await list(`prefix: "p%", first: 5, after: "${first.pageInfo.endCursor}"`);
  expect(keysOf(second)).toEqual(['p%3', 'p%é', 'p%🐦']);
  expect(second.pageInfo.hasNextPage).toBe(false);
  expect(keysOf(await list(`prefix: "p%", last: 2, before: "${second.pageInfo.endCursor}"`))).toEqual(['p%3', 'p%é']);
  const { errors } = await hub.graphql('{ states(after: "bm9uc2Vuc2U") { edges { node { key } } } }');
  expect(errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
});

test('changes are heard by prefix, whoever makes them, and again from a cursor', async () => {
  const query =
    'subscription ($after: Cursor) { stateEvents(prefix: "deploy/", after: $after) { cursor op actor state { key value updatedBy } } }';
  const stream = await hub.subscribeWs(query);
  await set({ key: 'other/x', value: 1 });
  await set({ key: 'deploy/x', value: 1 });
  await hub.pg.query(`update system_state set value = '2' where key like '%/x'`);
  await hub.pg.query(`delete from system_state where key = 'deploy/x'`);
  await set({ key: 'deploy/y', value: 3 });
  await remove({ key: 'deploy/y' });
  const role = new URL(hub.db).username;
  const state = { key: 'deploy/x', value: 2, updatedBy: 'jean' };
  const first = (await stream.take()).data?.['stateEvents'];
  expect(first).toMatchObject({ op: 'INSERT', actor: 'jean', state: { ...state, value: 1 } });
  const rest: unknown[] = [];
  while (rest.length < 4) rest.push((await stream.take()).data?.['stateEvents']);
  const other = { key: 'deploy/y', value: 3, updatedBy: 'jean' };
  expect(rest).toEqual([
    { cursor: expect.any(String), op: 'UPDATE', actor: role, state },
    { cursor: expect.any(String), op: 'DELETE', actor: role, state },
    { cursor: expect.any(String), op: 'INSERT', actor: 'jean', state: other },
    { cursor: expect.any(String), op: 'DELETE', actor: 'jean', state: other },
  ]);
  await stream.close();

  const resumed = await hub.subscribeSse(query, { after: first.cursor });
  const again: unknown[] = [];
  while (again.length < 4) again.push((await resumed.take()).data?.['stateEvents']);
  expect(again).toEqual(rest);
  await resumed.close();
});

test('a value over 16 kB is read from the table when the event comes', async () => {
  const stream = await hub.subscribeSse('subscription { stateEvents(prefix: "large") { state { key value } } }');
  const value = Array.from({ length: 4_000 }, (_, index) => `entry ${index * 7_919}`);
  await set({ key: 'large', value });
  expect((await stream.take()).data?.['stateEvents'].state).toEqual({ key: 'large', value });
  await stream.close();
});

test('plain SQL may write what the documents write; the version counts all the same', async () => {
  await hub.pg.query(`INSERT INTO system_state (key, value, updated_by) VALUES ('sql', '{"a": 1}', 'coordinator')`);
  await hub.pg.query(`INSERT INTO system_state (key, value) VALUES ('sql2', NULL)`);
  await hub.pg.query(`UPDATE system_state SET value = '{"a": 2}', version = 77 WHERE key = 'sql'`);
  const { rows } = await hub.pg.query(`SELECT id, key, value FROM system_state WHERE key LIKE 'sql%' ORDER BY key`);
  expect(rows).toEqual([
    { id: expect.any(String), key: 'sql', value: { a: 2 } },
    { id: expect.any(String), key: 'sql2', value: null },
  ]);
  expect(await read('sql')).toMatchObject({ version: 2, updatedBy: 'coordinator' });
  expect(await read('sql2')).toMatchObject({ version: 1, value: null, updatedBy: new URL(hub.db).username });
});

test('malformed calls are told plainly', async () => {
  for (const input of [
    { key: '', value: 1 },
    { key: 'k'.repeat(256), value: 1 },
    { key: 'k', value: 1, expectedVersion: -1 },
  ])
    expect(await failure(SET, input)).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
  expect(await failure(SET, { key: 'k', value: 'a\u0000b' })).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
  expect(await failure(DELETE, { key: 'k', expectedVersion: 0 })).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
});
