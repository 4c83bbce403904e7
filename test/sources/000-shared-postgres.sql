-- The statements of the first source document (Shared Postgres Infrastructure), unmodified.

-- Create task
INSERT INTO agent_tasks (title, description, assigned_to, created_by, priority)
VALUES ('Build CLI wrapper', 'Create tq command for task queue', 'jared', 'jean', 3);

-- Claim task
UPDATE agent_tasks SET status = 'in_progress', assigned_to = 'jean' WHERE id = 8;

-- Complete task
UPDATE agent_tasks SET status = 'done', updated_at = NOW() WHERE id = 8;

-- List my tasks
SELECT * FROM agent_tasks WHERE assigned_to = 'jean' AND status != 'done';

-- List open tasks
SELECT * FROM agent_tasks WHERE status = 'open' ORDER BY priority, created_at;

-- Send message to Jared
INSERT INTO agent_messages (from_agent, to_agent, message_type, content)
VALUES ('jean', 'jared', 'question', 'Can you review PR #142?');

-- Check my inbox
SELECT * FROM agent_messages WHERE to_agent = 'jean' AND read_at IS NULL;

-- Mark as read
UPDATE agent_messages SET read_at = NOW() WHERE id = 5;

-- Broadcast to all agents
INSERT INTO agent_messages (from_agent, to_agent, content)
VALUES ('jean', NULL, 'Deploying new version in 5 minutes');

-- Post standup
INSERT INTO agent_standups (agent_name, status, current_task, next_actions)
VALUES ('jean', 'online', 'Building shared docs', 'Hook up heartbeat cron');

-- Check agent status
SELECT agent_name, status, current_task, created_at 
FROM agent_standups 
WHERE created_at > NOW() - INTERVAL '1 hour'
ORDER BY created_at DESC;

-- Store learning
INSERT INTO agent_knowledge (agent_name, category, title, content, metadata)
VALUES ('jean', 'pattern', 'Git queue vs Postgres queue', 
        'Postgres is better for real-time sync, Git for audit trail and offline work',
        '{"tags": ["coordination", "infrastructure"]}');

-- Search knowledge
SELECT * FROM agent_knowledge 
WHERE content ILIKE '%postgres%' OR title ILIKE '%postgres%';
