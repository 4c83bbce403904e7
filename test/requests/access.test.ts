import { expect, test } from 'vitest';
import type { Caller } from '../support/hub.ts';
import { requestsRoom } from './room.ts';

const { hub, act, ask, failure } = await requestsRoom({ tokens: true });
const agent = async (name: string): Promise<Caller> => ({
  token: (await hub.token({ role: 'agent', agent: name })).secret,
});
const jean = await agent('jean');
const bob = await agent('bob');
const eve = await agent('eve');
const observer: Caller = { token: (await hub.token({ role: 'observer' })).secret };
const operator: Caller = { token: hub.operator };
const callers = { jean, bob, eve, operator, observer };

/** Who may see what jean asks of whom; and, but for the observer and jean, decide it. */
const SEEN = {
  operator: ['jean', 'operator', 'observer'],
  bob: ['jean', 'bob', 'operator', 'observer'],
  'role:dba': ['jean', 'bob', 'operator', 'observer'],
  '*': ['jean', 'bob', 'eve', 'operator', 'observer'],
};

const grant = async (role: string, name: string, caller = operator, verb = 'grant') => {
  const text = `mutation ($input: ${verb === 'grant' ? 'Grant' : 'Revoke'}RoleInput!) { ${verb}Role(input: $input) {
    ${verb === 'grant' ? 'grant { role agent grantedBy }' : 'revoked'} } }`;
  const { data, errors } = await hub.graphql(text, { input: { role, agent: name } }, caller);
  return errors?.[0]?.extensions?.['code'] ?? data?.[`${verb}Role`];
};
const revoke = (role: string, name: string, caller = operator) => grant(role, name, caller, 'revoke');
const held = { grant: { role: 'dba', agent: 'bob', grantedBy: 'operator' } };
expect(await grant('dba', 'bob')).toEqual(held);

test.each(Object.entries(SEEN))('what is asked of %s', async (to, allowed) => {
  for (const [name, caller] of Object.entries(callers)) {
    const { id } = await ask({ to, subject: `to ${to}` }, jean);
    const sees = allowed.includes(name);
    const read = await hub.data(
      `query ($id: ID!) { request(id: $id) { id } requests(list: ALL, first: 1) { edges { node { id } } } }`,
      { id },
      caller,
    );
    expect(read['request'], name).toEqual(sees ? { id } : null);
    expect(read['requests'].edges.map(({ node }: { node: { id: string } }) => node.id).includes(id), name).toBe(sees);

    const hidden = sees ? undefined : 'NOT_FOUND';
    const code = async (mutation: string, input = {}) => (await failure(mutation, { id, ...input }, caller))['code'];
    const expected = (owner: string | undefined, other: string | undefined, decider: string | undefined) => {
      if (name === 'observer') return 'FORBIDDEN';
      if (name === 'jean') return owner;
      return name === 'operator' ? decider : (hidden ?? other);
    };
    expect(await code('awaitRequest', { waitSeconds: 0 }), name).toBe(expected(undefined, undefined, undefined));
    expect(await code('takeRequest'), name).toBe(expected('FORBIDDEN', undefined, undefined));
    expect(await code('releaseRequest'), name).toBe(expected(undefined, undefined, undefined));
    expect(await code('consumeApproval'), name).toBe(expected('CONFLICT', 'FORBIDDEN', 'FORBIDDEN'));
    expect(await code('remindRequest'), name).toBe(expected(undefined, 'FORBIDDEN', undefined));
    expect(await code('respondToRequest', { decision: 'APPROVE' }), name).toBe(
      expected('FORBIDDEN', undefined, undefined),
    );
    expect(await code('cancelRequest'), name).toBe(expected(undefined, 'FORBIDDEN', 'ALREADY_DECIDED'));
  }
});

test('operators alone grant roles; to a role that nobody else holds nothing can be put', async () => {
  for (const caller of [jean, bob, observer]) {
    expect(await grant('dba', 'jean', caller)).toBe('FORBIDDEN');
    expect(await revoke('dba', 'bob', caller)).toBe('FORBIDDEN');
  }
  for (const [role, name] of [
    ['Dba', 'bob'],
    ['', 'bob'],
    ['dba', '*'],
    ['dba', 'operator'],
    ['dba', 'role:dba'],
  ] as const)
    expect(await grant(role, name)).toBe('BAD_INPUT');
  expect(await grant('dba', 'bob')).toEqual(held);
  expect(await grant('author', 'jean')).toMatchObject({ grant: { role: 'author' } });
  const query = 'query ($role: String, $agent: ID) { roleGrants(role: $role, agent: $agent) { role agent } }';
  const grants = async (filter: Record<string, unknown>) => (await hub.data(query, filter, eve))['roleGrants'];
  expect(await grants({ agent: 'jean' })).toEqual([{ role: 'author', agent: 'jean' }]);
  expect(await grants({ role: 'dba' })).toEqual([{ role: 'dba', agent: 'bob' }]);

  const timed = { onTimeout: 'ESCALATE', deadlineSeconds: 60 };
  for (const [role, input] of [
    ['none', { to: 'role:none' }],
    ['author', { to: 'role:author' }],
    ['none', { ...timed, escalateTo: 'role:none' }],
    ['', { to: 'role:' }],
  ] as const)
    expect(await failure('createRequest', { kind: 'HELP', subject: 's', ...input }, jean)).toMatchObject({
      code: 'BAD_INPUT',
      role,
    });
  // No agent is called so, or it would be asked what a role is.
  await expect(hub.token({ role: 'agent', agent: 'role:dba' })).rejects.toMatchObject({ code: '23514' });
  const { errors } = await hub.graphql(
    'mutation { registerAgent(input: {}) { agent { id } } }',
    {},
    { ...operator, agent: 'role:dba' },
  );
  expect(errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
});

test('a role is asked whoever holds it at the time: lists, streams, reminders and decisions follow', async () => {
  const [eves, bobs] = (await Promise.all(
    [eve, bob].map((caller) =>
      hub.subscribeWs('subscription { requestEvents { request { subject status } } }', {}, caller),
    ),
  )) as Awaited<ReturnType<typeof hub.subscribeWs>>[];
  const mine = async (caller: Caller) => {
    const { requests, requestCounts } = await hub.data(
      '{ requests(filter: { forMe: true, to: "role:dba" }) { edges { node { id } } } requestCounts { forMe } }',
      {},
      caller,
    );
    return { ids: requests.edges.map(({ node }: { node: { id: string } }) => node.id), forMe: requestCounts.forMe };
  };
  const { id: task } = (
    await hub.data('mutation { createTask(input: { title: "migrate" }) { task { id } } }', {}, jean)
  )['createTask'].task;
  const before = await mine(eve);
  const { id } = await ask({ to: 'role:dba', subject: 'role', quorum: 2, taskId: task }, jean);
  const waits = await hub.data('query ($id: ID!) { task(id: $id) { waitingOn { text agent } } }', { id: task }, jean);
  expect(waits['task'].waitingOn).toContainEqual({
    text: `Waits for whoever holds the role dba to decide request ${id}`,
    agent: 'role:dba',
  });
  expect(await mine(eve)).toEqual(before);
  expect(await failure('takeRequest', { id }, eve)).toMatchObject({ code: 'NOT_FOUND' });

  await grant('dba', 'eve');
  await grant('dba', 'jean');
  const asked = await mine(eve);
  expect(asked.ids).toContain(id);
  expect(asked.forMe).toBe(before.forMe + asked.ids.length);
  expect((await mine(jean)).ids).toEqual([]);
  await act('remindRequest', { id }, jean);
  await act('takeRequest', { id }, eve);
  await act('respondToRequest', { id, decision: 'APPROVE' }, eve);
  expect(await revoke('dba', 'eve')).toEqual({ revoked: true });
  expect(await revoke('dba', 'eve')).toEqual({ revoked: false });
  expect(await failure('takeRequest', { id }, eve)).toMatchObject({ code: 'NOT_FOUND' });
  expect(await mine(eve)).toEqual(before);
  await act('respondToRequest', { id, decision: 'APPROVE' }, bob);

  const { id: left } = await ask({ to: 'role:dba', subject: 'role, left to operators' }, jean);
  await revoke('dba', 'bob');
  await act('remindRequest', { id: left }, jean);
  const { rows } = await hub.pg.query(
    `select to_agent, (metadata ->> 'requestId') as id from agent_messages where message_type = 'reminder' and metadata ->> 'requestId' in ($1, $2) order by id, to_agent`,
    [id, left],
  );
  expect(rows).toEqual([
    { to_agent: 'bob', id },
    { to_agent: 'eve', id },
    { to_agent: 'operator', id: left },
  ]);
  await act('respondToRequest', { id: left, decision: 'REJECT' }, operator);
  await ask({ to: '*', subject: 'end of roles' }, jean);

  const until = async (stream: typeof eves) => {
    const seen: string[] = [];
    for (;;) {
      const request = (await stream!.take()).data?.['requestEvents'].request;
      if (request.subject === 'end of roles') return seen;
      if (request.subject.startsWith('role')) seen.push(`${request.subject} ${request.status}`);
    }
  };
  // From the reminder to its own approval, while it held the role: neither what came before nor what came after.
  expect(await until(eves)).toEqual(['role OPEN', 'role OPEN', 'role OPEN']);
  expect(await until(bobs)).toEqual([...Array(4).fill('role OPEN'), 'role DECIDED', 'role, left to operators OPEN']);
  for (const stream of [eves, bobs]) await stream!.close();
});

test('asked again with the same key, a request is there although nobody holds its role any more', async () => {
  await grant('dba', 'bob');
  const { id: taskId } = (
    await hub.data('mutation { createTask(input: { title: "deleted since" }) { task { id } } }', {}, jean)
  )['createTask'].task;
  const input = { to: 'role:dba', taskId, idempotencyKey: 'while bob was there' };
  const { id } = await ask(input, jean);
  await revoke('dba', 'bob');
  await hub.pg.query('delete from agent_tasks where id = $1', [taskId]);
  expect(await ask(input, jean)).toMatchObject({ id });
  const other = { kind: 'APPROVAL', subject: 'Deploy', to: 'role:dba' };
  for (const [more, code] of [
    [{ idempotencyKey: 'while bob was there' }, 'IDEMPOTENCY_CONFLICT'],
    [{ idempotencyKey: 'another' }, 'BAD_INPUT'],
    [{}, 'BAD_INPUT'],
  ] as const)
    expect(await failure('createRequest', { ...other, ...more }, jean)).toMatchObject({ code });
});

test('an event from before a role was lost does not tell what was said since', async () => {
  await grant('dba', 'bob');
  await grant('dba', 'eve');
  const { feedCursor: after } = await hub.data('{ feedCursor }', {}, eve);
  const { id } = await ask({ to: 'role:dba', subject: 'said since' }, jean);
  await revoke('dba', 'eve');
  await act('respondToRequest', { id, decision: 'REJECT', comment: 'not for eve' }, bob);
  const said = [{ comment: 'not for eve' }];
  for (const [caller, responses] of [
    [eve, []],
    [bob, said],
    [jean, said],
    [operator, said],
  ] as const) {
    const stream = await hub.subscribeWs(
      'subscription ($after: Cursor) { requestEvents(after: $after) { request { id status responses { comment } } } }',
      { after },
      caller,
    );
    expect((await stream.take()).data).toEqual({ requestEvents: { request: { id, status: 'OPEN', responses } } });
    await stream.close();
  }
  await revoke('dba', 'bob');
});

test('a token names no other asker, and without one nobody asks', async () => {
  const input = { kind: 'HELP', subject: 's' };
  expect(await failure('createRequest', input, observer)).toMatchObject({ code: 'FORBIDDEN' });
  expect(await failure('createRequest', input, {})).toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(await act('createRequest', input, operator)).toMatchObject({ from: 'operator' });
  expect(await act('createRequest', input, jean)).toMatchObject({ from: 'jean' });
});

test('streams show each caller what is its, in the order of what happened', async () => {
  const query =
    'subscription { requestEvents { op actor previousStatus request { subject status approvals takenBy } } }';
  const [operators, bobs, eves] = (await Promise.all(
    [operator, bob, eve].map((caller) => hub.subscribeWs(query, {}, caller)),
  )) as Awaited<ReturnType<typeof hub.subscribeWs>>[];
  const { id } = await ask({ to: 'bob', subject: 'story', quorum: 2, arguments: { a: 1 } }, jean);
  await ask({ to: 'operator', subject: 'secret' }, jean);
  await act('takeRequest', { id }, bob);
  await act('respondToRequest', { id, decision: 'APPROVE' }, bob);
  await act('respondToRequest', { id, decision: 'APPROVE' }, operator);
  await act('consumeApproval', { id, arguments: { a: 1 } }, jean);
  await hub.pg.query('delete from agent_requests where id = $1', [id]);
  await ask({ to: '*', subject: 'end' }, jean);

  const until = async (stream: typeof operators) => {
    const events = [];
    for (;;) {
      const event = (await stream!.take()).data?.['requestEvents'];
      if (event.request.subject === 'end') return events;
      if (['story', 'secret'].includes(event.request.subject)) events.push(event);
    }
  };
  const role = new URL(hub.db).username;
  const request = { subject: 'story', status: 'OPEN', approvals: 0, takenBy: null };
  const story = [
    { op: 'INSERT', actor: 'jean', previousStatus: null, request },
    { op: 'UPDATE', actor: 'bob', previousStatus: null, request: { ...request, takenBy: 'bob' } },
    { op: 'UPDATE', actor: 'bob', previousStatus: null, request: { ...request, takenBy: 'bob', approvals: 1 } },
    {
      op: 'UPDATE',
      actor: 'operator',
      previousStatus: 'OPEN',
      request: { ...request, status: 'DECIDED', approvals: 2 },
    },
    { op: 'UPDATE', actor: 'jean', previousStatus: null, request: { ...request, status: 'DECIDED', approvals: 2 } },
    { op: 'DELETE', actor: role, previousStatus: null, request: { ...request, status: 'DECIDED', approvals: 2 } },
  ];
  expect(await until(bobs!)).toEqual(story);
  expect(await until(eves!)).toEqual([]);
  const all = await until(operators!);
  expect(all.filter(({ request }) => request.subject === 'story')).toEqual(story);
  expect(all.filter(({ request }) => request.subject === 'secret')).toHaveLength(1);
  for (const stream of [operators, bobs, eves]) await stream!.close();
});

test('plain SQL asks and decides by the same rules, and reaches subscribers', async () => {
  const stream = await hub.subscribeSse(
    'subscription { requestEvents { op actor request { subject status decision answer body context } } }',
    {},
    operator,
  );
  const large = 'long '.repeat(8_000);
  const { rows } = await hub.pg.query(
    `insert into agent_requests (from_agent, kind, subject, body, context, options, status) values ('sql', 'question', 'plain', $1, $2, '["a", "b"]', 'pending') returning id, status, to_agent`,
    [large, JSON.stringify(Array(4_000).fill(large.slice(0, 20)))],
  );
  expect(rows).toEqual([{ id: expect.any(String), status: 'open', to_agent: 'operator' }]);
  const [{ id }] = rows;
  const refused = async (sql: string, values: unknown[] = [id]) =>
    hub.pg.query(sql, values).then(
      () => 'done',
      (error) => error.code,
    );
  const respond =
    'insert into agent_request_responses (request_id, responder, decision, answer) values ($1, $2, $3, $4)';
  expect(await refused(respond, [id, 'sql', 'answer', '"a"'])).toBe('RK403');
  expect(await refused(respond, [id, 'ana', 'approve', null])).toBe('RK400');
  expect(await refused(respond, [id, 'ana', 'answer', '"c"'])).toBe('RK400');
  expect(await refused(respond, ['99999', 'ana', 'answer', '"a"'])).toBe('RK404');
  expect(await refused(`update agent_requests set subject = 'other' where id = $1`)).toBe('RK409');
  expect(await refused(`update agent_requests set decision = 'answer', answer = '"c"' where id = $1`)).toBe('RK400');
  expect(await refused(respond, [id, 'ana', 'answer', '"a"'])).toBe('done');
  expect(await refused(respond, [id, 'bea', 'answer', '"b"'])).toBe('RK413');
  expect(await refused(`update agent_requests set status = 'open', decision = null where id = $1`)).toBe('RK413');
  expect(await refused(`update agent_request_responses set answer = '"b"' where request_id = $1`)).toBe('RK409');

  const events = [];
  while (events.length < 2) {
    const event = (await stream.take()).data?.['requestEvents'];
    if (event.request.subject === 'plain') events.push(event);
  }
  const role = new URL(hub.db).username;
  const request = { subject: 'plain', body: large, context: expect.any(Array) };
  expect(events).toEqual([
    { op: 'INSERT', actor: role, request: { ...request, status: 'OPEN', decision: null, answer: null } },
    { op: 'UPDATE', actor: role, request: { ...request, status: 'DECIDED', decision: 'ANSWER', answer: 'a' } },
  ]);
  await stream.close();

  const {
    rows: [two],
  } = await hub.pg.query(
    `insert into agent_requests (from_agent, kind, subject, quorum, arguments) values ('sql', 'approval', 'two', 2, '{}') returning id`,
  );
  expect(await refused(`update agent_requests set decision = 'approve' where id = $1`, [two.id])).toBe('RK409');
  const both = `insert into agent_request_responses (request_id, responder, decision) select $1, name, 'approve' from unnest($2::text[]) name`;
  const alone = `update agent_requests set approvals = 2, decision = 'edit', edited_arguments = '{"a": 2}' where id = $1`;
  expect(await refused(alone, [two.id])).toBe('RK409');
  const split = `insert into agent_request_responses (request_id, responder, decision, arguments) values ($1, 'a', 'approve', null), ($1, 'b', 'edit', '{"a": 2}')`;
  expect(await refused(split, [two.id])).toBe('RK409');
  expect(await refused(both, [two.id, ['a', 'b', 'c']])).toBe('RK413');
  expect(await refused(both, [two.id, ['a', 'a']])).toBe('23505');
  for (const name of ['a', 'b']) expect(await refused(both, [two.id, [name]])).toBe('done');
  expect(await refused(both, [two.id, ['c']])).toBe('RK413');
});
