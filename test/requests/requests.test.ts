import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/postgres/database.ts';
import { pendingFor } from '../../src/requests/service.ts';
import { requestsRoom } from './room.ts';

const { hub, act, ask, failure } = await requestsRoom();
const jean = { agent: 'jean' };
const mik = { agent: 'mik' };
const ana = { agent: 'ana' };
const counts = async () =>
  (await hub.data('{ requestCounts { pending overdue forMe mine unseen } }', {}, jean))['requestCounts'];

test('an approval is waited for, decided, and used once, with the very arguments', async () => {
  const args = { target: 'prod', replicas: 2.5, steps: ['é', { b: 1, a: null }] };
  const asked = await ask({ body: '**Now?**', arguments: args, priority: 2 }, jean);
  const canonical = '{"replicas":2.5,"steps":["é",{"a":null,"b":1}],"target":"prod"}';
  const hash = createHash('sha256').update(canonical).digest('hex');
  expect(asked).toMatchObject({
    status: 'OPEN',
    to: 'operator',
    from: 'jean',
    argumentsHash: hash,
    approvedHash: null,
  });
  const input = { id: asked.id, arguments: args };
  expect(await failure('consumeApproval', input, jean)).toMatchObject({ code: 'CONFLICT', status: 'open' });

  const waiting = act('awaitRequest', { id: asked.id, waitSeconds: 60 }, jean);
  const decided = await act('respondToRequest', { id: asked.id, decision: 'APPROVE', comment: 'go' }, mik);
  expect(decided).toMatchObject({ status: 'DECIDED', decision: 'APPROVE', decidedBy: 'mik', approvedHash: hash });
  expect(await waiting).toEqual(decided);
  // The same said again is the same.
  expect(await act('respondToRequest', { id: asked.id, decision: 'APPROVE' }, mik)).toEqual(decided);

  expect(await failure('consumeApproval', { ...input, arguments: { ...args, replicas: 3 } }, jean)).toMatchObject({
    code: 'BAD_INPUT',
    approvedHash: hash,
    argumentsHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(await failure('consumeApproval', input, mik)).toMatchObject({ code: 'FORBIDDEN' });
  await act('consumeApproval', { ...input, arguments: { steps: args.steps, replicas: 2.5, target: 'prod' } }, jean);
  expect(await failure('consumeApproval', input, jean)).toMatchObject({
    code: 'CONFLICT',
    consumedAt: expect.any(String),
  });
});

test('of an approval with changes, the changed arguments are what may be done', async () => {
  const { id } = await ask({ arguments: { rows: 1000 } }, jean);
  const edited = await act('respondToRequest', { id, decision: 'EDIT', arguments: { rows: 10 } }, mik);
  expect(edited).toMatchObject({ decision: 'EDIT', editedArguments: { rows: 10 } });
  expect(await failure('consumeApproval', { id, arguments: { rows: 1000 } }, jean)).toMatchObject({
    code: 'BAD_INPUT',
  });
  await act('consumeApproval', { id, arguments: { rows: 10 } }, jean);

  const { id: refused } = await ask({}, jean);
  await act('respondToRequest', { id: refused, decision: 'REJECT' }, mik);
  expect(await failure('consumeApproval', { id: refused }, jean)).toMatchObject({
    code: 'CONFLICT',
    decision: 'reject',
  });
  const { id: question } = await ask({ kind: 'QUESTION' }, jean);
  expect(await failure('consumeApproval', { id: question }, jean)).toMatchObject({ code: 'BAD_INPUT' });
});

test('an answer is one of the options, and what the schema says; help comes with confidence and sources', async () => {
  const { id } = await ask({ kind: 'QUESTION', subject: 'Which?', options: ['a', { b: 1 }] }, jean);
  const answer = (said: unknown) => ({ id, decision: 'ANSWER', answer: said });
  expect(await failure('respondToRequest', answer('c'), mik)).toMatchObject({
    code: 'BAD_INPUT',
    options: ['a', { b: 1 }],
  });
  expect(await act('respondToRequest', answer({ b: 1 }), mik)).toMatchObject({ decision: 'ANSWER', answer: { b: 1 } });

  const answerSchema = { type: 'object', required: ['port'], properties: { port: { type: 'integer', maximum: 9 } } };
  const help = await ask({ kind: 'HELP', subject: 'Stuck', answerSchema }, jean);
  const reply = { id: help.id, decision: 'ANSWER', confidence: 0.75, sources: ['https://example.org', { page: 3 }] };
  expect(await failure('respondToRequest', { ...reply, answer: { port: '1' } }, mik)).toMatchObject({
    code: 'BAD_INPUT',
    issues: [{ path: 'answer/port', message: 'must be integer' }],
  });
  await act('respondToRequest', { ...reply, answer: { port: 1 } }, mik);
  const query =
    'query ($id: ID!) { request(id: $id) { answer responses { responder decision answer confidence sources } } }';
  expect((await hub.data(query, { id: help.id }, jean))['request']).toEqual({
    answer: { port: 1 },
    responses: [
      { responder: 'mik', decision: 'ANSWER', answer: { port: 1 }, confidence: 0.75, sources: reply.sources },
    ],
  });
});

test('what does not fit is refused, and says why', async () => {
  const deep = JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`);
  for (const input of [
    { subject: '' },
    { kind: 'QUESTION', quorum: 2 },
    { kind: 'HELP', arguments: {} },
    { options: ['yes'] },
    { kind: 'HELP', onTimeout: 'APPROVE', deadlineSeconds: 9 },
    { onTimeout: 'REJECT' },
    { onTimeout: 'ESCALATE', deadlineSeconds: 9 },
    { escalateTo: 'ana' },
    { arguments: deep },
    { context: 'x'.repeat(70_000) },
    { to: 'jean' },
    { to: 'hub' },
    { to: 'a\nb' },
    { onTimeout: 'ESCALATE', deadlineSeconds: 9, escalateTo: 'jean' },
    // Half of a pair: no text that PostgreSQL can hold.
    { context: { cut: '\ud83d' } },
  ])
    expect(await failure('createRequest', { kind: 'APPROVAL', subject: 's', ...input }, jean)).toMatchObject({
      code: 'BAD_INPUT',
    });
  for (const answerSchema of [
    true,
    { type: 'strang' },
    { typo: 1 },
    { type: 'string', pattern: '(a+)+$' },
    { properties: { a: { $ref: '#' } } },
    { $id: 'https://example.org/schema' },
    { $async: true },
    { items: { uniqueItems: true } },
    { description: 'x'.repeat(9_000) },
  ])
    expect(await failure('createRequest', { kind: 'QUESTION', subject: 's', answerSchema }, jean)).toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringMatching(/^answerSchema is not/),
    });
  expect(await failure('createRequest', { kind: 'HELP', subject: 's', taskId: '4711' }, jean)).toMatchObject({
    code: 'NOT_FOUND',
    taskId: '4711',
  });

  const { id } = await ask({ arguments: { a: 1 }, quorum: 2 }, jean);
  for (const said of [
    { decision: 'ANSWER', answer: 1 },
    { decision: 'EDIT' },
    { decision: 'APPROVE', arguments: { a: 2 } },
    { decision: 'REJECT', answer: 1 },
    { decision: 'APPROVE', confidence: 1.1 },
  ])
    expect(await failure('respondToRequest', { id, ...said }, mik)).toMatchObject({ code: 'BAD_INPUT' });
  const { id: question } = await ask({ kind: 'QUESTION' }, jean);
  expect(await failure('respondToRequest', { id: question, decision: 'ANSWER' }, mik)).toMatchObject({
    code: 'BAD_INPUT',
  });
  for (const mutation of [
    'awaitRequest',
    'takeRequest',
    'releaseRequest',
    'consumeApproval',
    'cancelRequest',
    'remindRequest',
  ])
    expect(await failure(mutation, { id: '99999' }, jean)).toMatchObject({ code: 'NOT_FOUND', id: '99999' });
  expect(await failure('takeRequest', { id: 'x' }, jean)).toMatchObject({ code: 'BAD_INPUT' });
});

test('several approve, each once and never the asker; one who rejects decides alone', async () => {
  const { id } = await ask({ quorum: 2 }, jean);
  const say = (decision: string) => ({ id, decision });
  expect(await failure('respondToRequest', say('APPROVE'), jean)).toMatchObject({ code: 'FORBIDDEN' });
  for (let time = 0; time < 2; time++)
    expect(await act('respondToRequest', say('APPROVE'), mik)).toMatchObject({ status: 'OPEN', approvals: 1 });
  expect(await failure('respondToRequest', say('REJECT'), mik)).toMatchObject({
    code: 'CONFLICT',
    decision: 'approve',
  });
  expect(await act('respondToRequest', say('APPROVE'), ana)).toMatchObject({
    status: 'DECIDED',
    approvals: 2,
    decidedBy: 'ana',
  });

  const { id: other } = await ask({ quorum: 3 }, jean);
  await act('respondToRequest', { id: other, decision: 'APPROVE' }, mik);
  expect(await act('respondToRequest', { id: other, decision: 'REJECT' }, ana)).toMatchObject({
    decision: 'REJECT',
    decidedBy: 'ana',
  });
});

test('those who approve together approve the same, also with changes', async () => {
  const edit = (id: string, rows: number) => ({ id, decision: 'EDIT', arguments: { rows } });
  const { id } = await ask({ quorum: 2, arguments: { rows: 1000 } }, jean);
  expect(await act('respondToRequest', edit(id, 10), mik)).toMatchObject({ status: 'OPEN', approvals: 1 });
  for (const said of [{ id, decision: 'APPROVE' }, edit(id, 11)])
    expect(await failure('respondToRequest', said, ana)).toMatchObject({
      code: 'CONFLICT',
      approvedBy: 'mik',
      decision: 'edit',
      arguments: { rows: 10 },
    });
  expect(await act('respondToRequest', edit(id, 10), ana)).toMatchObject({
    decision: 'EDIT',
    approvals: 2,
    editedArguments: { rows: 10 },
    approvedHash: createHash('sha256').update('{"rows":10}').digest('hex'),
  });
  expect(await failure('consumeApproval', { id, arguments: { rows: 1000 } }, jean)).toMatchObject({
    code: 'BAD_INPUT',
  });
  await act('consumeApproval', { id, arguments: { rows: 10 } }, jean);

  const { id: other } = await ask({ quorum: 2, arguments: { rows: 1000 } }, jean);
  await act('respondToRequest', { id: other, decision: 'APPROVE' }, mik);
  expect(await failure('respondToRequest', edit(other, 10), ana)).toMatchObject({
    code: 'CONFLICT',
    approvedBy: 'mik',
    decision: 'approve',
  });
  // To change nothing is to approve.
  expect(await act('respondToRequest', edit(other, 1000), ana)).toMatchObject({ status: 'DECIDED', approvals: 2 });
});

test('arguments that would lose digits are refused, wherever they are sent and however they are written', async () => {
  const { id } = await ask({ arguments: { id: Number.MAX_SAFE_INTEGER } }, jean);
  const refused = { code: 'BAD_INPUT', message: expect.stringContaining('send it as a string') };
  for (const number of ['9007199254740993', '-9007199254740993', '9007199254740993.0', '1e999']) {
    const literal = `{ to: [{ id: ${number} }] }`;
    for (const [mutation, more] of [
      ['createRequest', 'kind: APPROVAL, subject: "s"'],
      ['respondToRequest', `id: "${id}", decision: EDIT`],
      ['consumeApproval', `id: "${id}"`],
    ]) {
      const { errors } = await hub.graphql(
        `mutation { ${mutation}(input: { ${more}, arguments: ${literal} }) { request { id } } }`,
        {},
        jean,
      );
      expect({ ...errors?.[0], ...errors?.[0]?.extensions }, `${mutation} ${number}`).toMatchObject(refused);
    }
    // As a variable, in the digits that the caller wrote.
    const query = 'mutation ($input: ConsumeApprovalInput!) { consumeApproval(input: $input) { request { id } } }';
    const response = await fetch(`${hub.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-agent': 'jean' },
      body: `{"query": "${query}", "variables": {"input": {"id": "${id}", "arguments": {"id": ${number}}}}}`,
    });
    const { errors } = (await response.json()) as { errors: Record<string, unknown>[] };
    expect({ ...errors[0], ...(errors[0]!['extensions'] as object) }, number).toMatchObject(refused);
  }
  await act('respondToRequest', { id, decision: 'APPROVE' }, mik);
  await act('consumeApproval', { id, arguments: { id: Number.MAX_SAFE_INTEGER } }, jean);
});

test('an approval that plain SQL inserts as decided is bound to its arguments as any other', async () => {
  const insert = async (decision: string, edited: string | null) =>
    hub.pg.query(
      `insert into agent_requests (from_agent, kind, subject, arguments, status, decision, edited_arguments, approved_hash)
       values ('jean', 'approval', 'imported', '{"rows": 1000.0}', 'decided', $1, $2, 'made up') returning id`,
      [decision, edited],
    );
  for (const [decision, edited, approved] of [
    ['approve', null, { rows: 1000 }],
    ['edit', '{"rows": 10}', { rows: 10 }],
  ] as const) {
    const [{ id }] = (await insert(decision, edited)).rows;
    expect(await failure('consumeApproval', { id, arguments: { rows: 1 } }, jean)).toMatchObject({ code: 'BAD_INPUT' });
    expect(await failure('consumeApproval', { id }, jean)).toMatchObject({ code: 'BAD_INPUT' });
    await act('consumeApproval', { id, arguments: approved }, jean);
  }
  for (const [decision, edited] of [
    ['edit', null],
    ['edit', 'null'],
    ['approve', '{"rows": 10}'],
  ] as const)
    await expect(insert(decision, edited)).rejects.toMatchObject({ code: 'RK400' });
});

test('one looks at it at a time; taking keeps nobody from deciding, and ends by itself', async () => {
  const { id } = await ask({}, jean);
  expect(await failure('takeRequest', { id }, jean)).toMatchObject({ code: 'FORBIDDEN' });
  expect(await act('takeRequest', { id }, mik)).toMatchObject({ takenBy: 'mik' });
  expect(await act('takeRequest', { id, seconds: 600 }, mik)).toMatchObject({ takenBy: 'mik' });
  expect(await failure('takeRequest', { id }, ana)).toMatchObject({
    code: 'CONFLICT',
    takenBy: 'mik',
    takenUntil: expect.any(String),
  });
  expect(await act('releaseRequest', { id }, ana)).toMatchObject({ takenBy: 'mik' });
  expect(await act('releaseRequest', { id }, mik)).toMatchObject({ takenBy: null });
  await act('takeRequest', { id }, mik);
  await hub.pg.query(`update agent_requests set taken_until = clock_timestamp() - interval '1 s' where id = $1`, [id]);
  expect(await act('takeRequest', { id }, ana)).toMatchObject({ takenBy: 'ana' });
  expect(await act('respondToRequest', { id, decision: 'APPROVE' }, mik)).toMatchObject({
    decidedBy: 'mik',
    takenBy: null,
  });
  expect(await failure('takeRequest', { id }, ana)).toMatchObject({
    code: 'ALREADY_DECIDED',
    decision: 'approve',
    decidedBy: 'mik',
  });
});

test('what is cancelled stays so; what is decided is not cancelled', async () => {
  const { id } = await ask({}, jean);
  const waiting = act('awaitRequest', { id, waitSeconds: 60 }, jean);
  expect(await act('cancelRequest', { id }, jean)).toMatchObject({ status: 'CANCELLED', decision: null });
  expect(await act('cancelRequest', { id }, jean)).toMatchObject({ status: 'CANCELLED' });
  expect(await waiting).toMatchObject({ status: 'CANCELLED' });
  expect(await failure('respondToRequest', { id, decision: 'APPROVE' }, mik)).toMatchObject({
    code: 'CONFLICT',
    status: 'cancelled',
  });
  const { id: other } = await ask({}, jean);
  await act('respondToRequest', { id: other, decision: 'REJECT' }, mik);
  expect(await failure('cancelRequest', { id: other }, jean)).toMatchObject({
    code: 'ALREADY_DECIDED',
    decidedBy: 'mik',
    decidedAt: expect.any(String),
  });
});

test('a repeat with its key gives the first request, and with other arguments an error', async () => {
  const repeats = await Promise.all(
    Array.from({ length: 8 }, () => ask({ idempotencyKey: 'k', subject: 'once' }, jean)),
  );
  expect(new Set(repeats.map(({ id }) => id)).size).toBe(1);
  expect(await failure('createRequest', { kind: 'HELP', subject: 'once', idempotencyKey: 'k' }, jean)).toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
});

test('the asker is told how many decisions it has not seen', async () => {
  const db = openDatabase({ url: hub.db, poolSize: 1, statementTimeoutMs: 10_000 });
  const before = await pendingFor(db, 'jean');
  const first = await ask({ subject: 'first' }, jean);
  const second = await ask({ subject: 'second' }, jean);
  await act('respondToRequest', { id: first.id, decision: 'APPROVE' }, mik);
  await act('respondToRequest', { id: second.id, decision: 'REJECT' }, mik);
  expect(await pendingFor(db, 'jean')).toBe(before + 2);
  expect((await counts()).unseen).toBe(before + 2);
  await act('awaitRequest', { id: first.id, waitSeconds: 0 }, mik);
  expect(await pendingFor(db, 'jean')).toBe(before + 2);
  await act('awaitRequest', { id: first.id, waitSeconds: 0 }, jean);
  expect(await pendingFor(db, 'jean')).toBe(before + 1);
  await db.close();
});

test('a wait ends with the time, and with the caller; neither holds a connection', async () => {
  const { id } = await ask({}, jean);
  expect(await act('awaitRequest', { id, waitSeconds: 0 }, jean)).toMatchObject({ status: 'OPEN' });
  expect(await act('awaitRequest', { id, waitSeconds: 1 }, jean)).toMatchObject({ status: 'OPEN' });
  // Three times as many as the pool has connections, and others are served meanwhile.
  const waiting = Array.from({ length: 60 }, () => act('awaitRequest', { id, waitSeconds: 60 }, jean));
  const socket = hub.connectWs(jean);
  await socket.connected;
  const left = await socket.subscribe(
    `mutation { awaitRequest(input: { id: "${id}", waitSeconds: 60 }) { request { id } } }`,
  );
  await counts();
  await left.close();
  await socket.close();
  await act('respondToRequest', { id, decision: 'APPROVE' }, mik);
  for (const waiter of waiting) expect(await waiter).toMatchObject({ decision: 'APPROVE' });
});
