-- Requests: what their deadlines and reminders do by themselves.

create function rookery.sweep_requests(most integer default 200, out timed_out integer, out reminded integer)
  language plpgsql
as $$
declare
  -- Not called in the conditions below: no index can be searched for a clock.
  moment constant timestamptz := clock_timestamp();
  last_sweep timestamptz;
  pause interval;
  given bigint;
  notices jsonb;
begin
  timed_out := 0;
  reminded := 0;
  if not pg_try_advisory_xact_lock(hashtextextended('rookery.sweep_requests', 0)) then
    return;
  end if;
  select s.swept_at into last_sweep from rookery.sweeps s where s.name = 'requests';
  insert into rookery.sweeps as s (name, swept_at) values ('requests', moment)
  on conflict (name) do update set swept_at = excluded.swept_at;

  pause := moment - last_sweep;
  if pause > interval '30 s' then
    -- Nobody could answer meanwhile: silence is no consent, and no refusal either.
    update public.agent_requests q
       set deadline_at = moment + least(pause, interval '5 minutes'), changed_by = 'hub'
     where q.id in (
       select due.id from public.agent_requests due
        where due.status = 'open' and due.on_timeout <> 'wait' and due.deadline_at <= moment
        order by due.deadline_at limit 5000 for no key update skip locked);
    get diagnostics given = row_count;
    if given = 5000 then
      -- There may be more: the next sweep goes on with this.
      update rookery.sweeps s set swept_at = last_sweep where s.name = 'requests';
    end if;
    return;
  end if;

  with due as (
    select q.id from public.agent_requests q
     where q.status = 'open' and q.on_timeout <> 'wait' and q.deadline_at <= moment
     order by q.deadline_at limit most for no key update skip locked
  ), escalated as (
    update public.agent_requests q
       set to_agent = q.escalate_to, escalated_from = coalesce(q.to_agent, '*'), escalate_to = null, escalated_at = moment,
           deadline_at = moment + greatest(q.deadline_at - q.created_at, interval '1 minute'), on_timeout = 'reject',
           taken_by = null, taken_until = null, changed_by = 'hub'
      from due
     where q.id = due.id and q.on_timeout = 'escalate'
    returning q.*
  ), expired as (
    update public.agent_requests q
       set status = 'expired', decision = q.on_timeout, decided_by = 'hub', changed_by = 'hub'
      from due
     where q.id = due.id and q.on_timeout <> 'escalate'
    returning q.id
  )
  select (select count(*) from escalated) + (select count(*) from expired),
         (select jsonb_agg(n order by e.id)
            from escalated e, rookery.request_notices(row (e.*)::public.agent_requests, 'hub', 'escalation') n)
    into timed_out, notices;
  if notices is not null then
    perform rookery.send_messages(notices);
  end if;

  with due as (
    select q.id from public.agent_requests q
     where q.status = 'open' and q.remind_at <= moment
     order by q.remind_at limit most for no key update skip locked
  ), reminders as (
    update public.agent_requests q
       set reminders = q.reminders + 1, reminded_at = moment, changed_by = 'hub',
           remind_at = moment + make_interval(secs => q.remind_every_seconds)
      from due
     where q.id = due.id
    returning q.*
  )
  select (select count(*) from reminders),
         (select jsonb_agg(n order by r.id)
            from reminders r, rookery.request_notices(row (r.*)::public.agent_requests, r.from_agent, 'reminder') n)
    into reminded, notices;
  if notices is not null then
    perform rookery.send_messages(notices);
  end if;
end
$$;
comment on function rookery.sweep_requests(integer, out integer, out integer) is
$$Does what is due: rejects, approves or escalates requests whose deadline has passed, with a message to the new audience, and sends
reminders, at most so many of each per call. To be called about once a second by any number of processes. After a pause
of more than 30 s of all of them, what fell due meanwhile gets as much time again, at most 5 minutes.
Locks: one sweeper in all processes, another returns at once; what another session has locked is left for the next time.
Cost: an index probe each when nothing is due.$$;
