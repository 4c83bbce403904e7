-- Beats and standups: signs of life, from the API and from plain SQL.

create function rookery.agent_failure(input jsonb) returns jsonb
  language sql immutable parallel safe
  return case
    when not coalesce(rookery.is_agent_name(input ->> 'agent'), false) then
      rookery.failure('BAD_INPUT', 'An agent''s name has 1 to 255 characters, no control characters, and is not *, operator or hub.')
    when length(input ->> 'instance') not between 1 and 255 or input ->> 'instance' ~ '[[:cntrl:]]' then
      rookery.failure('BAD_INPUT', 'An instance''s name has 1 to 255 characters and no control characters.')
    when input ->> 'status' is not null and rookery.agent_status(input ->> 'status') is null then
      rookery.failure('BAD_INPUT', 'status is one of online, busy, offline, error.')
    when input ->> 'state' is not null and rookery.agent_state(input ->> 'state') is null then
      rookery.failure('BAD_INPUT', 'state is one of initializing, deploying, monitoring, active, optimizing, standby, '
        || 'maintenance, error, recovery, manual, shutdown.')
    when (input ->> 'intervalSeconds')::numeric not between 1 and 86400 then
      rookery.failure('BAD_INPUT', 'intervalSeconds is between 1 and 86400 (a day).')
    when (input ->> 'errorCount')::numeric not between 0 and 2147483647 then
      rookery.failure('BAD_INPUT', 'errorCount is not negative.')
  end;
comment on function rookery.agent_failure(jsonb) is 'What is wrong with a beat or a registration by itself; null when nothing is.';

create function rookery.lock_agents(names text[], patient boolean, processes jsonb default null) returns text[]
  language plpgsql
as $$
declare
  locked text[];
begin
  -- For update, although no key changes: a row of agent_instances that an open transaction has inserted can't be seen, but
  -- its foreign key holds the agent for key share, and our own insert of that row would wait.
  -- First those there are none of yet, then the others, each in order: two batches wait for each other and do not deadlock.
  if patient is distinct from false then
    if patient then
      perform set_config('lock_timeout', '2s', true);
    end if;
    begin
      perform pg_advisory_xact_lock(rookery.newcomer_lock(), slot)
         from (select distinct rookery.newcomer_slot(name) as slot from unnest(names) name
                where not exists (select from public.agents a where a.agent_id = name) order by slot offset 0) newcomers;
      perform from public.agents a where a.agent_id = any (names) order by a.agent_id for update;
      perform from public.agent_instances i
        where i.agent_id = any (names) and (i.agent_id, i.instance) in (
          select p ->> 'agent', coalesce(p ->> 'instance', 'default') from jsonb_array_elements(processes) p)
        order by i.agent_id, i.instance for no key update;
    exception when lock_not_available then
      if patient is null then
        raise;
      end if;
    end;
  end if;
  locked := array(
    with newcomers as materialized (
      select distinct name from unnest(names) name
       where not exists (select from public.agents a where a.agent_id = name)
    )
    select name from newcomers where pg_try_advisory_xact_lock(rookery.newcomer_lock(), rookery.newcomer_slot(name)))
    || array(
      select a.agent_id from public.agents a where a.agent_id = any (names) order by a.agent_id for update skip locked);
  return case when processes is null then locked else rookery.without_locked_processes(locked, processes) end;
end
$$;
comment on function rookery.lock_agents(text[], boolean, jsonb) is
$$Locks agents, or the right to register them, and returns those it got: at once; when patient, within 2 s for each; with null, as
long as the session waits (for plain SQL). processes: [{"agent", "instance"}], rows of agent_instances to lock with them; an
agent of which another session holds one does not count as got. Nor does one that an open transaction is registering, and
perhaps another newcomer whose name has the same hash modulo 1024.$$;

create function rookery.without_locked_processes(names text[], processes jsonb) returns text[]
  language plpgsql
as $$
begin
  return array(
    with asked as materialized (
      select distinct p ->> 'agent' as agent_id, coalesce(p ->> 'instance', 'default') as instance
        from jsonb_array_elements(processes) p where p ->> 'agent' = any (names)
    ), seen as materialized (
      select a.agent_id, i.instance is not null as there, held.instance is not null as got
        from asked a
        -- Lateral with a limit: one index probe each, whatever the planner thinks of the table.
        left join lateral (
          select e.instance from public.agent_instances e
           where e.agent_id = a.agent_id and e.instance = a.instance limit 1) i on true
        left join lateral (
          select e.instance from public.agent_instances e
           where e.agent_id = a.agent_id and e.instance = a.instance limit 1 for no key update skip locked) held on true
    )
    select name from unnest(names) name where not exists (select from seen s where s.agent_id = name and s.there and not s.got));
end
$$;
comment on function rookery.without_locked_processes(text[], jsonb) is
  'Locks these processes at once, and returns those of the agents of which nobody else holds one. Cost: two index probes each.';

create function rookery.agent_busy(name text) returns jsonb
  language sql immutable parallel safe
  return rookery.failure('CONFLICT',
    format('Another session has agent %s locked (an open transaction?). Nothing was changed: try again.', name),
    jsonb_build_object('agent', name, 'busy', true));
comment on function rookery.agent_busy(text) is 'The failure of a verb that could not lock its agent.';

create function rookery.latest_by_agent(inputs jsonb)
  returns table (agent_id text, instance text, patch jsonb)
  language sql immutable parallel safe
begin atomic
  select i.input ->> 'agent', (array_agg(coalesce(i.input ->> 'instance', 'default') order by i.place desc))[1],
         jsonb_object_agg(field.key, field.value order by i.place)
    from jsonb_array_elements(inputs) with ordinality i (input, place), jsonb_each(i.input) field
   group by i.input ->> 'agent';
end;
comment on function rookery.latest_by_agent(jsonb) is
  'Folds several inputs of one agent into one: of each field the latest value, and the latest instance.';

create function rookery.heartbeat(beats jsonb, sample boolean default true, patient boolean default false)
  returns table (item integer, agent jsonb, refused jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  locked constant text[] := rookery.lock_agents(
    array(select distinct b ->> 'agent' from jsonb_array_elements(beats) b where rookery.agent_failure(b) is null), patient, beats);
  beaten_at timestamptz;
  known text[];
  refusals jsonb;
  checked jsonb;
  accepted jsonb;
begin
  known := array(select a.agent_id from public.agents a where a.agent_id = any (locked));
  if cardinality(known) < cardinality(locked) then
    insert into public.agents (agent_id, status, state, current_task, heartbeat_interval_seconds, started_at)
    select l.agent_id, coalesce(l.patch ->> 'status', 'online'), coalesce(l.patch ->> 'state', 'initializing'),
           l.patch ->> 'currentTask', coalesce((l.patch ->> 'intervalSeconds')::integer, 60), clock_timestamp()
      from rookery.latest_by_agent(
             (select jsonb_agg(b order by place) from jsonb_array_elements(beats) with ordinality e (b, place)
               where rookery.agent_failure(b) is null and b ->> 'agent' = any (locked))) l
     where l.agent_id <> all (known)
     order by l.agent_id
    on conflict do nothing;
  end if;
  beaten_at := clock_timestamp();

  select jsonb_agg(b.beat || jsonb_build_object('item', b.place - 1, 'error', coalesce(rookery.agent_failure(b.beat),
           case when b.beat ->> 'agent' <> all (locked) then rookery.agent_busy(b.beat ->> 'agent')
                when i.incarnation <> (b.beat ->> 'incarnation')::integer then
             rookery.failure('CONFLICT', format('Instance %s of %s is at incarnation %s: another process registered as it. '
               || 'Stop, or register again.', i.instance, i.agent_id, i.incarnation),
               jsonb_build_object('incarnation', i.incarnation, 'registeredAt', i.started_at))
           end)) order by b.place)
    into checked
    from jsonb_array_elements(beats) with ordinality b (beat, place)
    left join public.agent_instances i
      on i.agent_id = b.beat ->> 'agent' and i.instance = coalesce(b.beat ->> 'instance', 'default') and i.agent_id = any (locked);
  accepted := jsonb_path_query_array(checked, '$[*] ? (@.error == null)');

  insert into public.agent_instances as i (agent_id, instance, last_heartbeat, heartbeat_interval_seconds, started_at)
  select distinct on (1, 2) b ->> 'agent', coalesce(b ->> 'instance', 'default'), beaten_at,
         coalesce((b ->> 'intervalSeconds')::integer, a.heartbeat_interval_seconds), beaten_at
    from jsonb_array_elements(accepted) with ordinality e (b, place)
    join public.agents a on a.agent_id = b ->> 'agent' and a.agent_id = any (locked)
   order by 1, 2, e.place desc
  on conflict (agent_id, instance) do update
     set last_heartbeat = excluded.last_heartbeat,
         heartbeat_interval_seconds = excluded.heartbeat_interval_seconds,
         stopped_at = null;

  perform set_config('rookery.sampling', 'on', true);
  with beaten as materialized (
    select a.agent_id, l.instance, l.patch,
           coalesce(rookery.agent_status(l.patch ->> 'status'), case a.status when 'offline' then 'online' else a.status end) as status,
           case when rookery.agent_state(l.patch ->> 'state') = any (rookery.next_agent_states(a.state)) or a.state = 'shutdown'
                then coalesce(rookery.agent_state(l.patch ->> 'state'), 'initializing') else a.state end as state,
           rookery.agent_state(l.patch ->> 'state') as wanted_state,
           case when l.patch ? 'currentTask' then l.patch ->> 'currentTask' else a.current_task end as current_task,
           case when l.patch ? 'message' then l.patch ->> 'message' else a.message end as message,
           coalesce((l.patch ->> 'errorCount')::integer, a.error_count) as error_count,
           coalesce(nullif(l.patch -> 'metrics', 'null'), a.metrics) as metrics,
           coalesce(nullif(l.patch -> 'uptimeDetails', 'null'), a.uptime_details) as uptime_details,
           coalesce((l.patch ->> 'intervalSeconds')::integer, a.heartbeat_interval_seconds) as interval_seconds,
           a.status as old_status, a.state as old_state, a.current_task as old_task, a.message as old_message,
           a.error_count as old_errors, a.liveness as old_liveness, a.last_sampled_at
      from rookery.latest_by_agent(accepted) l
      join public.agents a on a.agent_id = l.agent_id and a.agent_id = any (locked)
  ), due as materialized (
    select * from beaten b
     where sample and (b.last_sampled_at is null
        or date_trunc('minute', b.last_sampled_at) < date_trunc('minute', beaten_at)
        or b.old_liveness <> 'online'
        or (b.status, b.state, b.current_task, b.message, b.error_count)
           is distinct from (b.old_status, b.old_state, b.old_task, b.old_message, b.old_errors))
  ), history as (
    insert into public.agent_heartbeats (agent_id, instance, timestamp, state, status, error_count, message, metrics, metadata)
    select d.agent_id, d.instance, beaten_at, d.state, case d.state when 'shutdown' then 'offline' else d.status end, d.error_count, d.message, d.metrics, nullif(d.patch -> 'metadata', 'null')
      from due d
  ), updated as (
    update public.agents a
       set status = case b.state when 'shutdown' then 'offline' else b.status end, state = b.state,
           state_reason = case when b.state = a.state then a.state_reason else b.patch ->> 'message' end,
           current_task = b.current_task, message = b.message, error_count = b.error_count, metrics = b.metrics,
           uptime_details = b.uptime_details, heartbeat_interval_seconds = b.interval_seconds, last_heartbeat = beaten_at,
           started_at = case when b.old_state = 'shutdown' and b.state <> 'shutdown' then beaten_at else a.started_at end,
           stopped_at = case b.state when 'shutdown' then a.stopped_at end, changed_by = a.agent_id,
           last_sampled_at = case when d.agent_id is not null then beaten_at else a.last_sampled_at end
      from beaten b left join due d on d.agent_id = b.agent_id
     where a.agent_id = b.agent_id and a.agent_id = any (locked)
  )
  select jsonb_object_agg(b.agent_id, rookery.illegal_transition(b.agent_id, b.old_state, b.wanted_state))
    into refusals
    from beaten b where b.wanted_state <> b.state;
  perform set_config('rookery.sampling', '', true);

  if accepted <> '[]' then
    perform rookery.on_heartbeat((
      select jsonb_agg(distinct jsonb_build_object('agent', b ->> 'agent', 'instance', coalesce(b ->> 'instance', 'default')))
        from jsonb_array_elements(accepted) b));
  end if;

  return query
  select (c ->> 'item')::integer, case when c -> 'error' = 'null' then to_jsonb(a) end,
         case when c -> 'error' = 'null' and rookery.agent_state(c ->> 'state') = refusals -> (c ->> 'agent') ->> 'to' then
           refusals -> (c ->> 'agent') end,
         nullif(c -> 'error', 'null')
    from jsonb_array_elements(checked) c
    left join public.agents a on a.agent_id = c ->> 'agent' and a.agent_id = any (locked);
end
$$;
comment on function rookery.heartbeat(jsonb, boolean, boolean) is
$$Takes a batch of beats: [{"agent", "instance", "incarnation", "status", "state", "currentTask", "message", "errorCount",
"metrics", "metadata", "uptimeDetails", "intervalSeconds"}], all but agent optional; instance is default unless given. A field that is
left out keeps its value; null clears currentTask and message. Registers unknown agents; a beat after a stop begins anew (status
online, state initializing unless it says another). A state that no arrow leads to from the present one is not taken, but the beat
is: refused then says so (code, message, from, to, allowed). Returns the agent per item. Errors per item: BAD_INPUT; CONFLICT when the instance has another
incarnation, or is busy. With sample, leaves one row of history per agent and minute, and one for each change.
Locks: see lock_agents(). Cost: seven statements, whatever the number of beats; agent_id = any (locked) makes each look its agents
up by index, also while the table is small.$$;

create function rookery.heartbeat_written() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp
as $$
declare
  beats jsonb;
  refusal text;
begin
  if coalesce(current_setting('rookery.sampling', true), '') = 'on' then
    return null;
  end if;
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('agent', n.agent_id, 'instance', n.instance,
           'status', rookery.agent_status(n.status), 'state', coalesce(rookery.agent_state(n.state), rookery.agent_state(n.status)),
           'errorCount', n.error_count, 'message', n.message, 'metrics', n.metrics)) order by n.id)
    into beats
    from new_rows n
   where n.timestamp > clock_timestamp() - interval '1 hour';
  if beats is not null then
    for refusal in select h.refused ->> 'message' from rookery.heartbeat(beats, sample => false, patient => null) h where h.refused is not null
    loop
      raise warning '%', refusal using hint = 'The beat was taken, the state was not.';
    end loop;
  end if;
  return null;
end
$$;
comment on function rookery.heartbeat_written() is
$$A row that plain SQL inserts into agent_heartbeats is a beat of that agent, now. Rows over an hour old are history that
someone copies, and no beats. Unknown words for status or state change nothing; nor does a state that no arrow leads to, which
raises a WARNING.$$;

create trigger _100_beat after insert on agent_heartbeats referencing new table as new_rows
  for each statement execute function rookery.heartbeat_written();

create function rookery.standup_written() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp
as $$
begin
  perform rookery.heartbeat(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('agent', n.agent_name,
    'status', rookery.agent_status(n.status), 'currentTask', n.current_task,
    -- Who only ever posts standups is expected again within the hour.
    'intervalSeconds', case
      when n.heartbeat_interval_min between 1 and 1440 then n.heartbeat_interval_min * 60
      when not exists (select from public.agents a where a.agent_id = n.agent_name) then 3600
    end)) order by n.id), patient => null)
    from new_rows n
   where n.created_at > clock_timestamp() - interval '1 hour'
  having count(*) > 0;
  return null;
end
$$;
comment on function rookery.standup_written() is
$$A standup is a beat: it registers the agent of that name and sets its status, current task and interval, where given. An agent
first seen through a standup without an interval gets one of an hour.$$;

create trigger _100_beat after insert on agent_standups referencing new table as new_rows
  for each statement execute function rookery.standup_written();
create trigger _900_emit_insert after insert on agent_standups referencing new table as new_rows
  for each statement execute function rookery.emit_changes('standups', 'id', '', 'agent_name');
create trigger _900_emit_update after update on agent_standups referencing old table as old_rows new table as new_rows
  for each statement execute function rookery.emit_changes('standups', 'id', '', 'agent_name');
create trigger _900_emit_delete after delete on agent_standups referencing old table as old_rows
  for each statement execute function rookery.emit_changes('standups', 'id', '', 'agent_name');

create function rookery.post_standups(standups jsonb, patient boolean default false)
  returns table (item integer, standup jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  locked constant text[] := rookery.lock_agents(
    array(select distinct s ->> 'agent' from jsonb_array_elements(standups) s where rookery.agent_failure(s) is null), patient,
    (select jsonb_agg(jsonb_build_object('agent', s -> 'agent')) from jsonb_array_elements(standups) s));
  checked jsonb;
begin
  select jsonb_agg(jsonb_build_object('item', s.place - 1, 'standup', s.input,
           'actor', s.input ->> 'agent', 'key', s.input ->> 'idempotencyKey',
           'fingerprint', md5((s.input - 'idempotencyKey')::text),
           'entityId', nextval(pg_get_serial_sequence('public.agent_standups', 'id')),
           'error', coalesce(rookery.agent_failure(s.input),
             case when s.input ->> 'agent' <> all (locked) then rookery.agent_busy(s.input ->> 'agent') end)) order by s.place)
    into checked
    from jsonb_array_elements(standups) with ordinality s (input, place);

  with claims as (
    select k.item, k.entity_id, k.fresh, k.error
      from rookery.claim_keys('postStandup', jsonb_path_query_array(checked, '$[*] ? (@.error == null)')) k
  )
  select jsonb_agg(c.claim || jsonb_build_object('id', k.entity_id, 'fresh', k.fresh,
           'error', coalesce(nullif(c.claim -> 'error', 'null'), k.error)) order by c.place)
    into checked
    from jsonb_array_elements(checked) with ordinality c (claim, place)
    left join claims k on k.item = c.place - 1;

  insert into public.agent_standups (id, agent_name, status, current_task, blockers, next_actions, heartbeat_interval_min)
  select (c ->> 'id')::bigint, c -> 'standup' ->> 'agent', coalesce(rookery.agent_status(c -> 'standup' ->> 'status'), 'online'),
         c -> 'standup' ->> 'currentTask', c -> 'standup' ->> 'blockers', c -> 'standup' ->> 'nextActions',
         (c -> 'standup' ->> 'heartbeatIntervalMinutes')::integer
    from jsonb_array_elements(checked) c
   where (c ->> 'fresh')::boolean and c -> 'error' = 'null';

  return query
  select (c ->> 'item')::integer, case when c -> 'error' = 'null' then to_jsonb(s) end, nullif(c -> 'error', 'null')
    from jsonb_array_elements(checked) c
    left join public.agent_standups s on s.id = (c ->> 'id')::bigint;
end
$$;
comment on function rookery.post_standups(jsonb, boolean) is
$$Stores a batch of standups: [{"agent", "status", "currentTask", "blockers", "nextActions", "heartbeatIntervalMinutes",
"idempotencyKey"}], all but agent optional. Each is a beat too. Returns the standup per item. Errors per item: BAD_INPUT,
CONFLICT (busy), IDEMPOTENCY_CONFLICT. Locks: see lock_agents().$$;

