import { expect, test } from 'vitest';
import { type Caller, testHub } from '../support/hub.ts';

const hub = await testHub({ tokens: true });
const operator = { token: hub.operator };
const agent = async (name: string): Promise<Caller> => ({
  token: (await hub.token({ role: 'agent', agent: name })).secret,
});

/** The table of services in the fourth source document. */
const READS: Record<string, string[]> = {
  singularity: ['llm_results', 'job_results'],
  nexus: ['llm_requests', 'approval_responses'],
  centralcloud: [],
  genesis: ['job_requests'],
};
const WRITES: Record<string, string[]> = {
  singularity: ['llm_requests', 'approval_responses', 'question_responses'],
  nexus: ['llm_results'],
  centralcloud: [],
  genesis: ['job_results'],
};
const QUEUES = [
  'llm_requests',
  'llm_results',
  'approval_responses',
  'question_responses',
  'job_requests',
  'job_results',
];

const GRANT = 'mutation ($input: GrantQueueInput!) { grantQueue(input: $input) { grant { agent send read view } } }';
const SEND = 'mutation ($queue: String!) { sendToQueue(input: { queue: $queue, body: 1 }) { id } }';
const READ =
  'mutation ($queue: String!) { readQueue(input: { queue: $queue, visibilitySeconds: 0 }) { deliveries { receipt message { id } } } }';
const POP = 'mutation ($queue: String!) { popQueue(input: { queue: $queue }) { messages { id } } }';
const PEEK =
  'query ($queue: String!) { queue(name: $queue) { length messages { edges { node { id } } } archive { edges { node { id } } } } }';

async function code(query: string, queue: string, caller: Caller): Promise<string> {
  const { errors } = await hub.graphql(query, { queue }, caller);
  return (errors?.[0]?.extensions?.['code'] as string | undefined) ?? 'ok';
}

async function seen(caller: Caller): Promise<string[]> {
  const { queues } = await hub.data('{ queues { edges { node { name } } } }', {}, caller);
  return (queues as { edges: { node: { name: string } }[] }).edges.map(({ node }) => node.name);
}

test('the services of the source document do what its table says, and nothing else', { timeout: 60_000 }, async () => {
  for (const queue of QUEUES) {
    await hub.data(
      'mutation ($queue: String!) { createQueue(input: { name: $queue }) { queue { name } } }',
      { queue },
      operator,
    );
    for (const service of Object.keys(READS)) {
      const read = READS[service]?.includes(queue) === true;
      const send = WRITES[service]?.includes(queue) === true;
      if (read || send) await hub.data(GRANT, { input: { queue, agent: service, read, send } }, operator);
    }
    await hub.data(GRANT, { input: { queue, agent: 'centralcloud', view: true } }, operator);
    await hub.data(SEND, { queue }, operator);
  }
  for (const service of Object.keys(READS)) {
    const caller = await agent(service);
    const analyst = service === 'centralcloud';
    for (const queue of QUEUES) {
      const may = { read: READS[service]?.includes(queue) === true, send: WRITES[service]?.includes(queue) === true };
      const what = `${service} on ${queue}`;
      expect(await code(SEND, queue, caller), `${what}: send`).toBe(may.send ? 'ok' : 'FORBIDDEN');
      expect(await code(READ, queue, caller), `${what}: read`).toBe(may.read ? 'ok' : 'FORBIDDEN');
      if (!may.read) expect(await code(POP, queue, caller), `${what}: pop`).toBe('FORBIDDEN');
      const { data, errors } = await hub.graphql(PEEK, { queue }, caller);
      if (may.read || analyst) expect(errors, `${what}: peek`).toBeUndefined();
      else if (may.send) expect(errors?.[0]?.extensions?.['code'], `${what}: peek`).toBe('FORBIDDEN');
      else expect(data, `${what}: unseen`).toEqual({ queue: null });
    }
    expect(await seen(caller)).toEqual(
      QUEUES.filter((queue) => analyst || READS[service]?.includes(queue) || WRITES[service]?.includes(queue)).sort(),
    );
  }
});

test('settling needs the right to read, besides the receipt', async () => {
  const { readQueue } = await hub.data(READ, { queue: 'llm_requests' }, operator);
  const { receipt, message } = (readQueue as unknown as { deliveries: { receipt: string; message: { id: string } }[] })
    .deliveries[0]!;
  const input = { queue: 'llm_requests', messages: [{ id: message.id, receipt }] };
  const genesis = await agent('genesis');
  for (const query of [
    'mutation ($input: DeleteQueueMessagesInput!) { deleteQueueMessages(input: $input) { ids } }',
    'mutation ($input: ExtendQueueVisibilityInput!) { extendQueueVisibility(input: $input) { messages { id } } }',
  ]) {
    const extra = query.includes('Extend') ? { visibilitySeconds: 0 } : {};
    const { errors } = await hub.graphql(query, { input: { ...input, ...extra } }, genesis);
    expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
  }
});

test('a queue is open until its first grant, and stays closed when the last is revoked', async () => {
  await hub.data('mutation { createQueue(input: { name: "plaza" }) { queue { name } } }', {}, operator);
  const stranger = await agent('stranger');
  const friend = await agent('friend');
  expect(await code(SEND, 'plaza', stranger)).toBe('ok');
  await hub.data(GRANT, { input: { queue: 'plaza', agent: 'friend', send: true } }, operator);
  expect(await code(SEND, 'plaza', stranger)).toBe('FORBIDDEN');
  expect(await code(SEND, 'plaza', friend)).toBe('ok');
  const revoke = 'mutation { revokeQueue(input: { queue: "plaza", agent: "friend" }) { revoked } }';
  expect(await hub.data(revoke, {}, operator)).toEqual({ revokeQueue: { revoked: true } });
  expect(await hub.data(revoke, {}, operator)).toEqual({ revokeQueue: { revoked: false } });
  expect(await code(SEND, 'plaza', friend)).toBe('FORBIDDEN');
  await hub.data(GRANT, { input: { queue: 'plaza', agent: '*', send: true, read: true } }, operator);
  expect(await code(SEND, 'plaza', stranger)).toBe('ok');
  expect(await code(READ, 'plaza', stranger)).toBe('ok');
});

test('closing a queue closes where its dead letters go', async () => {
  const create = 'mutation { createQueue(input: { name: "secret", maxReads: 1 }) { queue { deadLetterQueue } } }';
  await hub.data(create, {}, operator);
  const reader = await agent('reader');
  await hub.data(GRANT, { input: { queue: 'secret', agent: 'reader', read: true, send: true } }, operator);
  await hub.data(SEND, { queue: 'secret' }, reader);
  for (let n = 0; n < 2; n++) expect(await code(READ, 'secret', reader)).toBe('ok');
  expect(await code(READ, 'secret_dead', reader)).toBe('FORBIDDEN');
  expect(await hub.data('{ queue(name: "secret_dead") { length } }', {}, operator)).toEqual({ queue: { length: 1 } });
  await hub.data('mutation { dropQueue(input: { queue: "secret" }) { name } }', {}, operator);
  await hub.data('mutation { dropQueue(input: { queue: "secret_dead" }) { name } }', {}, operator);
});

test('observers look at everything and change nothing; agents do not administer', async () => {
  const observer = { token: (await hub.token({ role: 'observer' })).secret };
  expect(await seen(observer)).toEqual([...QUEUES, 'plaza'].sort());
  const { errors } = await hub.graphql(PEEK, { queue: 'llm_requests' }, observer);
  expect(errors).toBeUndefined();
  expect(await code(READ, 'llm_requests', observer)).toBe('FORBIDDEN');
  const purge = 'mutation ($queue: String!) { purgeQueue(input: { queue: $queue }) { purged } }';
  expect(await code(purge, 'plaza', await agent('stranger'))).toBe('FORBIDDEN');
});

test('a subscriber needs the right to view, and hears nothing more once it is revoked', async () => {
  const cloud = await agent('centralcloud');
  const query = 'subscription ($queues: [String!]!) { queueEvents(queues: $queues) { queue message { body } } }';
  const glance = 'subscription ($queues: [String!]!) { queueEvents(queues: $queues) { queue } }';
  const refused = await hub.subscribeSse(
    query,
    { queues: ['llm_requests', 'plaza', 'job_requests'] },
    await agent('genesis'),
  );
  expect((await refused.take()).errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
  const live = await hub.subscribeSse(query, { queues: QUEUES }, cloud);
  const glancing = await hub.subscribeSse(glance, { queues: QUEUES }, cloud);
  await hub.data(SEND, { queue: 'job_results' }, operator);
  expect((await live.take()).data).toEqual({ queueEvents: { queue: 'job_results', message: { body: 1 } } });
  expect((await glancing.take()).data).toEqual({ queueEvents: { queue: 'job_results' } });
  await hub.data(
    'mutation { revokeQueue(input: { queue: "job_results", agent: "centralcloud" }) { revoked } }',
    {},
    operator,
  );
  await hub.data(SEND, { queue: 'job_results' }, operator);
  for (const stream of [live, glancing]) {
    const { data, errors } = await stream.take();
    expect(data ?? null).toBeNull();
    expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
  }
});
