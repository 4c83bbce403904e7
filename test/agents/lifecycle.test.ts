import { beforeAll, expect, test } from 'vitest';
import { type Caller, testHub } from '../support/hub.ts';

/** The state diagram, arrow by arrow, for the API and for plain SQL. */
const hub = await testHub();
const sql = (text: string, values: unknown[] = []) => hub.pg.query(text, values);
const callers: Record<'ann' | 'bob' | 'operator' | 'observer', Caller> = {
  ann: {},
  bob: {},
  operator: {},
  observer: {},
};

beforeAll(async () => {
  const bearer = async (options: Parameters<typeof hub.token>[0]) => ({ token: (await hub.token(options)).secret });
  callers.operator = await bearer({ role: 'operator' });
  callers.observer = await bearer({ role: 'observer' });
  callers.ann = await bearer({ role: 'agent', agent: 'ann' });
  callers.bob = await bearer({ role: 'agent', agent: 'bob' });
});

const ARROWS: Record<string, string[]> = {
  initializing: ['deploying'],
  deploying: ['monitoring'],
  monitoring: ['active'],
  active: ['optimizing', 'standby', 'maintenance', 'error', 'shutdown'],
  optimizing: ['active'],
  standby: ['active'],
  maintenance: ['active'],
  error: ['recovery', 'manual'],
  recovery: ['active', 'error'],
  manual: ['active'],
  shutdown: ['initializing'],
};
const STATES = Object.keys(ARROWS);
const PAIRS = STATES.flatMap((from) => STATES.map((to) => ({ from, to, legal: ARROWS[from]!.includes(to) })));

const TRANSITION = `mutation ($input: TransitionAgentInput!) { transitionAgent(input: $input) {
  agent { id state stateReason status liveness currentTask stoppedAt } } }`;
const BEAT = `mutation ($input: HeartbeatInput! = {}) { heartbeat(input: $input) {
  agent { state stateReason status errorCount lastHeartbeat } stateRefused { message from to allowed } } }`;
const REGISTER = `mutation ($input: RegisterAgentInput! = {}) { registerAgent(input: $input) { agent { state stateReason } } }`;
const STOP = `mutation ($input: StopAgentInput! = {}) { stopAgent(input: $input) { agent { state stateReason } } }`;

const errorOf = async (query: string, input: object, caller: Caller) =>
  (await hub.graphql(query, { input }, caller)).errors?.[0];
const move = (agent: string, to: string, rest: object = {}, caller = callers.operator) =>
  hub.data(TRANSITION, { input: { agent, to, ...rest } }, caller);
const history = async (agent: string) =>
  (
    await hub.data(
      'query ($id: ID!) { agent(id: $id) { transitions(first: 50) { edges { node { from to reason actor } } } } }',
      { id: agent },
      callers.observer,
    )
  )['agent'].transitions.edges.map(({ node }: { node: object }) => node);

test('of all 121 pairs of states, exactly the arrows of the diagram are taken', async () => {
  await sql(
    `insert into agents (agent_id, state) select p ->> 'from' || '>' || (p ->> 'to'), p ->> 'from' from jsonb_array_elements($1) p`,
    [JSON.stringify(PAIRS)],
  );
  const answers = await Promise.all(
    PAIRS.map(({ from, to }) =>
      hub.graphql(TRANSITION, { input: { agent: `${from}>${to}`, to: to.toUpperCase() } }, callers.operator),
    ),
  );
  for (const [index, { from, to, legal }] of PAIRS.entries()) {
    const { data, errors } = answers[index]!;
    if (legal) expect(data?.['transitionAgent'].agent).toMatchObject({ id: `${from}>${to}`, state: to.toUpperCase() });
    else
      expect(errors?.[0]).toMatchObject({
        message: `Agent ${from}>${to} is in state ${from}, which ${to} does not follow. Allowed from there: ${ARROWS[from]!.join(', ')}.`,
        extensions: { code: 'CONFLICT', from, to, allowed: ARROWS[from] },
      });
  }
});

test('plain SQL is held to the same arrows', async () => {
  await sql('delete from agents');
  for (const { from, to, legal } of PAIRS) {
    await sql('insert into agents (agent_id, state) values ($1, $2)', [`${from}-${to}`, from]);
    const update = sql('update agents set state = $2 where agent_id = $1', [`${from}-${to}`, to]);
    if (legal || from === to) expect((await update).rowCount).toBe(1);
    else
      await expect(update).rejects.toMatchObject({
        code: 'RK409',
        message: expect.stringContaining(`Allowed from there: ${ARROWS[from]!.join(', ')}.`),
        detail: expect.stringContaining(`"from": "${from}"`),
      });
  }
});

test('every transition is an event, in order, with its reason and what was before; and a row of history', async () => {
  const stream = await hub.subscribeWs(
    'subscription { agentEvents(agents: ["ann"]) { op actor previousState reason agent { state } } }',
    {},
    callers.observer,
  );
  await hub.data(REGISTER, {}, callers.ann);
  await move('ann', 'DEPLOYING', { reason: 'image built' }, callers.ann);
  await move('ann', 'MONITORING', {}, callers.ann);
  await move('ann', 'ACTIVE', { reason: 'go' });
  await hub.data(BEAT, { input: { state: 'ERROR', message: 'disk full' } }, callers.ann);
  await hub.data(BEAT, { input: { currentTask: 'waiting' } }, callers.ann);
  await sql(`update agents set state = 'recovery', state_reason = 'disk swapped' where agent_id = 'ann'`);
  await sql(`update agents set state = 'running' where agent_id = 'ann'`);
  await hub.data(STOP, { input: { reason: 'end of shift' } }, callers.ann);

  const role = new URL(hub.db).username;
  const steps = [
    [null, 'INITIALIZING', null, 'ann'],
    ['INITIALIZING', 'DEPLOYING', 'image built', 'ann'],
    ['DEPLOYING', 'MONITORING', null, 'ann'],
    ['MONITORING', 'ACTIVE', 'go', 'operator'],
    ['ACTIVE', 'ERROR', 'disk full', 'ann'],
    ['ERROR', 'RECOVERY', 'disk swapped', role],
    ['RECOVERY', 'ACTIVE', null, role],
    ['ACTIVE', 'SHUTDOWN', 'end of shift', 'ann'],
  ] as const;
  const events: object[] = [];
  for (let n = 0; n < steps.length + 1; n++) events.push((await stream.take()).data?.['agentEvents']);
  const [beat] = events.splice(5, 1);
  expect(beat).toMatchObject({ previousState: null, reason: null, agent: { state: 'ERROR' } });
  expect(events).toEqual(
    steps.map(([from, to, reason, actor], n) => ({
      op: n === 0 ? 'INSERT' : 'UPDATE',
      actor,
      previousState: from,
      reason,
      agent: { state: to },
    })),
  );
  expect(await history('ann')).toEqual(
    steps.map(([from, to, reason, actor]) => ({ from, to, reason, actor })).reverse(),
  );
  await stream.close();
});

test('a beat with a state that may not follow counts, and is told so', async () => {
  await hub.data(REGISTER, {}, callers.bob);
  const said = { state: 'ACTIVE', status: 'BUSY', errorCount: 3 };
  const { heartbeat } = await hub.data(BEAT, { input: said }, callers.bob);
  expect(heartbeat).toEqual({
    agent: {
      state: 'INITIALIZING',
      stateReason: null,
      status: 'BUSY',
      errorCount: 3,
      lastHeartbeat: expect.any(String),
    },
    stateRefused: {
      message: 'Agent bob is in state initializing, which active does not follow. Allowed from there: deploying.',
      from: 'INITIALIZING',
      to: 'ACTIVE',
      allowed: ['DEPLOYING'],
    },
  });
  const next = await hub.data(BEAT, { input: { state: 'DEPLOYING', message: 'as told' } }, callers.bob);
  expect(next['heartbeat']).toMatchObject({
    agent: { state: 'DEPLOYING', stateReason: 'as told' },
    stateRefused: null,
  });

  const warnings: string[] = [];
  const heard = ({ message }: { message: string | undefined }) => warnings.push(message ?? '');
  hub.pg.on('notice', heard);
  await sql(
    `insert into agent_heartbeats (agent_id, timestamp, state, error_count) values ('bob', now(), 'running', 4)`,
  );
  hub.pg.off('notice', heard);
  expect(warnings).toEqual([
    'Agent bob is in state deploying, which active does not follow. Allowed from there: monitoring.',
  ]);
  const { rows } = await sql(`select state, error_count from agents where agent_id = 'bob'`);
  expect(rows).toEqual([{ state: 'deploying', error_count: 4 }]);
});

test('a life begins in any state and ends from any; in between there are only arrows', async () => {
  const op = callers.operator;
  const register = (input: object) => hub.data(REGISTER, { input: { id: 'carl', ...input } }, op);
  expect((await register({ state: 'STANDBY' }))['registerAgent'].agent.state).toBe('STANDBY');
  expect((await register({ state: 'MANUAL' }))['registerAgent'].agent.state).toBe('MANUAL');
  // A second process starts nothing new.
  expect(await errorOf(REGISTER, { id: 'carl', instance: 'two', state: 'STANDBY' }, op)).toMatchObject({
    extensions: { code: 'CONFLICT', from: 'manual', to: 'standby', allowed: ['active'] },
  });
  expect((await register({ instance: 'two', state: 'ACTIVE' }))['registerAgent'].agent.state).toBe('ACTIVE');
  await move('carl', 'MAINTENANCE');
  await hub.data(STOP, { input: { agent: 'carl' } }, op);
  const back = await hub.data(BEAT, { input: { agent: 'carl', state: 'ACTIVE' } }, op);
  expect(back['heartbeat']).toMatchObject({ agent: { state: 'ACTIVE', status: 'ONLINE' }, stateRefused: null });

  // Plain SQL says the same with started_at and stopped_at.
  await sql(`update agents set state = 'standby' where agent_id = 'carl'`);
  await sql(`update agents set state = 'shutdown', stopped_at = now() where agent_id = 'carl'`);
  await sql(`update agents set state = 'running', started_at = now() where agent_id = 'carl'`);
  const { rows } = await sql(`select state, status, liveness, stopped_at from agents where agent_id = 'carl'`);
  expect(rows).toEqual([{ state: 'active', status: 'online', liveness: 'online', stopped_at: null }]);
});

test('a transition to shutdown stops the agent; from there it starts anew', async () => {
  await sql(`insert into agents (agent_id, state, current_task) values ('dora', 'active', 'x')`);
  await hub.data(BEAT, { input: { agent: 'dora' } }, callers.operator);
  expect((await move('dora', 'SHUTDOWN'))['transitionAgent'].agent).toEqual({
    id: 'dora',
    state: 'SHUTDOWN',
    stateReason: null,
    status: 'OFFLINE',
    liveness: 'OFFLINE',
    currentTask: null,
    stoppedAt: expect.any(String),
  });
  expect((await sql(`select from agent_instances where agent_id = 'dora' and stopped_at is null`)).rowCount).toBe(0);
  await sql(`update agents set last_heartbeat = now() - interval '1 day' where agent_id = 'dora'`);
  const started = await move('dora', 'INITIALIZING', { reason: 'again' });
  expect(started['transitionAgent'].agent).toMatchObject({ status: 'ONLINE', liveness: 'ONLINE', stoppedAt: null });
  // It has one interval to be heard of.
  expect((await sql(`select from agents where agent_id = 'dora' and liveness_due_at > now()`)).rowCount).toBe(1);
});

test('of two at once one is taken, and the other is judged by what it left', async () => {
  await sql(`insert into agents (agent_id, state) values ('eve', 'error')`);
  const answers = await Promise.all(
    ['RECOVERY', 'MANUAL'].map((to) => hub.graphql(TRANSITION, { input: { agent: 'eve', to } }, callers.operator)),
  );
  const refused = answers.flatMap(({ errors }) => errors ?? []);
  expect(refused).toHaveLength(1);
  expect(['recovery', 'manual']).toContain(refused[0]?.extensions?.['from']);
  expect(await history('eve')).toHaveLength(2);
});

test('an agent moves itself only, an operator any; errors by code', async () => {
  await sql(`insert into agents (agent_id, state) values ('fay', 'active'), ('ann', 'active') on conflict do nothing`);
  const code = async (input: object, caller: Caller) =>
    (await errorOf(TRANSITION, input, caller))?.extensions?.['code'];
  const to = 'STANDBY';
  expect(await code({ agent: 'fay', to }, callers.ann)).toBe('FORBIDDEN');
  expect(await code({ agent: 'fay', to }, callers.observer)).toBe('FORBIDDEN');
  expect(await code({ agent: 'fay', to }, {})).toBe('UNAUTHENTICATED');
  expect(await code({ to }, callers.operator)).toBe('BAD_INPUT');
  expect(await code({ agent: 'fay', to, reason: 'x'.repeat(1_001) }, callers.operator)).toBe('BAD_INPUT');
  expect(await code({ agent: 'nobody', to }, callers.operator)).toBe('NOT_FOUND');
  expect(await code({ agent: 'fay', to }, callers.operator)).toBeUndefined();
});
