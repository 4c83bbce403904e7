import { afterAll, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { run } from './processes/run.ts';

const hub = await testHub({ tokens: true });
const operator = { token: hub.operator };
const QUEUES = [
  'llm_requests',
  'llm_results',
  'approval_requests',
  'approval_responses',
  'question_requests',
  'question_responses',
  'job_requests',
  'job_results',
];

// A role that may read all, and nothing else; roles belong to the cluster, so its name is this database's own.
const role = `central_cloud_${Date.now()}`;
afterAll(() => hub.pg.query(`drop role if exists ${role}`));

test('the four flows of the fourth source document, each service a process of its own', {
  timeout: 60_000,
}, async () => {
  for (const queue of QUEUES)
    await hub.data(
      'mutation ($queue: String!) { createQueue(input: { name: $queue }) { queue { name } } }',
      { queue },
      operator,
    );
  await hub.pg.query(`create role ${role} login password 'analytics' in role pg_read_all_data`);
  const observed = await hub.subscribeSse(
    'subscription ($queues: [String!]!) { queueEvents(queues: $queues) { queue actor message { body } } }',
    { queues: QUEUES },
    operator,
  );

  const nexus = run('nexus', {
    ROOKERY_URL: hub.url,
    ROOKERY_TOKEN: (await hub.token({ role: 'agent', agent: 'nexus' })).secret,
  });
  const genesis = run('genesis', { DATABASE_URL: hub.db });
  expect([await nexus.line(), await genesis.line()]).toEqual(['ready', 'ready']);
  const singularity = run('singularity', { DATABASE_URL: hub.db });
  expect(JSON.parse(await singularity.line())).toEqual({
    llm: { correlation: 'llm-1', text: 'Answer to: Design a cache', model: 'claude' },
    approval: { correlation: 'approval-1', approved: true, by: 'ann' },
    question: { correlation: 'question-1', answer: 'PostgreSQL', by: 'ann' },
    job: { correlation: 'job-1', value: 42 },
  });

  // Every message was seen as it passed, in order, with who sent it.
  const passed: string[] = [];
  for (let n = 0; n < QUEUES.length; n++) {
    const { queue, actor } = (await observed.take()).data!['queueEvents'] as unknown as {
      queue: string;
      actor: string;
    };
    passed.push(actor === 'nexus' ? `nexus: ${queue}` : queue);
  }
  expect(passed).toEqual([
    'llm_requests',
    'nexus: llm_results',
    'approval_requests',
    'nexus: approval_responses',
    'question_requests',
    'nexus: question_responses',
    'job_requests',
    'job_results',
  ]);

  // All is settled and archived, also the requests: their consumers settle them in their own time.
  const left = async () => (await hub.pg.query('select count(*)::int as n from queue_messages')).rows[0].n as number;
  await expect.poll(left).toBe(0);
  const url = new URL(hub.db);
  url.username = role;
  url.password = 'analytics';
  const cloud = run('central-cloud', { DATABASE_URL: url.href });
  expect(JSON.parse(await cloud.line())).toEqual({
    figures: [...QUEUES].sort().map((queue_name) => ({ queue_name, queue_length: '0', total_messages: '1' })),
    archived: [{ msg: expect.objectContaining({ prompt: 'Design a cache' }) }],
    refused: '42501',
  });
  await Promise.all([nexus, genesis, singularity, cloud].map((service) => service.kill()));
  await observed.close();
});
