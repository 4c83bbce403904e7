import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { rawRequest } from '../support/http.ts';
import { type TestHub, testHub } from '../support/hub.ts';
import { heldUp } from '../support/locks.ts';

const WATCH = 'subscription { agentEvents { cursor agent { id } } }';
const RENAME = 'mutation { registerAgent(input: { id: "slow", name: "renamed" }) { agent { name } } }';
const patient = await testHub();
const hasty = await testHub();
const idle = await testHub();
const quiet = await testHub();

/** A mutation that waits for a row this test holds locked; returns its answer, and the way to let it go on. */
async function mutationInFlight(hub: TestHub): Promise<{ answer: Promise<unknown>; release: () => Promise<unknown> }> {
  await hub.data('mutation { registerAgent(input: { id: "slow" }) { agent { id } } }');
  await hub.pg.query('begin');
  await hub.pg.query(`select from agents where agent_id = 'slow' for update`);
  const answer = hub.data(RENAME).catch((error: Error) => error);
  await expect.poll(() => heldUp(hub.pg)).toBe(1);
  return { answer, release: () => hub.pg.query('commit') };
}

test('a stopping hub ends streams with their cursor, and answers what it has begun', async () => {
  const overSse = await patient.subscribeSse(WATCH);
  const socket = patient.connectWs();
  const overWs = await socket.subscribe(WATCH);
  const { answer, release } = await mutationInFlight(patient);

  const closed = patient.hub.close();
  for (const live of [overSse, overWs]) {
    for (;;) {
      const { errors } = await live.take();
      if (errors === undefined) continue;
      expect(errors[0]?.extensions).toMatchObject({ code: 'GOING_AWAY', cursor: expect.stringMatching(/-/) });
      break;
    }
    expect((await live.next()).done).toBe(true);
  }
  expect(await socket.closed).toMatchObject({ code: 1001 });
  await expect(rawRequest(patient.url, { method: 'GET', path: '/livez' })).rejects.toThrow('ECONNREFUSED');

  await release();
  expect(await answer).toEqual({ registerAgent: { agent: { name: 'renamed' } } });
  await closed;
});

test('but not for ever', async () => {
  const { answer, release } = await mutationInFlight(hasty);
  const released = hasty.hub.close({ drainSeconds: 0.1 });
  expect(await answer).toBeInstanceOf(Error);
  await release();
  await released;
});

test('whoever waits for work is told that there is none', async () => {
  const CLAIM = 'mutation { claimTask(input: { waitSeconds: 50 }) { task { id } } }';
  const socket = idle.connectWs({ agent: 'ada' });
  const overWs = await socket.subscribe(CLAIM);
  const overHttp = idle.data(CLAIM, {}, { agent: 'bob' });
  await expect.poll(() => claimants(idle)).toBe(2);
  const closed = idle.hub.close({ drainSeconds: 15 });
  expect(await overHttp).toEqual({ claimTask: { task: null } });
  expect(await overWs.take()).toEqual({ data: { claimTask: { task: null } } });
  expect(await socket.closed).toMatchObject({ code: 1001 });
  await closed;
});

test('connections without a request hold nothing up, and a clean stop warns of nothing', async () => {
  const { port } = new URL(quiet.url);
  const unused = connect(Number(port), '127.0.0.1');
  const kept = connect(Number(port), '127.0.0.1');
  await Promise.all([once(unused, 'connect'), once(kept, 'connect')]);
  kept.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(kept, 'data');
  const before = quiet.logged.length;
  await quiet.hub.close({ drainSeconds: 600 });
  expect(quiet.logged.slice(before).filter(({ level }) => (level as number) >= 40)).toEqual([]);
});

/** A claim registers who makes it. */
async function claimants({ pg }: TestHub): Promise<number> {
  const { rows } = await pg.query(`select count(*)::int as count from agents where agent_id in ('ada', 'bob')`);
  return rows[0].count;
}
