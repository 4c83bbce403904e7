import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub({ tokens: true });
const { secret: jean } = await hub.token({ role: 'agent', agent: 'jean' });
const { secret: observer } = await hub.token({ role: 'observer' });
const SET = 'mutation { setState(input: {key: "k", value: 1}) { state { updatedBy } } }';
const DELETE = 'mutation { deleteState(input: {key: "k"}) { state { key } } }';

const code = async (query: string, token?: string) =>
  (await hub.graphql(query, {}, token === undefined ? {} : { token })).errors?.[0]?.extensions?.['code'];

test('agents and operators change shared state; observers read it; without a token nobody does either', async () => {
  expect((await hub.data(SET, {}, { token: jean }))['setState'].state.updatedBy).toBe('jean');
  expect((await hub.data(SET, {}, { token: hub.operator }))['setState'].state.updatedBy).toBe(new URL(hub.db).username);
  for (const query of [SET, DELETE]) {
    expect(await code(query, observer)).toBe('FORBIDDEN');
    expect(await code(query)).toBe('UNAUTHENTICATED');
  }
  for (const query of ['{ state(key: "k") { value } }', '{ states { edges { node { key } } } }']) {
    for (const token of [jean, hub.operator, observer]) expect(await code(query, token)).toBeUndefined();
    expect(await code(query)).toBe('UNAUTHENTICATED');
  }
  expect(await code(DELETE, jean)).toBeUndefined();
});

test('observers listen too; without a token nobody does', async () => {
  const query = 'subscription { stateEvents { state { key } } }';
  const stream = await hub.subscribeWs(query, {}, { token: observer });
  await hub.data(SET, {}, { token: jean });
  expect((await stream.take()).data?.['stateEvents']).toEqual({ state: { key: 'k' } });
  await stream.close();
  const refused = await hub.subscribeSse(query);
  expect((await refused.take()).errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
});
