-- The fifth source document (Shared Queue Database). Its tables and functions are those of the schema pgmq, so its clients
-- need no schema of their own; one of its statements reads with the name of the queue alone.

do $$
begin
  if rookery.pgmq_provider() = 'rookery' then
    create function pgmq.read(queue_name text) returns setof pgmq.message_record language sql
    begin atomic
      select * from pgmq.read(queue_name, 30, 10);
    end;
    comment on function pgmq.read(text) is
      'read() as one of the source documents calls it: up to 10 messages, each hidden for 30 seconds.';
  end if;
end
$$;
