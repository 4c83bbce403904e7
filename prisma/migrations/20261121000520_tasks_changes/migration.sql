-- Tasks, the giver's side: create, update, cancel.
--
-- enable_seqscan: plans are kept for the session, and one made while the table is small would read it whole later on, until
-- the next ANALYZE. Every statement here has an index to go by.

create function rookery.wanted_tasks(items jsonb)
  returns table (
    place integer, title text, description text, type text, priority integer, assigned_to text, created_by text,
    session_id bigint, input jsonb, metadata jsonb, github_repo text, github_issue integer, due_date timestamptz,
    run_after timestamptz, max_attempts integer, max_lost_leases integer, depends_on bigint[], key text, fingerprint text
  )
  language sql immutable
begin atomic
  select (w.ordinality - 1)::integer, w.title, w.description, w.type, w.priority, w."assignedTo", w."createdBy",
         w."sessionId", w.input, w.metadata, w."githubRepo", w."githubIssue", w."dueAt", w."runAfter", w."maxAttempts",
         w."maxLostLeases", array(select distinct id from unnest(w."dependsOn") id order by id), w."idempotencyKey",
         md5(((items -> (w.ordinality - 1)::integer) - 'idempotencyKey')::text)
    from rows from (jsonb_to_recordset(items) as (
           title text, description text, type text, priority integer, "assignedTo" text, "createdBy" text, "sessionId" bigint,
           input jsonb, metadata jsonb, "githubRepo" text, "githubIssue" integer, "dueAt" timestamptz, "runAfter" timestamptz,
           "maxAttempts" integer, "maxLostLeases" integer, "dependsOn" bigint[], "idempotencyKey" text)) with ordinality w;
end;
comment on function rookery.wanted_tasks(jsonb) is 'The items of create_tasks() as rows.';

create function rookery.missing_tasks(ids bigint[]) returns bigint[]
  language sql stable
begin atomic
  select coalesce(array_agg(wanted.id), '{}') from unnest(ids) wanted (id)
   where not exists (select from public.agent_tasks t where t.id = wanted.id);
end;
comment on function rookery.missing_tasks(bigint[]) is 'Those ids that are no tasks.';

create function rookery.lock_dependencies(ids bigint[], patient boolean) returns bigint[]
  language plpgsql
as $$
begin
  if patient then
    begin
      perform set_config('lock_timeout', '2s', true);
      perform rookery.lock_task_dependencies();
      -- Shared: none of them is completed, unseen, between a look at it now and the commit of what waits for it.
      return array(select t.id from public.agent_tasks t where t.id = any (ids) order by t.id for share);
    exception when lock_not_available then
      return '{}';
    end;
  end if;
  if not rookery.try_lock_task_dependencies() then
    return '{}';
  end if;
  return array(select t.id from public.agent_tasks t where t.id = any (ids) order by t.id for share skip locked);
end
$$;
comment on function rookery.lock_dependencies(bigint[], boolean) is
$$To be called before tasks are made to depend on these, and before any other lock on a task. Returns those it got: at once, or
when patient within 2 s; none while another transaction adds dependencies.$$;

create function rookery.dependency_failure(wanted bigint[], locked bigint[]) returns jsonb
  language sql stable
  return case
    when rookery.missing_tasks(wanted) <> '{}' then
      rookery.failure('NOT_FOUND',
        format('dependsOn names tasks that do not exist: %s.', array_to_string(rookery.missing_tasks(wanted), ', ')),
        jsonb_build_object('missing', rookery.missing_tasks(wanted)::text[]))
    when not wanted <@ locked then
      rookery.failure('CONFLICT',
        'Another session has a task of dependsOn locked, or adds dependencies (an open transaction?). Nothing was changed: try again.',
        jsonb_build_object('busy', true))
  end;
comment on function rookery.dependency_failure(bigint[], bigint[]) is
  'Why a task can''t be made to depend on these now; null if it can. locked is what lock_dependencies() returned.';

create function rookery.create_tasks(items jsonb, atomic boolean default false, patient boolean default false)
  returns table (item integer, task jsonb, error jsonb)
  language plpgsql
  set enable_seqscan = off
  set rookery.wakeup = 'self'
as $$
#variable_conflict use_column
declare
  faults jsonb := '{}';
  ids bigint[];
  fresh boolean[];
  locked bigint[];
  sessions bigint[];
  first_fault record;
begin
  if items @? '$[*].dependsOn[*]' then
    locked := rookery.lock_dependencies(array(select unnest(w.depends_on) from rookery.wanted_tasks(items) w), atomic or patient);
    select coalesce(jsonb_object_agg(w.place, fault), '{}') into faults
      from rookery.wanted_tasks(items) w, rookery.dependency_failure(w.depends_on, locked) fault
     where fault is not null;
  end if;
  if items @? '$[*].sessionId ? (@ != null)' then
    sessions := rookery.pin_rows('public.sessions', array(select w.session_id from rookery.wanted_tasks(items) w), atomic or patient);
    select faults || coalesce(jsonb_object_agg(w.place, fault), '{}') into faults
      from rookery.wanted_tasks(items) w, rookery.pin_failure('session', 'sessionId', w.session_id, sessions, 'public.sessions') fault
     where fault is not null;
  end if;

  ids := array(select nextval(pg_get_serial_sequence('agent_tasks', 'id')) from jsonb_array_elements(items));
  fresh := array_fill(true, array[cardinality(ids)]);
  if items @? '$[*].idempotencyKey ? (@ != null)' then
    with claims as (
      select jsonb_agg(jsonb_build_object('item', w.place, 'actor', w.created_by, 'key', w.key,
               'entityId', ids[w.place + 1]::text, 'fingerprint', w.fingerprint)) as all_of_them
        from rookery.wanted_tasks(items) w where not faults ? w.place::text
    ), claimed as materialized (
      select c.* from claims, rookery.claim_keys('createTask', coalesce(all_of_them, '[]')) c
    )
    select array_agg(coalesce(c.entity_id::bigint, ids[n]) order by n), array_agg(coalesce(c.fresh, false) order by n),
           faults || coalesce(jsonb_object_agg(n - 1, c.error) filter (where c.error is not null), '{}')
      into ids, fresh, faults
      from generate_series(1, cardinality(ids)) n left join claimed c on c.item = n - 1;
  end if;

  if atomic and faults <> '{}' then
    select f.key as place, f.value as failure into first_fault from jsonb_each(faults) f order by f.key::integer limit 1;
    perform rookery.raise_failure(first_fault.failure || jsonb_build_object('index', first_fault.place::integer));
  end if;

  insert into public.agent_tasks (id, title, description, type, priority, status, assigned_to, created_by, changed_by, session_id,
    input, metadata, github_repo, github_issue, due_date, run_after, max_attempts, max_lost_leases)
  select ids[w.place + 1], w.title, w.description, coalesce(w.type, 'general'), w.priority,
         case when exists (select from public.agent_tasks d where d.id = any (w.depends_on) and d.status <> 'done') then 'blocked' else 'open' end,
         w.assigned_to, w.created_by, w.created_by, w.session_id, w.input, coalesce(w.metadata, '{}'), w.github_repo, w.github_issue,
         w.due_date, w.run_after, coalesce(w.max_attempts, 3), coalesce(w.max_lost_leases, 5)
    from rookery.wanted_tasks(items) w
   where fresh[w.place + 1] and not faults ? w.place::text
   order by w.place;
  if items @? '$[*].dependsOn[*]' then
    insert into public.agent_task_dependencies (task_id, depends_on_id)
    select ids[w.place + 1], unnest(w.depends_on)
      from rookery.wanted_tasks(items) w where fresh[w.place + 1] and not faults ? w.place::text;
  end if;

  return query
  select w.place, to_jsonb(t),
         coalesce(faults -> w.place::text, case when t.id is null then
           rookery.failure('NOT_FOUND', format('Task %s, which this idempotencyKey created, has been deleted.', ids[w.place + 1])) end)
    from rookery.wanted_tasks(items) w
    left join public.agent_tasks t on t.id = ids[w.place + 1] and not faults ? w.place::text
   order by w.place;
end
$$;
comment on function rookery.create_tasks(jsonb, boolean, boolean) is
$$Creates tasks; with atomic all or none, raising the first failure with its place as "index" in the detail. Items: the fields
of CreateTaskInput and createdBy; dependsOn holds ids. Born blocked when one of those is not done. A repeat of an
idempotencyKey of the same creator returns what the first made, as it is now. Errors per item: NOT_FOUND (a dependency, the session),
CONFLICT (busy: one is locked, and the call neither patient nor atomic), IDEMPOTENCY_CONFLICT. Locks: what it depends on,
shared; its session, against deletion. Cost: one INSERT for all.$$;

-- ---------------------------------------------------------------------------------------------------------------------

create function rookery.change_refusal(task agent_tasks, actor text, operator boolean, locked boolean, wanted bigint) returns jsonb
  language sql stable
  return case
    when task.id is null or not locked then rookery.task_unavailable(wanted, task.id is not null)
    when not operator and actor is distinct from task.created_by and actor is distinct from task.assigned_to then
      rookery.failure('FORBIDDEN', format('Task %s is %s''s: only its creator, its assignee or an operator may change it.', task.id, task.created_by),
        jsonb_build_object('id', task.id::text, 'createdBy', task.created_by, 'assignedTo', task.assigned_to))
  end;
comment on function rookery.change_refusal(agent_tasks, text, boolean, boolean, bigint) is
  'Why this actor may not change this task; null if it may.';

create function rookery.update_task(request jsonb) returns jsonb
  language plpgsql
  set enable_seqscan = off
  set rookery.wakeup = 'self'
as $$
declare
  wanted constant bigint := (request ->> 'id')::bigint;
  changes constant jsonb := request -> 'set';
  depends_on constant bigint[] := array(select id::bigint from jsonb_array_elements_text(nullif(request -> 'dependsOn', 'null')) id);
  locked boolean;
  old agent_tasks;
  new agent_tasks;
  refusal jsonb;
begin
  if request ? 'dependsOn' then
    refusal := rookery.dependency_failure(depends_on, rookery.lock_dependencies(depends_on, true));
    if refusal is not null then
      perform rookery.raise_failure(refusal);
    end if;
  end if;
  refusal := rookery.pin_failure('session', 'sessionId', (changes ->> 'session_id')::bigint,
    rookery.pin_rows('public.sessions', array[(changes ->> 'session_id')::bigint], true), 'public.sessions');
  if refusal is not null then
    perform rookery.raise_failure(refusal);
  end if;
  locked := rookery.lock_tasks(array[wanted], true) <> '{}';
  select * into old from public.agent_tasks t where t.id = wanted;
  refusal := rookery.change_refusal(old, request ->> 'actor', (request ->> 'operator')::boolean, locked, wanted);
  if refusal is not null then
    perform rookery.raise_failure(refusal);
  end if;

  new := jsonb_populate_record(old, changes);
  if changes ? 'status' and old.status in ('done', 'failed', 'cancelled') then
    new.failures := 0;
    new.lost_leases := 0;
    new.output := null;
    new.error := null;
    new.cancel_reason := null;
    new.checkpoint := null;
  end if;
  if changes ? 'status' then
    new.retry_at := null;
  end if;
  if new.assigned_to is distinct from old.assigned_to then
    new.from_pool := false;
    if rookery.is_held(old.status) then
      new.status := 'open';
    end if;
  end if;
  update public.agent_tasks t
     set title = new.title, description = new.description, type = new.type, status = new.status, priority = new.priority,
         assigned_to = new.assigned_to, session_id = new.session_id, input = new.input, metadata = new.metadata,
         github_repo = new.github_repo, github_issue = new.github_issue, due_date = new.due_date, run_after = new.run_after,
         retry_at = new.retry_at, max_attempts = new.max_attempts, max_lost_leases = new.max_lost_leases,
         failures = new.failures, lost_leases = new.lost_leases, from_pool = new.from_pool, output = new.output,
         error = new.error, cancel_reason = new.cancel_reason, checkpoint = new.checkpoint, changed_by = request ->> 'actor'
   where t.id = wanted;

  if request ? 'dependsOn' then
    -- Added before others are removed, so that the task is not open in between.
    insert into public.agent_task_dependencies (task_id, depends_on_id)
    select wanted, id from unnest(depends_on) id on conflict do nothing;
    delete from public.agent_task_dependencies d where d.task_id = wanted and d.depends_on_id <> all (depends_on);
  end if;
  return (select to_jsonb(t) from public.agent_tasks t where t.id = wanted);
end
$$;
comment on function rookery.update_task(jsonb) is
$$Changes a task and returns its row. Request: {id, actor, operator, set: {column: value}, dependsOn: [id] to replace them all}.
Columns: title, description, type, priority, assigned_to, session_id, input, metadata, github_repo, github_issue, due_date, run_after,
max_attempts, max_lost_leases, and status with the one value open: gives a finished task a new life (its counters at 0),
takes a held one back. Assigning a held task to another takes it back too. Raises RK404, RK403, RK409 (locked
by another session for 2 s), RK411 (a circle).$$;

create function rookery.cancel_task(request jsonb) returns jsonb
  language plpgsql
  set enable_seqscan = off
  set rookery.wakeup = 'self'
as $$
declare
  wanted constant bigint := (request ->> 'id')::bigint;
  locked constant boolean := rookery.lock_tasks(array[wanted], true) <> '{}';
  task agent_tasks;
  refusal jsonb;
begin
  select * into task from public.agent_tasks t where t.id = wanted;
  refusal := rookery.change_refusal(task, request ->> 'actor', (request ->> 'operator')::boolean, locked, wanted);
  if refusal is null and task.created_by is distinct from request ->> 'actor' and not (request ->> 'operator')::boolean then
    refusal := rookery.failure('FORBIDDEN',
      format('Task %s is %s''s: only its creator or an operator may cancel it. Its holder can fail or release it.', task.id, task.created_by));
  elsif refusal is null and task.status in ('done', 'failed') then
    refusal := rookery.failure('CONFLICT', format('Task %s is already %s.', task.id, task.status),
      jsonb_build_object('id', task.id::text, 'status', task.status, 'at', task.finished_at));
  end if;
  if refusal is not null then
    perform rookery.raise_failure(refusal);
  end if;
  if task.status <> 'cancelled' then
    update public.agent_tasks t
       set status = 'cancelled', cancel_reason = request ->> 'reason', lease_hash = null, changed_by = request ->> 'actor'
     where t.id = wanted
    returning t.* into task;
  end if;
  return to_jsonb(task);
end
$$;
comment on function rookery.cancel_task(jsonb) is
$$Cancels a task, whoever holds it, and returns its row; again is no error. Request: {id, actor, operator, reason}. The holder is
told by LEASE_LOST at its next call. What waits for it stays blocked. Raises RK404, RK403, RK409.$$;
