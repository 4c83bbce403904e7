-- What the API does with sessions. Who calls is in every input: `actor`, whom the change is attributed to, and `anywhere`
-- when it may write to sessions it does not take part in. The first functions serve one call each, for they are rare; what
-- many do at once takes a batch and answers each item (`item`, its place, and a result or `error`).

-- ---------------------------------------------------------------------------------------------------------------------
-- Taking turns, and who may write

create function rookery.lock_sessions(session_ids bigint[], patient boolean) returns bigint[]
  language plpgsql
as $$
declare
  usual_timeout constant text := current_setting('lock_timeout');
  wanted bigint;
  locked bigint[] := '{}';
begin
  for wanted in select distinct id from unnest(session_ids) id order by id loop
    if pg_try_advisory_xact_lock(rookery.session_lock_key(wanted)) then
      locked := locked || wanted;
    else
      -- Another hub's batch is through in a moment; a person's open transaction is not, and must not hold up the others.
      begin
        perform set_config('lock_timeout', case when patient then '2s' else '50ms' end, true);
        perform pg_advisory_xact_lock(rookery.session_lock_key(wanted));
        perform set_config('lock_timeout', usual_timeout, true);
        locked := locked || wanted;
      exception when lock_not_available then
        null;
      end;
    end if;
  end loop;
  return locked;
end
$$;
comment on function rookery.lock_sessions(bigint[], boolean) is
$$Takes the turn in these sessions, in order of id, and returns those it got: each within 50 ms, or when patient within 2 s.
It ends with the transaction.$$;

create function rookery.session_moves(status text) returns text[]
  language sql immutable parallel safe
  return case status when 'active' then array['pauseSession', 'completeSession']
    when 'paused' then array['resumeSession', 'completeSession'] else '{}'::text[] end;
comment on function rookery.session_moves(text) is 'The mutations that lead out of a status; none out of completed.';

create function rookery.session_conflict(session sessions, wish text) returns jsonb
  language sql immutable
  return rookery.failure('CONFLICT',
    format('Session %s is %s, so it cannot %s. %s', session.id, session.status, wish,
      case when session.status = 'completed' then 'That is final: create a new session to go on.'
        else 'Allowed now: ' || array_to_string(rookery.session_moves(session.status), ', ') || '.' end),
    jsonb_build_object('id', session.id::text, 'status', session.status, 'allowed', rookery.session_moves(session.status)));
comment on function rookery.session_conflict(sessions, text) is 'The failure of what the status of a session does not allow; says what it does.';

create function rookery.session_refusal(in_session bigint, actor text, anywhere boolean, statuses text[], wish text,
    locked bigint[] default null) returns jsonb
  language plpgsql stable
as $$
declare
  found_session sessions;
begin
  select * into found_session from sessions s where s.id = in_session;
  if not found then
    return rookery.failure('NOT_FOUND', format('There is no session %s.', in_session), jsonb_build_object('id', in_session::text));
  elsif in_session <> all (locked) then
    return rookery.failure('CONFLICT',
      format('Another transaction is writing to session %s and has not ended. Nothing was changed: try again.', in_session),
      jsonb_build_object('id', in_session::text, 'busy', true));
  elsif not anywhere and not exists (
      select from session_participants p where p.session_id = in_session and p.agent = actor and p.left_at is null) then
    return rookery.failure('FORBIDDEN', format('%s does not take part in session %s: call joinSession first.', actor, in_session),
      jsonb_build_object('id', in_session::text));
  elsif found_session.status <> all (statuses) then
    return rookery.session_conflict(found_session, wish);
  end if;
  return null;
end
$$;
comment on function rookery.session_refusal(bigint, text, boolean, text[], text, bigint[]) is
$$Why this actor may not do it, null if it may: NOT_FOUND, FORBIDDEN (takes no part), CONFLICT (the status is none of these; or
busy: the session is not among the locked ones, where these are given). A session that is locked stays as it was found.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Life and participants

create function rookery.create_session(input jsonb) returns jsonb
  language plpgsql
as $$
declare
  claim record;
  created sessions;
begin
  select * into strict claim from rookery.claim_keys('createSession', jsonb_build_array(jsonb_build_object('item', 0,
    'actor', input ->> 'actor', 'key', input ->> 'idempotencyKey', 'fingerprint', md5((input - 'idempotencyKey')::text),
    'entityId', nextval(pg_get_serial_sequence('public.sessions', 'id'))::text)));
  if claim.error is not null then
    perform rookery.raise_failure(claim.error);
  end if;
  if claim.fresh then
    insert into sessions (id, title, metadata, created_by, changed_by)
    values (claim.entity_id::bigint, input ->> 'title', coalesce(nullif(input -> 'metadata', 'null'), '{}'),
      input ->> 'actor', input ->> 'actor');
    insert into session_participants (session_id, agent, role, changed_by)
    select claim.entity_id::bigint, input ->> 'owner', 'owner', input ->> 'actor' where input ->> 'owner' is not null;
    insert into session_participants (session_id, agent, role, changed_by)
    select claim.entity_id::bigint, given.agent, coalesce(given.role, 'member'), input ->> 'actor'
      from jsonb_to_recordset(coalesce(nullif(input -> 'participants', 'null'), '[]')) given (agent text, role text)
    on conflict do nothing;
  end if;
  select * into created from sessions s where s.id = claim.entity_id::bigint;
  if not found then
    perform rookery.raise_failure(rookery.failure('NOT_FOUND', 'The session that this idempotencyKey created has been deleted since.'));
  end if;
  return to_jsonb(created);
end
$$;
comment on function rookery.create_session(jsonb) is
$${"title", "actor", "owner": an agent or null, "participants": [{"agent", "role" (member)}], "metadata", "idempotencyKey"}.
Returns the session. Errors: IDEMPOTENCY_CONFLICT.$$;

create function rookery.join_session(in_session bigint, joining text, in_role text, actor text) returns jsonb
  language plpgsql
as $$
declare
  refusal jsonb;
  joined session_participants;
begin
  perform pg_advisory_xact_lock(rookery.session_lock_key(in_session));
  refusal := rookery.session_refusal(in_session, actor, true, '{active,paused}', 'be joined');
  if refusal is not null then
    perform rookery.raise_failure(refusal);
  end if;
  insert into session_participants as p (session_id, agent, role, changed_by)
  values (in_session, joining, coalesce(in_role, 'member'), actor)
  on conflict (session_id, agent) do update
     set role = coalesce(in_role, p.role), changed_by = actor, left_at = null,
         joined_at = case when p.left_at is null then p.joined_at else clock_timestamp() end
  returning p.* into joined;
  return to_jsonb(joined);
end
$$;
comment on function rookery.join_session(bigint, text, text, text) is
$$Lets an agent take part, again if it had left; who takes part already gets the role, if one is given. Returns the participant.
Errors: NOT_FOUND, CONFLICT (completed).$$;

create function rookery.leave_session(in_session bigint, leaving text, actor text) returns jsonb
  language plpgsql
as $$
declare
  gone session_participants;
begin
  update session_participants p set left_at = coalesce(p.left_at, clock_timestamp()), changed_by = actor
   where p.session_id = in_session and p.agent = leaving
  returning p.* into gone;
  if not found then
    perform rookery.raise_failure(rookery.failure('NOT_FOUND', format('%s never took part in session %s.', leaving, in_session),
      jsonb_build_object('id', in_session::text)));
  end if;
  return to_jsonb(gone);
end
$$;
comment on function rookery.leave_session(bigint, text, text) is
  'Ends the part an agent takes, and returns it; leaving twice is no error. Errors: NOT_FOUND.';

create function rookery.move_session(in_session bigint, move text, actor text, anywhere boolean, in_summary text default null)
  returns jsonb
  language plpgsql
as $$
declare
  target constant text := case move when 'pauseSession' then 'paused' when 'resumeSession' then 'active' else 'completed' end;
  refusal jsonb;
  moved sessions;
begin
  -- Whoever writes to it has ended by now, and sees the new status afterwards.
  perform pg_advisory_xact_lock(rookery.session_lock_key(in_session));
  perform from sessions s where s.id = in_session for no key update;
  refusal := rookery.session_refusal(in_session, actor, anywhere,
    array(select status from unnest('{active,paused,completed}'::text[]) status where move = any (rookery.session_moves(status))),
    case move when 'pauseSession' then 'be paused' when 'resumeSession' then 'be resumed' else 'be completed' end);
  if refusal is not null then
    perform rookery.raise_failure(refusal);
  end if;
  update sessions s set status = target, summary = coalesce(in_summary, s.summary), changed_by = actor
   where s.id = in_session returning s.* into moved;
  return to_jsonb(moved);
end
$$;
comment on function rookery.move_session(bigint, text, text, boolean, text) is
$$pauseSession, resumeSession or completeSession; returns the session. When it has returned, no write through the API that
the new status does not allow will be committed any more. Errors: NOT_FOUND, FORBIDDEN, CONFLICT.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Chunks

create function rookery.append_chunks(items jsonb, patient boolean default false)
  returns table (item integer, chunks jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  locked constant bigint[] := rookery.lock_sessions(
    array(select (value ->> 'sessionId')::bigint from jsonb_array_elements(items)), patient);
  checked jsonb;
begin
  select jsonb_agg(jsonb_build_object('item', i.place - 1, 'session', (i.input ->> 'sessionId')::bigint,
           'actor', i.input ->> 'actor', 'key', i.input ->> 'idempotencyKey', 'entityId', drawn.ids,
           'fingerprint', case when i.input ->> 'idempotencyKey' is not null then md5((i.input - 'idempotencyKey')::text) end,
           'error', rookery.session_refusal((i.input ->> 'sessionId')::bigint, i.input ->> 'actor',
              (i.input ->> 'anywhere')::boolean, '{active}', 'be added to', locked)) order by i.place)
    into checked
    from jsonb_array_elements(items) with ordinality i (input, place)
    cross join lateral (
      select string_agg(nextval(pg_get_serial_sequence('public.conversation_chunks', 'id'))::text, ',') as ids
        from jsonb_array_elements(i.input -> 'chunks')) drawn;

  select jsonb_agg(c.claim || jsonb_build_object('entityId', coalesce(k.entity_id, c.claim ->> 'entityId'),
           'fresh', coalesce(k.fresh, false), 'error', coalesce(nullif(c.claim -> 'error', 'null'), k.error)) order by c.place)
    into checked
    from jsonb_array_elements(checked) with ordinality c (claim, place)
    left join rookery.claim_keys('appendChunks', jsonb_path_query_array(checked, '$[*] ? (@.error == null)')) k
      on k.item = c.place - 1;

  insert into conversation_chunks (id, session_id, content, format, extracted_items, author)
  select drawn.id::bigint, (c ->> 'session')::bigint, chunk.given ->> 'content', coalesce(chunk.given ->> 'format', 'dialogue'),
         coalesce(nullif(chunk.given -> 'extractedItems', 'null'), '{}'), c ->> 'actor'
    from jsonb_array_elements(checked) c
    cross join lateral jsonb_array_elements(items -> (c ->> 'item')::integer -> 'chunks') with ordinality chunk (given, place)
    join lateral unnest(string_to_array(c ->> 'entityId', ',')) with ordinality drawn (id, place) on drawn.place = chunk.place
   where c -> 'error' = 'null' and (c ->> 'fresh')::boolean
   order by (c ->> 'item')::integer, chunk.place;

  return query
  select (c ->> 'item')::integer, written.rows,
         case when c -> 'error' <> 'null' then c -> 'error'
              when written.rows is null then
                rookery.failure('NOT_FOUND', 'The chunks that this idempotencyKey appended have been deleted since.') end
    from jsonb_array_elements(checked) c
    left join lateral (
      select jsonb_agg(jsonb_build_object('id', k.id, 'session_id', k.session_id, 'number', k.number, 'size', k.size,
               'format', k.format, 'extracted_items', k.extracted_items, 'author', k.author, 'created_at', k.created_at)
               order by k.number) as rows
        from conversation_chunks k
       where c -> 'error' = 'null' and k.id = any (string_to_array(c ->> 'entityId', ',')::bigint[])) written on true;
end
$$;
comment on function rookery.append_chunks(jsonb, boolean) is
$$Appends chunks: [{"sessionId", "actor", "anywhere", "chunks": [{"content", "format" (dialogue), "extractedItems"}],
"idempotencyKey"}]. The chunks of one item get consecutive numbers. Returns them per item without their content. Errors per
item: NOT_FOUND, FORBIDDEN, CONFLICT (not active, or busy), IDEMPOTENCY_CONFLICT. Locks: lock_sessions().$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- Memories and artifacts. Items of one batch that are about the same key or name must follow each other, so a batch is
-- served in rounds, each with at most one of them: mostly there is one round.

create function rookery.rounds(items jsonb, name text) returns setof jsonb
  language sql immutable
begin atomic
  select jsonb_agg(turn.item || jsonb_build_object('item', turn.place - 1) order by turn.place)
    from (select i.item, i.place, row_number() over (partition by i.item -> 'sessionId', i.item -> rounds.name order by i.place) as round
            from jsonb_array_elements(items) with ordinality i (item, place)) turn
   group by turn.round order by turn.round;
end;
comment on function rookery.rounds(jsonb, text) is
  'Splits items, each marked with its place, so that no two of a round agree in sessionId and the named member.';

create function rookery.remember(items jsonb, patient boolean default false)
  returns table (item integer, memory jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  locked constant bigint[] := rookery.lock_sessions(
    array(select (value ->> 'sessionId')::bigint from jsonb_array_elements(items)), patient);
  round jsonb;
begin
  for round in select * from rookery.rounds(items, 'key') loop
    return query
    with given as materialized (
      select g.*, m.id as present, coalesce(m.version, 0) as version,
             coalesce((m.type, m.content, m.tags) = (g.type, g.content, coalesce(g.tags, m.tags)), false) as known,
             rookery.session_refusal(g."sessionId", g.actor, g.anywhere, '{active}', 'be added to', locked) as refusal
        from jsonb_to_recordset(round) g (item integer, "sessionId" bigint, actor text, anywhere boolean, type text, key text,
               content jsonb, tags text[], "expectedVersion" integer)
        left join memories m on m.session_id = g."sessionId" and m.key = g.key
    ), judged as materialized (
      -- What is there already is nobody's overwriting: a caller that repeats itself after a lost answer succeeds.
      select g.*, coalesce(g.refusal, case when not g.known and g."expectedVersion" <> g.version then
             rookery.failure('CONFLICT', format('Memory %s has version %s, not %s: read it, and decide again.', g.key, g.version, g."expectedVersion"),
               jsonb_build_object('key', g.key, 'version', g.version, 'expectedVersion', g."expectedVersion")) end) as failed
        from given g
    ), written as (
      insert into memories as m (session_id, type, key, content, tags, created_by, changed_by)
      select j."sessionId", j.type, j.key, j.content, coalesce(j.tags, '{}'), j.actor, j.actor
        from judged j where j.failed is null and not j.known
       order by j."sessionId", j.key
      on conflict (session_id, key) do update
         set type = excluded.type, content = excluded.content, changed_by = excluded.changed_by,
             tags = (select coalesce(j.tags, m.tags) from judged j where j."sessionId" = m.session_id and j.key = m.key)
      returning m.*
    )
    select j.item, coalesce(to_jsonb(w), to_jsonb(m)), j.failed
      from judged j
      left join written w on w.session_id = j."sessionId" and w.key = j.key
      left join memories m on m.id = j.present and j.failed is null
     order by j.item;
  end loop;
end
$$;
comment on function rookery.remember(jsonb, boolean) is
$$Stores memories under their key: [{"sessionId", "actor", "anywhere", "type", "key", "content", "tags" (left out: as they are),
"expectedVersion" (0: must be new; left out: whatever it is)}]. Returns the memory per item; one that says what is stored already
changes nothing and succeeds. Errors per item: NOT_FOUND, FORBIDDEN, CONFLICT (not active, busy, or another version).
Locks: lock_sessions().$$;

create function rookery.forget_memory(in_session bigint, in_key text, actor text, anywhere boolean, expected integer default null)
  returns jsonb
  language plpgsql
as $$
declare
  refusal jsonb;
  forgotten memories;
begin
  perform pg_advisory_xact_lock(rookery.session_lock_key(in_session));
  refusal := rookery.session_refusal(in_session, actor, anywhere, '{active}', 'forget anything');
  if refusal is not null then
    perform rookery.raise_failure(refusal);
  end if;
  perform set_config('rookery.actor', actor, true);
  delete from memories m where m.session_id = in_session and m.key = in_key returning m.* into forgotten;
  if not found then
    perform rookery.raise_failure(rookery.failure('NOT_FOUND', format('Session %s has no memory %s.', in_session, in_key),
      jsonb_build_object('key', in_key)));
  elsif expected <> forgotten.version then
    perform rookery.raise_failure(rookery.failure('CONFLICT',
      format('Memory %s has version %s, not %s: read it, and decide again.', in_key, forgotten.version, expected),
      jsonb_build_object('key', in_key, 'version', forgotten.version, 'expectedVersion', expected)));
  end if;
  return to_jsonb(forgotten);
end
$$;
comment on function rookery.forget_memory(bigint, text, text, boolean, integer) is
  'Deletes a memory, of this version if one is given, and returns it. Errors: NOT_FOUND, FORBIDDEN, CONFLICT (not active, or another version).';

create function rookery.save_artifacts(items jsonb, patient boolean default false)
  returns table (item integer, artifact jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  locked constant bigint[] := rookery.lock_sessions(
    array(select (value ->> 'sessionId')::bigint from jsonb_array_elements(items)), patient);
  round jsonb;
  checked jsonb;
begin
  for round in select * from rookery.rounds(items, 'name') loop
    -- entityId: the version that has this content already, if it is the latest one, else one to be made.
    select jsonb_agg(jsonb_build_object('item', g.item, 'actor', g.input ->> 'actor', 'key', g.input ->> 'idempotencyKey',
             'fingerprint', md5((g.input - array['idempotencyKey', 'item'])::text), 'known', a.id is not null,
             'entityId', coalesce(a.id, nextval(pg_get_serial_sequence('public.artifacts', 'id'))),
             'error', rookery.session_refusal((g.input ->> 'sessionId')::bigint, g.input ->> 'actor',
                (g.input ->> 'anywhere')::boolean, '{active}', 'be added to', locked)))
      into checked
      from (select (value ->> 'item')::integer as item, value as input from jsonb_array_elements(round)) g
      left join artifacts a on a.session_id = (g.input ->> 'sessionId')::bigint and a.name = g.input ->> 'name' and a.latest
           and a.content_hash = encode(sha256(convert_to(g.input ->> 'content', 'UTF8')), 'hex');

    select jsonb_agg(c.claim || jsonb_build_object('entityId', coalesce(k.entity_id, c.claim ->> 'entityId'),
             'fresh', coalesce(k.fresh, false), 'error', coalesce(nullif(c.claim -> 'error', 'null'), k.error)))
      into checked
      from jsonb_array_elements(checked) c (claim)
      left join rookery.claim_keys('saveArtifact', jsonb_path_query_array(checked, '$[*] ? (@.error == null)')) k
        on k.item = (c.claim ->> 'item')::integer;

    insert into artifacts (id, session_id, type, name, content, format, metadata, created_by)
    select (c ->> 'entityId')::bigint, (g ->> 'sessionId')::bigint, g ->> 'type', g ->> 'name', g ->> 'content',
           coalesce(g ->> 'format', 'markdown'), coalesce(nullif(g -> 'metadata', 'null'), '{}'), g ->> 'actor'
      from jsonb_array_elements(checked) c
      join jsonb_array_elements(round) g on g -> 'item' = c -> 'item'
     where c -> 'error' = 'null' and (c ->> 'fresh')::boolean and not (c ->> 'known')::boolean
     order by (c ->> 'item')::integer;

    return query
    select (c ->> 'item')::integer, to_jsonb(a) - 'content',
           case when c -> 'error' <> 'null' then c -> 'error'
                when a.id is null then
                  rookery.failure('NOT_FOUND', 'The artifact that this idempotencyKey saved has been deleted since.') end
      from jsonb_array_elements(checked) c
      left join artifacts a on a.id = (c ->> 'entityId')::bigint and c -> 'error' = 'null';
  end loop;
end
$$;
comment on function rookery.save_artifacts(jsonb, boolean) is
$$Saves artifacts: [{"sessionId", "actor", "anywhere", "type", "name", "content", "format" (markdown), "metadata",
"idempotencyKey"}]. Content other than the latest version's is the next version; the same content gives the latest version as
it is. Returns the artifact per item without its content. Errors per item: NOT_FOUND, FORBIDDEN, CONFLICT (not active, or busy),
IDEMPOTENCY_CONFLICT. Locks: lock_sessions().$$;
