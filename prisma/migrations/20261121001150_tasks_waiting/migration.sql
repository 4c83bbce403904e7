-- Why a task does not move.

create function rookery.waiting_on(ids bigint[])
  returns table (task_id bigint, place integer, reason text, other_id bigint, agent text, state text, since timestamptz, until timestamptz, at timestamptz)
  language sql stable
  rows 20
begin atomic
  with wanted as materialized (
    select t.id, t.status, t.type, t.ready, t.assigned_to, t.assigned_instance, t.run_after, t.retry_at, t.claimed_at, t.lease_expires_at
      from public.agent_tasks t where t.id = any (ids) and t.status not in ('done', 'failed', 'cancelled')
  ), types as materialized (
    -- Once for each type, since where nobody can do such tasks all agents are looked through.
    select w.type, exists (
        select from public.agents a
         where a.liveness in ('online', 'late') and (a.capabilities = '[]' or a.capabilities ? w.type)) as taken
      from wanted w where w.ready and w.assigned_to is null group by w.type
  ), reasons as (
    select w.id, 1 as rank, 'dependency' as reason, b.id as other_id, b.assigned_to as agent, b.status as state,
           null::timestamptz as since, null::timestamptz as until
      from wanted w
      cross join lateral (
        select o.id, o.assigned_to, o.status
          from public.agent_task_dependencies d join public.agent_tasks o on o.id = d.depends_on_id
         where d.task_id = w.id and o.status <> 'done' order by o.id limit 20) b
     where w.status = 'blocked'
    union all
    select w.id, 2, 'time', null, null, case when w.retry_at > coalesce(w.run_after, '-infinity') then 'retry' else 'run_after' end,
           null, greatest(w.run_after, w.retry_at)
      from wanted w
     where w.status = 'open' and greatest(w.run_after, w.retry_at) > clock_timestamp()
    union all
    select w.id, 3, 'assignee', null, w.assigned_to, a.liveness, a.last_heartbeat, null
      from wanted w left join public.agents a on a.agent_id = w.assigned_to
     where w.ready and w.assigned_to is not null
    union all
    select w.id, 4, case when y.taken then 'claim' else 'no_agent' end, null, null, w.type, null, null
      from wanted w join types y on y.type = w.type
     where w.ready and w.assigned_to is null
    union all
    select w.id, 5, 'holder', null, w.assigned_to, w.assigned_instance, i.last_heartbeat, w.lease_expires_at
      from wanted w
      left join public.agent_instances i on i.agent_id = w.assigned_to and i.instance = w.assigned_instance
     where w.status in ('claimed', 'in_progress')
    union all
    select w.id, 6, 'request', q.id, q.to_agent, q.on_timeout, q.created_at, q.deadline_at
      from wanted w
      cross join lateral (
        select r.id, r.to_agent, r.on_timeout, r.created_at, r.deadline_at
          from public.agent_requests r where r.task_id = w.id and r.status = 'open' order by r.id limit 20) q
  )
  select r.id, (row_number() over (partition by r.id order by r.rank, r.other_id))::integer, r.reason, r.other_id, r.agent, r.state,
         r.since, r.until, clock_timestamp()
    from reasons r
   order by 1, 2;
end;
comment on function rookery.waiting_on(bigint[]) is
$$Why these tasks do not move, a row per reason, in the order in which they would have to be lifted; none for a finished task.
reason and what goes with it: dependency (other_id: the task; state: its status; agent: its assignee), time (state: retry or
run_after; until), assignee (agent; state: its liveness, null when it never registered; since: its last beat), no_agent (state: the
type; no live agent has it among its capabilities, or names none), claim (a live agent could take it), holder (agent; state: its
instance; since: its last beat; until: end of the lease), request (other_id; agent: who decides, null for any; state: on_timeout;
until: deadline). at is the database's time. Cost: index probes per task, at most 20 dependencies and 20 requests of each; and for each type
of ready tasks a walk through the agents, to the first that takes it.$$;
