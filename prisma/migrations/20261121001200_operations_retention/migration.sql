-- Operations: how long records are kept, and who removes them.
--
-- What the source documents say to archive after 30 days (beats, measurements, the log) goes after 30 days. What agents
-- made (tasks, messages, standups, requests, calls of models) stays until an operator says for how long. Whatever is still open
-- stays whatever its age: unfinished tasks and what they wait for, unread messages, requests without a decision, approvals that
-- may still be used, messages that wait in queues. The change feed is not here: it is kept by days of its own (RETENTION_DAYS) and
-- drops whole partitions.

create table rookery.retention (
  table_name text primary key check (table_name in ('agent_heartbeats', 'agent_state_transitions',
    'performance_metrics', 'system_events', 'llm_conversations', 'agent_tasks', 'agent_messages', 'agent_standups', 'agent_requests',
    'queue_archive', 'idempotency_receipts')),
  days integer check (days between 1 and 36500),
  updated_by text not null default session_user,
  updated_at timestamptz not null default clock_timestamp()
);
comment on table rookery.retention is 'How many days rows of a table are kept; null: for ever. Read by each sweep of each hub.';

insert into rookery.retention (table_name, days) values
  ('agent_heartbeats', 30), ('agent_state_transitions', 90), ('performance_metrics', 30), ('system_events', 30), ('queue_archive', 30),
  ('idempotency_receipts', 7), ('llm_conversations', null), ('agent_tasks', null), ('agent_messages', null), ('agent_standups', null),
  ('agent_requests', null);

create function rookery.expired(table_name text) returns text
  language sql immutable parallel safe
  return case table_name
    when 'agent_heartbeats' then 'public.agent_heartbeats t where t.timestamp < $1 order by t.timestamp'
    when 'agent_state_transitions' then 'public.agent_state_transitions t where t.created_at < $1 order by t.created_at'
    -- Found by blocks, which are in order of time but for a few.
    when 'performance_metrics' then 'public.performance_metrics t where t.timestamp < $1'
    when 'system_events' then 'public.system_events t where t.timestamp < $1 order by t.timestamp'
    when 'llm_conversations' then 'public.llm_conversations t where t.timestamp < $1 order by t.timestamp'
    when 'agent_standups' then 'public.agent_standups t where t.created_at < $1 order by t.created_at'
    when 'idempotency_receipts' then 'rookery.idempotency_receipts t where t.created_at < $1 order by t.created_at'
    -- Not while anything unfinished waits for it, which without the row would be let go, nor while somebody is to decide about it.
    when 'agent_tasks' then
      $$public.agent_tasks t where t.finished_at < $1 and not exists (
          select from public.agent_task_dependencies d join public.agent_tasks w on w.id = d.task_id
           where d.depends_on_id = t.id and w.finished_at is null) and not exists (
          select from public.agent_requests q where q.task_id = t.id and q.status = 'open') order by t.finished_at$$
    -- Not an approval that may still be used: one that was not, and had to be decided by no time, or by one since then.
    when 'agent_requests' then
      $$public.agent_requests t where t.closed_at < $1 and t.status <> 'open'
          and (t.decision in ('reject', 'answer') or t.decision is null or t.consumed_at is not null or t.deadline_at < $1)
        order by t.closed_at$$
    -- Not before the answers to it are gone: so a thread does not lose its beginning, and no answer is written to.
    when 'agent_messages' then
      $$public.agent_messages t where t.to_agent is not null and t.read_at < $1 and not exists (
          select from public.agent_messages a where a.reply_to = t.id) order by t.read_at$$
    when 'broadcasts' then
      $$public.agent_messages t where t.to_agent is null and t.created_at < $1 and not exists (
          select from public.agent_messages a where a.reply_to = t.id) and not exists (
          select from public.agent_message_receipts r join public.agents a on a.agent_id = r.agent_id
           where r.message_id = t.id and r.read_at is null and a.last_heartbeat >= $1) order by t.created_at$$
  end;
comment on function rookery.expired(text) is
$$From where on, as text, the rows of a table can be found that may go, when those before $1 are not to be kept. broadcasts are
agent_messages to all: they go when every agent that has beaten since has read them. Null for any other table. Each is a range
of an index.$$;

create function rookery.count_expired(table_name text, before timestamptz, most integer) returns integer
  language plpgsql stable
  set enable_seqscan = off
as $$
declare
  counted integer;
begin
  execute format('select count(*) from (select from %s limit $2) e', rookery.expired(table_name)) into strict counted using before, most;
  if table_name = 'agent_messages' and counted < most then
    counted := counted + rookery.count_expired('broadcasts', before, most - counted);
  end if;
  return counted;
end
$$;
comment on function rookery.count_expired(text, timestamptz, integer) is
  'How many rows prune() would delete, counted up to most. Cost: as many index entries.';

create function rookery.prune(table_name text, before timestamptz, most integer) returns integer
  language plpgsql
  set enable_seqscan = off
  set rookery.silent = 'on'
as $$
declare
  owner constant text := case table_name when 'idempotency_receipts' then 'rookery.idempotency_receipts'
    when 'broadcasts' then 'public.agent_messages' else 'public.' || table_name end;
  pruned integer := 0;
  more integer;
begin
  if table_name = 'broadcasts' then
    -- First the receipts, one per agent, or a single broadcast to all could be a transaction without bounds.
    execute format(
      'with expired as materialized (select t.id from %s limit $2)
       delete from public.agent_message_receipts where ctid = any (array(
         select r.ctid from expired e join public.agent_message_receipts r on r.message_id = e.id limit $2 for update of r skip locked))',
      rookery.expired(table_name)) using before, most;
    get diagnostics pruned = row_count;
    if pruned = most then
      return pruned;
    end if;
  end if;
  execute format('delete from %s where ctid = any (array(select t.ctid from %s limit $2 for update of t skip locked))',
    owner, rookery.expired(table_name)) using before, most - pruned;
  get diagnostics more = row_count;
  pruned := pruned + more;
  if table_name = 'agent_messages' and pruned < most then
    pruned := pruned + rookery.prune('broadcasts', before, most - pruned);
  end if;
  return pruned;
end
$$;
comment on function rookery.prune(text, timestamptz, integer) is
$$Deletes up to most of the rows of a table that were over before that time; returns how many (receipts of broadcasts count). Fewer
than most: there were no more. Makes no events: that old records go is no news, and a million events would push out what is.
Locks: the rows it deletes; those that somebody has locked are left for the next call, so any number may run at once. Cost: an
index range of that many rows, whatever the table holds.$$;

create function cleanup_old_data(days_to_keep integer default 30)
  returns table (table_name text, rows_removed integer, done boolean)
  language plpgsql
as $$
declare
  most constant integer := 10000;
begin
  if days_to_keep is null or days_to_keep < 1 then
    raise exception 'days_to_keep must be at least 1, not %', days_to_keep using errcode = 'RK400';
  end if;
  foreach table_name in array array['agent_heartbeats', 'performance_metrics', 'system_events'] loop
    rows_removed := rookery.prune(table_name, clock_timestamp() - make_interval(days => days_to_keep), most);
    done := rows_removed < most;
    return next;
  end loop;
end
$$;
comment on function cleanup_old_data(integer) is
$$Deletes beats, measurements and entries of the log that are older than so many days, up to 10,000 of each: repeat it while done is
false. The hub does the same by itself, by the days in rookery.retention; this is for more at once. Errors: RK400. Needs the
right to delete from these tables. Cost: index ranges of what it deletes.$$;

-- Statistics of statements, where the server collects them and lets us see them; without, health says so.
do $guard$
begin
  if current_setting('shared_preload_libraries') like '%pg_stat_statements%' then
    create extension if not exists pg_stat_statements;
  end if;
exception when insufficient_privilege or undefined_file or feature_not_supported then
  raise notice 'pg_stat_statements could not be created (%): health will not show slow queries.', sqlerrm;
end
$guard$;
