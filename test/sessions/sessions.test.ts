import { describe, expect, test } from 'vitest';
import { type Caller, testHub } from '../support/hub.ts';
import { openRoom, refused } from './room.ts';

const hub = await testHub({ tokens: true });
const room = openRoom(hub);
const tokenOf = async (agent: string): Promise<Caller> => ({
  token: (await hub.token({ role: 'agent', agent })).secret,
});
const ann = await tokenOf('ann');
const bob = await tokenOf('bob');
const eve = await tokenOf('eve');
const observer: Caller = { token: (await hub.token({ role: 'observer' })).secret };
const operator: Caller = { token: hub.operator };

describe('a session', () => {
  test('is created by an agent that owns it, with others if it says so', async () => {
    const session = await room.create(
      { title: 'Parser', participants: [{ agent: 'bob', role: 'reviewer' }], metadata: { repo: 'x' } },
      ann,
    );
    expect(session).toEqual({
      id: expect.stringMatching(/^\d+$/),
      title: 'Parser',
      status: 'ACTIVE',
      summary: null,
      createdBy: 'ann',
      completedAt: null,
    });
    const found = await room.read(session['id'], 'metadata participants { agentId role agent { id } }', eve);
    expect(found).toEqual({
      metadata: { repo: 'x' },
      participants: [
        { agentId: 'ann', role: 'owner', agent: { id: 'ann' } },
        { agentId: 'bob', role: 'reviewer', agent: null },
      ],
    });
  });

  test('created twice with one key is one, also at once; other arguments are refused', async () => {
    const input = { title: 'Once', idempotencyKey: 'k1' };
    const created = await Promise.all(Array.from({ length: 8 }, () => room.create(input, ann)));
    expect(new Set(created.map(({ id }) => id)).size).toBe(1);
    await refused(room.create({ ...input, title: 'Twice' }, ann), 'IDEMPOTENCY_CONFLICT');
    expect((await room.create(input, bob))['id']).not.toBe(created[0]?.['id']);
  });

  test('goes from status to status only along the arrows', async () => {
    const { id } = await room.create({ title: 'Life' }, ann);
    expect(await refused(room.resume({ id }, ann), 'CONFLICT')).toContain(
      'Allowed now: pauseSession, completeSession.',
    );
    expect((await room.pause({ id }, ann))['status']).toBe('PAUSED');
    expect(await refused(room.pause({ id }, ann), 'CONFLICT')).toContain(
      'Allowed now: resumeSession, completeSession.',
    );
    expect((await room.resume({ id }, ann))['status']).toBe('ACTIVE');
    const done = await room.complete({ id, summary: 'All parsed.' }, ann);
    expect(done).toMatchObject({ status: 'COMPLETED', summary: 'All parsed.', completedAt: expect.any(String) });
    for (const move of [room.pause, room.resume, room.complete])
      expect(await refused(move({ id }, ann), 'CONFLICT')).toContain('final');
  });

  test('that is paused or completed takes nothing', async () => {
    const { id: sessionId } = await room.create({ title: 'Closed' }, ann);
    const writes = [
      () => room.append({ sessionId, chunks: [{ content: 'x' }] }, ann),
      () => room.remember({ sessionId, key: 'k', type: 'FACT', content: 'x' }, ann),
      () => room.forget({ sessionId, key: 'k' }, ann),
      () => room.save({ sessionId, name: 'n', type: 'CODE', content: 'x' }, ann),
    ];
    for (const move of [room.pause, room.complete]) {
      await move({ id: sessionId }, ann);
      for (const write of writes) await refused(write(), 'CONFLICT');
    }
    await refused(room.join({ id: sessionId }, bob), 'CONFLICT');
  });

  test('that does not exist is not found, and a bad number is a bad input', async () => {
    const none = '999999';
    for (const call of [
      () => room.pause({ id: none }, ann),
      () => room.join({ id: none }, ann),
      () => room.leave({ id: none }, ann),
      () => room.append({ sessionId: none, chunks: [{ content: 'x' }] }, ann),
      () => room.remember({ sessionId: none, key: 'k', type: 'FACT', content: 1 }, ann),
      () => room.save({ sessionId: none, name: 'n', type: 'CODE', content: 'x' }, ann),
    ])
      await refused(call(), 'NOT_FOUND');
    expect(await room.read(none, 'id', ann)).toBeNull();
    await refused(room.pause({ id: 'abc' }, ann), 'BAD_INPUT');
    await refused(room.create({ title: '' }, ann), 'BAD_INPUT');
  });
});

describe('who takes part', () => {
  test('joins, leaves and joins again; leaving twice is no error', async () => {
    const { id } = await room.create({ title: 'Guests' }, ann);
    expect(await room.join({ id, role: 'guest' }, bob)).toEqual({
      agentId: 'bob',
      role: 'guest',
      leftAt: null,
      session: { id },
    });
    expect((await room.join({ id }, bob))['role']).toBe('guest');
    const left = await room.leave({ id }, bob);
    expect(left['leftAt']).toEqual(expect.any(String));
    expect(await room.leave({ id }, bob)).toEqual(left);
    const names = async (args: string) => (await room.read(id, `participants${args} { agentId }`, eve))['participants'];
    expect(await names('')).toEqual([{ agentId: 'ann' }]);
    expect(await names('(includeLeft: true)')).toEqual([{ agentId: 'ann' }, { agentId: 'bob' }]);
    expect((await room.join({ id }, bob))['leftAt']).toBeNull();
    await refused(room.leave({ id }, eve), 'NOT_FOUND');
  });

  test('writes; other agents read; who left may not write any more', async () => {
    const { id: sessionId } = await room.create({ title: 'Ours' }, ann);
    const writes = (caller: Caller) => [
      () => room.append({ sessionId, chunks: [{ content: 'x' }] }, caller),
      () => room.remember({ sessionId, key: 'k', type: 'FACT', content: 'x' }, caller),
      () => room.forget({ sessionId, key: 'k' }, caller),
      () => room.save({ sessionId, name: 'n', type: 'CODE', content: 'x' }, caller),
      () => room.pause({ id: sessionId }, caller),
      () => room.resume({ id: sessionId }, caller),
    ];
    for (const write of writes(eve)) expect(await refused(write(), 'FORBIDDEN')).toContain('joinSession');
    await room.join({ id: sessionId }, eve);
    for (const write of writes(eve)) await write();
    await room.leave({ id: sessionId }, eve);
    for (const write of writes(eve)) await refused(write(), 'FORBIDDEN');
    expect((await room.read(sessionId, 'chunks { edges { node { author content } } }', eve))['chunks'].edges).toEqual([
      { node: { author: 'eve', content: 'x' } },
    ]);
  });

  test('is for each agent to say itself; operators say for others and write anywhere; observers read', async () => {
    const { id } = await room.create({ title: 'Rights' }, ann);
    await refused(room.join({ id, agent: 'bob' }, eve), 'FORBIDDEN');
    await refused(room.leave({ id, agent: 'ann' }, eve), 'FORBIDDEN');
    await refused(room.join({ id }, operator), 'BAD_INPUT');
    await room.join({ id, agent: 'bob' }, operator);
    const [chunk] = await room.append({ sessionId: id, chunks: [{ content: 'x' }] }, operator);
    expect(chunk?.['author']).toBe('operator');
    await refused(room.append({ sessionId: id, chunks: [{ content: 'x' }] }, observer), 'FORBIDDEN');
    await refused(room.create({ title: 'x' }, observer), 'FORBIDDEN');
    expect((await room.read(id, 'counters { chunks }', observer))['counters']).toEqual({ chunks: 1 });
  });
});

describe('a list of sessions', () => {
  test('filters by status, participant and title, and pages in both orders', async () => {
    const ids: string[] = [];
    for (const title of ['List alpha', 'List beta', 'List gamma', 'List delta'])
      ids.push((await room.create({ title }, bob))['id']);
    await room.pause({ id: ids[1] }, bob);
    await room.join({ id: ids[2] }, eve);
    const list = async (filter: object, rest: { orderBy?: string; first?: number; after?: string } = {}) =>
      (
        await hub.data(
          `query ($filter: SessionFilter, $orderBy: SessionOrder, $first: Int, $after: String) {
             sessions(filter: $filter, orderBy: $orderBy, first: $first, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage } } }`,
          { filter, ...rest },
          eve,
        )
      )['sessions'] as { edges: { cursor: string; node: { id: string } }[]; pageInfo: { hasNextPage: boolean } };
    const idsOf = async (filter: object, rest = {}) => (await list(filter, rest)).edges.map(({ node }) => node.id);
    const newest = [...ids].reverse();
    expect(await idsOf({ search: 'LIST ' })).toEqual(newest);
    expect(await idsOf({ search: 'list ', statuses: ['PAUSED'] })).toEqual([ids[1]]);
    expect(await idsOf({ search: 'list ', participant: 'eve' })).toEqual([ids[2]]);
    expect(await idsOf({ search: 'list ', activeSince: '2999-01-01T00:00:00Z' })).toEqual([]);

    // The order of activity, as if time had passed.
    for (const [age, id] of [ids[0], ids[3], ids[1], ids[2]].entries())
      await hub.pg.query(
        `update sessions set last_activity = clock_timestamp() - $1 * interval '1 hour' where id = $2`,
        [age + 1, id],
      );
    await room.append({ sessionId: ids[2], chunks: [{ content: 'news' }] }, bob);
    const expected = [ids[2], ids[0], ids[3], ids[1]];
    for (const [orderBy, order] of [
      ['LAST_ACTIVITY', expected],
      ['NEWEST', newest],
    ] as const) {
      const seen: string[] = [];
      for (let after: string | undefined, more = true; more; ) {
        const { edges, pageInfo } = await list({ search: 'list ' }, { orderBy, first: 3, ...(after && { after }) });
        seen.push(...edges.map(({ node }) => node.id));
        after = edges.at(-1)?.cursor;
        more = pageInfo.hasNextPage;
      }
      expect(seen, orderBy).toEqual(order);
    }
    const { errors } = await hub.graphql('{ sessions(after: "nonsense") { edges { cursor } } }', {}, eve);
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'BAD_INPUT' } });
  });

  test('counts what there is, and says when somebody last added to it', async () => {
    const { id: sessionId } = await room.create({ title: 'Counted' }, ann);
    await room.append({ sessionId, chunks: [{ content: 'a' }, { content: 'b' }] }, ann);
    await room.remember({ sessionId, key: 'k', type: 'RISK', content: 'x' }, ann);
    for (const content of ['v1', 'v2']) await room.save({ sessionId, name: 'n', type: 'CODE', content }, ann);
    await hub.data(
      'mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }',
      { input: { title: 't', sessionId } },
      ann,
    );
    const read = () =>
      room.read(
        sessionId,
        'lastActivityAt counters { participants chunks memories artifacts tasks } tasks { edges { node { title } } }',
        eve,
      );
    const before = await read();
    expect(before).toMatchObject({
      counters: { participants: 1, chunks: 2, memories: 1, artifacts: 1, tasks: 1 },
      tasks: { edges: [{ node: { title: 't' } }] },
    });
    await room.append({ sessionId, chunks: [{ content: 'c' }] }, ann);
    expect(Date.parse((await read())['lastActivityAt'])).toBeGreaterThan(Date.parse(before['lastActivityAt']));
  });
});
