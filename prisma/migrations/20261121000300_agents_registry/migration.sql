-- The registry of agents: who there is, how each of them is, and what it said of itself.
--
-- Three things are told apart. `status` is availability and `state` the place in the lifecycle: both are what the agent
-- says. `liveness` is what the hub sees: whether its beats come, by the database's clock alone.

-- ---------------------------------------------------------------------------------------------------------------------
-- What the batch functions of every room share: the shape of a failure, and idempotency.

create function rookery.failure(code text, message text, details jsonb default '{}') returns jsonb
  language sql immutable parallel safe
  return details || jsonb_build_object('code', code, 'message', message);
comment on function rookery.failure(text, text, jsonb) is
  'The error column of a batch function: this item failed alone. The code is one of those the API documents.';

create function rookery.raise_failure(failure jsonb) returns void
  language plpgsql
as $$
begin
  raise exception using
    errcode = case failure ->> 'code'
      when 'BAD_INPUT' then 'RK400'
      when 'FORBIDDEN' then 'RK403'
      when 'NOT_FOUND' then 'RK404'
      when 'CONFLICT' then 'RK409'
      when 'LEASE_LOST' then 'RK410'
      when 'DEPENDENCY_CYCLE' then 'RK411'
      when 'IDEMPOTENCY_CONFLICT' then 'RK412'
      else 'XX000' end,
    message = failure ->> 'message',
    detail = (failure - array['code', 'message'])::text;
end
$$;
comment on function rookery.raise_failure(jsonb) is
  'Raises what failure() made, with the SQLSTATE of its code: for calls that succeed or fail as a whole.';

create table rookery.idempotency_receipts (
  actor text not null,
  verb text not null,
  key text not null,
  entity_id text not null,
  fingerprint text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (actor, verb, key)
);
create index idempotency_receipts_created_at on rookery.idempotency_receipts (created_at);
comment on table rookery.idempotency_receipts is
$$What each idempotency key of an actor made. Written through rookery.claim_keys() in the transaction that makes the
record, so that key and record are there together or not at all. Kept for 7 days.$$;
comment on column rookery.idempotency_receipts.verb is 'The mutation, e.g. sendMessage: a key is good for one verb.';
comment on column rookery.idempotency_receipts.fingerprint is 'Hash of the arguments: the same key with others is a mistake.';

create function rookery.claim_keys(claimed_verb text, claims jsonb)
  returns table (item integer, entity_id text, fresh boolean, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
begin
  -- In order of key, so that two batches with the same keys wait for each other and do not deadlock.
  insert into rookery.idempotency_receipts (actor, verb, key, entity_id, fingerprint)
  select distinct on (c.actor, c.key) c.actor, claimed_verb, c.key, c."entityId", c.fingerprint
    from jsonb_to_recordset(claims) c (item integer, actor text, key text, "entityId" text, fingerprint text)
   where c.key is not null
   order by c.actor, c.key, c.item
  on conflict do nothing;
  -- A new statement, so a new snapshot: what a concurrent transaction claimed first is seen here.
  return query
  select c.item, coalesce(r.entity_id, c."entityId"), coalesce(r.entity_id = c."entityId", true),
         case when r.fingerprint <> c.fingerprint then
           rookery.failure('IDEMPOTENCY_CONFLICT',
             format('The idempotencyKey %s was used before with other arguments: send the same arguments, or a new key.', c.key),
             jsonb_build_object('idempotencyKey', c.key, 'id', r.entity_id))
         end
    from jsonb_to_recordset(claims) c (item integer, actor text, key text, "entityId" text, fingerprint text)
    left join rookery.idempotency_receipts r on r.actor = c.actor and r.verb = claimed_verb and r.key = c.key
   order by c.item;
end
$$;
comment on function rookery.claim_keys(text, jsonb) is
$$Makes a batch of creations idempotent. Claims: [{"item": 0, "actor": "jean", "key": "k1" or null, "entityId": "17",
"fingerprint": md5((arguments - 'idempotencyKey')::text)}], where entityId is an id drawn beforehand from the table's sequence.
Returns one row per claim: with fresh, create the record under entity_id; without it, entity_id is what the first call
made: read it and return that; error is set (IDEMPOTENCY_CONFLICT) when the arguments differ. A claim without a key is
always fresh. Two claims of one key in one batch: the first is fresh. Check everything else about an item before claiming,
so that a call that fails does not use its key up. Locks: waits for concurrent claimants of the same key until they end.
Needs READ COMMITTED. Cost: one insert and one primary key probe per key.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Hooks: what a beat and a stop mean to other rooms. Rooms that hold something for an agent replace them.

create function rookery.on_heartbeat(beats jsonb) returns void
  language plpgsql
as $$
begin
end
$$;
comment on function rookery.on_heartbeat(jsonb) is
$$Called once per batch of beats, in their transaction, after the agents are updated. beats: [{"agent", "instance"}],
distinct. A room that grants leases replaces it to renew those of these instances.$$;

create function rookery.on_agent_stop(stops jsonb) returns void
  language plpgsql
as $$
begin
end
$$;
comment on function rookery.on_agent_stop(jsonb) is
$$Called once per graceful stop, in its transaction. stops: [{"agent", "instance"}], distinct; instance null means all
instances of the agent. A room that grants leases replaces it to release those of these instances at once.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Tables

create function rookery.is_agent_name(name text) returns boolean
  language sql immutable parallel safe
  return length(name) between 1 and 255 and name !~ '[[:cntrl:]]' and name not in ('*', 'operator', 'hub');
comment on function rookery.is_agent_name(text) is
$$Whether an agent may be called so: 1 to 255 characters, none of them a control character. * stands for all agents in a topic,
operator for an operator that names no agent, and hub for the hub itself.$$;

create table agents (
  agent_id text primary key check (rookery.is_agent_name(agent_id)),
  agent_name text not null,
  type text,
  command text,
  capabilities jsonb not null default '[]' check (jsonb_typeof(capabilities) = 'array'),
  status text not null default 'online' check (status in ('online', 'busy', 'offline', 'error')),
  state text not null default 'initializing' check (state in ('initializing', 'deploying', 'monitoring', 'active',
    'optimizing', 'standby', 'maintenance', 'error', 'recovery', 'manual', 'shutdown')),
  liveness text not null default 'online' check (liveness in ('online', 'late', 'stale', 'offline')),
  current_task text,
  heartbeat_interval_seconds integer not null default 60 check (heartbeat_interval_seconds between 1 and 86400),
  last_heartbeat timestamptz not null default clock_timestamp(),
  liveness_due_at timestamptz,
  last_sampled_at timestamptz,
  last_state_change timestamptz not null default clock_timestamp(),
  error_count integer not null default 0 check (error_count >= 0),
  message text,
  metrics jsonb,
  config jsonb,
  metadata jsonb,
  uptime_details jsonb,
  started_at timestamptz,
  stopped_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
) with (fillfactor = 70);
create index agents_liveness_due_at on agents (liveness_due_at) where liveness_due_at is not null;
create index agents_capabilities on agents using gin (capabilities jsonb_path_ops);
comment on table agents is
$$One row per agent name. An agent's first beat, standup or act registers it; nothing refers to it by a foreign key, since
plain SQL may name agents that never registered.$$;
comment on column agents.agent_id is 'Any name but *, operator and hub: see rookery.is_agent_name().';
comment on column agents.status is 'Availability, as the agent says: online, busy, offline, error. The word available is stored as online.';
comment on column agents.state is 'Place in the lifecycle, as the agent says. The word running is stored as active.';
comment on column agents.liveness is
$$What the hub sees. online: beats come; late: one was missed; stale: more than two were missed; offline: it stopped, or said
that it is offline. A beat counts as missed a quarter of an interval after it was due.$$;
comment on column agents.liveness_due_at is 'When liveness gets worse unless a beat comes; null when it cannot (stale, offline).';
comment on column agents.last_heartbeat is 'Newest beat of any instance; registering counts as one.';
comment on column agents.last_sampled_at is 'Newest row of agent_heartbeats that a beat through the API left.';

create table agent_instances (
  agent_id text not null references agents on delete cascade,
  instance text not null default 'default' check (instance <> '' and length(instance) <= 255),
  incarnation integer not null default 1,
  last_heartbeat timestamptz not null default clock_timestamp(),
  heartbeat_interval_seconds integer not null default 60,
  started_at timestamptz not null default clock_timestamp(),
  stopped_at timestamptz,
  primary key (agent_id, instance)
) with (fillfactor = 70);
comment on table agent_instances is 'The processes of an agent. Leases belong to an instance, not to the agent.';
comment on column agent_instances.incarnation is
  'Counts the registrations of this instance: a process that beats with an older one has been replaced, and is told so.';

create table agent_heartbeats (
  id bigint generated by default as identity primary key,
  agent_id text not null,
  instance text not null default 'default',
  timestamp timestamptz not null default clock_timestamp(),
  state text,
  status text,
  error_count integer default 0,
  message text,
  metrics jsonb,
  metadata jsonb,
  created_at timestamptz not null default clock_timestamp()
);
create index agent_heartbeats_agent_id_id on agent_heartbeats (agent_id, id desc);
create index agent_heartbeats_agent_id_timestamp on agent_heartbeats (agent_id, timestamp desc);
create index agent_heartbeats_timestamp on agent_heartbeats (timestamp desc);
comment on table agent_heartbeats is
$$History of beats, sampled: through the API at most one row per agent and minute, unless something changed. A row that plain
SQL inserts is a beat of that agent. Kept for 30 days.$$;

create table agent_standups (
  id bigint generated by default as identity primary key,
  agent_name text not null,
  status text default 'online',
  current_task text,
  blockers text,
  next_actions text,
  heartbeat_interval_min integer,
  created_at timestamptz not null default clock_timestamp()
);
create index agent_standups_agent_name_id on agent_standups (agent_name, id desc);
create index agent_standups_created_at on agent_standups (created_at desc);
comment on table agent_standups is
$$What agents reported of themselves. Inserting one is a beat of the agent of that name: it registers it, and sets its status
(where it is one of the known words), current task and, if given, interval.$$;

create table rookery.sweeps (
  name text primary key,
  swept_at timestamptz not null
);
comment on table rookery.sweeps is 'When each sweeper last ran: after a pause of the hub itself nobody else is blamed for silence.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Words and liveness: what must hold for every writer

create function rookery.agent_status(word text) returns text
  language sql immutable parallel safe
  return case lower(word)
    when 'available' then 'online'
    when 'online' then 'online' when 'busy' then 'busy' when 'offline' then 'offline' when 'error' then 'error'
  end;
comment on function rookery.agent_status(text) is 'The stored word for an availability; null for an unknown word.';

create function rookery.agent_state(word text) returns text
  language sql immutable parallel safe
  return case
    when lower(word) = 'running' then 'active'
    when lower(word) in ('initializing', 'deploying', 'monitoring', 'active', 'optimizing', 'standby', 'maintenance',
      'error', 'recovery', 'manual', 'shutdown') then lower(word)
  end;
comment on function rookery.agent_state(text) is 'The stored word for a place in the lifecycle; null for an unknown word.';

create function rookery.beat_due(beat timestamptz, interval_seconds integer, missed integer) returns timestamptz
  language sql immutable parallel safe
  return beat + make_interval(secs => interval_seconds * (missed + 0.25));
comment on function rookery.beat_due(timestamptz, integer, integer) is
  'When so many beats count as missed: a quarter of an interval after the last of them was due, so that jitter is no alarm.';

create function rookery.settle_agent() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  lifecycle constant text := rookery.agent_state(new.status);
  beat boolean := true;
begin
  new.agent_name := coalesce(new.agent_name, new.agent_id);
  new.last_heartbeat := coalesce(new.last_heartbeat, clock_timestamp());
  if rookery.agent_status(new.status) is not null then
    new.status := rookery.agent_status(new.status);
  elsif lifecycle is not null then
    -- Some writers keep the lifecycle in this column.
    new.state := lifecycle;
    new.status := case lifecycle when 'shutdown' then 'offline' else 'online' end;
  end if;
  new.state := coalesce(rookery.agent_state(new.state), new.state);

  if tg_op = 'UPDATE' then
    new.updated_at := clock_timestamp();
    if new.state <> old.state then
      new.last_state_change := clock_timestamp();
    end if;
    if new.status = old.status and new.last_heartbeat = old.last_heartbeat
       and new.heartbeat_interval_seconds = old.heartbeat_interval_seconds then
      return new;
    end if;
    beat := new.last_heartbeat > old.last_heartbeat or old.status = 'offline';
  end if;

  if new.status = 'offline' then
    new.liveness := 'offline';
  elsif beat then
    new.liveness := 'online';
  end if;
  new.liveness_due_at := case new.liveness
    when 'online' then rookery.beat_due(new.last_heartbeat, new.heartbeat_interval_seconds, 1)
    when 'late' then rookery.beat_due(new.last_heartbeat, new.heartbeat_interval_seconds, 3)
  end;
  return new;
end
$$;
comment on function rookery.settle_agent() is
$$Row trigger of agents. Accepts the old words, fills in the name, and makes liveness follow: a newer last_heartbeat is a beat
(online, due again), status offline ends the watch, an older last_heartbeat or another interval only moves the due time.$$;

create trigger _100_settle before insert or update on agents
  for each row execute function rookery.settle_agent();

create trigger _900_emit_insert after insert on agents referencing new table as new_rows
  for each statement execute function rookery.emit_changes('agents', 'agent_id', '', 'agent_id');
create trigger _900_emit_update after update on agents referencing old table as old_rows new table as new_rows
  for each statement execute function rookery.emit_changes('agents', 'agent_id', '', 'agent_id',
    'liveness,status,state,current_task',
    'updated_at,last_heartbeat,liveness_due_at,last_sampled_at,metrics,error_count,message,uptime_details');
create trigger _900_emit_delete after delete on agents referencing old table as old_rows
  for each statement execute function rookery.emit_changes('agents', 'agent_id', '', 'agent_id');

-- ---------------------------------------------------------------------------------------------------------------------
-- Beats

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

create function rookery.lock_agents(names text[], patient boolean) returns text[]
  language plpgsql
as $$
begin
  -- First those there are none of yet, then the others, each in order: two batches wait for each other and do not deadlock.
  if patient is distinct from false then
    if patient then
      perform set_config('lock_timeout', '2s', true);
    end if;
    begin
      perform pg_advisory_xact_lock(rookery.newcomer_lock(), slot)
         from (select distinct rookery.newcomer_slot(name) as slot from unnest(names) name
                where not exists (select from public.agents a where a.agent_id = name) order by slot offset 0) newcomers;
      perform from public.agents a where a.agent_id = any (names) order by a.agent_id for no key update;
    exception when lock_not_available then
      if patient is null then
        raise;
      end if;
    end;
  end if;
  return array(
    with newcomers as materialized (
      select distinct name from unnest(names) name
       where not exists (select from public.agents a where a.agent_id = name)
    )
    select name from newcomers where pg_try_advisory_xact_lock(rookery.newcomer_lock(), rookery.newcomer_slot(name)))
    || array(
      select a.agent_id from public.agents a where a.agent_id = any (names) order by a.agent_id for no key update skip locked);
end
$$;
comment on function rookery.lock_agents(text[], boolean) is
$$Locks agents, or the right to register them, and returns those it got: at once; when patient, within 2 s for each; with null, as
long as the session waits (for plain SQL). An agent that an open transaction is registering counts as locked, and so may
another newcomer whose name has the same hash modulo 1024.$$;

create function rookery.newcomer_lock() returns integer
  language sql immutable parallel safe
  return 726633900;
comment on function rookery.newcomer_lock() is 'First key of the advisory locks that registering an unknown agent takes.';

create function rookery.newcomer_slot(name text) returns integer
  language sql immutable parallel safe
  return hashtext(name) & 1023;
comment on function rookery.newcomer_slot(text) is
  'Second key of that lock: few enough that a statement which registers any number of agents holds a bounded number of locks.';

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
  returns table (item integer, agent jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  locked constant text[] := rookery.lock_agents(
    array(select distinct b ->> 'agent' from jsonb_array_elements(beats) b where rookery.agent_failure(b) is null), patient);
  beaten_at timestamptz;
  checked jsonb;
  accepted jsonb;
begin
  insert into public.agents (agent_id, status, state, current_task, heartbeat_interval_seconds, started_at)
  select l.agent_id, coalesce(l.patch ->> 'status', 'online'), coalesce(l.patch ->> 'state', 'initializing'),
         l.patch ->> 'currentTask', coalesce((l.patch ->> 'intervalSeconds')::integer, 60), clock_timestamp()
    from rookery.latest_by_agent(
           (select jsonb_agg(b order by place) from jsonb_array_elements(beats) with ordinality e (b, place)
             where rookery.agent_failure(b) is null and b ->> 'agent' = any (locked))) l
   where not exists (select from public.agents a where a.agent_id = l.agent_id)
   order by l.agent_id
  on conflict do nothing;
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
      on i.agent_id = b.beat ->> 'agent' and i.instance = coalesce(b.beat ->> 'instance', 'default');
  accepted := jsonb_path_query_array(checked, '$[*] ? (@.error == null)');

  insert into public.agent_instances as i (agent_id, instance, last_heartbeat, heartbeat_interval_seconds, started_at)
  select distinct on (1, 2) b ->> 'agent', coalesce(b ->> 'instance', 'default'), beaten_at,
         coalesce((b ->> 'intervalSeconds')::integer, a.heartbeat_interval_seconds), beaten_at
    from jsonb_array_elements(accepted) with ordinality e (b, place)
    join public.agents a on a.agent_id = b ->> 'agent'
   order by 1, 2, e.place desc
  on conflict (agent_id, instance) do update
     set last_heartbeat = excluded.last_heartbeat,
         heartbeat_interval_seconds = excluded.heartbeat_interval_seconds,
         stopped_at = null;

  perform set_config('rookery.sampling', 'on', true);
  with beaten as materialized (
    select a.agent_id, l.instance, l.patch,
           coalesce(rookery.agent_status(l.patch ->> 'status'), case a.status when 'offline' then 'online' else a.status end) as status,
           coalesce(rookery.agent_state(l.patch ->> 'state'), case a.state when 'shutdown' then 'initializing' else a.state end) as state,
           case when l.patch ? 'currentTask' then l.patch ->> 'currentTask' else a.current_task end as current_task,
           case when l.patch ? 'message' then l.patch ->> 'message' else a.message end as message,
           coalesce((l.patch ->> 'errorCount')::integer, a.error_count) as error_count,
           coalesce(nullif(l.patch -> 'metrics', 'null'), a.metrics) as metrics,
           coalesce((l.patch ->> 'intervalSeconds')::integer, a.heartbeat_interval_seconds) as interval_seconds,
           a.status as old_status, a.state as old_state, a.current_task as old_task, a.message as old_message,
           a.error_count as old_errors, a.liveness as old_liveness, a.last_sampled_at
      from rookery.latest_by_agent(accepted) l join public.agents a on a.agent_id = l.agent_id
  ), due as materialized (
    select * from beaten b
     where sample and (b.last_sampled_at is null
        or date_trunc('minute', b.last_sampled_at) < date_trunc('minute', beaten_at)
        or b.old_liveness <> 'online'
        or (b.status, b.state, b.current_task, b.message, b.error_count)
           is distinct from (b.old_status, b.old_state, b.old_task, b.old_message, b.old_errors))
  ), history as (
    insert into public.agent_heartbeats (agent_id, instance, timestamp, state, status, error_count, message, metrics, metadata)
    select d.agent_id, d.instance, beaten_at, d.state, d.status, d.error_count, d.message, d.metrics, nullif(d.patch -> 'metadata', 'null')
      from due d
  )
  update public.agents a
     set status = b.status, state = b.state, current_task = b.current_task, message = b.message,
         error_count = b.error_count, metrics = b.metrics, heartbeat_interval_seconds = b.interval_seconds,
         last_heartbeat = beaten_at, stopped_at = null,
         last_sampled_at = case when d.agent_id is not null then beaten_at else a.last_sampled_at end
    from beaten b left join due d on d.agent_id = b.agent_id
   where a.agent_id = b.agent_id;
  perform set_config('rookery.sampling', '', true);

  if accepted <> '[]' then
    perform rookery.on_heartbeat((
      select jsonb_agg(distinct jsonb_build_object('agent', b ->> 'agent', 'instance', coalesce(b ->> 'instance', 'default')))
        from jsonb_array_elements(accepted) b));
  end if;

  return query
  select (c ->> 'item')::integer, case when c -> 'error' = 'null' then to_jsonb(a) end, nullif(c -> 'error', 'null')
    from jsonb_array_elements(checked) c left join public.agents a on a.agent_id = c ->> 'agent';
end
$$;
comment on function rookery.heartbeat(jsonb, boolean, boolean) is
$$Takes a batch of beats: [{"agent", "instance", "incarnation", "status", "state", "currentTask", "message", "errorCount",
"metrics", "metadata", "intervalSeconds"}], all but agent optional; instance is default unless given. A field that is
left out keeps its value; null clears currentTask and message. Registers unknown agents; a beat after a stop begins anew (status
online, state initializing). Returns the agent per item. Errors per item: BAD_INPUT; CONFLICT when the instance has another
incarnation, or is busy. With sample, leaves one row of history per agent and minute, and one for each change.
Locks: see lock_agents(). Cost: six statements, whatever the number of beats.$$;

create function rookery.heartbeat_written() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp
as $$
declare
  beats jsonb;
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
    perform rookery.heartbeat(beats, sample => false, patient => null);
  end if;
  return null;
end
$$;
comment on function rookery.heartbeat_written() is
$$A row that plain SQL inserts into agent_heartbeats is a beat of that agent, now. Rows over an hour old are history that
someone copies, and no beats. Unknown words for status or state change nothing.$$;

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
    array(select distinct s ->> 'agent' from jsonb_array_elements(standups) s where rookery.agent_failure(s) is null), patient);
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

-- ---------------------------------------------------------------------------------------------------------------------
-- Coming and going

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
    array(select distinct r ->> 'agent' from jsonb_array_elements(registrations) r where rookery.agent_failure(r) is null), patient);
  registered_at timestamptz;
  checked jsonb;
  accepted jsonb;
  newcomers text[];
begin
  select jsonb_agg(r.input || jsonb_build_object('item', r.place - 1, 'instance', coalesce(r.input ->> 'instance', 'default'),
           'error', coalesce(rookery.agent_failure(r.input),
             case when r.input ->> 'agent' <> all (locked) then rookery.agent_busy(r.input ->> 'agent') end)) order by r.place)
    into checked
    from jsonb_array_elements(registrations) with ordinality r (input, place);
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
         state = coalesce(l.patch ->> 'state', case when l.alone or a.state = 'shutdown' then 'initializing' else a.state end),
         current_task = case when l.alone or l.patch ? 'currentTask' then l.patch ->> 'currentTask' else a.current_task end,
         heartbeat_interval_seconds = coalesce((l.patch ->> 'intervalSeconds')::integer, 60),
         config = coalesce(nullif(l.patch -> 'config', 'null'), a.config),
         metadata = coalesce(nullif(l.patch -> 'metadata', 'null'), a.metadata),
         started_at = case when l.alone then registered_at else a.started_at end,
         stopped_at = null,
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
Returns agent and instance per item. Errors per item: BAD_INPUT, CONFLICT (busy). Locks: see lock_agents().$$;

create function rookery.stop_agents(stops jsonb, patient boolean default false)
  returns table (item integer, agent jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  locked constant text[] := rookery.lock_agents(array(select distinct s ->> 'agent' from jsonb_array_elements(stops) s), patient);
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
       set status = 'offline', state = 'shutdown', current_task = null, stopped_at = ended_at, last_sampled_at = ended_at
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
$$Ends processes gracefully: [{"agent", "instance"}]; without instance, all of the agent. When none is left that beats, the agent is
offline and in state shutdown. Calls on_agent_stop, so what the instances held is free at once. Stopping twice is no error.
Errors per item: NOT_FOUND, CONFLICT (busy). Locks: see lock_agents().$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Silence

create function rookery.sweep_agents() returns integer
  language plpgsql
as $$
declare
  due_by timestamptz := clock_timestamp();
  last_sweep timestamptz;
  changed integer;
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

  with due as materialized (
    select agent_id, liveness_due_at + make_interval(secs => heartbeat_interval_seconds * 2) as stale_at
      from public.agents where liveness_due_at <= due_by
     order by agent_id for no key update skip locked
  )
  update public.agents a
     set liveness = case when a.liveness = 'late' or d.stale_at <= due_by then 'stale' else 'late' end,
         liveness_due_at = case when a.liveness = 'late' or d.stale_at <= due_by then null else d.stale_at end
    from due d where a.agent_id = d.agent_id;
  get diagnostics changed = row_count;
  return changed;
end
$$;
comment on function rookery.sweep_agents() is
$$Calls silent agents late and then stale, and returns how many changed. To be called about once a second by every process:
one does the work, the others return 0 at once. After a pause of over 10 s (nobody swept, so nobody could beat either)
every watched agent first gets one full interval. A row that someone is just writing is left for the next round.
Cost: one range of the index of due times.$$;

create function rookery.prune_history(kept interval default interval '30 days', most integer default 10000) returns integer
  language plpgsql
as $$
declare
  pruned integer;
  removed integer;
begin
  delete from public.agent_heartbeats where id in (
    select id from public.agent_heartbeats where timestamp < clock_timestamp() - kept order by timestamp limit most);
  get diagnostics pruned = row_count;
  delete from rookery.idempotency_receipts r
   using (select actor, verb, key from rookery.idempotency_receipts
           where created_at < clock_timestamp() - interval '7 days' order by created_at limit most) old
   where (r.actor, r.verb, r.key) = (old.actor, old.verb, old.key);
  get diagnostics removed = row_count;
  return pruned + removed;
end
$$;
comment on function rookery.prune_history(interval, integer) is
$$Deletes heartbeats over 30 days and idempotency receipts over 7 days old, at most so many of each in one call; returns how
many went. To be called now and then, again at once while it returns much.$$;
