-- The schema ai_webhook: the tables of the third source document (collaborative sessions), for its clients. How such a
-- schema works is said in the migration of background_agents. claim_task() is in public, which is on their search_path too.

create schema ai_webhook;
comment on schema ai_webhook is
  'The tables of the document on collaborative sessions over the records of public. Its clients: set search_path = ai_webhook, public.';
grant usage on schema ai_webhook to public;

-- ---------------------------------------------------------------------------------------------------------------------
-- Sessions

create view ai_webhook.sessions with (security_invoker = on) as
  select id, title, participants, status, summary, created, last_activity, chunk_count, memory_count, task_count, artifact_count
    from public.session_summaries;
comment on view ai_webhook.sessions is
$$Sessions with the names of who takes part and with their counters, which are counted when read: what is written to them is
ignored. To write participants is to join and leave.$$;

create function ai_webhook.write_session() returns trigger
  language plpgsql
as $$
begin
  if tg_op = 'DELETE' then
    delete from public.sessions where id = old.id;
    return old;
  end if;
  if tg_op = 'INSERT' then
    insert into public.sessions (title, status, summary) values (new.title, coalesce(new.status, 'active'), new.summary)
    returning id into new.id;
  elsif (new.title, new.status, new.summary, new.last_activity) is distinct from (old.title, old.status, old.summary, old.last_activity) then
    update public.sessions set title = new.title, status = new.status, summary = new.summary, last_activity = new.last_activity
     where id = new.id;
  end if;
  if tg_op = 'INSERT' or new.participants is distinct from old.participants then
    update public.session_participants p set left_at = clock_timestamp(), changed_by = session_user
     where p.session_id = new.id and p.left_at is null and not new.participants ? p.agent;
    insert into public.session_participants as p (session_id, agent)
    select new.id, named.agent
      from jsonb_array_elements_text(coalesce(new.participants, '[]')) with ordinality named (agent, place)
     group by named.agent order by min(named.place)
    on conflict (session_id, agent) do update
       set left_at = null, joined_at = clock_timestamp(), changed_by = session_user where p.left_at is not null;
  end if;
  select * into new from ai_webhook.sessions s where s.id = new.id;
  return new;
end
$$;
comment on function ai_webhook.write_session() is
  'Row trigger, instead of a write to ai_webhook.sessions: writes the session and, where participants changed, who takes part.';

create trigger write instead of insert or update or delete on ai_webhook.sessions
  for each row execute function ai_webhook.write_session();

create view ai_webhook.active_sessions with (security_invoker = on) as
  select * from ai_webhook.sessions where status = 'active' order by last_activity desc;
comment on view ai_webhook.active_sessions is 'Sessions that are going on, latest activity first.';

create view ai_webhook.conversation_chunks with (security_invoker = on) as
  select session_id, number as chunk_id, content, format, extracted_items, author, created_at as created
    from public.conversation_chunks;
comment on view ai_webhook.conversation_chunks is
  'The conversation of each session. chunk_id counts from 1 in each session, and is given when left out.';

create view ai_webhook.memories with (security_invoker = on) as
  select id, session_id, type, key, content, tags, version, created_at as created, updated_at as updated from public.memories;
comment on view ai_webhook.memories is 'What sessions are to remember. (session_id, key) is unique: insert … on conflict works.';

create view ai_webhook.artifacts with (security_invoker = on) as
  select id, session_id, type, name, content, format, metadata, version, created_at as created from public.artifacts where latest;
comment on view ai_webhook.artifacts is 'What sessions made: of each name the latest version. To insert a name again makes its next version.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Tasks

create view ai_webhook.tasks with (security_invoker = on) as
  select id, session_id, assigned_to as agent_name, type as task_type, title, description, priority,
         case status when 'open' then 'pending' when 'in_progress' then 'running' when 'done' then 'completed' else status end as status,
         input as input_data, output as output_data, error, assigned_instance as control_agent,
         case jsonb_typeof(metadata -> 'process_id') when 'number' then (metadata -> 'process_id')::integer end as process_id,
         created_at as created, claimed_at as claimed, started_at as started, finished_at as completed
    from public.agent_tasks;
alter view ai_webhook.tasks alter column status set default 'pending';
comment on view ai_webhook.tasks is
$$Tasks, of sessions or not. status is pending, claimed, running, completed or failed, and besides blocked (waits for other tasks) or
cancelled. Tasks are claimed by claim_task(); to write status or agent_name takes a task from whoever holds it, as in public.$$;

create function ai_webhook.stored(task ai_webhook.tasks) returns jsonb
  language sql stable
  return jsonb_build_object('session_id', task.session_id, 'assigned_to', task.agent_name, 'type', task.task_type,
    'title', coalesce(task.title, concat_ws(' for ', coalesce(task.task_type, 'task'), task.agent_name)), 'description', task.description,
    'priority', task.priority, 'status', task.status, 'input', task.input_data, 'output', task.output_data, 'error', task.error,
    'created_by', session_user)
    || case when task.process_id is null then '{}' else jsonb_build_object('metadata', coalesce(
         (select t.metadata from public.agent_tasks t where t.id = task.id), '{}') || jsonb_build_object('process_id', task.process_id)) end;
comment on function ai_webhook.stored(ai_webhook.tasks) is
  'The columns of public.agent_tasks. process_id goes into metadata: it says nothing on another machine.';

create trigger write instead of insert or update or delete on ai_webhook.tasks
  for each row execute function rookery.write_document_row('public.agent_tasks', 'id');

create view ai_webhook.task_queue with (security_invoker = on) as
  select t.* from ai_webhook.tasks t join public.agent_tasks line on line.id = t.id
   where line.status in ('open', 'claimed', 'in_progress', 'blocked')
   order by line.claim_order, line.id;
comment on view ai_webhook.task_queue is 'Every task that is not finished, in the order in which tasks are claimed.';

-- ---------------------------------------------------------------------------------------------------------------------
-- Agents

create view ai_webhook.agents with (security_invoker = on) as
  select agent_id as name, type, command, capabilities, case status when 'online' then 'available' else status end as status
    from public.agents;
alter view ai_webhook.agents alter column status set default 'available';
comment on view ai_webhook.agents is 'The registry of agents. status is available, busy, offline or error.';

create function ai_webhook.stored(agent ai_webhook.agents) returns jsonb
  language sql immutable
  return to_jsonb(agent) - 'name' || jsonb_build_object('agent_id', agent.name);
comment on function ai_webhook.stored(ai_webhook.agents) is 'The columns of public.agents.';

create trigger write instead of insert or update or delete on ai_webhook.agents
  for each row execute function rookery.write_document_row('public.agents', 'name', 'agent_id');

grant select, insert, update, delete on all tables in schema ai_webhook to public;
