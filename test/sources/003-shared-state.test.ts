import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { next, openDocument } from './document.ts';

/** The fourth source document's statements, and those of its adapter, where agents have numbers. GraphQL looks on. */
const hub = await testHub();
const client = new pg.Client({ connectionString: hub.db, options: '-csearch_path=shared_state,public' });
await client.connect();
afterAll(() => client.end());
const document = await openDocument('003-shared-state.sql', client);
const { run } = document;

// Their numbers do not follow their names: one has registered before.
await hub.data('mutation { registerAgent(input: { id: "zero" }) { agent { id } } }', {}, { agent: 'zero' });
const number = (await run('register_agent', ['monitor', 'PerformanceMonitor']))[0]?.['id'];
const helper = (await run('register_agent', ['helper', 'AIHelpAgent']))[0]?.['id'];

test('agents: register, beat, change state', async () => {
  expect(await run('get_registered_agents')).toMatchObject([
    { agent_id: 'zero', status: 'initializing' },
    { id: number, agent_id: 'monitor', agent_name: 'PerformanceMonitor', status: 'initializing' },
    { id: helper, agent_id: 'helper' },
  ]);
  const stream = await hub.subscribeWs(
    'subscription { agentEvents(agents: ["monitor"]) { op agent { name state metrics uptimeDetails } } }',
  );
  await run('update_agent_heartbeat: the agent', ['monitor', { cpu: 3 }, { days: 1 }]);
  await expect(run('update_agent_state', ['monitor', 'active'])).rejects.toThrow('Allowed from there: deploying');
  for (const state of ['deploying', 'monitoring', 'active']) await run('update_agent_state', ['monitor', state]);
  expect(await next(stream, 'agentEvents', (event) => event.includes('ACTIVE'))).toEqual({
    op: 'UPDATE',
    agent: { name: 'PerformanceMonitor', state: 'ACTIVE', metrics: { cpu: 3 }, uptimeDetails: { days: 1 } },
  });
  await run('update_agent_heartbeat: its history', [number]);
  expect(await run('heartbeats of an agent', [number])).toEqual([
    { status: 'active', message: 'all is well', metadata: { cycle: 1 } },
  ]);
  expect(await run('get_active_agents')).toEqual([{ agent_name: 'PerformanceMonitor' }]);
  expect(await run('get_stale_agents')).toEqual([]);
  await run('cleanup_old_data');
  await expect(client.query('insert into agent_heartbeats (agent_id) values (4711)')).rejects.toMatchObject({
    code: '23503',
  });
});

test('metrics, events, state', async () => {
  await run('add_performance_metric', [2.5, 'monitor']);
  expect(await run('performance of an agent', [number])).toEqual([
    { agent_name: 'PerformanceMonitor', metric_name: 'processing_speed', metric_value: 2.5 },
  ]);
  const log = await hub.subscribeSse('subscription { systemEvents { event { type severity data } } }');
  await run('log_system_event');
  expect(await next(log, 'systemEvents', (event) => event.includes('langsmith'))).toEqual({
    event: { type: 'langsmith_trace', severity: 'ERROR', data: { run: 7 } },
  });
  expect(await run('error events')).toEqual([
    { event_type: 'langsmith_trace', event_data: { run: 7 }, severity: 'error' },
  ]);
  await run('set state');
  await run('set state');
  expect(await run('get state')).toEqual([{ value: 'maintenance' }]);
  expect((await hub.data('{ state(key: "mode") { version } }'))['state']).toEqual({ version: 2 });
});

test('help: pending, answered', async () => {
  const stream = await hub.subscribeSse(
    'subscription { requestEvents { op request { subject status answer decidedBy } } }',
  );
  await run('help request');
  expect(await run('Pending help requests')).toMatchObject([
    { request_id: 'q1', query: 'How do I restart?', context: { agent: 'monitor' }, status: 'pending' },
  ]);
  await run('help response');
  expect(await next(stream, 'requestEvents', (event) => event.includes('DECIDED'))).toEqual({
    op: 'UPDATE',
    request: {
      subject: 'How do I restart?',
      status: 'DECIDED',
      answer: 'By AgentRestartManager.',
      decidedBy: 'AIHelpAgent',
    },
  });
  expect(await run('help answered')).toEqual([
    { status: 'completed', response: 'By AgentRestartManager.', response_status: 'complete' },
  ]);
  expect(await run('Pending help requests')).toEqual([]);
});

test('messages and conversations', async () => {
  const inbox = await hub.subscribeWs('subscription { inbox(agent: "helper") { message { from type content } } }');
  await run('communication', [number, helper]);
  expect(await next(inbox, 'inbox')).toEqual({ message: { from: 'monitor', type: 'alert', content: 'Restart me' } });
  expect(await run('communications of an agent', [helper])).toEqual([
    { message_content: 'Restart me', status: 'sent' },
  ]);
  await run('LLM conversation', [number]);
  expect(await run('LLM conversation of an agent', [number])).toEqual([
    { message_content: 'Why?', response_content: 'Because.' },
  ]);
});

test('slow queries, by the column names of the document', async () => {
  const { rows } = await client.query('show shared_preload_libraries');
  const title = 'Monitor slow queries';
  if (!rows[0].shared_preload_libraries.includes('pg_stat_statements'))
    return expect(run(title)).rejects.toThrow('pg_stat_statements');
  await client.query('create extension if not exists pg_stat_statements schema public; select pg_sleep(0.15)');
  expect(await run(title)).toContainEqual(
    expect.objectContaining({ query: expect.stringContaining('pg_sleep'), mean_time: expect.any(Number) }),
  );
});

test('its indexes are refused, for ours are there', async () => {
  for (const title of ['agents', 'metrics', 'events'])
    await expect(run(`Query Optimization: ${title}`)).rejects.toThrow('cannot create index on relation');
  expect(await run('Test basic connection')).toEqual([{ '?column?': 1 }]);
});

test('no statement of the document was left out', () => {
  expect(document.left()).toEqual([]);
});
