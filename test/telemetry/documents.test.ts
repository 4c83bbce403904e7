import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

/** The statements of the source documents on these tables, as their clients send them, while GraphQL looks on. */
const hub = await testHub();
const psql = new pg.Client({ connectionString: hub.db });
await psql.connect();
afterAll(() => psql.end());

const run = async (sql: string, values: unknown[] = []) => (await psql.query(sql, values)).rows;

test('the first document: a metric, its summary over the last hour', async () => {
  const insert = 'INSERT INTO performance_metrics (agent_id, metric_name, value) VALUES ($1, $2, $3)';
  await run(insert, ['monitor', 'cpu_usage', 25.5]);
  await run(insert, ['monitor', 'cpu_usage', 30.5]);
  await run(insert, ['monitor', 'memory', 512]);
  await run(
    `INSERT INTO performance_metrics (agent_id, metric_name, value, timestamp) VALUES ('monitor', 'cpu_usage', 99, NOW() - INTERVAL '2 hours')`,
  );
  expect(
    await run(`SELECT 
    agent_id,
    metric_name,
    AVG(value) as avg_value,
    MAX(value) as max_value,
    COUNT(*) as sample_count
FROM performance_metrics 
WHERE timestamp > NOW() - INTERVAL '1 hour'
GROUP BY agent_id, metric_name
ORDER BY agent_id, metric_name;`),
  ).toEqual([
    { agent_id: 'monitor', metric_name: 'cpu_usage', avg_value: 28, max_value: 30.5, sample_count: '2' },
    { agent_id: 'monitor', metric_name: 'memory', avg_value: 512, max_value: 512, sample_count: '1' },
  ]);
  const { metricSeries } = await hub.data(
    '{ metricSeries(agent: "monitor", metric: "cpu_usage", bucketSeconds: 86400) { points { max count } } }',
  );
  expect(metricSeries.points.at(-1)).toMatchObject({ max: 30.5 });
});

test('the third document: a metric under its other column names, by who measured it', async () => {
  const [row] = await run(
    `INSERT INTO performance_metrics (metric_name, metric_value, metadata, source_agent)
     VALUES ('processing_speed', 12.5, '{"unit": "rows/s"}', 'PerformanceMonitor') RETURNING *`,
  );
  expect(row).toMatchObject({ agent_id: 'PerformanceMonitor', value: 12.5, metric_value: 12.5 });
  // The two are one, whichever is written.
  const update = async (set: string) =>
    (await run(`UPDATE performance_metrics SET ${set} WHERE id = $1 RETURNING value, metric_value`, [row.id]))[0];
  expect(await update('metric_value = 2')).toEqual({ value: 2, metric_value: 2 });
  expect(await update('value = 3')).toEqual({ value: 3, metric_value: 3 });
  expect(await run(`SELECT metric_value FROM performance_metrics WHERE source_agent = 'PerformanceMonitor'`)).toEqual([
    { metric_value: 3 },
  ]);
  await expect(run(`INSERT INTO performance_metrics (agent_id, metric_name) VALUES ('a', 'b')`)).rejects.toThrow(
    /null value in column "value"/,
  );
});

test('events of both documents are heard, and the overview of the first counts its errors', async () => {
  const stream = await hub.subscribeSse(
    'subscription { systemEvents(filter: {minSeverity: INFO}) { event { type severity agentId data } } }',
  );
  await run(`INSERT INTO system_events (event_type, event_data, agent_id, severity)
    VALUES ('disk_full', '{"free": 0}', 'monitor', 'ERROR')`);
  await run('INSERT INTO system_events (event_type, event_data) VALUES ($1, $2)', ['langsmith_trace', { run: 7 }]);
  await run(`INSERT INTO system_events (event_type, event_data, severity) VALUES ('lost', '{}', 'error')`);
  const heard = [];
  for (let event = 0; event < 3; event++) heard.push((await stream.take()).data?.['systemEvents'].event);
  expect(heard).toEqual([
    { type: 'disk_full', severity: 'ERROR', agentId: 'monitor', data: { free: 0 } },
    { type: 'langsmith_trace', severity: 'INFO', agentId: null, data: { run: 7 } },
    { type: 'lost', severity: 'ERROR', agentId: null, data: {} },
  ]);
  await stream.close();
  await run(`INSERT INTO agent_heartbeats (agent_id, timestamp, state, metrics)
    VALUES ('monitor', NOW(), 'running', '{"cpu_usage": 25.5}')`);
  expect(
    await run(`SELECT 
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
FROM system_events WHERE severity = 'ERROR' AND timestamp > NOW() - INTERVAL '1 hour';`),
  ).toEqual([
    { metric: 'Total Agents', value: '1' },
    // Stored as active in the table of this name: see docs/sql.md.
    { metric: 'Running Agents', value: '0' },
    { metric: 'Recent Heartbeats (5min)', value: '1' },
    { metric: 'Error Events (1hour)', value: '2' },
  ]);
});

test('calls of models, with the columns of either document', async () => {
  await run(`INSERT INTO llm_conversations (conversation_id, agent_id, prompt, response, model, tokens_used, cost, metadata)
    VALUES ('c1', 'helper', 'Why?', 'Because.', 'm1', 42, 0.0125, '{"k": 1}')`);
  await run(
    `INSERT INTO llm_conversations (agent_id, conversation_id, message_content, response_content, metadata)
    VALUES ('helper', 'c1', 'And then?', 'Nothing.', NULL)`,
  );
  await run(`UPDATE llm_conversations SET response_content = 'Nothing at all.' WHERE response = 'Nothing.'`);
  const { llmCalls, llmUsage } = await hub.data(`{
    llmCalls(filter: {conversation: "c1"}) { edges { node { prompt response model tokensUsed cost metadata } } }
    llmUsage(groupBy: [AGENT]) { agentId calls tokens cost } }`);
  expect(llmCalls.edges.map(({ node }: { node: object }) => node)).toEqual([
    { prompt: 'And then?', response: 'Nothing at all.', model: null, tokensUsed: null, cost: null, metadata: null },
    { prompt: 'Why?', response: 'Because.', model: 'm1', tokensUsed: 42, cost: '0.0125', metadata: { k: 1 } },
  ]);
  expect(llmUsage).toEqual([{ agentId: 'helper', calls: 2, tokens: 42, cost: '0.0125' }]);
});

test('the health summary has the columns of the first document', async () => {
  // The hub may be at it just now: then once more.
  while (!(await run(`select rookery.refresh_agent_health('0') as refreshed`))[0].refreshed);
  expect(await run('SELECT * FROM agent_health_summary')).toEqual([
    { agent_id: 'monitor', heartbeat_count: '1', last_heartbeat: expect.any(Date), avg_cpu: '25.5000000000000000' },
  ]);
});

test('the weekly clean-up and the indexes that the documents advise run as they are', async () => {
  await run(`INSERT INTO performance_metrics (agent_id, metric_name, value, timestamp)
    VALUES ('monitor', 'old', 1, NOW() - INTERVAL '31 days')`);
  await run(`INSERT INTO system_events (event_type, timestamp) VALUES ('old', NOW() - INTERVAL '31 days')`);
  for (const table of ['performance_metrics', 'system_events']) {
    const { rowCount } = await psql.query(`DELETE FROM ${table} WHERE timestamp < NOW() - INTERVAL '30 days';`);
    expect(rowCount).toBe(1);
  }
  await run('BEGIN');
  for (const sql of [
    'CREATE INDEX idx_metrics_agent_name_timestamp ON performance_metrics(agent_id, metric_name, timestamp DESC);',
    'CREATE INDEX idx_metrics_timestamp ON performance_metrics(timestamp DESC);',
    'CREATE INDEX idx_system_state_key ON system_state(key);',
    'CREATE INDEX idx_events_type_timestamp ON system_events(event_type, timestamp DESC);',
    'CREATE INDEX idx_events_agent_timestamp ON system_events(agent_id, timestamp DESC);',
    'CREATE INDEX idx_events_severity ON system_events(severity);',
    'CREATE INDEX idx_llm_conversations_agent ON llm_conversations(agent_id, timestamp DESC);',
    'CREATE INDEX idx_llm_conversations_model ON llm_conversations(model, timestamp DESC);',
    'CREATE INDEX idx_performance_metrics_timestamp ON performance_metrics(timestamp DESC);',
    'CREATE INDEX idx_system_events_timestamp_type ON system_events(timestamp DESC, event_type);',
  ])
    await run(sql);
  await run('ROLLBACK');
});
