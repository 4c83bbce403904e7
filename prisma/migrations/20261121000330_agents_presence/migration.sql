-- Coming, going and silence: who registers, who stops, and who is not heard of any more.

create function rookery.agent_is_alone(in_agent text, in_instance text) returns boolean
  language sql stable
  return not exists (
    select from public.agent_instances i
     where i.agent_id = in_agent and i.instance <> in_instance and i.stopped_at is null
       and rookery.beat_due(i.last_heartbeat, i.heartbeat_interval_seconds, 3) > clock_timestamp());
comment on function rookery.agent_is_alone(text, text) is 'Whether no other instance of the agent beats.';

create function rookery.register_agents(registrations jsonb, patient boolean default false)
  returns table (item integer, agent jsonb, instance jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  locked constant text[] := rookery.lock_agents(
    array(select distinct r ->> 'agent' from jsonb_array_elements(registrations) r where rookery.agent_failure(r) is null), patient,
    registrations);
  registered_at timestamptz;
  checked jsonb;
  accepted jsonb;
  newcomers text[];
begin
  select jsonb_agg(r.input || jsonb_build_object('item', r.place - 1, 'instance', coalesce(r.input ->> 'instance', 'default'),
           'error', coalesce(rookery.agent_failure(r.input),
             case when r.input ->> 'agent' <> all (locked) then rookery.agent_busy(r.input ->> 'agent')
                  -- One more process of an agent that runs already starts nothing.
                  when rookery.agent_state(r.input ->> 'state') <> all (rookery.next_agent_states(a.state) || a.state)
                       and a.state <> 'shutdown'
                       and not rookery.agent_is_alone(a.agent_id, coalesce(r.input ->> 'instance', 'default')) then
                    rookery.illegal_transition(a.agent_id, a.state, rookery.agent_state(r.input ->> 'state'))
             end)) order by r.place)
    into checked
    from jsonb_array_elements(registrations) with ordinality r (input, place)
    left join public.agents a on a.agent_id = r.input ->> 'agent';
  accepted := jsonb_path_query_array(checked, '$[*] ? (@.error == null)');

  with inserted as (
    insert into public.agents (agent_id, agent_name, type, command, capabilities, status, state, current_task,
      heartbeat_interval_seconds, config, metadata, started_at)
    select l.agent_id, l.patch ->> 'name', l.patch ->> 'type', l.patch ->> 'command',
           coalesce(nullif(l.patch -> 'capabilities', 'null'), '[]'), coalesce(l.patch ->> 'status', 'online'),
           coalesce(l.patch ->> 'state', 'initializing'), l.patch ->> 'currentTask',
           coalesce((l.patch ->> 'intervalSeconds')::integer, 60), nullif(l.patch -> 'config', 'null'),
           nullif(l.patch -> 'metadata', 'null'), clock_timestamp()
      from rookery.latest_by_agent(accepted) l
     where not exists (select from public.agents a where a.agent_id = l.agent_id)
     order by l.agent_id
    on conflict do nothing
    returning agent_id
  )
  select coalesce(array_agg(agent_id), '{}') into newcomers from inserted;
  registered_at := clock_timestamp();

  update public.agents a
     set agent_name = coalesce(l.patch ->> 'name', a.agent_name),
         type = coalesce(l.patch ->> 'type', a.type),
         command = coalesce(l.patch ->> 'command', a.command),
         capabilities = coalesce(nullif(l.patch -> 'capabilities', 'null'), a.capabilities),
         status = coalesce(l.patch ->> 'status', case when l.alone or a.status = 'offline' then 'online' else a.status end),
         state = coalesce(rookery.agent_state(l.patch ->> 'state'), case when l.alone or a.state = 'shutdown' then 'initializing' else a.state end),
         state_reason = case when l.alone or a.state = 'shutdown'
                               or rookery.agent_state(l.patch ->> 'state') <> a.state then null else a.state_reason end,
         current_task = case when l.alone or l.patch ? 'currentTask' then l.patch ->> 'currentTask' else a.current_task end,
         heartbeat_interval_seconds = coalesce((l.patch ->> 'intervalSeconds')::integer, 60),
         config = coalesce(nullif(l.patch -> 'config', 'null'), a.config),
         metadata = coalesce(nullif(l.patch -> 'metadata', 'null'), a.metadata),
         started_at = case when l.alone or a.state = 'shutdown' then registered_at else a.started_at end,
         stopped_at = null,
         changed_by = a.agent_id,
         last_heartbeat = registered_at
    from (select l.*, rookery.agent_is_alone(l.agent_id, l.instance) as alone from rookery.latest_by_agent(accepted) l) l
   where a.agent_id = l.agent_id and a.agent_id <> all (newcomers);

  -- Two registrations of one instance in one batch count as two: the first process is replaced at once.
  select jsonb_agg(c.input || jsonb_build_object('incarnation', c.incarnation) order by c.place)
    into accepted
    from (
      select r.input, r.place, coalesce(i.incarnation, 0)
               + row_number() over (partition by r.input ->> 'agent', r.input ->> 'instance' order by r.place) as incarnation
        from jsonb_array_elements(accepted) with ordinality r (input, place)
        left join public.agent_instances i on i.agent_id = r.input ->> 'agent' and i.instance = r.input ->> 'instance'
    ) c;

  insert into public.agent_instances as i (agent_id, instance, incarnation, last_heartbeat, heartbeat_interval_seconds, started_at)
  select distinct on (1, 2) r ->> 'agent', r ->> 'instance', (r ->> 'incarnation')::integer, registered_at,
         coalesce((r ->> 'intervalSeconds')::integer, 60), registered_at
    from jsonb_array_elements(accepted) r
   order by 1, 2, 3 desc
  on conflict (agent_id, instance) do update
     set incarnation = excluded.incarnation, last_heartbeat = excluded.last_heartbeat,
         heartbeat_interval_seconds = excluded.heartbeat_interval_seconds,
         started_at = excluded.started_at, stopped_at = null;

  return query
  select (c ->> 'item')::integer, case when r is not null then to_jsonb(a) end,
         case when r is not null then to_jsonb(i) || jsonb_build_object('incarnation', r -> 'incarnation') end,
         nullif(c -> 'error', 'null')
    from jsonb_array_elements(checked) c
    left join jsonb_array_elements(accepted) r on r -> 'item' = c -> 'item'
    left join public.agents a on a.agent_id = r ->> 'agent'
    left join public.agent_instances i on i.agent_id = r ->> 'agent' and i.instance = r ->> 'instance';
end
$$;
comment on function rookery.register_agents(jsonb, boolean) is
$$Registers a batch of starting processes: [{"agent", "instance", "name", "type", "command", "capabilities", "status", "state",
"currentTask", "intervalSeconds" (60), "config", "metadata"}], all but agent optional. Adds 1 to the incarnation of the instance.
What is left out keeps its value; status, state and current task begin anew, unless another instance of the agent beats.
A start may begin in any state; where another instance beats, state must follow an arrow.
Returns agent and instance per item. Errors per item: BAD_INPUT, CONFLICT (busy; no such arrow: from, to, allowed). Locks: see lock_agents().$$;

create function rookery.stop_agents(stops jsonb, patient boolean default false)
  returns table (item integer, agent jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  locked constant text[] := rookery.lock_agents(array(select distinct s ->> 'agent' from jsonb_array_elements(stops) s), patient,
    (select coalesce(jsonb_agg(jsonb_build_object('agent', i.agent_id, 'instance', i.instance)), '[]')
       from jsonb_array_elements(stops) s
       join public.agent_instances i on i.agent_id = s ->> 'agent'
        and (s ->> 'instance' is null or i.instance = s ->> 'instance') and i.stopped_at is null));
  ended_at timestamptz;
  known jsonb;
begin
  ended_at := clock_timestamp();

  select jsonb_agg(distinct jsonb_build_object('agent', s ->> 'agent', 'instance', s ->> 'instance'))
    into known
    from jsonb_array_elements(stops) s
   where s ->> 'agent' = any (locked) and exists (select from public.agents a where a.agent_id = s ->> 'agent');

  update public.agent_instances i set stopped_at = ended_at
    from jsonb_array_elements(known) k
   where i.agent_id = k ->> 'agent' and (k ->> 'instance' is null or i.instance = k ->> 'instance') and i.stopped_at is null;

  perform set_config('rookery.sampling', 'on', true);
  with ended as (
    update public.agents a
       set status = 'offline', state = 'shutdown', current_task = null, stopped_at = ended_at, last_sampled_at = ended_at,
           changed_by = a.agent_id, state_reason = (
             select s ->> 'reason' from jsonb_array_elements(stops) s where s ->> 'agent' = a.agent_id limit 1)
     where a.agent_id in (select k ->> 'agent' from jsonb_array_elements(known) k)
       and (a.status, a.state) is distinct from ('offline', 'shutdown') and rookery.agent_is_alone(a.agent_id, '')
    returning a.agent_id, a.error_count
  )
  insert into public.agent_heartbeats (agent_id, timestamp, state, status, error_count)
  select agent_id, ended_at, 'shutdown', 'offline', error_count from ended;
  perform set_config('rookery.sampling', '', true);

  if known is not null then
    perform rookery.on_agent_stop(known);
  end if;

  return query
  select (s.place - 1)::integer, to_jsonb(a),
         case when s.input ->> 'agent' <> all (locked) then rookery.agent_busy(s.input ->> 'agent')
              when a.agent_id is null then
           rookery.failure('NOT_FOUND', format('There is no agent %s.', s.input ->> 'agent'))
         end
    from jsonb_array_elements(stops) with ordinality s (input, place)
    left join public.agents a on a.agent_id = s.input ->> 'agent';
end
$$;
comment on function rookery.stop_agents(jsonb, boolean) is
$$Ends processes gracefully: [{"agent", "instance", "reason"}]; without instance, all of the agent. When none is left that beats, the
agent is offline and in state shutdown, from whichever state it was in. Calls on_agent_stop, so what the instances held is free at once. Stopping twice is no error.
Errors per item: NOT_FOUND, CONFLICT (busy). Locks: see lock_agents().$$;


create function rookery.sweep_agents() returns integer
  language plpgsql
as $$
declare
  due_by timestamptz := clock_timestamp();
  last_sweep timestamptz;
  changed integer;
  silences jsonb;
begin
  if not pg_try_advisory_xact_lock(rookery.lock_key('sweep')) then
    return 0;
  end if;
  select swept_at into last_sweep from rookery.sweeps where name = 'agents';
  insert into rookery.sweeps (name, swept_at) values ('agents', due_by)
  on conflict (name) do update set swept_at = excluded.swept_at;

  -- Whoever could not beat because the hub was away is not to blame.
  if last_sweep < due_by - interval '10 seconds' then
    with spared as materialized (
      select agent_id from public.agents
       where liveness_due_at < rookery.beat_due(due_by, heartbeat_interval_seconds, 1)
       order by agent_id for no key update skip locked
    )
    update public.agents a
       set liveness_due_at = rookery.beat_due(due_by, a.heartbeat_interval_seconds, 1)
      from spared where a.agent_id = spared.agent_id;
  end if;

  -- Mostly nobody: a look at the first of the index costs less than an update of nothing, which would still call the triggers.
  if coalesce((select min(liveness_due_at) from public.agents) > due_by, true) then
    return 0;
  end if;
  with due as materialized (
    select agent_id, liveness_due_at + make_interval(secs => heartbeat_interval_seconds * 2) as stale_at
      from public.agents where liveness_due_at <= due_by
     order by agent_id for no key update skip locked
  ), called as (
    update public.agents a
       set liveness = case when a.liveness = 'late' or d.stale_at <= due_by then 'stale' else 'late' end,
           liveness_due_at = case when a.liveness = 'late' or d.stale_at <= due_by then null else d.stale_at end,
           changed_by = 'hub'
      from due d where a.agent_id = d.agent_id
    returning a.agent_id, a.liveness, a.last_heartbeat, a.heartbeat_interval_seconds, a.current_task
  )
  select count(*), jsonb_agg(rookery.silence(c.agent_id, true, c.last_heartbeat, due_by, c.heartbeat_interval_seconds, c.current_task)
           order by c.last_heartbeat, c.agent_id) filter (where c.liveness = 'stale')
    into changed, silences
    from called c;
  if silences is not null then
    perform rookery.on_silence(silences);
  end if;
  return changed;
end
$$;
comment on function rookery.sweep_agents() is
$$Calls silent agents late and then stale, tells on_silence() of the latter, and returns how many changed. To be called about once a second by every process:
one does the work, the others return 0 at once. After a pause of over 10 s (nobody swept, so nobody could beat either)
every watched agent first gets one full interval. A row that someone is just writing is left for the next round.
Cost: one range of the index of due times.$$;
