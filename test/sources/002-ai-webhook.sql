-- The third source document (PostgreSQL Storage Backend) says what its tables, views and function are, and gives no statements but
-- one function by its signature. These are what its storage backend sends to do what the document says it does.

-- Session lifecycle: create
INSERT INTO sessions (title, participants) VALUES ('Relay', '["claude_code", "codex"]') RETURNING id;

-- Session lifecycle: load
SELECT id, title, participants, status, created, last_activity FROM sessions WHERE id = $1;

-- Session lifecycle: save
UPDATE sessions SET title = 'Webhook relay', participants = '["claude_code", "researcher"]' WHERE id = $1;

-- Session lifecycle: pause
UPDATE sessions SET status = 'paused' WHERE id = $1;

-- Session lifecycle: resume
UPDATE sessions SET status = 'active' WHERE id = $1;

-- Session lifecycle: complete
UPDATE sessions SET status = 'completed' WHERE id = $1;

-- Conversation chunk storage
INSERT INTO conversation_chunks (session_id, content, format, extracted_items)
VALUES ($1, $2, 'transcript', '{"decisions": ["use PostgreSQL"]}') RETURNING chunk_id;

-- Conversation of a session
SELECT chunk_id, content, format, extracted_items FROM conversation_chunks WHERE session_id = $1 ORDER BY chunk_id;

-- Full-text search of conversations
SELECT session_id, chunk_id FROM conversation_chunks
WHERE to_tsvector('english', content) @@ plainto_tsquery('english', $1) ORDER BY chunk_id;

-- Memory storage
INSERT INTO memories (session_id, type, key, content, tags)
VALUES ($1, 'decision', 'database', '{"choice": "PostgreSQL"}', ARRAY['infrastructure', 'storage'])
ON CONFLICT (session_id, key) DO UPDATE SET content = EXCLUDED.content, tags = EXCLUDED.tags;

-- Memories by type
SELECT key, content, tags FROM memories WHERE session_id = $1 AND type = 'decision';

-- Memories by tag
SELECT key FROM memories WHERE session_id = $1 AND tags @> ARRAY['storage'];

-- Memory by key
SELECT type, content FROM memories WHERE session_id = $1 AND key = 'database';

-- Full-text search of memories
SELECT key FROM memories WHERE to_tsvector('english', content::text) @@ plainto_tsquery('english', $1);

-- Task queue: add
INSERT INTO tasks (session_id, agent_name, task_type, input_data)
VALUES ($1, 'claude_code', 'code', '{"file": "relay.py"}') RETURNING id, status;

-- Task queue: claim
SELECT * FROM claim_task('claude_code', 'relay-1');

-- Task queue: run
UPDATE tasks SET status = 'running', process_id = 4711 WHERE id = $1;

-- Task queue: complete
UPDATE tasks SET status = 'completed', output_data = '{"lines": 12}' WHERE id = $1;

-- Task queue: fail
UPDATE tasks SET status = 'failed', error = 'no tests' WHERE id = $1;

-- Task queue: status
SELECT id, agent_name, task_type, status, input_data, output_data, process_id FROM tasks WHERE session_id = $1 ORDER BY id;

-- Artifact storage
INSERT INTO artifacts (session_id, type, name, content, format, metadata)
VALUES ($1, 'code', 'relay.py', $2, 'python', '{"reviewed": false}') RETURNING id, version;

-- Artifacts of a session
SELECT type, name, content, format, metadata FROM artifacts WHERE session_id = $1;

-- Full-text search of artifacts
SELECT name FROM artifacts WHERE to_tsvector('english', content) @@ plainto_tsquery('english', $1);

-- Session summary and statistics
SELECT title, status, chunk_count, memory_count, task_count, artifact_count FROM sessions WHERE id = $1;

-- Listing sessions
SELECT id, title, status FROM sessions ORDER BY last_activity DESC;

-- Active sessions
SELECT id, title FROM active_sessions;

-- Task queue view
SELECT id, status, priority FROM task_queue;

-- Sample agents
INSERT INTO agents (name, type, command, capabilities) VALUES
  ('claude_code', 'code', 'claude -p', '["python", "refactoring"]'),
  ('codex', 'code', 'codex exec', '["typescript"]'),
  ('researcher', 'research', 'research', '["web"]');

-- Available agents
SELECT name, type, command, capabilities FROM agents WHERE status = 'available' ORDER BY name;

-- Agent busy
UPDATE agents SET status = 'busy' WHERE name = 'codex';
