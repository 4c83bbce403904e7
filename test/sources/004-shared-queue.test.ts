import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { next, openDocument } from './document.ts';

/** The fifth source document's SQL, as its services send it, while GraphQL looks on. The flows themselves: test/queues/flows.test.ts. */
const hub = await testHub();
const document = await openDocument('004-shared-queue.sql', hub.pg);
const { run } = document;

/** The document's queues, which its setup makes. */
const QUEUES = [
  ...['llm_requests', 'llm_results', 'job_requests', 'job_results'],
  ...['approval_requests', 'approval_responses', 'question_requests', 'question_responses'],
];
for (const queue of QUEUES) await hub.pg.query('select pgmq.create($1)', [queue]);

test('setup: the queues are there', async () => {
  expect((await run('List all queues')).map(({ queue_name }) => queue_name)).toEqual(QUEUES);
});

test('the flow of an LLM request, by SQL alone', async () => {
  const stream = await hub.subscribeWs(
    'subscription { queueEvents(queues: ["llm_requests"]) { message { id body } } }',
  );
  await run('Message flow: the agent asks', [{ agent_id: 'a1', task: 'review' }]);
  const { message } = (await next(stream, 'queueEvents')) as { message: { id: string } };
  expect(message).toEqual({ id: expect.any(String), body: { agent_id: 'a1', task: 'review' } });

  const [taken] = await run('Valid form: Nexus polls');
  expect(taken).toMatchObject({ msg_id: message.id, read_ct: 1, message: { agent_id: 'a1', task: 'review' } });
  expect(await run('Message flow: Nexus archives', [message.id])).toEqual([{ archive: true }]);
  expect(await run('Queue tables: the archive')).toMatchObject([
    { msg_id: message.id, read_ct: 1, msg: { task: 'review' } },
  ]);

  await run('Message flow: Nexus answers', [{ answer: 'fine' }]);
  expect(await run('Message flow: Singularity reads')).toMatchObject([{ read_ct: 1, message: { answer: 'fine' } }]);
  expect(await run('Message flow: Singularity reads')).toEqual([]);
});

test('testing: send, watch, read', async () => {
  const [sent] = await run('Send test message');
  expect(await run('Watch real-time')).toEqual([{ msg_id: sent?.['send'], read_ct: 0, enqueued_at: expect.any(Date) }]);
  expect(await run('Queue tables: the columns')).toMatchObject([
    { msg: { agent_id: 'test', task: 'hello' }, vt: expect.any(Date) },
  ]);
  expect(await run('Valid form: read messages')).toMatchObject([
    { msg_id: sent?.['send'], message: { task: 'hello' } },
  ]);
});

test('what is no SQL, and the extension that is not needed, are refused', async () => {
  await expect(run('Message flow: Nexus polls')).rejects.toThrow('syntax error at or near "limit"');
  await expect(run('Read messages')).rejects.toThrow('syntax error at or near "limit"');
  await expect(run('Setup: pgmq extension')).rejects.toMatchObject({ severity: 'ERROR' });
});

test('no statement of the document was left out', () => {
  expect(document.left()).toEqual([]);
});
