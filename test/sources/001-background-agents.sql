-- The statements of the second source document (Background Agents System), unmodified, each under its title. Its tables are in
-- 001-tables.sql.

-- Connection pattern: a metric
INSERT INTO performance_metrics (agent_id, metric_name, value) VALUES ($1, $2, $3);

-- Active Agents
SELECT 
    agent_id,
    state,
    started_at,
    NOW() - started_at AS uptime
FROM agents 
WHERE state = 'running'
ORDER BY started_at;

-- Recent Heartbeats
SELECT 
    agent_id,
    timestamp,
    state,
    error_count,
    metrics->'cpu_usage' as cpu_usage
FROM agent_heartbeats 
WHERE timestamp > NOW() - INTERVAL '5 minutes'
ORDER BY timestamp DESC;

-- Performance Metrics Summary
SELECT 
    agent_id,
    metric_name,
    AVG(value) as avg_value,
    MAX(value) as max_value,
    COUNT(*) as sample_count
FROM performance_metrics 
WHERE timestamp > NOW() - INTERVAL '1 hour'
GROUP BY agent_id, metric_name
ORDER BY agent_id, metric_name;

-- System Health Overview
SELECT 
    'Total Agents' as metric,
    COUNT(*) as value
FROM agents
UNION ALL
SELECT 
    'Running Agents' as metric,
    COUNT(*) as value
FROM agents WHERE state = 'running'
UNION ALL
SELECT 
    'Recent Heartbeats (5min)' as metric,
    COUNT(*) as value
FROM agent_heartbeats WHERE timestamp > NOW() - INTERVAL '5 minutes'
UNION ALL
SELECT 
    'Error Events (1hour)' as metric,
    COUNT(*) as value
FROM system_events WHERE severity = 'ERROR' AND timestamp > NOW() - INTERVAL '1 hour';

-- Enable query optimization (1)
SET shared_preload_libraries = 'pg_stat_statements';

-- Enable query optimization (2)
SET track_activity_query_size = 2048;

-- Enable query optimization (3)
SET log_min_duration_statement = 1000;

-- Memory settings for performance (1)
SET shared_buffers = '256MB';

-- Memory settings for performance (2)
SET effective_cache_size = '1GB';

-- Memory settings for performance (3)
SET work_mem = '16MB';

-- Memory settings for performance (4)
SET maintenance_work_mem = '64MB';

-- Update table statistics
ANALYZE;

-- Check for long-running queries
SELECT pid, now() - pg_stat_activity.query_start AS duration, query 
FROM pg_stat_activity 
WHERE (now() - pg_stat_activity.query_start) > interval '5 minutes';

-- Vacuum analyze for performance
VACUUM ANALYZE;

-- Check database size
SELECT pg_size_pretty(pg_database_size('background_agents'));

-- Archive old data (keep 30 days) (1)
DELETE FROM agent_heartbeats WHERE timestamp < NOW() - INTERVAL '30 days';

-- Archive old data (keep 30 days) (2)
DELETE FROM performance_metrics WHERE timestamp < NOW() - INTERVAL '30 days';

-- Archive old data (keep 30 days) (3)
DELETE FROM system_events WHERE timestamp < NOW() - INTERVAL '30 days';

-- Full vacuum (schedule during maintenance window)
VACUUM FULL;

-- Reindex for performance
REINDEX DATABASE background_agents;

-- Create dedicated user for agents
CREATE USER bg_agents_user WITH PASSWORD 'secure_password_here';

-- Grant minimal required permissions (1)
GRANT CONNECT ON DATABASE background_agents TO bg_agents_user;

-- Grant minimal required permissions (2)
GRANT USAGE ON SCHEMA public TO bg_agents_user;

-- Grant minimal required permissions (3)
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO bg_agents_user;

-- Grant minimal required permissions (4)
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO bg_agents_user;

-- Enable query plan analysis
EXPLAIN (ANALYZE, BUFFERS) 
SELECT * FROM agent_heartbeats 
WHERE agent_id = 'performance_monitor' 
AND timestamp > NOW() - INTERVAL '1 hour';

-- Create materialized views for complex reports
CREATE MATERIALIZED VIEW agent_health_summary AS
SELECT 
    agent_id,
    COUNT(*) as heartbeat_count,
    MAX(timestamp) as last_heartbeat,
    AVG((metrics->>'cpu_usage')::numeric) as avg_cpu
FROM agent_heartbeats 
WHERE timestamp > NOW() - INTERVAL '24 hours'
GROUP BY agent_id;

-- Check active connections
SELECT count(*) FROM pg_stat_activity;

-- Identify long-running connections
SELECT pid, state, query_start, query FROM pg_stat_activity 
WHERE state != 'idle' AND query_start < NOW() - INTERVAL '10 minutes';

-- Check slow queries
SELECT query, mean_time, calls 
FROM pg_stat_statements 
ORDER BY mean_time DESC LIMIT 10;

-- Check table bloat
SELECT schemaname, tablename, n_dead_tup, n_live_tup,
       (n_dead_tup::float / (n_live_tup + n_dead_tup)) * 100 AS dead_percentage
FROM pg_stat_user_tables 
WHERE n_dead_tup > 0 
ORDER BY dead_percentage DESC;

-- Check database sizes
SELECT datname, pg_size_pretty(pg_database_size(datname)) 
FROM pg_database 
ORDER BY pg_database_size(datname) DESC;

-- Check largest tables
SELECT schemaname, tablename, pg_size_pretty(pg_total_relation_size(schemaname||'.'||tablename)) 
FROM pg_tables 
ORDER BY pg_total_relation_size(schemaname||'.'||tablename) DESC LIMIT 10;

-- What the document says in words or by its tables, written out.

-- Registration: Agent Startup
INSERT INTO agents (agent_id, state, started_at, config, metadata)
VALUES ('performance_monitor', 'running', NOW(), '{"interval": 30}', '{"host": "one"}');

-- Registration: Heartbeat Loop
INSERT INTO agent_heartbeats (agent_id, timestamp, state, error_count, metrics)
VALUES ('performance_monitor', NOW(), 'running', 2, '{"cpu_usage": 25.5}');

-- Registration: Event Logging
INSERT INTO system_events (event_type, event_data, agent_id, severity)
VALUES ('disk_full', '{"free": 0}', 'performance_monitor', 'ERROR');

-- Registration: Graceful Shutdown
UPDATE agents SET state = 'stopped', stopped_at = NOW() WHERE agent_id = 'performance_monitor';

-- State
INSERT INTO system_state (key, value, updated_by) VALUES ('deploy', '{"by": "ci"}', 'performance_monitor')
ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_by = EXCLUDED.updated_by;

-- Help request
INSERT INTO help_requests (request_id, user_id, content, context, priority)
VALUES ('help-1', 'ann', 'Why is the disk full?', '{"screen": "disks"}', 'high');

-- Pending help requests
SELECT request_id, user_id, content, context, status, priority FROM help_requests WHERE status = 'pending' ORDER BY created_at DESC;

-- Help response
INSERT INTO help_responses (request_id, response_id, content, confidence_score, sources, agent_id)
VALUES ('help-1', 'response-1', 'Old logs', 0.9, '["runbook"]', 'ai_help');

-- Best help responses
SELECT r.request_id, r.status, a.content, a.confidence_score, a.sources, a.agent_id
FROM help_requests r JOIN help_responses a ON a.request_id = r.request_id ORDER BY a.confidence_score DESC;

-- Message
INSERT INTO agent_communications (from_agent, to_agent, message_type, content)
VALUES ('performance_monitor', 'ai_help', 'alert', '{"disk": "sda1"}');

-- Messages of an agent
SELECT id, from_agent, message_type, content->>'disk' AS disk, status FROM agent_communications
WHERE to_agent = 'ai_help' ORDER BY timestamp DESC;

-- Message read
UPDATE agent_communications SET status = 'read' WHERE to_agent = 'ai_help' AND status = 'sent';

-- LLM conversation
INSERT INTO llm_conversations (conversation_id, agent_id, prompt, response, model, tokens_used, cost)
VALUES ('c1', 'ai_help', 'Why?', 'Old logs.', 'm1', 12, 0.0031);

-- LLM history of an agent
SELECT prompt, response, model, tokens_used, cost FROM llm_conversations WHERE agent_id = 'ai_help' ORDER BY timestamp DESC;
