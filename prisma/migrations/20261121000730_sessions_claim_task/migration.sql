-- The session document's way to take a task, for plain SQL: the same fenced lease as claimTask gives.

create type claimed_task as (
  id bigint,
  session_id bigint,
  agent_name text,
  task_type text,
  title text,
  description text,
  status text,
  priority integer,
  input_data jsonb,
  control_agent text,
  claimed_at timestamptz,
  lease_token text,
  fence bigint,
  lease_expires_at timestamptz
);
comment on type claimed_task is 'A task and the lease it was claimed under, as claim_task() gives them.';

create function claim_task(agent_name text, control_agent text default null, lease_seconds double precision default 300)
  returns setof claimed_task
  language plpgsql
  -- As the hub itself: what is claimed by plain SQL has no lease otherwise.
  set rookery.wakeup = 'self'
as $$
declare
  claim record;
  taken agent_tasks;
begin
  select c.task, c.lease into claim from rookery.claim_tasks(jsonb_build_array(jsonb_build_object(
    'agent', agent_name, 'instance', coalesce(control_agent, 'default'), 'leaseSeconds', lease_seconds, 'status', 'claimed'))) c;
  if claim.task is null then
    return;
  end if;
  taken := jsonb_populate_record(null::agent_tasks, claim.task);
  -- The triggers took this for a call of the hub, which needs no waking.
  if pg_try_advisory_xact_lock(rookery.lock_key('feed.wakeup')) then
    perform pg_notify('rookery', 'write');
  end if;
  return next row(taken.id, taken.session_id, taken.assigned_to, taken.type, taken.title, taken.description, taken.status,
    taken.priority, taken.input, taken.assigned_instance, taken.claimed_at, claim.lease ->> 'token',
    (claim.lease ->> 'fence')::bigint, taken.lease_expires_at)::claimed_task;
end
$$;
comment on function claim_task(text, text, double precision) is
$$The session document's claim: the best task that is nobody's or this agent's own becomes `claimed` by it; no row when none is
ready. control_agent is the process that drives the agent: the lease is its, as that instance of the agent, so its heartbeats
renew it, for lease_seconds each time. Promise and locks: those of rookery.claim_tasks(). lease_token serves the API's
mutations; plain SQL that writes status afterwards (running, completed) ends the lease and keeps the task.$$;
