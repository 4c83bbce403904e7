import pg from 'pg';
import { expect, test } from 'vitest';
import { requestsRoom } from './room.ts';

const { hub, act, ask, failure } = await requestsRoom();
const jean = { agent: 'jean' };

/** One psql that approves, in one of the two ways there are; gives the SQLSTATE when it comes too late. */
async function psql(client: pg.Client, id: string, name: string, way: number): Promise<string> {
  const sql =
    way % 2 === 0
      ? `insert into agent_request_responses (request_id, responder, decision) values ($1, $2, 'approve')`
      : `update agent_requests set decision = 'approve', decided_by = $2 where id = $1`;
  return client.query(sql, [id, name]).then(
    () => 'won',
    (error) => error.code,
  );
}

test('of 100 who decide at once, over the API, one does; 99 are told by whom, and when', async () => {
  const { id } = await ask({}, jean);
  const race = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      failure('respondToRequest', { id, decision: n % 2 ? 'APPROVE' : 'REJECT' }, { agent: `decider${n}` }),
    ),
  );
  const { rows } = await hub.pg.query(
    'select decision, decided_by, decided_at, status from agent_requests where id = $1',
    [id],
  );
  const late = race.filter(({ code }) => code === 'ALREADY_DECIDED');
  expect(late).toHaveLength(99);
  expect(race.filter(({ code }) => code === undefined)).toHaveLength(1);
  for (const { decision, decidedBy, decidedAt } of late)
    expect({ decision, decided_by: decidedBy, decided_at: new Date(decidedAt as string) }).toEqual({
      decision: rows[0].decision,
      decided_by: rows[0].decided_by,
      decided_at: rows[0].decided_at,
    });
  expect(
    (await hub.pg.query('select count(*)::int from agent_request_responses where request_id = $1', [id])).rows,
  ).toEqual([{ count: 1 }]);
});

test('of 50 over the API and 50 with psql, one does', async () => {
  const clients = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const client = new pg.Client({ connectionString: hub.db });
      await client.connect();
      return client;
    }),
  );
  for (let round = 0; round < 3; round++) {
    const { id } = await ask({}, jean);
    const api = Array.from({ length: 50 }, async (_, n) => {
      const { code } = await failure('respondToRequest', { id, decision: 'APPROVE' }, { agent: `decider${n}` });
      return code === undefined ? 'won' : code === 'ALREADY_DECIDED' ? 'RK413' : code;
    });
    const plain = clients.map(async (client, n) => {
      const codes = [];
      for (let turn = 0; turn < 5; turn++) codes.push(await psql(client, id, `psql${n}-${turn}`, n));
      return codes;
    });
    const outcomes = [...(await Promise.all(api)), ...(await Promise.all(plain)).flat()];
    expect(outcomes.filter((outcome) => outcome === 'won')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'RK413')).toHaveLength(99);
  }
  await Promise.all(clients.map((client) => client.end()));
});

test('of 40 who approve what takes 5, five count', async () => {
  const { id } = await ask({ quorum: 5 }, jean);
  const race = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      failure('respondToRequest', { id, decision: 'APPROVE' }, { agent: `decider${n}` }),
    ),
  );
  expect(race.filter(({ code }) => code === 'ALREADY_DECIDED')).toHaveLength(35);
  expect(await act('awaitRequest', { id, waitSeconds: 0 }, jean)).toMatchObject({ status: 'DECIDED', approvals: 5 });
});

test('of many who use one approval, one does', async () => {
  const { id } = await ask({ arguments: [1] }, jean);
  await act('respondToRequest', { id, decision: 'APPROVE' }, { agent: 'mik' });
  const race = await Promise.all(
    Array.from({ length: 40 }, () => failure('consumeApproval', { id, arguments: [1] }, jean)),
  );
  expect(race.filter(({ code }) => code === undefined)).toHaveLength(1);
  expect(race.filter(({ code }) => code === 'CONFLICT')).toHaveLength(39);
});

test('a request that an open transaction holds keeps its own decider waiting, and no one else', async () => {
  const held = await ask({}, jean);
  const free = await ask({}, jean);
  await hub.pg.query('begin');
  await hub.pg.query('select from agent_requests where id = $1 for update', [held.id]);
  const stuck = failure('respondToRequest', { id: held.id, decision: 'APPROVE' }, { agent: 'mik' });
  await act('respondToRequest', { id: free.id, decision: 'APPROVE' }, { agent: 'mik' });
  expect(await stuck).toMatchObject({ code: 'CONFLICT', busy: true });
  await hub.pg.query('rollback');
});
