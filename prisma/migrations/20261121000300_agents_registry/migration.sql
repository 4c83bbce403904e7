-- The registry of agents: who there is, how each of them is, and what it said of itself.
--
-- Three things are told apart. `status` is availability, as the agent says. `state` is its place in the lifecycle, which
-- follows arrows whoever writes it (agents_lifecycle). `liveness` is what the hub sees: whether its beats come, by the
-- database's clock alone (agents_beats, agents_presence, agents_alerts).

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
      when 'ALREADY_DECIDED' then 'RK413'
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

create function rookery.key_conflict(key text, entity_id text) returns jsonb
  language sql immutable parallel safe
  return rookery.failure('IDEMPOTENCY_CONFLICT',
    format('The idempotencyKey %s was used before with other arguments: send the same arguments, or a new key.', key),
    jsonb_build_object('idempotencyKey', key, 'id', entity_id));
comment on function rookery.key_conflict(text, text) is 'The failure of a call whose key has made this with other arguments.';

create function rookery.claim_keys(claimed_verb text, claims jsonb)
  returns table (item integer, entity_id text, fresh boolean, error jsonb)
  language plpgsql
  -- A key that an open transaction has inserted can't be seen, and so not be skipped as a locked row is: whoever shares the
  -- statement waits. Marks of our own (advisory locks) would see it, at the price of a busy failure, and a call that asks
  -- again, wherever two hubs take the same key at once, which waiting answers in a moment.
  set lock_timeout = '1s'
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
         case when r.fingerprint <> c.fingerprint then rookery.key_conflict(c.key, r.entity_id) end
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
so that a call that fails does not use its key up. Locks: waits for concurrent claimants of the same key until they end, and
raises 55P03 after 1 s: db.join() then runs each call by itself, and who has that key is told CONFLICT (busy).
Needs READ COMMITTED. Cost: one insert and one primary key probe per key.$$;

create function rookery.pin_rows(of_table regclass, ids bigint[], patient boolean) returns bigint[]
  language plpgsql
as $$
declare
  pinned bigint[] := '{}';
  pin constant text := format('select array(select t.id from %s t where t.id = any ($1) order by t.id for key share of t %s)',
    of_table, case when patient then '' else 'skip locked' end);
begin
  if patient then
    perform set_config('lock_timeout', '2s', true);
  end if;
  execute pin into pinned using ids;
  return pinned;
exception when lock_not_available then
  return '{}';
end
$$;
comment on function rookery.pin_rows(regclass, bigint[], boolean) is
$$To be called before rows are made to refer to these, by a batch of many callers: keeps them from being deleted, and returns
those it got, at once, or when patient within 2 s. A foreign key would wait for one that psql has locked, and everybody with it.$$;

create function rookery.pin_failure(what text, field text, wanted bigint, pinned bigint[], of_table regclass) returns jsonb
  language plpgsql stable
as $$
declare
  found_id bigint;
begin
  if wanted is null or wanted = any (pinned) then
    return null;
  end if;
  execute format('select t.id from %s t where t.id = $1', of_table) into found_id using wanted;
  return case when found_id is null
    then rookery.failure('NOT_FOUND', format('There is no %s %s.', what, wanted), jsonb_build_object(field, wanted::text))
    else rookery.failure('CONFLICT',
      format('Another session has %s %s locked (an open transaction?). Nothing was changed: try again.', what, wanted),
      jsonb_build_object(field, wanted::text, 'busy', true)) end;
end
$$;
comment on function rookery.pin_failure(text, text, bigint, bigint[], regclass) is
  'Why nothing can refer to this row, which pin_rows() did not get: there is none, or it is busy. Null when it got it, or there is nothing to refer to.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Hooks: what a beat, a stop and a silence mean to other rooms, which come later and replace them.

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

create function rookery.on_silence(changes jsonb) returns void
  language plpgsql
as $$
begin
end
$$;
comment on function rookery.on_silence(jsonb) is
$$Called when agents become stale, once per sweep and in its transaction, and when a stale agent is heard of again, in the
transaction of whoever beats. changes: [{"agent", "stale" (boolean), "lastHeartbeat", "silentSeconds", "intervalSeconds", "currentTask"}].
A room that alerts replaces it.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Tables

create function rookery.is_agent_name(name text) returns boolean
  language sql immutable parallel safe
  return length(name) between 1 and 255 and name !~ '[[:cntrl:]]' and name not in ('*', 'operator', 'hub') and name not like 'role:%';
comment on function rookery.is_agent_name(text) is
$$Whether an agent may be called so: 1 to 255 characters, none of them a control character. * stands for all agents in a topic,
operator for an operator that names no agent and for the inbox that all operators share, hub for the hub itself, and role:<name> for
all who hold a role.$$;

create table agents (
  agent_id text primary key check (rookery.is_agent_name(agent_id)),
  agent_name text not null,
  type text,
  command text,
  capabilities jsonb not null default '[]' check (jsonb_typeof(capabilities) = 'array'),
  status text not null default 'online' check (status in ('online', 'busy', 'offline', 'error')),
  state text not null default 'initializing' check (state in ('initializing', 'deploying', 'monitoring', 'active',
    'optimizing', 'standby', 'maintenance', 'error', 'recovery', 'manual', 'shutdown')),
  state_reason text check (length(state_reason) <= 1000),
  liveness text not null default 'online' check (liveness in ('online', 'late', 'stale', 'offline')),
  current_task text,
  heartbeat_interval_seconds integer not null default 60 check (heartbeat_interval_seconds between 1 and 86400),
  last_heartbeat timestamptz(3) not null default clock_timestamp(),
  liveness_due_at timestamptz,
  last_sampled_at timestamptz,
  last_state_change timestamptz(3) not null default clock_timestamp(),
  error_count integer not null default 0 check (error_count >= 0),
  message text,
  metrics jsonb,
  config jsonb,
  metadata jsonb,
  uptime_details jsonb,
  started_at timestamptz,
  stopped_at timestamptz,
  changed_by text,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
) with (fillfactor = 70);
create index agents_liveness_due_at on agents (liveness_due_at) where liveness_due_at is not null;
create index agents_type on agents (type, agent_id) where type is not null;
-- What most agents are is found by walking them; these are for what few are, and the beats of the others leave them alone.
create index agents_unwatched on agents (liveness, agent_id) where liveness <> 'online';
create index agents_unready on agents (status, agent_id) where status <> 'online';
create index agents_inactive on agents (state, agent_id) where state <> 'active';
create index agents_capabilities on agents using gin (capabilities jsonb_path_ops);
comment on table agents is
$$One row per agent name. An agent's first beat, standup or act registers it; nothing refers to it by a foreign key, since
plain SQL may name agents that never registered.$$;
comment on column agents.agent_id is 'Any name but *, operator, hub and role:…: see rookery.is_agent_name().';
comment on column agents.status is 'Availability, as the agent says: online, busy, offline, error. The word available is stored as online.';
comment on column agents.state is
$$Place in the lifecycle. The word running is stored as active. It changes along the arrows of rookery.next_agent_states() only, but
for the start and the end of a life: see rookery.follow_lifecycle().$$;
comment on column agents.state_reason is
$$Why it is in this state, as whoever brought it there said; at most 1,000 characters. Plain SQL sets it together with state;
where it does not, or repeats the last one word for word, the new state has no reason.$$;
comment on column agents.changed_by is 'Who made the last change: the agent, operator, hub (silence), or the database role of a plain SQL writer.';
comment on column agents.liveness is
$$What the hub sees. online: beats come; late: one was missed; stale: more than two were missed; offline: it stopped, or said
that it is offline. A beat counts as missed a quarter of an interval after it was due.$$;
comment on column agents.liveness_due_at is 'When liveness gets worse unless a beat comes; null when it cannot (stale, offline).';
comment on column agents.last_heartbeat is 'Newest beat of any instance; registering and starting again count as one.';
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
  from_api constant boolean := coalesce(current_setting('rookery.wakeup', true), '') = 'self';
begin
  if rookery.agent_status(new.status) is not null then
    new.status := rookery.agent_status(new.status);
  elsif lifecycle is not null then
    -- Some writers keep the lifecycle in this column.
    new.state := lifecycle;
    new.status := case lifecycle when 'shutdown' then 'offline' else 'online' end;
  end if;
  new.state := coalesce(rookery.agent_state(new.state), new.state);
  new.changed_by := case when from_api then coalesce(new.changed_by, new.agent_id) else session_user end;
  new.agent_name := coalesce(new.agent_name, new.agent_id);
  new.last_heartbeat := coalesce(new.last_heartbeat, clock_timestamp());
  if tg_op = 'UPDATE' then
    new.updated_at := clock_timestamp();
  else
    -- Lets lock_agents() see that somebody is about to register this name. Tried only, so that nobody waits here.
    perform pg_try_advisory_xact_lock_shared(rookery.newcomer_lock(), rookery.newcomer_slot(new.agent_id));
  end if;
  return new;
end
$$;
comment on function rookery.settle_agent() is
$$Row trigger of agents: accepts the old words, fills in the name and who changed it, and marks a name that is being registered as
taken until the transaction ends. Locks: one of 1,024 advisory locks, shared, per new name.$$;

create trigger _100_settle before insert or update on agents
  for each row execute function rookery.settle_agent();

create function rookery.newcomer_lock() returns integer
  language sql immutable parallel safe
  return 726633900;
comment on function rookery.newcomer_lock() is
  'First key of the advisory locks on names that are being registered: shared by the row that is inserted, whole by lock_agents().';

create function rookery.newcomer_slot(name text) returns integer
  language sql immutable parallel safe
  return hashtext(name) & 1023;
comment on function rookery.newcomer_slot(text) is
  'Second key of that lock: few enough that a statement which registers any number of agents holds a bounded number of locks.';

create function rookery.watch_agent() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  if new.status = 'offline' then
    new.liveness := 'offline';
  elsif tg_op = 'INSERT' or new.last_heartbeat > old.last_heartbeat or old.status = 'offline' then
    new.liveness := 'online';
  end if;
  new.liveness_due_at := case new.liveness
    when 'online' then rookery.beat_due(new.last_heartbeat, new.heartbeat_interval_seconds, 1)
    when 'late' then rookery.beat_due(new.last_heartbeat, new.heartbeat_interval_seconds, 3)
  end;
  return new;
end
$$;
comment on function rookery.watch_agent() is
$$Row trigger of agents, makes liveness follow: a newer last_heartbeat is a beat (online, due again), status offline ends the watch,
an older last_heartbeat or another interval only moves the due time.$$;

create trigger _300_watch_insert before insert on agents
  for each row execute function rookery.watch_agent();
create trigger _300_watch_update before update on agents
  for each row when ((new.status, new.last_heartbeat, new.heartbeat_interval_seconds)
    is distinct from (old.status, old.last_heartbeat, old.heartbeat_interval_seconds))
  execute function rookery.watch_agent();

create function rookery.heard_again() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform rookery.on_silence(jsonb_build_array(rookery.silence(new.agent_id, false, old.last_heartbeat,
    new.last_heartbeat, new.heartbeat_interval_seconds, new.current_task)));
  return null;
end
$$;
comment on function rookery.heard_again() is 'Row trigger of agents: tells on_silence() that a stale agent beats again. Never called otherwise.';

create function rookery.silence(agent text, stale boolean, since timestamptz, until timestamptz, interval_seconds integer, task text)
  returns jsonb
  language sql stable
  return jsonb_build_object('agent', agent, 'stale', stale, 'lastHeartbeat', since,
    'silentSeconds', floor(extract(epoch from until - since))::bigint, 'intervalSeconds', interval_seconds, 'currentTask', task);
comment on function rookery.silence(text, boolean, timestamptz, timestamptz, integer, text) is 'What on_silence() is told of one agent.';

create trigger _400_heard_again after update on agents
  for each row when (old.liveness = 'stale' and new.liveness = 'online') execute function rookery.heard_again();

create trigger _900_emit_insert after insert on agents referencing new table as new_rows
  for each statement execute function rookery.emit_changes('agents', 'agent_id', '', 'changed_by');
create trigger _900_emit_update after update on agents referencing old table as old_rows new table as new_rows
  for each statement execute function rookery.emit_changes('agents', 'agent_id', '', 'changed_by',
    'liveness,status,state,current_task',
    'updated_at,last_heartbeat,liveness_due_at,last_sampled_at,metrics,error_count,message,uptime_details,changed_by,state_reason');
create trigger _900_emit_delete after delete on agents referencing old table as old_rows
  for each statement execute function rookery.emit_changes('agents', 'agent_id', '', 'changed_by');
