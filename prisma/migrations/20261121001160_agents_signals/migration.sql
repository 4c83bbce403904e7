-- What an agent that cannot hold a stream must hear within one call.

create index agent_task_attempts_ended on agent_task_attempts (agent, ended_at) where outcome in ('lost', 'cancelled');

create function rookery.signals(of_agent text, of_instance text, since timestamptz)
  returns table (unread integer, urgent integer, answers integer, cancelled text[], leases_lost text[])
  language sql stable
  rows 1
begin atomic
  with unread as (
    (select u.message_type from public.agent_messages u where u.to_agent = of_agent and u.read_at is null limit 10000)
    union all
    (select m.message_type from public.agent_message_receipts r join public.agent_messages m on m.id = r.message_id
      where r.agent_id = of_agent and r.read_at is null limit 10000)
    limit 10000
  ), ended as (
    select distinct on (a.task_id) a.task_id, a.outcome
      from public.agent_task_attempts a
     where a.agent = of_agent and a.outcome in ('lost', 'cancelled') and a.ended_at > signals.since
       and (a.instance is null or a.instance = of_instance)
       and not exists (
         select from public.agent_tasks t
          where t.id = a.task_id and t.status in ('claimed', 'in_progress')
            and t.assigned_to = of_agent and t.assigned_instance is not distinct from of_instance)
     order by a.task_id, a.attempt desc
     limit 1000
  )
  select (select count(*)::integer from unread),
         (select count(*)::integer from unread u where u.message_type in ('alert', 'urgent')),
         (select count(*)::integer from (
           select from public.agent_requests q
            where q.from_agent = of_agent and q.decided_at is not null and q.seen_at is null limit 10000) q),
         array(select e.task_id::text from ended e where e.outcome = 'cancelled' order by e.task_id),
         array(select e.task_id::text from ended e where e.outcome = 'lost' order by e.task_id);
end;
comment on function rookery.signals(text, text, timestamptz) is
$$What waits for an agent: unread messages and those of them of type alert or urgent (each counted up to 10,000), decided requests
it has not seen (likewise), and the tasks that were cancelled, or taken from it, under its hands since then and that this
instance does not hold again. Cost: what it counts, by partial indexes; history costs nothing.$$;
