-- The statements of the fifth source document (Shared Queue Database), unmodified, each under its title.

-- Setup: pgmq extension
CREATE EXTENSION pgmq;

-- List all queues
SELECT * FROM pgmq.queue_list();

-- Send test message
SELECT * FROM pgmq.send('llm_requests', '{"agent_id": "test", "task": "hello"}');

-- Read messages
SELECT * FROM pgmq.read('llm_requests', limit:=1);

-- Watch real-time
SELECT msg_id, read_ct, enqueued_at FROM pgmq.llm_requests LIMIT 10;

-- Message flow: the agent asks
INSERT INTO pgmq.llm_requests (msg) VALUES ($1);

-- Message flow: Nexus polls
SELECT * FROM pgmq.read('llm_requests', limit:10);

-- Message flow: Nexus archives
SELECT pgmq.archive('llm_requests', $1::bigint);

-- Message flow: Nexus answers
INSERT INTO pgmq.llm_results (msg) VALUES ($1);

-- Message flow: Singularity reads
SELECT * FROM pgmq.read('llm_results');

-- Queue tables: the columns
SELECT msg_id, read_ct, enqueued_at, vt, msg FROM pgmq.llm_requests;

-- Queue tables: the archive
SELECT msg_id, read_ct, enqueued_at, vt, msg FROM pgmq.llm_requests_archive;

-- What takes the place of the reads that are no SQL: 10 messages, and one, each hidden for 30 seconds.

-- Valid form: Nexus polls
SELECT * FROM pgmq.read('llm_requests', 30, 10);

-- Valid form: read messages
SELECT * FROM pgmq.read(queue_name := 'llm_requests', vt := 30, qty := 1);
