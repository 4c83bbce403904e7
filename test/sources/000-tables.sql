-- The tables of the first source document (Shared Postgres Infrastructure), unmodified.

CREATE TABLE agent_tasks (
  id           SERIAL PRIMARY KEY,
  title        VARCHAR(255) NOT NULL,
  description  TEXT,
  assigned_to  VARCHAR(50),        -- 'jean', 'jared', NULL for unassigned
  created_by   VARCHAR(50) NOT NULL,
  status       VARCHAR(20) DEFAULT 'open',  -- open, in_progress, done, completed
  priority     INTEGER DEFAULT 5,   -- 1=highest, 10=lowest
  github_repo  VARCHAR(255),        -- optional: link to repo
  github_issue INTEGER,             -- optional: link to issue
  due_date     TIMESTAMP,
  created_at   TIMESTAMP DEFAULT NOW(),
  updated_at   TIMESTAMP DEFAULT NOW()
);

CREATE TABLE agent_messages (
  id           SERIAL PRIMARY KEY,
  from_agent   VARCHAR NOT NULL,
  to_agent     VARCHAR,            -- NULL = broadcast to all
  message_type VARCHAR DEFAULT 'general',  -- general, alert, question, response
  content      TEXT NOT NULL,
  metadata     JSONB DEFAULT '{}',
  read_at      TIMESTAMP,          -- NULL = unread
  created_at   TIMESTAMP DEFAULT NOW()
);

CREATE TABLE agent_standups (
  id                     SERIAL PRIMARY KEY,
  agent_name             VARCHAR NOT NULL,
  status                 VARCHAR DEFAULT 'online',  -- online, busy, offline
  current_task           TEXT,
  blockers               TEXT,
  next_actions           TEXT,
  heartbeat_interval_min INTEGER,
  created_at             TIMESTAMP DEFAULT NOW()
);

CREATE TABLE agent_knowledge (
  id         SERIAL PRIMARY KEY,
  agent_name VARCHAR NOT NULL,
  category   VARCHAR,              -- 'learning', 'doc', 'pattern', etc.
  title      VARCHAR NOT NULL,
  content    TEXT NOT NULL,
  embedding  TEXT,                 -- for vector search (optional)
  metadata   JSONB DEFAULT '{}',
  created_at TIMESTAMP DEFAULT NOW(),
  updated_at TIMESTAMP DEFAULT NOW()
);
