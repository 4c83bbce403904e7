-- Alerts: an agent that falls silent is written into the log and to the operators, once; and so is its return.

create or replace function rookery.on_silence(changes jsonb) returns void
  language plpgsql
  set timezone = 'UTC'
as $$
begin
  insert into public.system_events (event_type, severity, agent_id, event_data)
  select case when (c ->> 'stale')::boolean then 'agent.heartbeat_missed' else 'agent.heartbeat_recovered' end,
         case when (c ->> 'stale')::boolean then 'WARNING' else 'INFO' end, c ->> 'agent', c - array['agent', 'stale']
    from jsonb_array_elements(changes) with ordinality e (c, place) order by place;

  insert into public.agent_messages (from_agent, to_agent, message_type, content, metadata)
  select 'hub', 'operator', 'alert',
         case when (c ->> 'stale')::boolean then
           format('Agent %s missed more than two beats: one is due every %s s, the last came at %s.%s', c ->> 'agent',
             c ->> 'intervalSeconds', to_char((c ->> 'lastHeartbeat')::timestamptz, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
             ' It was at: ' || (c ->> 'currentTask'))
         else
           format('Agent %s beats again, after %s s of silence.', c ->> 'agent', c ->> 'silentSeconds')
         end, c
    from jsonb_array_elements(changes) with ordinality e (c, place) order by place;
end
$$;
comment on function rookery.on_silence(jsonb) is
$$Alerts, in the transaction that notices: for each agent that became stale a system event agent.heartbeat_missed (WARNING) and for
each that beats again agent.heartbeat_recovered (INFO), with lastHeartbeat, silentSeconds, intervalSeconds and currentTask; and
for each of both a message of type alert from hub to operator, the inbox that all operators share. An agent that stays stale
is not told of again. changes: see the migration agents_registry. Cost: two inserts, whatever the number of agents.$$;
