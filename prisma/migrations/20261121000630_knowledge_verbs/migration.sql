-- What the API does to shared knowledge: record, correct, supersede.

create function rookery.record_knowledge(entries jsonb)
  returns table (item integer, entry jsonb, error jsonb)
  language plpgsql
as $$
#variable_conflict use_column
declare
  checked jsonb;
begin
  select jsonb_agg(jsonb_build_object('item', e.place - 1, 'actor', e.input ->> 'agent', 'key', e.input ->> 'idempotencyKey',
           'fingerprint', md5((e.input - 'idempotencyKey')::text),
           'entityId', nextval(pg_get_serial_sequence('public.agent_knowledge', 'id')),
           'error', rookery.embedding_failure(e.input -> 'embedding')) order by e.place)
    into checked
    from jsonb_array_elements(entries) with ordinality e (input, place);

  with claims as (
    select k.item, k.entity_id, k.fresh, k.error
      from rookery.claim_keys('recordKnowledge', jsonb_path_query_array(checked, '$[*] ? (@.error == null)')) k
  )
  select jsonb_agg(c.claim || jsonb_build_object('entityId', k.entity_id, 'fresh', k.fresh,
           'error', coalesce(nullif(c.claim -> 'error', 'null'), k.error)) order by c.place)
    into checked
    from jsonb_array_elements(checked) with ordinality c (claim, place)
    left join claims k on k.item = c.place - 1;

  insert into public.agent_knowledge (id, agent_name, changed_by, category, title, content, tags, metadata, embedding)
  select (c.claim ->> 'entityId')::bigint, e.input ->> 'agent', e.input ->> 'agent', e.input ->> 'category', e.input ->> 'title',
         e.input ->> 'content', array(select jsonb_array_elements_text(nullif(e.input -> 'tags', 'null'))), nullif(e.input -> 'metadata', 'null'),
         nullif(e.input -> 'embedding', 'null')::text
    from jsonb_array_elements(checked) c (claim)
    join jsonb_array_elements(entries) with ordinality e (input, place) on e.place - 1 = (c.claim ->> 'item')::integer
   where (c.claim ->> 'fresh')::boolean and c.claim -> 'error' = 'null'
   order by e.place;

  return query
  select (c ->> 'item')::integer, to_jsonb(k) - 'embedding',
         case when c -> 'error' <> 'null' then c -> 'error'
              when k.id is null then
                rookery.failure('NOT_FOUND', 'The entry that this idempotencyKey recorded has been deleted since.') end
    from jsonb_array_elements(checked) c
    left join public.agent_knowledge k on k.id = (c ->> 'entityId')::bigint and c -> 'error' = 'null';
end
$$;
comment on function rookery.record_knowledge(jsonb) is
$$Records entries: [{"agent", "title", "content", "category", "tags", "metadata", "embedding", "idempotencyKey"}], all but the first
three optional. Returns each as written, but for its embedding. Errors per item: BAD_INPUT (the embedding), IDEMPOTENCY_CONFLICT,
NOT_FOUND (deleted since the first call with this key). Locks: those of claim_keys(). Cost: one INSERT for all.$$;

create function rookery.superseded_failure(entry agent_knowledge) returns jsonb
  language sql stable
  return (
    select rookery.failure('CONFLICT', format('Entry %s was superseded by entry %s, of %s: go on from that.', entry.id, k.id, k.agent_name),
      jsonb_build_object('supersededBy', k.id::text, 'agent', k.agent_name, 'supersededAt', entry.superseded_at))
      from public.agent_knowledge k where k.id = entry.superseded_by);
comment on function rookery.superseded_failure(agent_knowledge) is 'Why an entry is not changed any more; null while it is current.';

create function rookery.lock_knowledge(in_id bigint) returns agent_knowledge
  language plpgsql
as $$
declare
  usual_timeout constant text := current_setting('lock_timeout');
  entry public.agent_knowledge;
begin
  perform set_config('lock_timeout', '2s', true);
  select * into entry from public.agent_knowledge k where k.id = in_id for no key update;
  if not found then
    perform rookery.raise_failure(rookery.failure('NOT_FOUND', format('There is no knowledge entry %s.', in_id)));
  end if;
  perform set_config('lock_timeout', usual_timeout, true);
  return entry;
exception when lock_not_available then
  perform rookery.raise_failure(rookery.failure('CONFLICT',
    format('Another session has entry %s locked (an open transaction?): try again.', in_id), jsonb_build_object('busy', true)));
end
$$;
comment on function rookery.lock_knowledge(bigint) is
$$The entry, locked against changes until the transaction ends. Waits 2 s for whoever else has it locked. Errors: NOT_FOUND,
CONFLICT with busy (locked still).$$;

create function rookery.raise_any(failure jsonb) returns void
  language plpgsql
as $$
begin
  if failure is not null then
    perform rookery.raise_failure(failure);
  end if;
end
$$;
comment on function rookery.raise_any(jsonb) is 'Raises a failure, if it is one; null is none.';

create function rookery.update_knowledge(in_id bigint, changes jsonb, actor text, anywhere boolean) returns jsonb
  language plpgsql
as $$
#variable_conflict use_column
declare
  entry public.agent_knowledge := rookery.lock_knowledge(in_id);
begin
  if not anywhere and entry.agent_name is distinct from actor then
    perform rookery.raise_failure(rookery.failure('FORBIDDEN',
      format('Entry %s is of %s: only that agent or an operator may change it. Supersede it in place of that.', in_id, entry.agent_name)));
  end if;
  perform rookery.raise_any(rookery.superseded_failure(entry));
  perform rookery.raise_any(rookery.embedding_failure(changes -> 'embedding'));
  update public.agent_knowledge k
     set title = coalesce(changes ->> 'title', k.title),
         content = coalesce(changes ->> 'content', k.content),
         category = case when changes ? 'category' then changes ->> 'category' else k.category end,
         tags = case when changes ? 'tags' then array(select jsonb_array_elements_text(changes -> 'tags')) else k.tags end,
         metadata = case when changes ? 'metadata' then changes -> 'metadata' else k.metadata end,
         embedding = case when changes ? 'embedding' then nullif(changes -> 'embedding', 'null')::text else k.embedding end,
         changed_by = coalesce(actor, session_user)
   where k.id = in_id
   returning * into entry;
  return to_jsonb(entry) - 'embedding';
end
$$;
comment on function rookery.update_knowledge(bigint, jsonb, text, boolean) is
$$Corrects a current entry: changes may have title, content, category, tags, metadata and embedding; what it does not have stays as
it is. Returns the entry without its embedding. Only its agent may, or anybody with anywhere. Errors: NOT_FOUND, FORBIDDEN,
CONFLICT (superseded, or busy), BAD_INPUT (the embedding). Lock: the entry.$$;

create function rookery.supersede_knowledge(in_id bigint, successor jsonb, out entry jsonb, out superseded jsonb)
  language plpgsql
as $$
declare
  old public.agent_knowledge := rookery.lock_knowledge(in_id);
  claim record;
begin
  perform rookery.raise_any(rookery.embedding_failure(successor -> 'embedding'));
  select * into strict claim from rookery.claim_keys('supersedeKnowledge', jsonb_build_array(jsonb_build_object('item', 0,
    'actor', successor ->> 'agent', 'key', successor ->> 'idempotencyKey',
    'fingerprint', md5(in_id || (successor - 'idempotencyKey')::text),
    'entityId', nextval(pg_get_serial_sequence('public.agent_knowledge', 'id')))));
  perform rookery.raise_any(claim.error);
  if claim.fresh then
    perform rookery.raise_any(rookery.superseded_failure(old));
    insert into public.agent_knowledge (id, agent_name, changed_by, title, content, category, tags, metadata, embedding)
    values (claim.entity_id::bigint, successor ->> 'agent', successor ->> 'agent', successor ->> 'title', successor ->> 'content',
      case when successor ? 'category' then successor ->> 'category' else old.category end,
      case when successor ? 'tags' then array(select jsonb_array_elements_text(successor -> 'tags')) else old.tags end,
      nullif(successor -> 'metadata', 'null'), nullif(successor -> 'embedding', 'null')::text);
    update public.agent_knowledge k set superseded_by = claim.entity_id::bigint, changed_by = successor ->> 'agent'
     where k.id = in_id
     returning * into old;
  end if;
  superseded := to_jsonb(old) - 'embedding';
  select to_jsonb(k) - 'embedding' into entry from public.agent_knowledge k where k.id = claim.entity_id::bigint;
  if entry is null then
    perform rookery.raise_failure(
      rookery.failure('NOT_FOUND', 'The entry that this idempotencyKey recorded has been deleted since.'));
  end if;
end
$$;
comment on function rookery.supersede_knowledge(bigint, jsonb) is
$$Records an entry, as record_knowledge() does, in the place of a current one, which is closed and names it; what the new one does
not have of category and tags it takes from the old one. Returns both, without their embeddings. Of several who do so at once,
one succeeds. Errors: NOT_FOUND, CONFLICT (superseded already: by which entry, of whom; or busy), BAD_INPUT (the embedding),
IDEMPOTENCY_CONFLICT. Locks: the old entry, and those of claim_keys().$$;

create function rookery.latest_knowledge(in_id bigint) returns bigint
  language sql stable
begin atomic
  with recursive chain as (
    select k.id, k.superseded_by from public.agent_knowledge k where k.id = in_id
    union all
    select k.id, k.superseded_by from chain c join public.agent_knowledge k on k.id = c.superseded_by
  )
  select c.id from chain c where c.superseded_by is null;
end;
comment on function rookery.latest_knowledge(bigint) is
  'The end of the chain that begins with this entry: itself while it is current. Cost: a probe for each link.';
