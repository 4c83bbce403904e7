-- Requests: what the API does with them.

create function rookery.audience_failure(field text, audience text, asker text) returns jsonb
  language sql stable
  return case
    when audience in ('operator', '*') then null
    when rookery.role_of(audience) is not null then
      case when array_remove(rookery.role_holders(audience), asker) = '{}' then
        rookery.failure('BAD_INPUT', format('%s: nobody who could decide holds the role %s: an operator gives it with grantRole; roleGrants tells who holds which.',
          field, rookery.role_of(audience)), jsonb_build_object('role', rookery.role_of(audience))) end
    when audience = asker then
      rookery.failure('BAD_INPUT', format('%s: nobody decides what they asked themselves. Ask somebody else, or operator.', field))
    when not rookery.is_agent_name(audience) then
      rookery.failure('BAD_INPUT', format('%s: nobody can be called so. Name an agent or a person, role:<name>, operator or *.', field))
  end;
comment on function rookery.audience_failure(text, text, text) is 'Why nobody could decide what is asked of this audience; null when somebody could.';

create function rookery.create_requests(items jsonb, patient boolean default false)
  returns table (item integer, request jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  checked jsonb;
  tasks bigint[];
  sessions bigint[];
begin
  if jsonb_path_exists(items, '$[*] ? (@.taskId != null || @.sessionId != null)') then
    tasks := rookery.pin_rows('public.agent_tasks', array(select (i ->> 'taskId')::bigint from jsonb_array_elements(items) i), patient);
    sessions := rookery.pin_rows('public.sessions', array(select (i ->> 'sessionId')::bigint from jsonb_array_elements(items) i), patient);
  end if;
  select jsonb_agg(jsonb_build_object('item', s.place - 1, 'input', s.input,
           'actor', s.input ->> 'from', 'key', s.input ->> 'idempotencyKey',
           'fingerprint', md5((s.input - 'idempotencyKey')::text),
           'entityId', nextval(pg_get_serial_sequence('public.agent_requests', 'id')),
           -- Not of a repeat: it gets what it has asked, even if the role has lost its last holder, or the task is gone, since.
           'error', case when (
             select true from rookery.idempotency_receipts e
              where e.actor = s.input ->> 'from' and e.verb = 'createRequest' and e.key = s.input ->> 'idempotencyKey' limit 1) is null
           then coalesce(
             rookery.pin_failure('task', 'taskId', (s.input ->> 'taskId')::bigint, tasks, 'public.agent_tasks'),
             rookery.pin_failure('session', 'sessionId', (s.input ->> 'sessionId')::bigint, sessions, 'public.sessions'),
             rookery.audience_failure('to', s.input ->> 'to', s.input ->> 'from'),
             rookery.audience_failure('escalateTo', s.input ->> 'escalateTo', s.input ->> 'from')) end) order by s.place)
    into checked
    from jsonb_array_elements(items) with ordinality s (input, place);

  if jsonb_path_exists(checked, '$[*] ? (@.key != null && @.error == null)') then
    select jsonb_agg(c.claim || jsonb_build_object('entityId', coalesce(k.entity_id, c.claim ->> 'entityId'),
             'fresh', coalesce(k.fresh, false), 'error', coalesce(nullif(c.claim -> 'error', 'null'), k.error)) order by c.place)
      into checked
      from jsonb_array_elements(checked) with ordinality c (claim, place)
      left join rookery.claim_keys('createRequest', jsonb_path_query_array(checked, '$[*] ? (@.error == null)')) k
        on k.item = c.place - 1;
  end if;

  with fresh as (
    select (c ->> 'entityId')::bigint as id, c -> 'input' as input
      from jsonb_array_elements(checked) c
     where c -> 'error' = 'null' and coalesce((c ->> 'fresh')::boolean, true)
  )
  insert into public.agent_requests (id, kind, subject, body, context, options, answer_schema, arguments, from_agent, to_agent,
    task_id, session_id, priority, quorum, deadline_at, on_timeout, escalate_to, remind_every_seconds, changed_by)
  select f.id, i.kind, i.subject, coalesce(i.body, ''), coalesce(i.context, '{}'), coalesce(i.options, '[]'), i."answerSchema",
         i.arguments, i."from", coalesce(i."to", 'operator'), i."taskId", i."sessionId", coalesce(i.priority, 5), coalesce(i.quorum, 1),
         clock_timestamp() + make_interval(secs => i."deadlineSeconds"), coalesce(i."onTimeout", 'wait'), i."escalateTo",
         i."remindEverySeconds", i."from"
    from fresh f
    cross join lateral jsonb_to_record(f.input) i (kind text, subject text, body text, context jsonb, options jsonb, "answerSchema" jsonb,
      arguments jsonb, "from" text, "to" text, "taskId" bigint, "sessionId" bigint, priority integer, quorum integer,
      "deadlineSeconds" double precision, "onTimeout" text, "escalateTo" text, "remindEverySeconds" integer)
   order by f.id;

  return query
  select (c ->> 'item')::integer, to_jsonb(r), case
           when c -> 'error' <> 'null' then c -> 'error'
           when r.id is null then rookery.failure('NOT_FOUND', 'The request that this idempotencyKey made has been deleted since.')
         end
    from jsonb_array_elements(checked) c
    left join lateral (
      select e.* from public.agent_requests e where e.id = (c ->> 'entityId')::bigint and c -> 'error' = 'null' limit 1) r on true;
end
$$;
comment on function rookery.create_requests(jsonb, boolean) is
$$Asks: [{"from", "kind", "subject", "to", ...}], the columns in camel case; deadlineSeconds counts from now; to is operator if left
out, * for any agent. Returns the request per item. Errors per item: NOT_FOUND (taskId, sessionId), BAD_INPUT (to, escalateTo: a name that
nobody can have, the asker, a role that nobody else holds), IDEMPOTENCY_CONFLICT.
Locks: those of claim_keys(). Cost: one insert, whatever the number of items.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- What may be done to one request: each returns why not, or null when it is done. The caller holds its lock.

create function rookery.take_request(r agent_requests, act jsonb) returns jsonb
  language plpgsql
as $$
declare
  until constant timestamptz := clock_timestamp() + make_interval(secs => (act ->> 'seconds')::double precision);
begin
  if r.status <> 'open' then
    return rookery.request_closed(r);
  elsif act ->> 'actor' = r.from_agent then
    return rookery.failure('FORBIDDEN', format('%s asked this, so somebody else must decide it.', r.from_agent));
  elsif r.taken_until > clock_timestamp() and r.taken_by <> act ->> 'actor' then
    return rookery.failure('CONFLICT', format('%s is looking at request %s, until %s.', r.taken_by, r.id, r.taken_until),
      jsonb_build_object('takenBy', r.taken_by, 'takenUntil', r.taken_until));
  end if;
  update public.agent_requests q
     set taken_by = act ->> 'actor', taken_until = until, changed_by = act ->> 'actor', remind_at = greatest(q.remind_at, until)
   where q.id = r.id;
  return null;
end
$$;
comment on function rookery.take_request(agent_requests, jsonb) is
  'The actor looks at it for so many seconds from now; taking it again renews. No reminder goes out meanwhile. Errors: CONFLICT, FORBIDDEN, ALREADY_DECIDED.';

create function rookery.release_request(r agent_requests, act jsonb) returns jsonb
  language plpgsql
as $$
begin
  if r.status = 'open' and r.taken_by = act ->> 'actor' then
    update public.agent_requests q set taken_by = null, taken_until = null, changed_by = act ->> 'actor' where q.id = r.id;
  end if;
  return null;
end
$$;
comment on function rookery.release_request(agent_requests, jsonb) is 'The actor does not look at it any more; no error if it did not.';

create function rookery.respond_to_request(r agent_requests, act jsonb) returns jsonb
  language plpgsql
as $$
declare
  actor constant text := act ->> 'actor';
  said public.agent_request_responses;
  failure jsonb;
begin
  select * into said from public.agent_request_responses s where s.request_id = r.id and s.responder = actor;
  if said.id is not null then
    if (said.decision, said.answer, said.arguments)
       is not distinct from (act ->> 'decision', nullif(act -> 'answer', 'null'), nullif(act -> 'arguments', 'null')) then
      return null;
    end if;
    return coalesce(rookery.request_closed(r), rookery.failure('CONFLICT',
      format('%s has answered request %s already, with %s: that has counted.', actor, r.id, said.decision),
      jsonb_build_object('decision', said.decision)));
  end if;
  failure := rookery.response_failure(r, actor, act ->> 'decision', nullif(act -> 'answer', 'null'), nullif(act -> 'arguments', 'null'));
  if failure is not null then
    return failure;
  end if;
  insert into public.agent_request_responses (request_id, responder, decision, answer, arguments, comment, confidence, sources)
  values (r.id, actor, act ->> 'decision', nullif(act -> 'answer', 'null'), nullif(act -> 'arguments', 'null'), act ->> 'comment',
    (act ->> 'confidence')::double precision, coalesce(nullif(act -> 'sources', 'null'), '[]'));
  return null;
end
$$;
comment on function rookery.respond_to_request(agent_requests, jsonb) is
$$The actor decides, or adds to the quorum; to say the same again is no error, and counts once. Errors: ALREADY_DECIDED, CONFLICT
(it has said something else, or others have approved other arguments), FORBIDDEN (the asker), BAD_INPUT (does not fit the request).$$;

create function rookery.consume_approval(r agent_requests, act jsonb) returns jsonb
  language plpgsql
as $$
declare
  offered constant text := rookery.arguments_hash(act -> 'arguments');
begin
  if act ->> 'actor' <> r.from_agent then
    return rookery.failure('FORBIDDEN', format('Only %s, who asked, may use this approval.', r.from_agent));
  elsif r.kind <> 'approval' then
    return rookery.failure('BAD_INPUT', format('Request %s is no approval but of kind %s.', r.id, r.kind));
  elsif r.status = 'open' then
    return rookery.failure('CONFLICT', format('Request %s is not decided yet: awaitRequest waits for it.', r.id),
      jsonb_build_object('status', r.status));
  elsif r.decision is distinct from 'approve' and r.decision is distinct from 'edit' then
    return rookery.failure('CONFLICT', format('Request %s was not approved but %s, by %s: do not do it.', r.id,
      case r.status when 'cancelled' then 'cancelled' else 'rejected' end, coalesce(r.decided_by, r.changed_by)),
      jsonb_build_object('status', r.status, 'decision', r.decision));
  elsif r.consumed_at is not null then
    return rookery.failure('CONFLICT', format('This approval was used at %s: ask anew.', r.consumed_at),
      jsonb_build_object('consumedAt', r.consumed_at));
  elsif offered is distinct from r.approved_hash then
    return rookery.failure('BAD_INPUT', format('What was approved is not what you are about to do. %s', case r.decision
      when 'edit' then 'It was approved with changes: act with editedArguments, and send them here.'
      else 'Send the very arguments of the request.' end),
      jsonb_build_object('argumentsHash', offered, 'approvedHash', r.approved_hash));
  end if;
  update public.agent_requests q
     set consumed_at = clock_timestamp(), seen_at = coalesce(q.seen_at, clock_timestamp()), changed_by = r.from_agent
   where q.id = r.id;
  return null;
end
$$;
comment on function rookery.consume_approval(agent_requests, jsonb) is
$$The asker is about to do what was approved; this succeeds once. Errors: CONFLICT (not decided, not approved, used before),
BAD_INPUT (other arguments than those approved; both hashes in the details), FORBIDDEN.$$;

create function rookery.cancel_request(r agent_requests, act jsonb) returns jsonb
  language plpgsql
as $$
begin
  if act ->> 'actor' <> r.from_agent and not (act ->> 'operator')::boolean then
    return rookery.failure('FORBIDDEN', format('Only %s, who asked, or an operator may cancel request %s.', r.from_agent, r.id));
  elsif r.status = 'cancelled' then
    return null;
  elsif r.status <> 'open' then
    return rookery.request_closed(r);
  end if;
  update public.agent_requests q set status = 'cancelled', changed_by = act ->> 'actor' where q.id = r.id;
  return null;
end
$$;
comment on function rookery.cancel_request(agent_requests, jsonb) is
  'Not wanted any more; again is no error. Errors: FORBIDDEN, ALREADY_DECIDED.';

create function rookery.request_notices(r agent_requests, sender text, type text) returns setof jsonb
  language sql stable
begin atomic
  select jsonb_build_object('from', sender, 'to', n.name, 'type', type,
           'content', format('Request %s waits for you (%s): %s', r.id, r.kind, r.subject),
           'metadata', jsonb_build_object('requestId', r.id::text, 'kind', r.kind, 'priority', r.priority, 'deadlineAt', r.deadline_at))
    from unnest(case when rookery.role_of(r.to_agent) is null then array[r.to_agent]
           else coalesce(nullif(array_remove(rookery.role_holders(r.to_agent), r.from_agent), '{}'), '{operator}') end) n (name);
end;
comment on function rookery.request_notices(agent_requests, text, text) is
$$The messages to those who are to decide: of type reminder or escalation, to an agent, to each holder of a role (to operator, where
nobody holds it any more), to the inbox called operator, or to all.$$;

create function rookery.remind_request(r agent_requests, act jsonb) returns jsonb
  language plpgsql
as $$
begin
  if act ->> 'actor' <> r.from_agent and not (act ->> 'operator')::boolean then
    return rookery.failure('FORBIDDEN', format('Only %s, who asked, or an operator may remind of request %s.', r.from_agent, r.id));
  elsif r.status <> 'open' then
    return rookery.request_closed(r);
  elsif r.reminded_at > clock_timestamp() - interval '1 minute' then
    return rookery.failure('CONFLICT', 'A reminder went out less than a minute ago: wait.', jsonb_build_object('remindedAt', r.reminded_at));
  end if;
  update public.agent_requests q
     set reminders = q.reminders + 1, reminded_at = clock_timestamp(), changed_by = act ->> 'actor',
         remind_at = clock_timestamp() + make_interval(secs => q.remind_every_seconds)
   where q.id = r.id;
  perform rookery.send_messages((select jsonb_agg(n) from rookery.request_notices(r, act ->> 'actor', 'reminder') n));
  return null;
end
$$;
comment on function rookery.remind_request(agent_requests, jsonb) is
  'Sends a reminder to those who are to decide, at most once a minute. Errors: FORBIDDEN, ALREADY_DECIDED, CONFLICT.';

create function rookery.see_decision(r agent_requests, act jsonb) returns jsonb
  language plpgsql
as $$
begin
  if act ->> 'actor' = r.from_agent and r.decided_at is not null and r.seen_at is null then
    update public.agent_requests q set seen_at = clock_timestamp() where q.id = r.id;
  end if;
  return null;
end
$$;
comment on function rookery.see_decision(agent_requests, jsonb) is 'The asker has the decision; said by others, or before there is one, it means nothing.';

-- ---------------------------------------------------------------------------------------------------------------------

create function rookery.act_on_requests(acts jsonb, patient boolean default false)
  returns table (item integer, request jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_variable
declare
  wanted constant bigint[] := array(select (a ->> 'id')::bigint from jsonb_array_elements(acts) a);
  locked bigint[] := '{}';
  act jsonb;
  r public.agent_requests;
begin
  -- In order of id, so that two batches wait for each other and do not deadlock.
  if patient then
    perform set_config('lock_timeout', '2s', true);
    begin
      locked := array(select q.id from public.agent_requests q where q.id = any (wanted) order by q.id for no key update);
    exception when lock_not_available then
      null; -- Told below.
    end;
  else
    locked := array(select q.id from public.agent_requests q where q.id = any (wanted) order by q.id for no key update skip locked);
  end if;

  for item, act in select (a.place - 1)::integer, a.act from jsonb_array_elements(acts) with ordinality a (act, place) loop
    select * into r from public.agent_requests q where q.id = (act ->> 'id')::bigint;
    error := case
      when r.id is null or not ((act ->> 'operator')::boolean or act ->> 'actor' = r.from_agent or rookery.is_asked(r.to_agent, act ->> 'actor')) then
        rookery.failure('NOT_FOUND', format('There is no request %s, or %s may not see it.', act ->> 'id', act ->> 'actor'),
          jsonb_build_object('id', act ->> 'id'))
      when r.id <> all (locked) then
        rookery.failure('CONFLICT', format('Another session has request %s locked (an open transaction?): try again.', r.id),
          jsonb_build_object('busy', true))
    end;
    if error is null then
      error := case act ->> 'do'
        when 'take' then rookery.take_request(r, act)
        when 'release' then rookery.release_request(r, act)
        when 'respond' then rookery.respond_to_request(r, act)
        when 'consume' then rookery.consume_approval(r, act)
        when 'cancel' then rookery.cancel_request(r, act)
        when 'remind' then rookery.remind_request(r, act)
        when 'see' then rookery.see_decision(r, act) end;
    end if;
    select to_jsonb(q) into request from public.agent_requests q where q.id = r.id and error is null;
    return next;
  end loop;
end
$$;
comment on function rookery.act_on_requests(jsonb, boolean) is
$$Does something to one request per item: [{"do", "id", "actor", "operator", ...}], do being take (seconds), release, respond
(decision, answer, arguments, comment, confidence, sources), consume (arguments), cancel, remind or see. Returns the request as it
then is. Promise: a request has one decision; items of one request take their turn in their order. Errors per item: NOT_FOUND (or
not the actor's to see), CONFLICT with busy (locked by another session; patient waits 2 s for it), and those of the acts.
Locks: the requests, in order of id. Cost: a few index probes per item; made for the pace of people, not of machines.$$;
