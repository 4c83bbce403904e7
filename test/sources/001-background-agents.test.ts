import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { createDatabase } from '../support/database.ts';
import { testHub } from '../support/hub.ts';
import { next, openDocument } from './document.ts';

/**
 * The second source document's SQL, run as its readers would: in a database of the document's name, as the role that it
 * makes, which finds the document's tables by its search_path. GraphQL looks on.
 */
const { adminUrl } = inject('postgres');
const at = (database: string, user?: string, password = '') => {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  if (user !== undefined) Object.assign(url, { username: user, password });
  return url.href;
};
const connect = async (url: string) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

const admin = await connect(adminUrl);
/** Removes what this test made, now or in a run that was cut short; nothing else of these names. */
const MINE = 'Made by a test of Rookery';
const clean = async () => {
  const { rows } = await admin.query(
    `select (select shobj_description(oid, 'pg_database') from pg_database where datname = 'background_agents') as database,
            (select shobj_description(oid, 'pg_authid') from pg_roles where rolname = 'bg_agents_user') as role`,
  );
  if (rows[0].database === MINE) await admin.query('drop database background_agents with (force)');
  if (rows[0].role === MINE) await admin.query('drop role bg_agents_user');
};
await clean();
const { name } = await createDatabase();
await admin.query(`comment on database ${name} is '${MINE}'`);
await admin.query(`alter database ${name} rename to background_agents`);
afterAll(async () => {
  await clean();
  await admin.end();
});

const owner = await connect(at('background_agents'));
const document = await openDocument('001-background-agents.sql', owner);
const { run } = document;

await run('Create dedicated user for agents');
await admin.query(`comment on role bg_agents_user is '${MINE}'`);
for (const step of [1, 2, 3, 4]) await run(`Grant minimal required permissions (${step})`);
for (const role of ['bg_agents_user', 'current_user'])
  await owner.query(`alter role ${role} in database background_agents set search_path = background_agents, public`);
await owner.query('set search_path = background_agents, public');
// Only now: a GRANT on all tables fails when somebody, as the hub's sweeps do, changes the catalog's row of one meanwhile.
const hub = await testHub({ over: { db: at('background_agents') } });
const agents = await connect(at('background_agents', 'bg_agents_user', 'secure_password_here'));
afterAll(async () => {
  await owner.query('alter role current_user in database background_agents reset search_path');
  await owner.end();
  await agents.end();
});
const asAgent = (title: string, values: unknown[] = []) => run(title, values, agents);

test('registration: startup, heartbeat, metric, event', async () => {
  const stream = await hub.subscribeWs(
    'subscription { agentEvents(agents: ["performance_monitor"]) { op actor agent { state errorCount liveness config } } }',
  );
  const log = await hub.subscribeSse('subscription { systemEvents { event { type severity agentId } } }');
  await asAgent('Registration: Agent Startup');
  expect(await next(stream, 'agentEvents')).toEqual({
    op: 'INSERT',
    actor: 'bg_agents_user',
    agent: { state: 'ACTIVE', errorCount: 0, liveness: 'ONLINE', config: { interval: 30 } },
  });
  await asAgent('Registration: Heartbeat Loop');
  await asAgent('Connection pattern: a metric', ['performance_monitor', 'cpu_usage', 25.5]);
  await asAgent('Registration: Event Logging');
  expect(await next(log, 'systemEvents', (event) => event.includes('disk_full'))).toEqual({
    event: { type: 'disk_full', severity: 'ERROR', agentId: 'performance_monitor' },
  });
  const { agent } = await hub.data('{ agent(id: "performance_monitor") { errorCount metrics } }');
  expect(agent).toEqual({ errorCount: 2, metrics: { cpu_usage: 25.5 } });
});

test('monitoring: what runs is counted as running', async () => {
  await hub.data(
    'mutation { registerAgent(input: { id: "second", state: ACTIVE }) { agent { id } } }',
    {},
    { agent: 'second' },
  );
  expect(await asAgent('Active Agents')).toMatchObject([
    { agent_id: 'performance_monitor', state: 'running', uptime: expect.anything() },
    { agent_id: 'second', state: 'running' },
  ]);
  expect(await asAgent('Recent Heartbeats')).toContainEqual(
    expect.objectContaining({ agent_id: 'performance_monitor', state: 'running', error_count: 2, cpu_usage: 25.5 }),
  );
  expect(await asAgent('Performance Metrics Summary')).toMatchObject([
    { agent_id: 'performance_monitor', metric_name: 'cpu_usage', max_value: '25.5', sample_count: '1' },
  ]);
  const beats = (await owner.query('select count(*) from agent_heartbeats')).rows[0].count;
  expect(await asAgent('System Health Overview')).toEqual([
    { metric: 'Total Agents', value: '2' },
    { metric: 'Running Agents', value: '2' },
    { metric: 'Recent Heartbeats (5min)', value: beats },
    { metric: 'Error Events (1hour)', value: '1' },
  ]);
  const plan = await asAgent('Enable query plan analysis');
  expect(JSON.stringify(plan)).toContain('Index Scan using agent_heartbeats_agent_id');
});

test('state, messages, conversations', async () => {
  const states = await hub.subscribeSse('subscription { stateEvents { op state { key value updatedBy } } }');
  await asAgent('State');
  expect(await next(states, 'stateEvents')).toEqual({
    op: 'INSERT',
    state: { key: 'deploy', value: { by: 'ci' }, updatedBy: 'performance_monitor' },
  });
  const inbox = await hub.subscribeWs(
    'subscription { inbox(agent: "ai_help") { op message { from type content readAt } } }',
  );
  await asAgent('Message');
  expect(await next(inbox, 'inbox')).toEqual({
    op: 'INSERT',
    message: { from: 'performance_monitor', type: 'alert', content: '{"disk": "sda1"}', readAt: null },
  });
  expect(await asAgent('Messages of an agent')).toMatchObject([{ disk: 'sda1', status: 'sent' }]);
  await asAgent('Message read');
  expect(await next(inbox, 'inbox')).toMatchObject({ op: 'UPDATE', message: { readAt: expect.any(String) } });
  await asAgent('LLM conversation');
  expect(await asAgent('LLM history of an agent')).toEqual([
    { prompt: 'Why?', response: 'Old logs.', model: 'm1', tokens_used: 12, cost: '0.0031' },
  ]);
});

test('help: asked, pending, answered', async () => {
  const stream = await hub.subscribeSse(
    'subscription { requestEvents { op request { kind subject from status answer } } }',
  );
  await asAgent('Help request');
  const request = { kind: 'HELP', subject: 'Why is the disk full?', from: 'ann' };
  expect(await next(stream, 'requestEvents')).toMatchObject({ op: 'INSERT', request: { ...request, status: 'OPEN' } });
  expect(await asAgent('Pending help requests')).toMatchObject([
    { request_id: 'help-1', user_id: 'ann', status: 'pending', priority: 'high', context: { screen: 'disks' } },
  ]);
  await asAgent('Help response');
  expect(await next(stream, 'requestEvents')).toMatchObject({
    op: 'UPDATE',
    request: { ...request, status: 'DECIDED', answer: 'Old logs' },
  });
  expect(await asAgent('Best help responses')).toEqual([
    {
      request_id: 'help-1',
      status: 'completed',
      content: 'Old logs',
      confidence_score: '0.9',
      sources: ['runbook'],
      agent_id: 'ai_help',
    },
  ]);
});

test('the report of health is there, and may be made anew by the document', async () => {
  await owner.query('refresh materialized view agent_health_summary');
  const [ours] = (await owner.query(`select * from agent_health_summary where agent_id = 'performance_monitor'`)).rows;
  expect(ours).toMatchObject({ avg_cpu: expect.stringMatching(/^25\.5/), last_heartbeat: expect.any(Date) });
  await run('Create materialized views for complex reports');
  const theirs = await owner.query(
    `select * from background_agents.agent_health_summary where agent_id = 'performance_monitor'`,
  );
  expect(theirs.rows).toEqual([ours]);
  await owner.query('refresh materialized view agent_health_summary');
});

test('maintenance', async () => {
  await owner.query(`insert into agent_heartbeats (agent_id, timestamp) values ('old', now() - interval '31 days')`);
  await owner.query(`insert into system_events (event_type, timestamp) values ('old', now() - interval '31 days')`);
  await owner.query(
    `insert into performance_metrics (agent_id, metric_name, value, timestamp) values ('old', 'm', 1, now() - interval '31 days')`,
  );
  for (const step of [1, 2, 3]) await asAgent(`Archive old data (keep 30 days) (${step})`);
  for (const table of ['agent_heartbeats', 'system_events', 'performance_metrics'])
    expect(
      (await owner.query(`select from public.${table} where timestamp < now() - interval '30 days'`)).rowCount,
    ).toBe(0);
  expect((await owner.query('select from public.performance_metrics')).rowCount).toBe(1);

  for (const title of [
    'Update table statistics',
    'Vacuum analyze for performance',
    'Full vacuum (schedule during maintenance window)',
  ])
    await run(title);
  await run('Reindex for performance');
  expect(await asAgent('Check database size')).toEqual([{ pg_size_pretty: expect.stringMatching(/kB|MB/) }]);
  expect(await asAgent('Check for long-running queries')).toEqual([]);
  expect(await asAgent('Identify long-running connections')).toEqual([]);
  expect(Number((await asAgent('Check active connections'))[0]?.['count'])).toBeGreaterThan(1);
  const sizes = async (): Promise<Record<string, unknown>[]> => {
    try {
      return await run('Check database sizes');
    } catch (error) {
      if ((error as { code?: string }).code === '3D000') return sizes(); // Another test dropped its database meanwhile.
      throw error;
    }
  };
  expect(await sizes()).toContainEqual(expect.objectContaining({ datname: 'background_agents' }));
  expect(await run('Check largest tables')).toHaveLength(10);
});

test('slow queries, by the column names of the document', async () => {
  const { rows } = await owner.query('show shared_preload_libraries');
  const [title, refused] = ['Check slow queries', 'pg_stat_statements'];
  if (!rows[0].shared_preload_libraries.includes('pg_stat_statements'))
    return expect(run(title)).rejects.toThrow(refused);
  await owner.query('create extension if not exists pg_stat_statements schema public');
  const slow = await run(title);
  expect(slow).toHaveLength(10);
  expect(slow[0]).toEqual({ query: expect.any(String), mean_time: expect.any(Number), calls: expect.any(String) });
});

test('settings of the session', async () => {
  await run('Enable query optimization (3)');
  for (const step of [2, 3, 4]) await run(`Memory settings for performance (${step})`);
  expect((await owner.query('show work_mem')).rows).toEqual([{ work_mem: '16MB' }]);
});

test('what the document has wrong, or what only the configuration of the server can set, is refused', async () => {
  await expect(run('Check table bloat')).rejects.toThrow('column "tablename" does not exist');
  for (const title of [
    'Enable query optimization (1)',
    'Enable query optimization (2)',
    'Memory settings for performance (1)',
  ])
    await expect(run(title)).rejects.toThrow('cannot be changed without restarting the server');
});

test('shutdown', async () => {
  const stream = await hub.subscribeWs(
    'subscription { agentEvents(agents: ["performance_monitor"]) { agent { state status liveness stoppedAt } } }',
  );
  await asAgent('Registration: Graceful Shutdown');
  expect(await next(stream, 'agentEvents', (event) => event.includes('SHUTDOWN'))).toEqual({
    agent: { state: 'SHUTDOWN', status: 'OFFLINE', liveness: 'OFFLINE', stoppedAt: expect.any(String) },
  });
  const { rows } = await agents.query('select state from agents where stopped_at is not null');
  expect(rows).toEqual([{ state: 'stopped' }]);

  // Running again is a start, whatever the lifecycle's arrows say.
  const again = await agents.query(
    `update agents set state = 'running' where state = 'stopped' returning state, stopped_at, started_at`,
  );
  expect(again.rows).toEqual([{ state: 'running', stopped_at: null, started_at: expect.any(Date) }]);
  expect(await next(stream, 'agentEvents', (event) => event.includes('ACTIVE'))).toMatchObject({
    agent: { liveness: 'ONLINE' },
  });
});

test('no statement of the document was left out', () => {
  expect(document.left()).toEqual([]);
});
