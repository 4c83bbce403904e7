import { beforeAll, test } from 'vitest';
import { expectFew, PAGE, planRoom, ROWS } from '../support/plans.ts';

/** A queue of as many messages, waiting and archived, among 1,000 queues; what the verbs cost is in growth.test.ts. */
const { ask, fill, pages, psql } = await planRoom();
const ada = { role: 'agent', agent: 'ada' } as const;

beforeAll(async () => {
  await psql.query(`select pgmq.create('large'), pgmq.create('other')`);
  await fill(
    ['queues', 'queue_grants', 'queue_messages', 'queue_archive'],
    `insert into queues (name, restricted) select 'q' || n, true from generate_series(1, 1000) n`,
    `insert into queue_grants (queue, agent, can_view) select 'q' || n, case when n % 10 = 0 then 'ada' else 'bob' end, true
       from generate_series(1, 1000) n`,
    `insert into queue_grants (queue, agent, can_view) select 'other', 'a' || n, true from generate_series(1, 200) n`,
    `insert into queue_messages (queue, message, vt) select 'large', to_jsonb(n), now() + (n % 2) * interval '1 day'
       from generate_series(1, ${ROWS}) n`,
    // Three days' partitions.
    `insert into queue_archive (msg_id, queue, message, read_ct, enqueued_at, vt, archived_at)
     select n, 'large', to_jsonb(n), 1, now(), now(), now() + (n % 3) * interval '1 day' from generate_series(1, ${ROWS}) n`,
  );
});

test('queues, all and those an agent may see', async () => {
  expectFew(await pages('queues', { node: 'name' }));
  // All grants of the agent, and those queues on the way that it does not see.
  expectFew(await pages('queues', { node: 'name', viewer: ada }), 1_200, ['queues']);
});

test('messages of a queue, waiting and archived', async () => {
  expectFew(await pages('messages', { parent: 'queue(name: "large")' }), PAGE + 3, ['queues']);
  // Of the archive the default partition is empty.
  expectFew(await pages('archive', { parent: 'queue(name: "large")' }), 4 * PAGE, ['queues', 'queue_archive_default']);
});

test('figures and grants', async () => {
  const figures = 'length visibleLength totalMessages oldestMessageAgeSeconds newestMessageAgeSeconds';
  expectFew([await ask(`{ queue(name: "large") { ${figures} } }`)], 4_100);
  expectFew([await ask('{ queue(name: "other") { grants { agent } } }')], 210);
});
