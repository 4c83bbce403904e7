-- The tables of the fourth source document (Shared State Database), unmodified.

CREATE TABLE IF NOT EXISTS agents (
    id SERIAL PRIMARY KEY,
    agent_id VARCHAR(255) UNIQUE NOT NULL,
    agent_name VARCHAR(255) NOT NULL,
    status VARCHAR(50) DEFAULT 'initializing',
    last_heartbeat TIMESTAMPTZ,
    last_state_change TIMESTAMPTZ,
    uptime_details JSONB,
    metrics JSONB,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE TABLE IF NOT EXISTS performance_metrics (
    id SERIAL PRIMARY KEY,
    agent_id INTEGER REFERENCES agents(id),
    metric_name VARCHAR(255) NOT NULL,
    metric_value REAL NOT NULL,
    timestamp TIMESTAMPTZ DEFAULT NOW(),
    metadata JSONB,
    source_agent VARCHAR(255)
);

CREATE TABLE IF NOT EXISTS system_state (
    key VARCHAR(255) PRIMARY KEY,
    value JSONB NOT NULL,
    created_at TIMESTAMPTZ DEFAULT NOW(),
    updated_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE TABLE IF NOT EXISTS agent_heartbeats (
    id SERIAL PRIMARY KEY,
    agent_id INTEGER REFERENCES agents(id),
    timestamp TIMESTAMPTZ DEFAULT NOW(),
    status VARCHAR(50),
    message TEXT,
    metadata JSONB
);

CREATE TABLE IF NOT EXISTS system_events (
    id SERIAL PRIMARY KEY,
    event_type VARCHAR(100) NOT NULL,
    event_data JSONB,
    timestamp TIMESTAMPTZ DEFAULT NOW(),
    severity VARCHAR(20) DEFAULT 'info'
);

CREATE TABLE IF NOT EXISTS help_requests (
    request_id VARCHAR(255) PRIMARY KEY,
    query TEXT NOT NULL,
    context JSONB,
    status VARCHAR(50) DEFAULT 'pending',
    created_at TIMESTAMPTZ DEFAULT NOW()
);

CREATE TABLE IF NOT EXISTS help_responses (
    request_id VARCHAR(255) PRIMARY KEY REFERENCES help_requests(request_id),
    timestamp TIMESTAMPTZ DEFAULT NOW(),
    response TEXT NOT NULL,
    status VARCHAR(50) DEFAULT 'complete'
);

CREATE TABLE IF NOT EXISTS agent_communications (
    id SERIAL PRIMARY KEY,
    from_agent_id INTEGER REFERENCES agents(id),
    to_agent_id INTEGER REFERENCES agents(id),
    message_type VARCHAR(100),
    message_content TEXT,
    timestamp TIMESTAMPTZ DEFAULT NOW(),
    status VARCHAR(50) DEFAULT 'sent'
);

CREATE TABLE IF NOT EXISTS llm_conversations (
    id SERIAL PRIMARY KEY,
    agent_id INTEGER REFERENCES agents(id),
    conversation_id VARCHAR(255),
    message_content TEXT,
    response_content TEXT,
    timestamp TIMESTAMPTZ DEFAULT NOW(),
    metadata JSONB
);
