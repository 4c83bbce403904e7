import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { inboxStatement } from '../../src/messages/inbox.ts';
import { testDatabase } from '../support/database.ts';

/** What reading an inbox costs must not grow with what was ever sent. Costs are pages touched, which no clock disturbs. */
const { url } = await testDatabase();
const psql = new pg.Client({ connectionString: url });
await psql.connect();
afterAll(() => psql.end());

/** Old mail, all read: a tenth of it ann's, one in a hundred a broadcast to twenty agents. Triggers would only take time. */
async function grow(messages: number): Promise<void> {
  await psql.query('begin; set local session_replication_role = replica');
  await psql.query(
    `insert into agent_messages (from_agent, to_agent, content, read_at)
     select 'bob', case when n % 100 = 0 then null when n % 10 = 1 then 'ann' else 'agent-' || n % 500 end, 'old mail ' || n,
            case when n % 100 > 0 then now() end
       from generate_series(1, $1::int) n`,
    [messages],
  );
  await psql.query(
    `insert into agent_message_receipts (message_id, agent_id, delivered_at, read_at)
     select m.id, a.agent_id, now(), now()
       from agent_messages m, (select 'ann' as agent_id union all select 'agent-' || n from generate_series(1, 19) n) a
      where m.to_agent is null
     on conflict do nothing`,
  );
  await psql.query('commit');
}

/** Thirty unread ones and ten unread broadcasts, the newest of all. */
async function news(): Promise<void> {
  await psql.query(`insert into agents (agent_id) values ('ann') on conflict do nothing`);
  await psql.query(`select count(*) from rookery.mark_read('[{"agent": "ann"}]')`);
  await psql.query(
    `insert into agent_messages (from_agent, to_agent, content)
     select 'bob', case when n % 4 > 0 then 'ann' end, 'new' from generate_series(1, 40) n`,
  );
  await psql.query('vacuum analyze agent_messages, agent_message_receipts');
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Plan[];
}

/** Runs the statement with the plan that it keeps for good, whatever its values. */
async function explain(text: string, values: string): Promise<{ pages: number; scanned: string[] }> {
  await psql.query('set plan_cache_mode = force_generic_plan; deallocate all');
  await psql.query(`prepare subject as ${text}`);
  const { rows } = await psql.query(`explain (analyze, buffers, timing off, format json) execute subject(${values})`);
  const plan = rows[0]['QUERY PLAN'][0].Plan as Plan;
  const nodes = (node: Plan): Plan[] => [node, ...(node.Plans ?? []).flatMap(nodes)];
  return {
    pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
    scanned: nodes(plan)
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .map((node) => node['Relation Name'] ?? ''),
  };
}

const subjects = {
  'unread, oldest first': [inboxStatement({ unreadOnly: true, newestFirst: false }), `'ann', 0, 21, null`],
  'unread, newest first': [inboxStatement({ unreadOnly: true, newestFirst: true }), `'ann', 9e18::bigint, 21, null`],
  'all, oldest first': [inboxStatement({ unreadOnly: false, newestFirst: false }), `'ann', 0, 21, null`],
  'all, newest first': [inboxStatement({ unreadOnly: false, newestFirst: true }), `'ann', 9e18::bigint, 21, null`],
  'unread count': ['select rookery.unread_count($1::text)', `'ann'`],
} as const;

const measure = async () => {
  const costs: Record<string, number> = {};
  for (const [name, [text, values]] of Object.entries(subjects)) {
    const { pages, scanned } = await explain(text, values);
    expect([name, scanned]).toEqual([name, []]);
    costs[name] = pages;
  }
  return costs;
};

test('inbox and unread count at 10,000 and at 150,000 messages: the same plan, the same pages', async () => {
  await grow(10_000);
  await news();
  const few = await measure();
  await grow(140_000);
  await news();
  const many = await measure();
  const { rows } = await psql.query(`select rookery.unread_count('ann') as unread`);
  expect(rows[0].unread).toBe(40);
  for (const [name, pages] of Object.entries(many)) {
    expect(pages).toBeLessThan(400);
    // A tree that grew by a level is a page more per probe.
    expect([name, pages / few[name]! <= 1.5]).toEqual([name, true]);
  }
}, 60_000);
