-- Tasks, the holder's side: claim, renew, report, complete, fail, release; and what happens to leases nobody renews.
--
-- Every verb takes a batch, one jsonb object per caller, and answers each: `item` is its place, and either `task` (the row)
-- or `error` is set. One UPDATE serves the batch, so the triggers run once. A row that some other session has locked (an
-- open transaction in psql) must not hold up the other callers: it is skipped and answered as busy, and its caller asks
-- again by itself, with `patient`.
--
-- enable_seqscan: plans are kept for the session, and one made while the table is small would read it whole later on, until
-- the next ANALYZE. Every statement here has an index to go by.
--
-- plan_cache_mode, of claims and completions: a plan made for the very array of ids at hand looks a little cheaper than one for
-- any array, so PostgreSQL would plan every call anew, which is a third of what a lone claim costs.
--
-- rookery.wakeup: what a verb writes is the hub's own write, whoever calls it. Else the trigger that lets plain SQL take a
-- task over would end the very lease that the verb grants.

create function rookery.lock_tasks(ids bigint[], patient boolean) returns bigint[]
  language plpgsql
as $$
begin
  if patient then
    begin
      perform set_config('lock_timeout', '2s', true);
      return array(select t.id from public.agent_tasks t where t.id = any (ids) order by t.id for no key update);
    exception when lock_not_available then
      return '{}';
    end;
  end if;
  return array(select t.id from public.agent_tasks t where t.id = any (ids) order by t.id for no key update skip locked);
end
$$;
comment on function rookery.lock_tasks(bigint[], boolean) is
  'Locks the tasks in order of id and returns those it got: at once, or when patient within 2 s.';

create function rookery.task_unavailable(id bigint, found boolean) returns jsonb
  language sql immutable
  return case when found
    then rookery.failure('CONFLICT',
      format('Another session has task %s locked (an open transaction?). Nothing was changed: try again.', id),
      jsonb_build_object('id', id::text, 'busy', true))
    else rookery.failure('NOT_FOUND', format('There is no task %s.', id), jsonb_build_object('id', id::text)) end;
comment on function rookery.task_unavailable(bigint, boolean) is 'The failure of a verb that could not lock its task.';

create function rookery.holder_of(task agent_tasks) returns jsonb
  language sql stable
  return jsonb_build_object('id', task.id::text, 'status', task.status, 'holder', task.assigned_to,
    'instance', task.assigned_instance, 'since', coalesce(task.claimed_at, task.updated_at), 'until', task.lease_expires_at);
comment on function rookery.holder_of(agent_tasks) is 'Details of a refusal: who holds the task, or had it last.';

create function rookery.hold_text(task agent_tasks) returns text
  language sql stable
  return coalesce(task.assigned_to, 'nobody in particular') || coalesce('/' || task.assigned_instance, '')
    || coalesce(' until ' || to_char(task.lease_expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), ', without a lease (by plain SQL)');
comment on function rookery.hold_text(agent_tasks) is 'The holder of a task in words, for messages.';

create function rookery.backoff(round integer, base interval, longest interval) returns interval
  language sql volatile
  return least(longest, base * power(2, least(round, 30) - 1)) * (0.75 + random() / 2);
comment on function rookery.backoff(integer, interval, interval) is
  'How long to wait before round + 1: base * 2^(round - 1), at most longest, times a random 0.75 to 1.25.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Claim

create function rookery.due_tasks(most integer) returns bigint[]
  language plpgsql
  -- Nothing but the index of what is not ready: with statistics that know no open tasks, PostgreSQL would sort them all.
  set enable_seqscan = off
  set enable_bitmapscan = off
  set enable_sort = off
as $$
declare
  -- clock_timestamp() itself is volatile, and so could not be the end of an index range.
  moment constant timestamptz := clock_timestamp();
begin
  return array(
    select t.id from public.agent_tasks t
     where t.status = 'open' and not t.ready and greatest(t.run_after, t.retry_at) <= moment
     order by greatest(t.run_after, t.retry_at) limit most for no key update skip locked);
end
$$;
comment on function rookery.due_tasks(integer) is
  'Locks open tasks whose run_after or retry_at has come, the longest due first, and returns them; what others have locked is passed over. Cost: one index range.';

create function rookery.promote_tasks() returns integer
  language plpgsql
  set enable_seqscan = off
  set rookery.wakeup = 'self'
as $$
declare
  due constant bigint[] := rookery.due_tasks(500);
begin
  if due <> '{}' then
    update public.agent_tasks t set ready = true where t.id = any (due);
  end if;
  return cardinality(due);
end
$$;
comment on function rookery.promote_tasks() is
  'Makes tasks ready whose run_after or retry_at has come, at most 500; returns how many. Cost when there are none: one index probe.';

create function rookery.open_queue(assignee text, of_types text[], of_session bigint) returns refcursor
  language plpgsql
  set enable_seqscan = off
  set enable_bitmapscan = off
  -- Nor a plan that sorts what an index has in order; the one small sort that is needed must not look dear enough for JIT.
  set enable_sort = off
  set enable_incremental_sort = off
  set jit = off
as $$
declare
  queue refcursor;
begin
  if of_session is not null then
    open queue for
      select t.id, t.claim_order from public.agent_tasks t
       where t.ready and t.session_id is not null
         and array[coalesce(t.assigned_to, ''), t.session_id::text] = array[assignee, of_session::text]
         and (of_types is null or t.type = any (of_types))
       order by t.claim_order, t.id;
  elsif of_types is null then
    open queue for
      select t.id, t.claim_order from public.agent_tasks t
       where t.ready and coalesce(t.assigned_to, '') = assignee
       order by t.claim_order, t.id;
  else
    open queue for
      select best.id, best.claim_order
        from unnest(of_types) of_type
       cross join lateral (
         select t.id, t.claim_order from public.agent_tasks t
          where t.ready and array[coalesce(t.assigned_to, ''), t.type] = array[assignee, of_type]
          order by t.claim_order, t.id limit 500) best
       order by best.claim_order, best.id;
  end if;
  return queue;
end
$$;
comment on function rookery.open_queue(text, text[], bigint) is
$$A cursor over the ready tasks of an assignee ('' for nobody's), of these types (null: any) and this session (null: any),
in claim order. Takes no locks. Cost: rows are found as they are fetched; with types, up to 500 of each at once.$$;

create function rookery.claim_refusal(task agent_tasks, claimer text, locked bigint[], wanted bigint) returns jsonb
  language plpgsql stable
as $$
begin
  if task.id is null or task.id <> all (locked) then
    return rookery.task_unavailable(wanted, task.id is not null);
  elsif rookery.is_held(task.status) then
    return rookery.failure('CONFLICT', format('Task %s is held by %s. Claim another, or wait.', task.id, rookery.hold_text(task)),
      rookery.holder_of(task));
  elsif task.status = 'blocked' then
    return rookery.failure('CONFLICT', format('Task %s is blocked: it waits for %s.', task.id,
        coalesce(nullif(array_to_string(rookery.waits_for(task.id), ', '), ''), 'somebody to open it')),
      jsonb_build_object('id', task.id::text, 'status', task.status, 'blockedBy', rookery.waits_for(task.id)::text[]));
  elsif task.status <> 'open' then
    return rookery.failure('CONFLICT', format('Task %s is %s. updateTask with reopen opens it again.', task.id, task.status),
      jsonb_build_object('id', task.id::text, 'status', task.status, 'at', task.finished_at));
  elsif task.assigned_to <> claimer then
    return rookery.failure('CONFLICT', format('Task %s is assigned to %s. updateTask can assign it to you.', task.id, task.assigned_to),
      jsonb_build_object('id', task.id::text, 'status', task.status, 'assignedTo', task.assigned_to));
  elsif task.run_after > clock_timestamp() then
    return rookery.failure('CONFLICT', format('Task %s is not to be run before %s.', task.id, task.run_after),
      jsonb_build_object('id', task.id::text, 'status', task.status, 'runAfter', task.run_after));
  end if;
  return null;
end
$$;
comment on function rookery.claim_refusal(agent_tasks, text, bigint[], bigint) is
$$Why this agent can't claim this very task now; null if it can. That it assigned is to another counts for operators too: they
assign it first. A backoff does not: whoever names a task wants it now.$$;

create type rookery.claimer as (
  place integer, id bigint, agent text, instance text, types text[], session_id bigint, lease_seconds double precision,
  status text, key text, fingerprint text
);
comment on type rookery.claimer is 'An item of claim_tasks() and its place among them, from 0. key is its idempotencyKey.';

create function rookery.claimers(items jsonb) returns setof rookery.claimer
  language sql immutable
begin atomic
  select (a.ordinality - 1)::integer, a.id, a.agent, a.instance,
         (select array_agg(distinct name order by name) from unnest(a.types) name), a."sessionId", a."leaseSeconds",
         coalesce(a.status, 'in_progress'), a."idempotencyKey",
         case when a."idempotencyKey" is not null then md5(((items -> (a.ordinality - 1)::integer) - 'idempotencyKey')::text) end
    from rows from (jsonb_to_recordset(items) as (id bigint, agent text, instance text, types text[], "sessionId" bigint,
           "leaseSeconds" double precision, status text, "idempotencyKey" text)) with ordinality a;
end;
comment on function rookery.claimers(jsonb) is 'The items of claim_tasks() as rows.';

create function rookery.lease_token(nonce text, key text) returns text
  language sql immutable
  return case when key is null then nonce else substr(encode(sha256(convert_to(nonce || key, 'UTF8')), 'hex'), 1, 32) end;
comment on function rookery.lease_token(text, text) is
$$The token of a lease: a random nonce; for a claim with an idempotencyKey, made from that key and the nonce. The receipt keeps the
nonce and a hash of the key, so a repeat gets the same token although it is stored nowhere.$$;

create function rookery.lease_of(task agent_tasks, token text) returns jsonb
  language sql stable
  return jsonb_build_object('token', token, 'fence', task.fence, 'expiresAt', task.lease_expires_at);
comment on function rookery.lease_of(agent_tasks, text) is 'The lease on a task as its holder is told of it.';

create function rookery.hidden_key(key text) returns text
  language sql immutable
  return encode(sha256(convert_to(key, 'UTF8')), 'hex');
comment on function rookery.hidden_key(text) is 'A claim''s idempotencyKey as its receipt knows it: see lease_token().';

create function rookery.earlier_claims(callers rookery.claimer[]) returns jsonb
  language plpgsql stable
as $$
begin
  return (with asked as (
    select c.*, row_number() over (partition by c.agent, c.key order by c.place) as turn from unnest(callers) c where c.key is not null
  ), known as (
    select a.place, a.key, a.fingerprint <> r.fingerprint as differs, r.task_id, found.task,
           rookery.lease_token(r.nonce, a.key) as token
      from asked a
      -- Lateral with a limit: one index probe each, whatever the planner thinks of the tables.
      left join lateral (
        select e.fingerprint, split_part(e.entity_id, '/', 1)::bigint as task_id, split_part(e.entity_id, '/', 2) as nonce
          from rookery.idempotency_receipts e
         where e.actor = a.agent and e.verb = 'claimTask' and e.key = rookery.hidden_key(a.key) limit 1) r on true
      left join lateral (select t as task from public.agent_tasks t where t.id = r.task_id limit 1) found on true
     where r.task_id is not null or a.turn > 1
  )
  select coalesce(jsonb_object_agg(k.place, case
           when k.task_id is null then jsonb_build_object('error', rookery.claim_under_way())
           when k.differs then jsonb_build_object('error', rookery.key_conflict(k.key, k.task_id::text))
           when refusal is not null then jsonb_build_object('error', refusal || jsonb_build_object('message',
             'The claim of this idempotencyKey is over; a new key claims anew. ' || (refusal ->> 'message')))
           else jsonb_build_object('task', to_jsonb(k.task), 'lease', rookery.lease_of(k.task, k.token))
         end), '{}')
    from known k, rookery.lease_refusal(k.task, k.token, array[k.task_id], k.task_id) refusal);
end
$$;
comment on function rookery.earlier_claims(rookery.claimer[]) is
$$What those callers get whose idempotencyKey has made a claim, by place: {"task", "lease"} as they now are, or {"error"}: LEASE_LOST
or NOT_FOUND when the task is not held under that claim any more, IDEMPOTENCY_CONFLICT, CONFLICT (busy) for the later of two
callers with one key. Who is not among them may claim. Cost: two index probes per key.$$;

create function rookery.claim_under_way() returns jsonb
  language sql immutable
  return rookery.failure('CONFLICT', 'Another call with this idempotencyKey is under way. Nothing was changed: try again.', '{"busy": true}');
comment on function rookery.claim_under_way() is 'The failure of a claim whose key another claim is about to use, or has just used.';

create function rookery.claim_tasks(items jsonb, patient boolean default false)
  returns table (item integer, task jsonb, lease jsonb, error jsonb)
  language plpgsql
  set enable_seqscan = off
  set plan_cache_mode = force_generic_plan
  set rookery.wakeup = 'self'
as $$
#variable_conflict use_column
declare
  callers rookery.claimer[] := array(select c from rookery.claimers(items) c);
  keyed constant boolean := items @? '$[*].idempotencyKey ? (@ != null)';
  answers jsonb := '{}';
  locked bigint[];
  takers integer[] := '{}';
  taken bigint[] := '{}';
  nonces text[];
  beaten integer[] := '{}';
  busy_agents text[];
  line record;
  caller record;
  pool refcursor;
  own refcursor;
  pool_id bigint;
  pool_order timestamptz;
  own_id bigint;
  own_order timestamptz;
  candidate bigint;
begin
  perform rookery.promote_tasks();

  -- Those who have claimed before, with the same key.
  if keyed then
    answers := rookery.earlier_claims(callers);
    callers := array(select c from unnest(callers) c where not answers ? c.place::text);
  end if;

  -- Those who name a task.
  if items @? '$[*].id' then
    locked := rookery.lock_tasks(array(select a.id from unnest(callers) a where a.id is not null), patient);
    for caller in
      select a.place, a.id, rookery.claim_refusal(t, a.agent, locked, a.id) as refusal
        from unnest(callers) a left join public.agent_tasks t on t.id = a.id
       where a.id is not null order by a.place
    loop
      if caller.refusal is null and caller.id = any (taken) then
        caller.refusal := rookery.failure('CONFLICT', format('Task %s was claimed by another caller just now.', caller.id),
          jsonb_build_object('id', caller.id::text, 'status', 'in_progress'));
      end if;
      if caller.refusal is null then
        takers := takers || caller.place;
        taken := taken || caller.id;
      else
        answers := answers || jsonb_build_object(caller.place, jsonb_build_object('error', caller.refusal));
      end if;
    end loop;
  end if;

  -- Those who take the best there is: one walk along the pool for all who ask for the same, and for the few agents that
  -- have tasks of their own waiting, the better of the two.
  busy_agents := array(
    select distinct a.agent from unnest(callers) a
     where a.id is null
       -- With a limit it stays an index probe per caller; as an exists it may become a join that reads all that is ready.
       and (select true from public.agent_tasks t where t.ready and coalesce(t.assigned_to, '') = a.agent limit 1));
  for line in
    select a.types, a.session_id, array_agg(a.place order by a.place) as places, array_agg(a.agent order by a.place) as agents
      from unnest(callers) a where a.id is null group by a.types, a.session_id
  loop
    pool := rookery.open_queue('', line.types, line.session_id);
    fetch pool into pool_id, pool_order;
    for turn in 1 .. cardinality(line.places) loop
      own_id := null;
      if line.agents[turn] = any (busy_agents) then
        own := rookery.open_queue(line.agents[turn], line.types, line.session_id);
        fetch own into own_id, own_order;
      end if;
      while pool_id is not null or own_id is not null loop
        if own_id is null or (pool_order, pool_id) < (own_order, own_id) then
          candidate := pool_id;
          fetch pool into pool_id, pool_order;
        else
          candidate := own_id;
          fetch own into own_id, own_order;
        end if;
        -- Somebody else may be claiming it, or may have since the queue was opened.
        perform from public.agent_tasks t
          where t.id = candidate and t.ready and t.id <> all (taken) for no key update skip locked;
        if found then
          takers := takers || line.places[turn];
          taken := taken || candidate;
          exit;
        end if;
      end loop;
      if own is not null then
        close own;
        own := null;
      end if;
      exit when pool_id is null and busy_agents = '{}';
    end loop;
    close pool;
  end loop;

  -- Only now, so that a key which got nothing is as good as new.
  nonces := array(select replace(gen_random_uuid()::text, '-', '') from unnest(takers));
  if keyed then
    beaten := array(
      select k.item
        from rookery.claim_keys('claimTask', (
               select coalesce(jsonb_agg(jsonb_build_object('item', a.place, 'actor', a.agent, 'key', rookery.hidden_key(a.key),
                        'entityId', pick.id || '/' || pick.nonce, 'fingerprint', a.fingerprint)), '[]')
                 from unnest(takers, taken, nonces) pick (place, id, nonce) join unnest(callers) a on a.place = pick.place
                where a.key is not null)) k
       where not k.fresh);
  end if;

  return query
  with picks as materialized (
    select a.place, pick.id, a.agent, a.instance, a.lease_seconds, a.status, rookery.lease_token(pick.nonce, a.key) as token
      from unnest(takers, taken, nonces) pick (place, id, nonce) join unnest(callers) a on a.place = pick.place
     where a.place <> all (beaten)
  ), claimed as (
    update public.agent_tasks t
       set status = p.status, assigned_to = p.agent, assigned_instance = p.instance, from_pool = t.assigned_to is null,
           lease_hash = sha256(convert_to(p.token, 'UTF8')), fence = t.fence + 1, lease_seconds = p.lease_seconds,
           lease_expires_at = clock_timestamp() + make_interval(secs => p.lease_seconds), changed_by = p.agent
      -- Said twice: whatever the planner takes the table's size for, it reads these rows and no more.
      from picks p where t.id = p.id and t.id = any (taken)
    returning p.place, to_jsonb(t) as row, rookery.lease_of(t, p.token) as lease
  )
  select asked.place, coalesce(c.row, answer -> 'task'), coalesce(c.lease, answer -> 'lease'),
         case when asked.place = any (beaten) then rookery.claim_under_way() else answer -> 'error' end
    from generate_series(0, jsonb_array_length(items) - 1) asked (place)
   cross join lateral (select answers -> asked.place::text) given (answer)
    left join claimed c on c.place = asked.place
   order by asked.place;
end
$$;
comment on function rookery.claim_tasks(jsonb, boolean) is
$$Gives each caller a task and a lease. Items: {agent, instance, leaseSeconds} and either {id}, that very task, or {types: [..]
or null, sessionId or null}, the best ready one that is nobody's or the agent's own; with status `claimed` it is held but not begun. Task and lease are null when there is none.
The lease's token is known to its caller alone. Promise: a task has one holder; fence rises with each. With an idempotencyKey, a
repeat by the same agent gets the same task and lease, as long as it is held under it; a claim that got none has not used its key.
Locks: the tasks it gives, nothing else; tasks others are claiming are passed over; and those of claim_keys(). Errors per item:
NOT_FOUND, CONFLICT (with busy: ask again); for a repeat, see earlier_claims(). Cost: an index walk per distinct filter, one row
lock per task, one UPDATE in all.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- While it is held

create function rookery.lease_refusal(task agent_tasks, token text, locked bigint[], wanted bigint) returns jsonb
  language plpgsql stable
as $$
begin
  if task.id is null or task.id <> all (locked) then
    return rookery.task_unavailable(wanted, task.id is not null);
  elsif rookery.is_held(task.status) and task.lease_hash = sha256(convert_to(token, 'UTF8')) then
    return null;
  end if;
  return rookery.failure('LEASE_LOST',
    case
      when rookery.is_held(task.status) then format('This lease is over: task %s is held by %s.', task.id, rookery.hold_text(task))
      when task.status in ('open', 'blocked') then
        format('This lease is over: task %s was given or taken back, and is %s. Claim it again to go on.', task.id, task.status)
      when task.status = 'cancelled' then
        format('Task %s was cancelled by %s%s.', task.id, task.changed_by, coalesce(': ' || task.cancel_reason, ''))
      else format('This lease is over: task %s is %s.', task.id, task.status)
    end || ' Stop working on it under this lease.',
    rookery.holder_of(task));
end
$$;
comment on function rookery.lease_refusal(agent_tasks, text, bigint[], bigint) is
$$LEASE_LOST unless the token is the one that holds the task; null if it is. A lease that has expired still holds while nobody
took the task back: being late harms no one then.$$;

create function rookery.renew_leases(items jsonb, patient boolean default false)
  returns table (item integer, task jsonb, error jsonb)
  language plpgsql
  set enable_seqscan = off
  set rookery.wakeup = 'self'
as $$
#variable_conflict use_column
declare
  locked constant bigint[] := rookery.lock_tasks(array(select (value ->> 'id')::bigint from jsonb_array_elements(items)), patient);
begin
  return query
  with asked as materialized (
    select (a.ordinality - 1)::integer as place, a.*, rookery.lease_refusal(t, a.token, locked, a.id) as refusal
      from rows from (jsonb_to_recordset(items) as (id bigint, token text, "leaseSeconds" integer)) with ordinality a
      left join public.agent_tasks t on t.id = a.id
  ), renewed as (
    update public.agent_tasks t
       set lease_seconds = coalesce(a."leaseSeconds", t.lease_seconds),
           lease_expires_at = clock_timestamp() + make_interval(secs => coalesce(a."leaseSeconds", t.lease_seconds))
      from (select distinct on (id) * from asked where refusal is null order by id, place desc) a where t.id = a.id and t.id = any (locked)
    returning t.id, to_jsonb(t) as row
  )
  select a.place, r.row, a.refusal from asked a left join renewed r on r.id = a.id and a.refusal is null order by a.place;
end
$$;
comment on function rookery.renew_leases(jsonb, boolean) is
$$Items: {id, token, leaseSeconds or null to keep the length}. The lease runs its full length again, from now. Errors per item:
NOT_FOUND, LEASE_LOST, CONFLICT (busy). Cost: heap-only updates; no event.$$;

create function rookery.report_progress(items jsonb, patient boolean default false)
  returns table (item integer, task jsonb, error jsonb)
  language plpgsql
  set enable_seqscan = off
  set rookery.wakeup = 'self'
as $$
#variable_conflict use_column
declare
  locked constant bigint[] := rookery.lock_tasks(array(select (value ->> 'id')::bigint from jsonb_array_elements(items)), patient);
begin
  return query
  with asked as materialized (
    select (a.ordinality - 1)::integer as place, a.*, rookery.lease_refusal(t, a.token, locked, a.id) as refusal
      from rows from (jsonb_to_recordset(items) as (id bigint, token text, actor text, progress double precision, note text, checkpoint jsonb)) with ordinality a
      left join public.agent_tasks t on t.id = a.id
  ), reported as (
    update public.agent_tasks t
       set status = 'in_progress', progress = coalesce(a.progress, t.progress), progress_note = coalesce(a.note, t.progress_note),
           checkpoint = coalesce(a.checkpoint, t.checkpoint), changed_by = a.actor,
           lease_expires_at = clock_timestamp() + make_interval(secs => t.lease_seconds)
      from (select distinct on (id) * from asked where refusal is null order by id, place desc) a where t.id = a.id and t.id = any (locked)
    returning t.id, to_jsonb(t) as row
  )
  select a.place, r.row, a.refusal from asked a left join reported r on r.id = a.id and a.refusal is null order by a.place;
end
$$;
comment on function rookery.report_progress(jsonb, boolean) is
$$Items: {id, token, actor, progress 0..1, note, checkpoint}; null keeps what was said before. Who reports has begun: a claimed
task is in progress. A report is a sign of life, so it renews the lease. Of two reports of one task in a batch the later counts. Errors as renew_leases().$$;

create or replace function rookery.on_heartbeat(beats jsonb) returns void
  language plpgsql
  set enable_seqscan = off
as $$
begin
  update public.agent_tasks t
     set lease_expires_at = clock_timestamp() + make_interval(secs => t.lease_seconds)
   where t.id in (
     select held.id
       from jsonb_to_recordset(beats) beat (agent text, instance text)
       join public.agent_tasks held on held.assigned_to = beat.agent and held.assigned_instance = beat.instance
      where rookery.is_held(held.status) and held.lease_hash is not null
        and held.lease_expires_at < clock_timestamp() + make_interval(secs => held.lease_seconds * 0.75)
      order by held.id for no key update of held skip locked);
end
$$;
comment on function rookery.on_heartbeat(jsonb) is
$$A beat renews every lease of that agent instance, once a quarter of it is over. beats: [{"agent", "instance"}]. Cost: one
probe of agent_tasks_held per beat.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- The end of an attempt

create function rookery.completion_refusal(
  task agent_tasks, token text, agent text, instance text, operator boolean, force boolean, locked bigint[], wanted bigint
) returns jsonb
  language plpgsql stable
as $$
begin
  if task.status = 'done' and (task.lease_hash = sha256(convert_to(token, 'UTF8')) or token is null and task.assigned_to = agent) then
    return null;
  elsif task.id is null or task.id <> all (locked) or token is not null then
    return rookery.lease_refusal(task, token, locked, wanted);
  elsif task.status in ('done', 'failed', 'cancelled') then
    return rookery.failure('CONFLICT', format('Task %s is already %s. updateTask with reopen opens it again.', task.id, task.status),
      jsonb_build_object('id', task.id::text, 'status', task.status, 'at', task.finished_at));
  elsif operator and force then
    return null;
  elsif task.lease_expires_at > clock_timestamp()
        and (task.assigned_to, task.assigned_instance) is distinct from (agent, instance) then
    return rookery.failure('CONFLICT',
      format('Task %s is held by %s. Complete it with the leaseToken that its claim returned%s.', task.id, rookery.hold_text(task),
        case when operator then ', or with force' else '' end),
      rookery.holder_of(task));
  elsif task.status = 'blocked' then
    return rookery.failure('CONFLICT', format('Task %s is blocked: it waits for %s.', task.id,
        array_to_string(rookery.waits_for(task.id), ', ')),
      jsonb_build_object('id', task.id::text, 'status', task.status, 'blockedBy', rookery.waits_for(task.id)::text[]));
  elsif not operator and task.assigned_to is distinct from agent then
    return rookery.failure('CONFLICT',
      format('Task %s is %s. Claim it first, then complete it with its leaseToken.', task.id,
        coalesce('assigned to ' || task.assigned_to, 'not assigned to you')),
      jsonb_build_object('id', task.id::text, 'status', task.status, 'assignedTo', task.assigned_to));
  end if;
  return null;
end
$$;
comment on function rookery.completion_refusal(agent_tasks, text, text, text, boolean, boolean, bigint[], bigint) is
$$Why this caller can't complete this task; null if it can, or has already. With a token: as lease_refusal(). Without: the
assigned agent or an operator may, unless another agent or another instance holds a live lease; an operator's force overrides that.$$;

create function rookery.complete_tasks(items jsonb, patient boolean default false)
  returns table (item integer, task jsonb, error jsonb)
  language plpgsql
  set enable_seqscan = off
  set plan_cache_mode = force_generic_plan
  set rookery.wakeup = 'self'
as $$
#variable_conflict use_column
declare
  locked constant bigint[] := rookery.lock_tasks(array(select (value ->> 'id')::bigint from jsonb_array_elements(items)), patient);
begin
  return query
  with asked as materialized (
    select (a.ordinality - 1)::integer as place, a.*, case when t.status = 'done' then to_jsonb(t) end as before,
           rookery.completion_refusal(t, a.token, a.agent, a.instance, a.operator, a.force, locked, a.id) as refusal
      from rows from (jsonb_to_recordset(items) as (id bigint, token text, actor text, agent text, instance text,
             operator boolean, force boolean, output jsonb)) with ordinality a
      left join public.agent_tasks t on t.id = a.id
  ), completed as (
    update public.agent_tasks t
       set status = 'done', output = coalesce(nullif(a.output, 'null'), t.output), error = null, changed_by = a.actor
      from (select distinct on (id) * from asked where refusal is null and before is null order by id, place) a where t.id = a.id and t.id = any (locked)
    returning t.id, to_jsonb(t) as row
  )
  select a.place, coalesce(c.row, a.before), a.refusal
    from asked a left join completed c on c.id = a.id and a.refusal is null order by a.place;
end
$$;
comment on function rookery.complete_tasks(jsonb, boolean) is
$$Items: {id, token or null, actor, agent, instance, operator, force, output or null}. See completion_refusal() for who may. A repeat
by whoever completed it changes nothing and returns the task. What waited for it is opened in the same transaction.
Errors per item: NOT_FOUND, LEASE_LOST, CONFLICT.$$;

create function rookery.fail_tasks(items jsonb, patient boolean default false)
  returns table (item integer, task jsonb, error jsonb)
  language plpgsql
  set enable_seqscan = off
  set rookery.wakeup = 'self'
as $$
#variable_conflict use_column
declare
  locked constant bigint[] := rookery.lock_tasks(array(select (value ->> 'id')::bigint from jsonb_array_elements(items)), patient);
begin
  return query
  with asked as materialized (
    select (a.ordinality - 1)::integer as place, a.*, rookery.lease_refusal(t, a.token, locked, a.id) as refusal,
           a.retryable and t.failures + 1 < t.max_attempts as again
      from rows from (jsonb_to_recordset(items) as (id bigint, token text, actor text, reason text, retryable boolean)) with ordinality a
      left join public.agent_tasks t on t.id = a.id
  ), failed as (
    update public.agent_tasks t
       set status = case when a.again then 'open' else 'failed' end, failures = t.failures + 1, error = a.reason, changed_by = a.actor,
           retry_at = case when a.again then clock_timestamp() + rookery.backoff(t.failures + 1, '10 s', '10 min') end
      from (select distinct on (id) * from asked where refusal is null order by id, place) a where t.id = a.id and t.id = any (locked)
    returning t.id, to_jsonb(t) as row
  )
  select a.place, f.row, a.refusal from asked a left join failed f on f.id = a.id and a.refusal is null order by a.place;
end
$$;
comment on function rookery.fail_tasks(jsonb, boolean) is
$$Items: {id, token, actor, reason, retryable}. Open again after backoff(failures, 10 s, 10 min); failed for good when not
retryable or at max_attempts failures. Errors per item: NOT_FOUND, LEASE_LOST, CONFLICT (busy).$$;

create function rookery.release_tasks(items jsonb, patient boolean default false)
  returns table (item integer, task jsonb, error jsonb)
  language plpgsql
  set enable_seqscan = off
  set rookery.wakeup = 'self'
as $$
#variable_conflict use_column
declare
  locked constant bigint[] := rookery.lock_tasks(array(select (value ->> 'id')::bigint from jsonb_array_elements(items)), patient);
begin
  return query
  with asked as materialized (
    select (a.ordinality - 1)::integer as place, a.*, rookery.lease_refusal(t, a.token, locked, a.id) as refusal
      from rows from (jsonb_to_recordset(items) as (id bigint, token text, actor text)) with ordinality a
      left join public.agent_tasks t on t.id = a.id
  ), released as (
    update public.agent_tasks t set status = 'open', changed_by = a.actor
      from (select distinct on (id) * from asked where refusal is null order by id, place) a where t.id = a.id and t.id = any (locked)
    returning t.id, to_jsonb(t) as row
  )
  select a.place, r.row, a.refusal from asked a left join released r on r.id = a.id and a.refusal is null order by a.place;
end
$$;
comment on function rookery.release_tasks(jsonb, boolean) is
$$Items: {id, token, actor}. The task is open again at once, in its old place in line, and no failure is counted. Errors per item:
NOT_FOUND, LEASE_LOST, CONFLICT (busy).$$;

create or replace function rookery.on_agent_stop(stops jsonb) returns void
  language plpgsql
  set enable_seqscan = off
  set rookery.wakeup = 'self'
as $$
begin
  update public.agent_tasks t set status = 'open', changed_by = t.assigned_to
   where t.id in (
     select held.id
       from jsonb_to_recordset(stops) stop (agent text, instance text)
       join public.agent_tasks held on held.assigned_to = stop.agent and (stop.instance is null or held.assigned_instance = stop.instance)
      where rookery.is_held(held.status) and held.lease_hash is not null
      order by held.id for no key update of held skip locked);
end
$$;
comment on function rookery.on_agent_stop(jsonb) is
$$Who stops gives back what it holds: open again at once, no failure counted. stops: [{"agent", "instance" or null for all}]. What
another session has locked just now is left to its lease.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Leases nobody renews

create function rookery.sweep_tasks(out lost integer, out promoted integer, out next_in double precision)
  language plpgsql
  set enable_seqscan = off
  set rookery.wakeup = 'self'
as $$
declare
  most constant integer := 500;
  last_sweep timestamptz;
begin
  lost := 0;
  promoted := 0;
  next_in := 1;
  if not pg_try_advisory_xact_lock(hashtextextended('rookery.sweep_tasks', 0)) then
    return;
  end if;
  select s.swept_at into last_sweep from rookery.sweeps s where s.name = 'tasks';
  insert into rookery.sweeps as s (name, swept_at) values ('tasks', clock_timestamp())
  on conflict (name) do update set swept_at = excluded.swept_at;

  if last_sweep is null or last_sweep < clock_timestamp() - interval '10 s' then
    update public.agent_tasks t set lease_expires_at = clock_timestamp() + make_interval(secs => t.lease_seconds)
     where t.id = any (array(
       select held.id from public.agent_tasks held
        where rookery.is_held(held.status)
          and held.lease_expires_at < clock_timestamp() + make_interval(secs => held.lease_seconds)
          for no key update skip locked));
  else
    update public.agent_tasks t
       set lost_leases = t.lost_leases + 1, changed_by = 'hub',
           status = case when t.lost_leases + 1 < t.max_lost_leases then 'open' else 'failed' end,
           error = case when t.lost_leases + 1 < t.max_lost_leases then t.error
             else format('Its lease expired %s times: no holder lived to finish it.', t.lost_leases + 1) end,
           retry_at = case when t.lost_leases between 1 and t.max_lost_leases - 2
             then clock_timestamp() + rookery.backoff(t.lost_leases, '1 s', '1 min') end
     -- In no order: for one by id PostgreSQL may walk the whole table, when its statistics are of a time when most was held.
     where t.id = any (array(
       select held.id from public.agent_tasks held
        where rookery.is_held(held.status) and held.lease_expires_at <= clock_timestamp()
        limit most for no key update skip locked));
    get diagnostics lost = row_count;
  end if;
  promoted := rookery.promote_tasks();

  perform rookery.open_skipped();

  select extract(epoch from min(due.at) - clock_timestamp()) into next_in from (
    select min(t.lease_expires_at) as at from public.agent_tasks t where rookery.is_held(t.status)
    union all
    select min(greatest(t.run_after, t.retry_at)) from public.agent_tasks t where t.status = 'open' and not t.ready
  ) due;
  next_in := case
    when next_in > 0 then least(1, next_in)
    when lost = most or promoted = most then 0
    -- Due, and left: somebody has it locked, and may for long.
    when next_in <= 0 then 0.25
    else 1 end;
end
$$;
comment on function rookery.sweep_tasks(out integer, out integer, out double precision) is
$$Takes back what nobody renewed (open again: the first time at once, then after backoff(lost_leases - 1, 1 s, 1 min); failed
at max_lost_leases), makes
ready what has become due, and says in how many seconds (at most 1) to call again. At most 500 of each per call. If the
last sweep was more than 10 s ago, the hub was away and nobody could renew: everybody gets one full lease first. Opens what
open_unblocked() had to skip. Locks: one sweeper in all processes, another returns at once; what another session has locked is
passed over, and looked at again within 250 ms. Cost: reads the tasks that are held.$$;
