-- Search in shared knowledge: by words, by similar titles, and by any part of the text.
--
-- A tsvector holds at most 1 MB and forgets the places of words after some 16,000, and a text may have many megabytes. So
-- texts are indexed in passages of 16,000 characters that overlap by 200: a match is found wherever it stands, ranked by
-- the passage it stands in, and a snippet costs the parsing of a passage, not of the whole. (A phrase is found when it is
-- within one passage, all words of a query when one passage has them all.)

create function rookery.passage_length() returns integer language sql immutable parallel safe return 16000;
comment on function rookery.passage_length() is 'Characters of a passage, less the overlap of 200.';

create function rookery.passage(body text, start integer) returns text
  language sql immutable parallel safe
  return substr(body, start, rookery.passage_length() + 200);
comment on function rookery.passage(text, integer) is 'The passage that begins at this character (the first is 1).';

create function rookery.passages(body text) returns table (start integer, passage text)
  language plpgsql immutable
as $$
declare
  block_length constant integer := 60 * rookery.passage_length();
  -- Unpacked once, not at each use.
  whole constant text := body || '';
  characters constant integer := length(whole);
  block text;
begin
  -- By way of blocks, since substr() walks a text with multibyte characters from its beginning.
  for block_start in 1 .. greatest(characters, 1) by block_length loop
    block := substr(whole, block_start, block_length + 200);
    for offset_in_block in 1 .. greatest(least(block_length, characters - block_start + 1), 1) by rookery.passage_length() loop
      start := block_start + offset_in_block - 1;
      passage := rookery.passage(block, offset_in_block);
      return next;
    end loop;
  end loop;
end
$$;
comment on function rookery.passages(text) is 'The passages of a text; an empty text has one.';

create function rookery.snippet(body text, wanted tsquery) returns text
  language sql immutable parallel safe
  return ts_headline('english', body, wanted,
    'StartSel=**, StopSel=**, MaxFragments=2, MaxWords=30, MinWords=10, FragmentDelimiter=" … "');
comment on function rookery.snippet(text, tsquery) is
  'Where a text matches: up to two fragments, what matches between ** and **. Cost: the parsing of the text.';

create function rookery.newest_passages(passages regclass, wanted tsquery, within text default 'true', condition text default 'true')
  returns bigint[]
  language plpgsql stable
  -- The planner does not know that reading a passage means unpacking its vector, nor that the newest lie together: which way
  -- to read is decided here.
  set enable_seqscan = off
  set enable_indexscan = on
  set enable_bitmapscan = on
as $$
declare
  enough constant integer := 500;
  sample constant integer := 250;
  -- Collecting costs something for each passage that the index has for the words, walking back forty times that for each that
  -- is passed, of which there are the fewer the more common the words are: what stands in more than this share is walked to.
  share constant double precision := sqrt(20000 / greatest((select c.reltuples from pg_class c where c.oid = passages), 20000));
  walking boolean;
  newest bigint[];
  seen integer;
  head bigint;
  bottom bigint;
begin
  -- How often words stand together, the planner can only guess. A look at the newest tells.
  execute format('select count(*), max(p.id), min(p.id), coalesce(array_agg(p.id) filter (where p.words @@ $1 and %s), ''{}'')
                    from (select * from %s p where %s order by p.id desc limit $2) p', condition, passages, within)
    into seen, head, bottom, newest using wanted, sample;
  if seen < sample then
    return newest;
  end if;
  walking := cardinality(newest) >= share * sample;
  perform set_config('enable_indexscan', walking::text, true), set_config('enable_bitmapscan', (not walking)::text, true);
  -- As far back as should do, further where it does not: of all that the index of words has, the older are dropped by the index
  -- of ids, before they are read. What is rare is not worth that.
  while bottom >= 0 and cardinality(newest) < enough loop
    bottom := case when newest = '{}' then -1
                   else head - (head - bottom) * greatest(1.3 * enough / cardinality(newest), 2)::bigint end;
    execute format('select array(select p.id from %s p where p.words @@ $1 and p.id > %s and %s and %s order by p.id desc limit %s)',
      passages, bottom, within, condition, enough)
      into newest using wanted;
  end loop;
  return newest;
end
$$;
comment on function rookery.newest_passages(regclass, tsquery, text, text) is
$$The newest 500 that match, in no order, of a table of passages (id, words); of those within the part of it that the third argument
names, by an index that goes on with the id, and for which the fourth holds; both are conditions in SQL on p. Cost: a look at the
newest 250; then what the index has for these words, of which some 650 are read; for words that are nearly everywhere, a walk
past the newest few thousand. A phrase: each passage that has its words is unpacked, as far back as 500 have it as a phrase.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- By words

create table rookery.knowledge_passages (
  id bigint generated by default as identity primary key,
  entry_id bigint not null,
  start integer not null,
  words tsvector not null
);
create index knowledge_passages_words on rookery.knowledge_passages using gin (words);
create index knowledge_passages_entry on rookery.knowledge_passages (entry_id);
comment on table rookery.knowledge_passages is
$$The search index of agent_knowledge, kept by triggers in the writer's transaction. Of title (weight A), tags and category (B) and
content (D); besides, what one may filter by stands among the words as marks, so that one index answers for both.$$;
comment on column rookery.knowledge_passages.start is 'Where the passage begins in the content, in characters from 1.';

create function rookery.knowledge_mark(kind text, value text) returns text
  language sql immutable parallel safe
  return ' ' || kind || '=' || case when octet_length(value) <= 500 then value else md5(value) end;
comment on function rookery.knowledge_mark(text, text) is
  'A property among the words of a text. No word of a text begins with a blank; none may have more than 2,046 bytes.';

create function rookery.knowledge_words(entry agent_knowledge, passage text) returns tsvector
  language sql immutable parallel safe
  return setweight(to_tsvector('english', entry.title), 'A')
    || setweight(to_tsvector('english', concat_ws(' ', entry.category, array_to_string(entry.tags, ' '))), 'B')
    || to_tsvector('english', passage)
    || array_to_tsvector(array_remove(array[rookery.knowledge_mark('agent', entry.agent_name),
         rookery.knowledge_mark('category', entry.category), case when entry.superseded_at is null then ' current' end]
         || array(select rookery.knowledge_mark('tag', tag) from unnest(entry.tags) tag where tag is not null), null));
comment on function rookery.knowledge_words(agent_knowledge, text) is 'By which words and marks a passage of an entry is found.';

create function rookery.knowledge_marks(in_category text, in_tags text[], in_agent text, closed_too boolean) returns tsquery
  language sql immutable parallel safe
  return (
    select string_agg('''' || replace(replace(mark, '\', '\\'), '''', '''''') || '''', ' & ')::tsquery
      from unnest(array[rookery.knowledge_mark('agent', in_agent), rookery.knowledge_mark('category', in_category),
             case when not closed_too then ' current' end]
             || array(select rookery.knowledge_mark('tag', tag) from unnest(in_tags) tag)) mark);
comment on function rookery.knowledge_marks(text, text[], text, boolean) is 'The filters of a search as a query; null without any.';

create function rookery.index_knowledge_passages() returns trigger
  language plpgsql security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  -- Arrays, since a plan kept from a statement of one row may join the transition tables badly in one of a million.
  touched bigint[];
begin
  if tg_op = 'INSERT' then
    touched := array(select n.id from new_rows n);
  elsif tg_op = 'DELETE' then
    touched := array(select o.id from old_rows o);
  else
    touched := array(
      select coalesce(n.id, o.id) from new_rows n full join old_rows o on o.id = n.id
       where (n.title, n.category, n.tags, n.agent_name, n.superseded_at is null, n.content)
             is distinct from (o.title, o.category, o.tags, o.agent_name, o.superseded_at is null, o.content));
  end if;
  if tg_op <> 'INSERT' then
    delete from rookery.knowledge_passages p where p.entry_id = any (touched);
  end if;
  insert into rookery.knowledge_passages (entry_id, start, words)
  select k.id, p.start, rookery.knowledge_words(k, p.passage)
    from public.agent_knowledge k cross join lateral rookery.passages(k.content) p
   where k.id = any (touched)
   order by k.id, p.start;
  return null;
end
$$;
comment on function rookery.index_knowledge_passages() is
'Statement trigger of agent_knowledge: keeps knowledge_passages. Cost: the parsing, one or two tenths of a second for a megabyte.';

create trigger _300_passages_insert after insert on agent_knowledge referencing new table as new_rows
  for each statement execute function rookery.index_knowledge_passages();
create trigger _300_passages_update after update on agent_knowledge referencing old table as old_rows new table as new_rows
  for each statement execute function rookery.index_knowledge_passages();
create trigger _300_passages_delete after delete on agent_knowledge referencing old table as old_rows
  for each statement execute function rookery.index_knowledge_passages();

-- ---------------------------------------------------------------------------------------------------------------------
-- By similar titles, and by any part of the text. Both want pg_trgm; without it the first finds what the second does, and the
-- second reads everything.

do $$
begin
  create extension if not exists pg_trgm;
  create index agent_knowledge_title on agent_knowledge using gin (title gin_trgm_ops);
  create index agent_knowledge_content on agent_knowledge using gin (content gin_trgm_ops);
exception when others then
  raise notice 'Titles are not searched by likeness, since pg_trgm cannot be used: %', sqlerrm;
end
$$;

create function rookery.like_pattern(part text) returns text
  language sql immutable parallel safe
  return '%' || regexp_replace(part, '([\\%_])', '\\\1', 'g') || '%';
comment on function rookery.like_pattern(text) is 'The pattern of texts that contain this one, whatever its characters mean to LIKE.';

create function rookery.excerpt(body text, part text) returns text
  language sql immutable parallel safe
begin atomic
  select case when f.place = 0 then substr(body, 1, 160) || case when length(body) > 160 then ' …' else '' end
    else case when f.place > 81 then '… ' else '' end || substr(body, greatest(f.place - 80, 1), least(f.place - 1, 80))
         || '**' || substr(body, f.place, length(part)) || '**' || substr(body, f.place + length(part), 80)
         || case when length(body) >= f.place + length(part) + 80 then ' …' else '' end end
    from (select position(lower(part) in lower(body)) as place) f;
end;
comment on function rookery.excerpt(text, text) is 'Where a text has this part, upper and lower case alike, with that between ** and **; else its beginning.';

create function rookery.search_knowledge(search text, mode text, in_category text, in_tags text[], in_agent text,
    closed_too boolean, page_size integer, page_start integer)
  returns table (entry_id bigint, matched_by text, rank real, snippet text)
  language plpgsql stable
  set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  enough constant integer := page_start + page_size;
  wanted constant tsquery := websearch_to_tsquery('english', search);
  marked constant tsquery := coalesce(wanted && rookery.knowledge_marks(in_category, in_tags, in_agent, closed_too), wanted);
  let_through constant text := concat_ws(' and ', 'true', case when in_category is not null then 'k.category = $2' end,
    case when in_tags is not null then 'k.tags @> $3' end, case when in_agent is not null then 'k.agent_name = $4' end,
    case when not closed_too then 'k.superseded_at is null' end);
  newest bigint[];
  by_words bigint[] := '{}';
  by_title bigint[] := '{}';
  by_text bigint[] := '{}';
  ranks real[] := '{}';
  starts integer[] := '{}';
begin
  if mode in ('auto', 'words') and numnode(wanted) > 0 then
    newest := rookery.newest_passages('rookery.knowledge_passages', marked);
    with ranked as materialized (
      select p.entry_id, p.start, ts_rank_cd(p.words, wanted, 1 | 32) as rank
        from rookery.knowledge_passages p where p.id = any (newest)
    ), best as materialized (
      select distinct on (r.entry_id) r.* from ranked r order by r.entry_id, r.rank desc, r.start
    )
    select coalesce(array_agg(b.entry_id order by b.rank desc, b.entry_id desc), '{}'),
           array_agg(b.rank order by b.rank desc, b.entry_id desc), array_agg(b.start order by b.rank desc, b.entry_id desc)
      into by_words, ranks, starts
      from best b;
  end if;

  if (mode = 'title' or mode = 'auto' and by_words = '{}') and to_regoperator('<%(text,text)') is not null then
    execute format($query$
      select coalesce(array_agg(t.id order by t.similarity desc, t.id desc), '{}'), array_agg(t.similarity order by t.similarity desc, t.id desc)
        from (select k.id, word_similarity($1, k.title) as similarity from public.agent_knowledge k
               where $1 <%% k.title and %s
               order by similarity desc, k.id desc limit $5) t
      $query$, let_through)
      into by_title, ranks using search, in_category, in_tags, in_agent, enough;
  end if;

  if mode = 'text' or mode = 'title' and to_regoperator('<%(text,text)') is null or mode = 'auto' and by_words || by_title = '{}' then
    execute format($query$
      select coalesce(array_agg(t.id order by t.id desc), '{}')
        from (select k.id from public.agent_knowledge k
               where (k.title ilike $1 %s) and %s
               order by k.id desc limit $5) t
      $query$, case when mode <> 'title' then 'or k.content ilike $1' end, let_through)
      into by_text using rookery.like_pattern(search), in_category, in_tags, in_agent, enough;
  end if;

  return query
  with hits as materialized (
    select h.id, case when by_words <> '{}' then 'words' when by_title <> '{}' then 'title' else 'text' end as matched_by,
           coalesce(ranks[h.place], 0) as rank, starts[h.place] as start, h.place
      from unnest(by_words || by_title || by_text) with ordinality h (id, place)
     where h.place > page_start
     order by h.place limit page_size
  )
  select h.id, h.matched_by, h.rank,
         case h.matched_by when 'words' then rookery.snippet(k.title || E'\n' || rookery.passage(k.content, h.start), wanted)
                           when 'title' then k.title
                           else rookery.excerpt(k.title || E'\n' || k.content, search) end
    from hits h join public.agent_knowledge k on k.id = h.id
   order by h.place;
end
$$;
comment on function rookery.search_knowledge(text, text, text, text[], text, boolean, integer, integer) is
$$Searches shared knowledge. Mode words: as in web search engines (words, "a phrase", or, -not; English words match by their stem),
best first; title: titles that are spelled like it, most similar first; text: its very characters anywhere in title or content,
upper and lower case alike, newest first; auto: words; where
these find nothing, title; where that finds nothing, text. Only the newest 500 passages that match by words are ranked, so that a word that is everywhere costs no more;
snippets (matches between ** and **) are made for the page alone. Without pg_trgm, title finds titles that contain the text.$$;
