import { execute } from './cluster.ts';

export const AGENTS = 100;
/** Of each agent: unread direct messages, and unread broadcasts. */
export const UNREAD = { direct: 45, broadcast: 5 };

/**
 * Fills a database with `size` tasks, `open` of them open and the rest done, and `size` messages to a hundred agents, one
 * in a hundred a broadcast, of which each agent has the same few unread. Written as the triggers would have left it, but
 * without them: a history of days, whose events are past retention.
 */
export async function fill(url: string, { size, open }: { size: number; open: number }): Promise<void> {
  await execute(
    url,
    `
set session_replication_role = replica;

insert into agents (agent_id, agent_name) select 'agent-' || n, 'agent-' || n from generate_series(1, ${AGENTS}) n;

insert into agent_tasks (title, description, type, created_by, priority, status, ready, assigned_to, attempt, fence, progress,
                         claimed_at, started_at, finished_at, created_at, updated_at)
select 'Task ' || n, 'One of many, with a description of ordinary length.', (array['code', 'review', 'test', 'docs'])[1 + n % 4],
       'agent-' || 1 + n % ${AGENTS}, 1 + n % 10, case when is_open then 'open' else 'done' end, is_open,
       case when not is_open then 'agent-' || 1 + (n / 7) % ${AGENTS} end, (not is_open)::int, (not is_open)::int,
       case when not is_open then 1 end,
       case when not is_open then at + interval '1 minute' end, case when not is_open then at + interval '1 minute' end,
       case when not is_open then at + interval '5 minutes' end, at, at
  from (select n, n > ${size - open} as is_open, now() - (${size} - n) * interval '1 second' as at
          from generate_series(1, ${size}) n) task;

insert into agent_messages (from_agent, to_agent, content, created_at)
select 'agent-' || 1 + (n / 7) % ${AGENTS}, case when n % 100 <> 0 then 'agent-' || 1 + (n / 100 + n) % ${AGENTS} end,
       'Can you review the pull request about the change feed? It is number ' || n || '.',
       now() - (${size} - n) * interval '1 second'
  from generate_series(1, ${size}) n;

insert into agent_message_receipts (message_id, agent_id)
select m.id, a.agent_id from agent_messages m join agents a on a.agent_id <> m.from_agent where m.to_agent is null order by m.id;

update agent_messages m set read_at = m.created_at + interval '1 hour', delivered_at = m.created_at + interval '1 hour'
  from (select id, row_number() over (partition by to_agent order by id desc) as newest
          from agent_messages where to_agent is not null) ranked
 where ranked.id = m.id and ranked.newest > ${UNREAD.direct};

update agent_message_receipts r set read_at = now(), delivered_at = now()
  from (select message_id, agent_id, row_number() over (partition by agent_id order by message_id desc) as newest
          from agent_message_receipts) ranked
 where ranked.message_id = r.message_id and ranked.agent_id = r.agent_id and ranked.newest > ${UNREAD.broadcast};
`,
  );
  await execute(url, 'vacuum analyze');
}
