-- The statements of the fourth source document (Shared State Database), unmodified, each under its title. Its tables are in
-- 003-tables.sql.

-- Query Optimization: agents
CREATE INDEX idx_agents_last_heartbeat ON agents(last_heartbeat DESC);

-- Query Optimization: metrics
CREATE INDEX idx_performance_metrics_timestamp ON performance_metrics(timestamp DESC);

-- Query Optimization: events
CREATE INDEX idx_system_events_timestamp_type ON system_events(timestamp DESC, event_type);

-- Monitor slow queries
            SELECT query, mean_time, calls 
            FROM pg_stat_statements 
            WHERE mean_time > 100 
            ORDER BY mean_time DESC;

-- Pending help requests
SELECT * FROM help_requests WHERE status = 'pending';

-- Test basic connection
SELECT 1;

-- What its adapter sends for the calls that the document shows, written out.

-- register_agent
INSERT INTO agents (agent_id, agent_name) VALUES ($1, $2) RETURNING id, status;

-- get_registered_agents
SELECT id, agent_id, agent_name, status, last_heartbeat FROM agents ORDER BY id;

-- update_agent_heartbeat: the agent
UPDATE agents SET last_heartbeat = NOW(), metrics = $2, uptime_details = $3, updated_at = NOW() WHERE agent_id = $1;

-- update_agent_heartbeat: its history
INSERT INTO agent_heartbeats (agent_id, status, message, metadata) VALUES ($1, 'active', 'all is well', '{"cycle": 1}');

-- update_agent_state
UPDATE agents SET status = $2, last_state_change = NOW() WHERE agent_id = $1;

-- get_active_agents
SELECT agent_name FROM agents WHERE status = 'active' AND last_heartbeat > NOW() - INTERVAL '5 minutes';

-- get_stale_agents
SELECT agent_name FROM agents WHERE last_heartbeat < NOW() - INTERVAL '5 minutes';

-- add_performance_metric
INSERT INTO performance_metrics (metric_name, metric_value, source_agent) VALUES ('processing_speed', $1, $2);

-- performance of an agent
SELECT a.agent_name, m.metric_name, m.metric_value FROM performance_metrics m JOIN agents a ON a.id = m.agent_id
WHERE m.agent_id = $1 ORDER BY m.timestamp DESC;

-- heartbeats of an agent
SELECT status, message, metadata FROM agent_heartbeats WHERE agent_id = $1 ORDER BY timestamp DESC;

-- log_system_event
INSERT INTO system_events (event_type, event_data, severity) VALUES ('langsmith_trace', '{"run": 7}', 'error');

-- error events
SELECT event_type, event_data, severity FROM system_events WHERE severity = 'error' AND timestamp > NOW() - INTERVAL '1 hour';

-- set state
INSERT INTO system_state (key, value) VALUES ('mode', '"maintenance"')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = NOW();

-- get state
SELECT value FROM system_state WHERE key = 'mode';

-- help request
INSERT INTO help_requests (request_id, query, context) VALUES ('q1', 'How do I restart?', '{"agent": "monitor"}');

-- help response
INSERT INTO help_responses (request_id, response) VALUES ('q1', 'By AgentRestartManager.');

-- help answered
SELECT q.status, a.response, a.status AS response_status FROM help_requests q JOIN help_responses a USING (request_id)
WHERE request_id = 'q1';

-- communication
INSERT INTO agent_communications (from_agent_id, to_agent_id, message_type, message_content) VALUES ($1, $2, 'alert', 'Restart me');

-- communications of an agent
SELECT message_content, status FROM agent_communications WHERE to_agent_id = $1;

-- LLM conversation
INSERT INTO llm_conversations (agent_id, conversation_id, message_content, response_content) VALUES ($1, 'c1', 'Why?', 'Because.');

-- LLM conversation of an agent
SELECT message_content, response_content FROM llm_conversations WHERE agent_id = $1 ORDER BY timestamp;

-- cleanup_old_data
DELETE FROM agent_heartbeats WHERE timestamp < NOW() - INTERVAL '7 days';
