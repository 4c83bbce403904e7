import { beforeAll, expect, test } from 'vitest';
import { expectFew, PAGE, planRoom, ROWS } from '../support/plans.ts';

/** Old mail, a tenth of it ann's, all read; one in a hundred a broadcast. Thirty unread ones and ten unread broadcasts, the newest of all; one thread of half of the mail. */
const { ask, fill, pages } = await planRoom();
const ann = { agent: 'ann' };

beforeAll(async () => {
  await fill(
    ['agents', 'agent_messages', 'agent_message_receipts'],
    `insert into agents (agent_id, agent_name) select 'ann', 'ann' union all select 'agent-' || n, 'n' from generate_series(1, 500) n`,
    `insert into agent_messages (from_agent, to_agent, content, message_type, read_at, thread_id, delivered_at)
     select 'bob', case when n % 100 = 0 then null when n % 10 = 1 then 'ann' else 'agent-' || n % 500 end, 'mail ' || n,
            'type-' || n % 2000, case when n % 100 > 0 and n <= ${ROWS} - 300 then now() end, case when n > 1 and n % 2 = 0 then 1 end, now()
       from generate_series(1, ${ROWS}) n`,
    `insert into agent_message_receipts (message_id, agent_id, delivered_at, read_at)
     select m.id, a.agent_id, now(), case when m.id <= ${ROWS} - 1000 then now() end
       from agent_messages m, (select 'ann' as agent_id union all select 'agent-' || n from generate_series(1, 19) n) a
      where m.to_agent is null`,
    `insert into agent_message_receipts (message_id, agent_id) select 100, 'crowd-' || n from generate_series(1, ${ROWS}) n`,
  );
});

test.each(['unreadOnly: true', 'unreadOnly: false'])('an inbox, %s', async (which) => {
  for (const order of ['OLDEST_FIRST', 'NEWEST_FIRST']) {
    const first = await ask(
      `{ inbox(${which}, order: ${order}) { edges { node { id } } pageInfo { endCursor } } }`,
      {},
      ann,
    );
    const { endCursor } = first.data['inbox'].pageInfo;
    const second = await ask(
      `{ inbox(${which}, order: ${order}, after: "${endCursor}") { edges { node { id } } } }`,
      {},
      ann,
    );
    // Two ranges, of which the page is the first part, each of its messages by key, and the first time that it is delivered.
    expectFew([first, second], 300);
  }
});

test('unread count', async () => {
  const plan = await ask('{ agent(id: "ann") { unreadCount } }');
  expect(plan.data['agent'].unreadCount).toBe(40);
  expectFew([plan], 45);
});

test('the thread of a message, and the receipts of a broadcast', async () => {
  // The longest there is, of which every other message is one, and the shortest.
  expectFew(await pages('thread', { parent: 'message(id: 1)' }), 2 * PAGE);
  expectFew(await pages('thread', { parent: 'message(id: 101)' }));
  expectFew(await pages('receipts', { parent: 'message(id: 100)', node: 'agentId' }), PAGE + 2);
});
