-- Nearest neighbours of an embedding. Stock PostgreSQL compares with all there are, exactly; with pgvector installed, its HNSW
-- index finds them without.

create table rookery.knowledge_vectors (
  entry_id bigint primary key,
  dimensions integer not null generated always as (cardinality(unit)) stored,
  unit real[] not null
);
create index knowledge_vectors_dimensions on rookery.knowledge_vectors (dimensions);
-- Never out of line and never compressed: a scan reads them all.
alter table rookery.knowledge_vectors alter column unit set storage plain;
comment on table rookery.knowledge_vectors is
  'The embeddings of agent_knowledge as vectors, kept by triggers in the writer''s transaction.';
comment on column rookery.knowledge_vectors.unit is
  'At length 1, so that the cosine of two is the sum of their products. 2,000 numbers at most: what a page, and pgvector''s index, hold.';

create function rookery.unit_vector(embedding text) returns real[]
  language plpgsql immutable strict parallel safe
as $$
declare
  given double precision[];
  length double precision;
begin
  if embedding !~ '^\s*\[[-+0-9.eE,\s]+\]\s*$' then
    return null;
  end if;
  given := translate(embedding, '[]', '{}')::double precision[];
  length := (select sqrt(sum(x * x)) from unnest(given) x);
  if cardinality(given) > 2000 or length = 0 then
    return null;
  end if;
  -- What is too small for a real is nothing.
  return array(select case when abs(x / length) < 1e-30 then 0 else x / length end
                 from unnest(given) with ordinality g (x, place) order by place)::real[];
exception when data_exception then
  return null;
end
$$;
comment on function rookery.unit_vector(text) is
$$The vector that a JSON array of 1 to 2,000 numbers names, at length 1; null for anything else, and for nothing but zeros. No
errors: what plain SQL has in that column is its own business.$$;

create function rookery.index_knowledge_vectors() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  -- An array, since a plan kept from a statement of one row may join the transition tables badly in one of a million.
  touched bigint[];
begin
  if tg_op = 'INSERT' then
    insert into rookery.knowledge_vectors (entry_id, unit)
    select n.id, rookery.unit_vector(n.embedding) from new_rows n where rookery.unit_vector(n.embedding) is not null
    on conflict (entry_id) do update set unit = excluded.unit;
  elsif tg_op = 'DELETE' then
    touched := array(select o.id from old_rows o);
    delete from rookery.knowledge_vectors v where v.entry_id = any (touched);
  else
    with changed as materialized (
      select n.id, n.embedding from new_rows n full join old_rows o on o.id = n.id where o.embedding is distinct from n.embedding
    ), gone as (
      delete from rookery.knowledge_vectors v
       where v.entry_id = any (array(select c.id from changed c where rookery.unit_vector(c.embedding) is null))
    )
    insert into rookery.knowledge_vectors (entry_id, unit)
    select c.id, rookery.unit_vector(c.embedding) from changed c where rookery.unit_vector(c.embedding) is not null
    on conflict (entry_id) do update set unit = excluded.unit;
  end if;
  return null;
end
$$;
comment on function rookery.index_knowledge_vectors() is
  'Statement trigger of agent_knowledge: keeps knowledge_vectors. Cost: the parsing, some 0.2 ms for 384 numbers; nothing without any.';

create trigger _300_vectors_insert after insert on agent_knowledge referencing new table as new_rows
  for each statement execute function rookery.index_knowledge_vectors();
create trigger _300_vectors_update after update on agent_knowledge referencing old table as old_rows new table as new_rows
  for each statement execute function rookery.index_knowledge_vectors();
create trigger _300_vectors_delete after delete on agent_knowledge referencing old table as old_rows
  for each statement execute function rookery.index_knowledge_vectors();

create function rookery.embedding_failure(embedding jsonb) returns jsonb
  language sql stable
begin atomic
  select case
    when given.unit is null then
      rookery.failure('BAD_INPUT', 'An embedding is an array of 1 to 2,000 numbers, not all of them 0.')
    when hub.dimensions <> cardinality(given.unit) then
      rookery.failure('BAD_INPUT',
        format('Embeddings have %s numbers here, as the operator has set it (EMBEDDING_DIMENSIONS); this one has %s.',
          hub.dimensions, cardinality(given.unit)), jsonb_build_object('dimensions', hub.dimensions))
    end
    from (select rookery.unit_vector(embedding::text) as unit) given,
         (select nullif(current_setting('rookery.embedding_dimensions', true), '')::integer as dimensions) hub
   where embedding <> 'null';
end;
comment on function rookery.embedding_failure(jsonb) is
$$What is wrong with an embedding that the API was given; null when nothing is, and for none. Where the session has the setting
rookery.embedding_dimensions, as those of a hub with EMBEDDING_DIMENSIONS have, it must have as many numbers. What plain SQL
writes is not checked: embeddings of different sizes stand side by side, and are never compared.$$;

create function rookery.index_embeddings(in_dimensions integer) returns boolean
  language plpgsql
as $$
begin
  if to_regtype('vector') is null then
    return false;
  end if;
  execute format('create index if not exists knowledge_vectors_%1$s on rookery.knowledge_vectors
    using hnsw ((unit::vector(%1$s)) vector_cosine_ops) where dimensions = %1$s', in_dimensions);
  return true;
end
$$;
comment on function rookery.index_embeddings(integer) is
$$Creates pgvector's index for embeddings of so many numbers, unless it is there; false when the extension is not. For who
installs pgvector later, or uses a model of another size than 384, 512, 768, 1024 and 1536, whose indexes are created with the
database. Lock: no entry with an embedding is recorded until it is built.$$;

do $$
declare
  dimensions integer;
begin
  create extension if not exists vector;
  foreach dimensions in array array[384, 512, 768, 1024, 1536] loop
    perform rookery.index_embeddings(dimensions);
  end loop;
exception when others then
  raise notice 'Embeddings are compared one by one, since pgvector cannot be used: %', sqlerrm;
end
$$;

create function rookery.nearest_knowledge(embedding jsonb, in_category text, in_tags text[], in_agent text, closed_too boolean, wanted integer)
  returns table (entry_id bigint, distance double precision)
  language plpgsql stable
as $$
declare
  failure constant jsonb := rookery.embedding_failure(embedding);
  unit constant real[] := rookery.unit_vector(embedding::text);
  size constant integer := cardinality(unit);
  cosine_distance text;
  ties text := '';
  others integer;
begin
  if failure is not null then
    perform rookery.raise_failure(failure);
  end if;
  if to_regclass(format('rookery.knowledge_vectors_%s', size)) is not null then
    cosine_distance := format('v.unit::vector(%s) <=> %L', size, translate(unit::text, '{}', '[]'));
    perform set_config('hnsw.ef_search', greatest(2 * wanted, 100)::text, true);
    -- Goes on until it has enough that the filter lets through.
    if (select string_to_array(regexp_replace(extversion, '[^0-9.]', '', 'g'), '.')::integer[] >= '{0,8}' from pg_extension where extname = 'vector') then
      perform set_config('hnsw.iterative_scan', 'strict_order', true);
    end if;
  else
    ties := ', v.entry_id';
    -- Written out, product by product: four times as fast as a sum over unnest().
    select '1 - (' || string_agg(block, ' + ') || ')' into cosine_distance
      from (select '(' || string_agg(format('v.unit[%s] * %L::real', place, unit[place]), ' + ') || ')' as block
              from generate_subscripts(unit, 1) place group by place / 64) blocks;
  end if;
  return query execute format($query$
    select v.entry_id, (%s)::double precision as distance
      from rookery.knowledge_vectors v join public.agent_knowledge k on k.id = v.entry_id
     where %s
     order by 2%s limit $1
    $query$, cosine_distance,
    concat_ws(' and ', format('v.dimensions = %s', size),
      case when not closed_too then 'k.superseded_at is null' end,
      case when in_category is not null then 'k.category = $2' end,
      case when in_tags is not null then 'k.tags @> $3' end,
      case when in_agent is not null then 'k.agent_name = $4' end), ties)
  using wanted, in_category, in_tags, in_agent;
  if not found and not exists (select from rookery.knowledge_vectors v where v.dimensions = size) then
    select v.dimensions into others from rookery.knowledge_vectors v order by v.entry_id desc limit 1;
    if found then
      perform rookery.raise_failure(rookery.failure('BAD_INPUT',
        format('No entry has an embedding of %s numbers, the newest one has %s: ask with the model that made those.',
          size, others), jsonb_build_object('dimensions', others)));
    end if;
  end if;
end
$$;
comment on function rookery.nearest_knowledge(jsonb, text, text[], text, boolean, integer) is
$$The entries whose embeddings are nearest to this one, by cosine distance (0: the same direction, 1: nothing in common, 2: the
opposite), nearest first, of those with as many numbers that the filters let through. Exact, unless pgvector's index is there for embeddings of so
many numbers. Cost without it: some 12 us for each embedding of 384 numbers that the filters let through.
Errors: BAD_INPUT (see embedding_failure(); or there are embeddings, but none of this size).$$;
