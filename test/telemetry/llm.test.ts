import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const jean = { agent: 'jean' };
const CALL = 'id agentId conversation prompt response model tokensUsed cost at metadata';
const RECORD = `mutation ($input: RecordLlmCallInput!) { recordLlmCall(input: $input) { call { ${CALL} } } }`;

const record = async (input: object, caller: object = jean) =>
  (await hub.data(RECORD, { input }, caller))['recordLlmCall'].call;
const list = async (args: string) =>
  (await hub.data(`{ llmCalls${args} { edges { node { ${CALL} } } pageInfo { endCursor } } }`))['llmCalls'];
const usage = async (args: string) =>
  (await hub.data(`{ llmUsage${args} { agentId model day calls tokens cost } }`))['llmUsage'];

test('a call is recorded and read back, its cost to the last digit', async () => {
  const input = {
    conversation: 'c1',
    prompt: 'What now?',
    response: 'Sleep.',
    model: 'm1',
    tokensUsed: 12,
    cost: '123456789012.000000000001',
    at: '2026-03-01T12:00:00.123Z',
    metadata: { temperature: 0.5 },
  };
  const call = await record(input);
  expect(call).toEqual({ id: expect.stringMatching(/^\d+$/), agentId: 'jean', ...input });
  expect((await hub.data(`query ($id: ID!) { llmCall(id: $id) { ${CALL} } }`, { id: call.id }))['llmCall']).toEqual(
    call,
  );
  expect((await list('(filter: {conversation: "c1"})')).edges).toEqual([{ node: call }]);
  const bare = await record({ prompt: 'Only this' });
  expect(bare).toMatchObject({ conversation: null, response: null, model: null, tokensUsed: null, cost: null });
  expect(await record({ prompt: 'Cheap', cost: '0.000000100' })).toMatchObject({ cost: '0.0000001' });
  expect((await list('(first: 1)')).edges[0].node).toMatchObject({ prompt: 'Cheap', cost: '0.0000001' });
  expect((await hub.data('{ llmCall(id: "999999") { id } }'))['llmCall']).toBeNull();
});

test('calls are listed by agent, conversation and model, newest first', async () => {
  for (const [agent, conversation, model] of [
    ['l1', 'x', 'big'],
    ['l1', 'y', 'small'],
    ['l2', 'x', 'big'],
  ])
    await record({ agent, conversation, model, prompt: `${agent} ${conversation}` }, {});
  const prompts = async (args: string) =>
    (await list(args)).edges.map(({ node }: { node: { prompt: string } }) => node.prompt);
  expect(await prompts('(filter: {conversation: "x"})')).toEqual(['l2 x', 'l1 x']);
  expect(await prompts('(filter: {agent: "l1"})')).toEqual(['l1 y', 'l1 x']);
  expect(await prompts('(filter: {agent: "l1", model: "big"})')).toEqual(['l1 x']);
  const first = await list('(filter: {agent: "l1"}, first: 1)');
  expect(await prompts(`(filter: {agent: "l1"}, after: "${first.pageInfo.endCursor}")`)).toEqual(['l1 x']);
});

test('usage is summed by agent, model and day, in any combination, exactly', async () => {
  for (const [agent, model, at, tokensUsed, cost] of [
    ['u1', 'big', '2026-02-01T23:59:59.999Z', 10, '0.1'],
    ['u1', 'big', '2026-02-02T00:00:00Z', 20, '0.2'],
    ['u1', 'small', '2026-02-02T10:00:00Z', 2_000_000_000, '0.000000000001'],
    ['u2', 'big', '2026-02-02T11:00:00Z', 2_000_000_000, null],
  ])
    await record({ agent, model, at, tokensUsed, cost, prompt: '?' }, {});
  const during = 'since: "2026-02-01T00:00:00Z", until: "2026-02-03T00:00:00Z"';
  const none = { agentId: null, model: null, day: null };
  expect(await usage(`(${during})`)).toEqual([{ ...none, calls: 4, tokens: 4_000_000_030, cost: '0.300000000001' }]);
  expect(await usage(`(${during}, groupBy: [DAY])`)).toEqual([
    { ...none, day: '2026-02-01', calls: 1, tokens: 10, cost: '0.1' },
    { ...none, day: '2026-02-02', calls: 3, tokens: 4_000_000_020, cost: '0.200000000001' },
  ]);
  expect(await usage(`(${during}, groupBy: [MODEL, AGENT])`)).toEqual([
    { ...none, agentId: 'u1', model: 'big', calls: 2, tokens: 30, cost: '0.3' },
    { ...none, agentId: 'u1', model: 'small', calls: 1, tokens: 2_000_000_000, cost: '0.000000000001' },
    { ...none, agentId: 'u2', model: 'big', calls: 1, tokens: 2_000_000_000, cost: '0' },
  ]);
  expect(await usage(`(${during}, agent: "u2", groupBy: [AGENT, MODEL, DAY])`)).toEqual([
    { agentId: 'u2', model: 'big', day: '2026-02-02', calls: 1, tokens: 2_000_000_000, cost: '0' },
  ]);
  expect(await usage('(agent: "nobody")')).toEqual([{ ...none, calls: 0, tokens: 0, cost: '0' }]);
});

test('usage has at most 1000 groups; who asks for more is told', async () => {
  await hub.pg.query(`insert into llm_conversations (prompt, agent_id, timestamp)
    select '?', 'g' || n, '2025-01-01' from generate_series(1, 1001) n`);
  const during = 'since: "2025-01-01T00:00:00Z", until: "2025-01-02T00:00:00Z"';
  const { errors } = await hub.graphql(`{ llmUsage(${during}, groupBy: [AGENT]) { calls } }`);
  expect(errors?.[0]).toMatchObject({
    message: 'That is over 1000 groups: ask for a shorter time, or group by less.',
    extensions: { code: 'BAD_INPUT' },
  });
  expect(await usage(`(${during}, groupBy: [DAY])`)).toMatchObject([{ calls: 1001 }]);
});

test('a repeat with the same key is one call; with other arguments it is refused; once deleted, that is said', async () => {
  const input = { prompt: 'again', cost: '0.5', idempotencyKey: 'k1' };
  const calls = await Promise.all(Array.from({ length: 8 }, () => record(input)));
  expect(new Set(calls.map(({ id }) => id)).size).toBe(1);
  expect(calls[7]).toMatchObject({ prompt: 'again', cost: '0.5' });
  const { errors } = await hub.graphql(RECORD, { input: { ...input, cost: '0.6' } }, jean);
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', id: calls[0].id });
  await hub.pg.query('delete from llm_conversations where id = $1', [calls[0].id]);
  expect((await hub.graphql(RECORD, { input }, jean)).errors?.[0]?.extensions?.['code']).toBe('NOT_FOUND');
});

test('malformed calls are told plainly', async () => {
  for (const wrong of [{ cost: '-1' }, { cost: '1e3' }, { cost: '0,5' }, { tokensUsed: -1 }, { model: '' }]) {
    const { errors } = await hub.graphql(RECORD, { input: { prompt: 'p', ...wrong } }, jean);
    expect(errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
  }
  expect((await hub.graphql(RECORD, { input: { prompt: 'p' } })).errors?.[0]?.extensions?.['code']).toBe('BAD_INPUT');
});
