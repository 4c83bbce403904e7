import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub({ tokens: true });
const { secret: jean } = await hub.token({ role: 'agent', agent: 'jean' });
const { secret: jared } = await hub.token({ role: 'agent', agent: 'jared' });
const { secret: observer } = await hub.token({ role: 'observer' });

const code = async (query: string, token?: string) =>
  (await hub.graphql(query, {}, token === undefined ? {} : { token })).errors?.[0]?.extensions?.['code'] ?? 'OK';

const WRITES = {
  recordMetrics: (agent: string) =>
    `mutation { recordMetrics(input: {${agent} metrics: [{name: "m", value: 1}]}) { recorded } }`,
  logEvent: (agent: string) => `mutation { logEvent(input: {${agent} type: "t"}) { event { id } } }`,
  recordLlmCall: (agent: string) => `mutation { recordLlmCall(input: {${agent} prompt: "secret"}) { call { id } } }`,
};

test.each(Object.entries(WRITES))(
  '%s: an agent for itself, an operator for anybody, an observer not at all',
  async (_verb, write) => {
    expect(await code(write(''), jean)).toBe('OK');
    expect(await code(write('agent: "jean"'), jean)).toBe('OK');
    expect(await code(write('agent: "jared"'), jean)).toBe('FORBIDDEN');
    expect(await code(write('agent: "jared"'), hub.operator)).toBe('OK');
    expect(await code(write('agent: "jared"'), observer)).toBe('FORBIDDEN');
    expect(await code(write('agent: "jared"'))).toBe('UNAUTHENTICATED');
  },
);

test('an operator without an agent logs about the system; metrics and calls are always about somebody', async () => {
  expect(await code(WRITES.logEvent(''), hub.operator)).toBe('OK');
  expect(await code(WRITES.recordMetrics(''), hub.operator)).toBe('BAD_INPUT');
  expect(await code(WRITES.recordLlmCall(''), hub.operator)).toBe('BAD_INPUT');
});

test.each([
  '{ metricSeries(agent: "jean", metric: "m") { points { count } } }',
  '{ metricSummaries { edges { node { count } } } }',
  '{ metricSamples(agent: "jean", metric: "m") { edges { node { value } } } }',
  '{ systemEvents { edges { node { type } } } }',
  '{ systemEvent(id: "1") { type } }',
  '{ agentHealth { edges { node { agentId } } } }',
  '{ systemOverview { asOf } }',
])('everybody with a token reads %s', async (query) => {
  for (const token of [jean, jared, hub.operator, observer]) expect(await code(query, token)).toBe('OK');
  expect(await code(query)).toBe('UNAUTHENTICATED');
});

test('what an agent said to a model, and what that cost, only it sees, and operators and observers', async () => {
  const { rows } = await hub.pg.query(`insert into llm_conversations (agent_id, prompt, tokens_used)
    values ('mine', 'x', 1), ('theirs', 'y', 10) returning id`);
  const { secret: mine } = await hub.token({ role: 'agent', agent: 'mine' });
  const prompts = async (token: string, filter = '') =>
    (await hub.data(`{ llmCalls${filter} { edges { node { prompt } } } }`, {}, { token }))['llmCalls'].edges.map(
      ({ node }: { node: { prompt: string } }) => node.prompt,
    );
  expect(await prompts(mine)).toEqual(['x']);
  expect(await prompts(mine, '(filter: {agent: "mine"})')).toEqual(['x']);
  expect(await code('{ llmCalls(filter: {agent: "theirs"}) { edges { node { prompt } } } }', mine)).toBe('FORBIDDEN');
  for (const token of [hub.operator, observer])
    expect(await prompts(token, '(filter: {agent: "theirs"})')).toEqual(['y']);

  const call = async (id: string, token: string) =>
    (await hub.data(`{ llmCall(id: "${id}") { prompt } }`, {}, { token }))['llmCall'];
  expect(await call(rows[0].id, mine)).toEqual({ prompt: 'x' });
  expect(await call(rows[1].id, mine)).toBeNull();
  expect(await call(rows[1].id, observer)).toEqual({ prompt: 'y' });

  const tokens = async (token: string) =>
    (await hub.data('{ llmUsage { tokens } }', {}, { token }))['llmUsage'][0].tokens;
  expect(await tokens(mine)).toBe(1);
  expect(await tokens(observer)).toBe(11);
  expect(await code('{ llmUsage(agent: "theirs") { tokens } }', mine)).toBe('FORBIDDEN');
  for (const query of ['{ llmCalls { edges { cursor } } }', '{ llmCall(id: "1") { id } }', '{ llmUsage { calls } }'])
    expect(await code(query)).toBe('UNAUTHENTICATED');
});

test('calls of models make no change events, which all could read', async () => {
  const { rows } = await hub.pg.query(
    `select count(*)::int from rookery.change_events where data::text like '%secret%'`,
  );
  expect(rows[0].count).toBe(0);
});

test('an agent and an observer hear the log; without a token nobody does', async () => {
  const query = 'subscription { systemEvents(filter: {types: ["t"]}) { event { agentId } } }';
  const streams = [
    await hub.subscribeWs(query, {}, { token: jared }),
    await hub.subscribeSse(query, {}, { token: observer }),
  ];
  await hub.data(WRITES.logEvent(''), {}, { token: jean });
  for (const stream of streams) {
    expect((await stream.take()).data?.['systemEvents']).toEqual({ event: { agentId: 'jean' } });
    await stream.close();
  }
  const refused = await hub.subscribeSse(query);
  expect((await refused.take()).errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
});
