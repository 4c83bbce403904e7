-- The schema background_agents: the tables of the second source document (Background Agents System), for its clients.
--
-- The records are those of public. A schema of a document holds one view for each of its tables, with its columns, its
-- words and its order of columns, so that its statements mean there what they meant to its authors, select * included. A
-- client finds it by its search_path. The views have the rights of whoever uses them: what a role may do in public it may do
-- here. Events, fences and all else that holds for writers of public follows, since every write ends there.
--
-- Where a view renames columns and no more, PostgreSQL writes through it by itself. Where it translates values, the
-- trigger function below does, with the view's own function stored(row): the columns of the table below that a row stands for.

create function rookery.write_document_row() returns trigger
  language plpgsql
as $$
declare
  target constant text := tg_argv[0];
  key constant text := tg_argv[1];
  same_in_target constant text := coalesce(tg_argv[2], key);
  translation constant text := format('select %I.stored($1)', tg_table_schema);
  stored jsonb;
  before jsonb;
  columns text;
  kept record;
begin
  if tg_op = 'DELETE' then
    execute format('delete from %s where %s = ($1).%I', target, same_in_target, key) using old;
    return old;
  end if;

  execute translation into stored using new;
  if tg_op = 'UPDATE' then
    execute translation into before using old;
  end if;
  -- Of an update what it changes, and of an insert what it gives: the rest is the business of defaults.
  select jsonb_object_agg(s.key, s.value), string_agg(format('%I', s.key), ', ')
    into stored, columns
    from jsonb_each(stored) s
   where case tg_op when 'UPDATE' then before -> s.key is distinct from s.value else s.value <> 'null' end;

  if tg_op = 'INSERT' then
    execute format('insert into %1$s (%2$s) select %2$s from jsonb_populate_record(null::%1$s, $1) returning %3$s as key',
      target, columns, same_in_target) into kept using stored;
  else
    if columns is not null then
      execute format('update %1$s set (%2$s) = (select %2$s from jsonb_populate_record(null::%1$s, $1)) where %3$s = ($2).%4$I',
        target, columns, same_in_target, key) using stored, old;
    end if;
    execute format('select ($1).%I as key', key) into kept using new;
  end if;
  execute format('select * from %I.%I where %I = $1', tg_table_schema, tg_table_name, key) into new using kept.key;
  return new;
end
$$;
comment on function rookery.write_document_row() is
$$Row trigger, instead of a write to a view of a document's schema: writes the table below. Arguments: that table; a key column of the
view; and what equals it in the table, unless that is a column of the same name. Columns that an update leaves as they
were are not written, so they are no write of status or assigned_to either. The row that RETURNING shows is read anew.
Cost: two or three statements for each row, planned anew.$$;

create schema background_agents;
comment on schema background_agents is
  'The tables of the document Background Agents System over the records of public. Its clients: set search_path = background_agents, public.';
grant usage on schema background_agents to public;

-- ---------------------------------------------------------------------------------------------------------------------
-- Agents

create view background_agents.agents with (security_invoker = on) as
  select agent_id, case state when 'active' then 'running' when 'shutdown' then 'stopped' else state end as state,
         started_at, stopped_at, config, metadata, created_at, updated_at
    from public.agents;
comment on view background_agents.agents is
$$Agents. state is the place in the lifecycle, where active is called running and shutdown stopped. These two may be written in any
state, for the document knows no others: running is then a start, with a new started_at, and stopped a stop.$$;

create function background_agents.stored(agent background_agents.agents) returns jsonb
  language sql stable
  return jsonb_build_object('agent_id', agent.agent_id, 'started_at', agent.started_at, 'stopped_at', agent.stopped_at,
    'config', agent.config, 'metadata', agent.metadata, 'created_at', agent.created_at,
    'state', case lower(agent.state) when 'running' then 'active' when 'stopped' then 'shutdown' else agent.state end,
    'status', case when lower(agent.state) in ('stopped', 'shutdown') then 'offline' else 'online' end)
    || coalesce((
      select case
        when lower(agent.state) = 'running' and 'active' <> all (a.state || rookery.next_agent_states(a.state))
          and agent.started_at is not distinct from a.started_at then jsonb_build_object('started_at', clock_timestamp())
        when lower(agent.state) = 'stopped' and 'shutdown' <> all (a.state || rookery.next_agent_states(a.state))
          and agent.stopped_at is not distinct from a.stopped_at then jsonb_build_object('stopped_at', clock_timestamp())
        end from public.agents a where a.agent_id = agent.agent_id), '{}');
comment on function background_agents.stored(background_agents.agents) is
  'The columns of public.agents. Who stops is offline, so that nobody waits for its next beat.';

create trigger write instead of insert or update or delete on background_agents.agents
  for each row execute function rookery.write_document_row('public.agents', 'agent_id');

create view background_agents.agent_heartbeats with (security_invoker = on) as
  select id, agent_id, timestamp, case state when 'active' then 'running' when 'shutdown' then 'stopped' else state end as state,
         error_count, metrics, created_at
    from public.agent_heartbeats;
comment on view background_agents.agent_heartbeats is 'History of beats. To insert one is a beat, as in public.';

create function background_agents.stored(beat background_agents.agent_heartbeats) returns jsonb
  language sql immutable
  return to_jsonb(beat) || jsonb_build_object(
    'state', case lower(beat.state) when 'running' then 'active' when 'stopped' then 'shutdown' else beat.state end);
comment on function background_agents.stored(background_agents.agent_heartbeats) is 'The columns of public.agent_heartbeats.';

create trigger write instead of insert or update or delete on background_agents.agent_heartbeats
  for each row execute function rookery.write_document_row('public.agent_heartbeats', 'id');

-- ---------------------------------------------------------------------------------------------------------------------
-- Metrics, state, events, calls of language models

create view background_agents.performance_metrics with (security_invoker = on) as
  select id, agent_id, metric_name, value::numeric as value, unit, timestamp, metadata from public.performance_metrics;
comment on view background_agents.performance_metrics is 'Measurements; value is numeric here, for functions that want it so.';

create function background_agents.stored(metric background_agents.performance_metrics) returns jsonb
  language sql immutable
  return to_jsonb(metric);
comment on function background_agents.stored(background_agents.performance_metrics) is 'The columns of public.performance_metrics.';

create trigger write instead of insert or update or delete on background_agents.performance_metrics
  for each row execute function rookery.write_document_row('public.performance_metrics', 'id');

create view background_agents.system_state with (security_invoker = on) as
  select id, key, value, updated_at, updated_by from public.system_state;
comment on view background_agents.system_state is 'Shared values by key.';

create view background_agents.system_events with (security_invoker = on) as
  select id, event_type, event_data, agent_id, timestamp, severity from public.system_events;
comment on view background_agents.system_events is 'The log. severity is in upper case, however it was written.';

create view background_agents.llm_conversations with (security_invoker = on) as
  select id, conversation_id, agent_id, prompt, response, model, tokens_used, cost, timestamp, metadata from public.llm_conversations;
comment on view background_agents.llm_conversations is 'Calls of language models.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Messages

create function rookery.json_content(content text) returns jsonb
  language plpgsql immutable
as $$
begin
  if content ~ '^\s*[\[{]' then
    return content::jsonb;
  end if;
  return to_jsonb(nullif(content, ''));
exception when invalid_text_representation then
  return to_jsonb(content);
end
$$;
comment on function rookery.json_content(text) is
  'Content of a message as JSON: an object or a list where it is the text of one, else a string; null for an empty text.';

create function rookery.text_content(content jsonb) returns text
  language sql immutable parallel safe
  return case jsonb_typeof(content) when 'string' then content #>> '{}' when 'null' then '' else coalesce(content::text, '') end;
comment on function rookery.text_content(jsonb) is 'The reverse of json_content().';

create function rookery.communication_status(message public.agent_messages) returns text
  language sql immutable parallel safe
  return case when message.acknowledged_at is not null then 'acknowledged' when message.read_at is not null then 'read'
              when message.delivered_at is not null then 'delivered' else 'sent' end;
comment on function rookery.communication_status(public.agent_messages) is
  'What became of a message, in the one word that agent_communications has for it.';

create function rookery.communication_facts(status text) returns jsonb
  language plpgsql stable
as $$
declare
  rank constant integer := array_position(array['sent', 'delivered', 'read', 'acknowledged'], lower(coalesce(status, 'sent')));
begin
  if rank is null then
    raise exception 'status of a message is sent, delivered, read or acknowledged, not %', status using errcode = 'RK400';
  end if;
  return jsonb_build_object('delivered_at', case when rank >= 2 then now() end, 'read_at', case when rank >= 3 then now() end,
    'acknowledged_at', case when rank >= 4 then now() end);
end
$$;
comment on function rookery.communication_facts(text) is
  'The columns of agent_messages that a status means, now. Error: RK400 for another word.';

create view background_agents.agent_communications with (security_invoker = on) as
  select m.id, m.from_agent, m.to_agent, m.message_type, rookery.json_content(m.content) as content, m.created_at as timestamp,
         rookery.communication_status(m) as status
    from public.agent_messages m;
comment on view background_agents.agent_communications is
  'Messages. status says the most that is known: sent, delivered, read, acknowledged; writing it makes it so. to_agent is null for a broadcast.';

create function background_agents.stored(message background_agents.agent_communications) returns jsonb
  language sql stable
  return jsonb_build_object('id', message.id, 'from_agent', message.from_agent, 'to_agent', message.to_agent,
    'message_type', message.message_type, 'content', rookery.text_content(message.content), 'created_at', message.timestamp)
    || rookery.communication_facts(message.status);
comment on function background_agents.stored(background_agents.agent_communications) is 'The columns of public.agent_messages.';

create trigger write instead of insert or update or delete on background_agents.agent_communications
  for each row execute function rookery.write_document_row('public.agent_messages', 'id');

-- ---------------------------------------------------------------------------------------------------------------------
-- Statistics of statements, by the column names of PostgreSQL 12

create function rookery.statement_statistics()
  returns table (query text, calls bigint, total_time double precision, mean_time double precision)
  language plpgsql
as $$
declare
  place constant text := (
    select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_stat_statements');
begin
  if place is null then
    raise exception 'The extension pg_stat_statements is not installed in this database.'
      using errcode = 'undefined_table',
        hint = 'As a superuser: create extension pg_stat_statements (the server needs it in shared_preload_libraries).';
  end if;
  return query execute format('select s.query, s.calls, s.total_exec_time, s.mean_exec_time from %I.pg_stat_statements s', place);
end
$$;
comment on function rookery.statement_statistics() is
  'pg_stat_statements with the columns that its older releases had. Error: 42P01 when the extension is not installed.';

create view background_agents.pg_stat_statements with (security_invoker = on) as
  select query, calls, total_time, mean_time from rookery.statement_statistics();
comment on view background_agents.pg_stat_statements is
  'pg_stat_statements as the document''s releases of PostgreSQL had it (mean_time, in milliseconds), where the extension is installed.';

grant select, insert, update, delete on all tables in schema background_agents to public;
