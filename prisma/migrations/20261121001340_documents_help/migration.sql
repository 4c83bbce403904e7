-- Requests for help as two of the source documents have them: help_requests and help_responses in the schemas
-- background_agents and shared_state, over the requests of kind help, under the names that their clients give them.

create function rookery.request_known_as(name text) returns bigint
  language plpgsql stable
as $$
declare
  found_id bigint;
begin
  select r.id into found_id from public.agent_requests r where coalesce(r.external_id, r.id::text) = name order by r.external_id limit 1;
  if found_id is null and name is not null then
    raise exception 'There is no help request %.', name
      using errcode = 'foreign_key_violation', hint = 'Insert it into help_requests first.';
  end if;
  return found_id;
end
$$;
comment on function rookery.request_known_as(text) is 'The request of this name, or of this number. Error: 23503 when there is none.';

create function rookery.request_name(wanted bigint) returns text
  language sql stable
begin atomic
  select coalesce(r.external_id, r.id::text) from public.agent_requests r where r.id = wanted;
end;
comment on function rookery.request_name(bigint) is 'The reverse of request_known_as().';

-- A branch for each word, so that who looks for the pending ones finds them by the index of open requests.
create view rookery.help_requests with (security_invoker = on) as
  select r.*, 'pending'::text as help_status from public.agent_requests r
   where r.kind = 'help' and r.status = 'open' and coalesce(r.taken_until <= clock_timestamp(), true)
  union all
  select r.*, 'in_progress'::text from public.agent_requests r
   where r.kind = 'help' and r.status = 'open' and r.taken_until > clock_timestamp()
  union all
  select r.*, 'completed'::text from public.agent_requests r where r.kind = 'help' and r.status = 'decided'
  union all
  select r.*, 'expired'::text from public.agent_requests r where r.kind = 'help' and r.status = 'expired'
  union all
  select r.*, 'cancelled'::text from public.agent_requests r where r.kind = 'help' and r.status = 'cancelled';
comment on view rookery.help_requests is
  'Requests for help with the documents'' word for how far they are: pending, in_progress while somebody looks at it, completed, expired, cancelled.';
grant select on rookery.help_requests to public;

create function rookery.help_facts(status text, request bigint) returns jsonb
  language plpgsql stable
as $$
begin
  if status in ('completed', 'complete') and exists (select from public.agent_requests r where r.id = request and r.status = 'open') then
    perform rookery.raise_failure(rookery.failure('CONFLICT', 'To complete a help request, insert the answer into help_responses.'));
  end if;
  return case
    when status = 'pending' then '{"status": "open", "taken_by": null, "taken_until": null}'
    when status = 'in_progress' then
      jsonb_build_object('status', 'open', 'taken_by', session_user, 'taken_until', now() + interval '15 minutes')
    when status in ('completed', 'complete') then '{"status": "decided"}'
    else jsonb_build_object('status', status) end;
end
$$;
comment on function rookery.help_facts(text, bigint) is
$$The columns of agent_requests that a help request's status means; in_progress is to take it for 15 minutes. Errors: CONFLICT where the
answer itself is missing; that of the table for an unknown word.$$;

-- ---------------------------------------------------------------------------------------------------------------------
-- background_agents

create view background_agents.help_requests with (security_invoker = on) as
  select r.id, coalesce(r.external_id, r.id::text) as request_id, r.from_agent as user_id,
         case r.body when '' then r.subject else r.body end as content, r.context, r.help_status as status,
         case when r.priority <= 2 then 'urgent' when r.priority <= 4 then 'high' when r.priority <= 6 then 'medium' else 'low' end as priority,
         r.created_at, r.updated_at
    from rookery.help_requests r;
alter view background_agents.help_requests alter column status set default 'pending';
alter view background_agents.help_requests alter column priority set default 'medium';
comment on view background_agents.help_requests is
$$Requests for help, to any agent. priority is urgent, high, medium or low; status is pending, in_progress, completed, expired or
cancelled: a row in help_responses completes it.$$;

create function background_agents.stored(request background_agents.help_requests) returns jsonb
  language sql stable
  return jsonb_build_object('external_id', request.request_id, 'kind', 'help', 'from_agent', request.user_id, 'to_agent', '*',
    'subject', left(split_part(request.content, E'\n', 1), 200), 'body', request.content, 'context', request.context,
    'priority', case lower(request.priority) when 'urgent' then 1 when 'critical' then 1 when 'high' then 3 when 'low' then 8 else 5 end,
    'created_at', request.created_at) || rookery.help_facts(request.status, request.id);
comment on function background_agents.stored(background_agents.help_requests) is 'The columns of public.agent_requests.';

create trigger write instead of insert or update or delete on background_agents.help_requests
  for each row execute function rookery.write_document_row('public.agent_requests', 'request_id', 'coalesce(external_id, id::text)');

create view background_agents.help_responses with (security_invoker = on) as
  select s.id, coalesce(r.external_id, r.id::text) as request_id, coalesce(s.external_id, s.id::text) as response_id,
         coalesce(rookery.text_content(s.answer), s.comment, s.decision) as content, s.confidence::numeric as confidence_score, s.sources,
         s.created_at as generated_at, s.responder as agent_id
    from public.agent_request_responses s join public.agent_requests r on r.id = s.request_id
   where r.kind = 'help';
comment on view background_agents.help_responses is
  'Answers to requests for help. The first one decides its request; another is refused (ALREADY_DECIDED).';

create function background_agents.stored(response background_agents.help_responses) returns jsonb
  language sql stable
  return jsonb_build_object('external_id', response.response_id, 'request_id', rookery.request_known_as(response.request_id),
    'answer', response.content, 'confidence', response.confidence_score, 'created_at', response.generated_at, 'responder', response.agent_id,
    'sources', case when jsonb_typeof(response.sources) = 'array' then response.sources
                    when response.sources is not null then jsonb_build_array(response.sources) end);
comment on function background_agents.stored(background_agents.help_responses) is 'The columns of public.agent_request_responses.';

create trigger write instead of insert or update or delete on background_agents.help_responses
  for each row execute function rookery.write_document_row('public.agent_request_responses', 'id');

-- ---------------------------------------------------------------------------------------------------------------------
-- shared_state. The document names neither who asks nor who answers: the role that inserts asks, and AIHelpAgent answers.

create view shared_state.help_requests with (security_invoker = on) as
  select coalesce(r.external_id, r.id::text) as request_id, case r.body when '' then r.subject else r.body end as query, r.context,
         r.help_status as status, r.created_at
    from rookery.help_requests r;
alter view shared_state.help_requests alter column status set default 'pending';
comment on view shared_state.help_requests is
  'Requests for help, to any agent. status is pending, in_progress, completed, expired or cancelled: a row in help_responses completes it.';

create function shared_state.stored(request shared_state.help_requests) returns jsonb
  language sql stable
  return jsonb_build_object('external_id', request.request_id, 'kind', 'help', 'to_agent', '*',
    'subject', left(split_part(request.query, E'\n', 1), 200), 'body', request.query, 'context', request.context,
    'created_at', request.created_at)
    || rookery.help_facts(request.status, (select r.id from public.agent_requests r where coalesce(r.external_id, r.id::text) = request.request_id));
comment on function shared_state.stored(shared_state.help_requests) is 'The columns of public.agent_requests.';

create trigger write instead of insert or update or delete on shared_state.help_requests
  for each row execute function rookery.write_document_row('public.agent_requests', 'request_id', 'coalesce(external_id, id::text)');

create view shared_state.help_responses with (security_invoker = on) as
  select coalesce(r.external_id, r.id::text) as request_id, s.created_at as timestamp,
         coalesce(rookery.text_content(s.answer), s.comment, s.decision) as response, 'complete'::text as status
    from public.agent_request_responses s join public.agent_requests r on r.id = s.request_id
   where r.kind = 'help';
comment on view shared_state.help_responses is 'Answers to requests for help, one each.';

create function shared_state.stored(response shared_state.help_responses) returns jsonb
  language sql stable
  return jsonb_build_object('request_id', rookery.request_known_as(response.request_id), 'responder', 'AIHelpAgent',
    'answer', response.response, 'created_at', response.timestamp);
comment on function shared_state.stored(shared_state.help_responses) is 'The columns of public.agent_request_responses.';

create trigger write instead of insert or update or delete on shared_state.help_responses
  for each row execute function rookery.write_document_row('public.agent_request_responses', 'request_id', 'rookery.request_name(request_id)');

grant select, insert, update, delete on background_agents.help_requests, background_agents.help_responses,
  shared_state.help_requests, shared_state.help_responses to public;
