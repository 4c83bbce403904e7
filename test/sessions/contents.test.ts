import { createHash } from 'node:crypto';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import type { Data } from '../support/live.ts';
import { openRoom, refused } from './room.ts';

const hub = await testHub();
const room = openRoom(hub);
const ann = { agent: 'ann' };

const newSession = async (title: string): Promise<string> => (await room.create({ title }, ann))['id'];

const clients: pg.Client[] = [];
afterAll(() => Promise.all(clients.map((client) => client.end())));

/** A plain SQL writer with a connection of its own. */
async function psql(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: hub.db });
  await client.connect();
  clients.push(client);
  return client;
}

describe('chunks', () => {
  test('are numbered from 1, by whomever they are appended', async () => {
    const sessionId = await newSession('Numbers');
    const extractedItems = { ideas: ['retry'] };
    const [first, second] = await room.append(
      {
        sessionId,
        chunks: [
          { content: 'héllo', extractedItems },
          { content: 'so far', format: 'SUMMARY' },
        ],
      },
      ann,
    );
    expect(first).toEqual({
      id: expect.any(String),
      number: 1,
      size: 6,
      format: 'DIALOGUE',
      author: 'ann',
      extractedItems,
    });
    expect(second).toMatchObject({ number: 2, format: 'SUMMARY', extractedItems: {} });
    await hub.pg.query('insert into conversation_chunks (session_id, content) values ($1, $2), ($1, $3)', [
      sessionId,
      'c',
      'd',
    ]);
    const { chunks } = await room.read(
      sessionId,
      'chunks(from: 2, first: 2) { edges { node { number content } } pageInfo { hasNextPage endCursor } }',
    );
    expect(chunks.edges.map((edge: Data) => edge.node)).toEqual([
      { number: 2, content: 'so far' },
      { number: 3, content: 'c' },
    ]);
    expect(chunks.pageInfo.hasNextPage).toBe(true);
    const rest = await room.read(
      sessionId,
      `chunks(after: "${chunks.pageInfo.endCursor}") { edges { node { number } } }`,
    );
    expect(rest['chunks'].edges).toEqual([{ node: { number: 4 } }]);
    const last = await room.read(sessionId, 'chunks(last: 1) { edges { node { number session { id } } } }');
    expect(last['chunks'].edges).toEqual([{ node: { number: 4, session: { id: sessionId } } }]);
  });

  test('appended at once by 16 callers and plain SQL get distinct numbers without holes, in the order of commits', async () => {
    const sessionId = await newSession('Crowd');
    const writers = await Promise.all(Array.from({ length: 8 }, psql));
    const bySql = writers.map(async (writer) => {
      for (let round = 0; round < 5; round++)
        await writer.query('insert into conversation_chunks (session_id, content) values ($1, $2)', [sessionId, 'sql']);
    });
    const byApi = Array.from({ length: 16 }, async () => {
      const numbers: number[][] = [];
      for (let round = 0; round < 5; round++)
        numbers.push(
          (await room.append({ sessionId, chunks: [{ content: 'a' }, { content: 'b' }] }, ann)).map(
            ({ number }) => number,
          ),
        );
      return numbers;
    });
    const pairs = (await Promise.all(byApi)).flat();
    await Promise.all(bySql);
    for (const [a, b] of pairs) expect(b).toBe(a! + 1);
    const { rows } = await hub.pg.query(
      'select number from conversation_chunks where session_id = $1 order by number',
      [sessionId],
    );
    expect(rows.map(({ number }) => Number(number))).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    // Events of one session are numbered by the feed in the same order.
    const { rows: events } = await hub.pg.query(
      `select array_agg((data ->> 'number')::int order by id) as numbers from rookery.change_events where topic = 'chunks:' || $1`,
      [sessionId],
    );
    expect(events[0].numbers).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  test("wait for nobody who has the session's own row locked, and do not write to it", async () => {
    const sessionId = await newSession('Row');
    const editor = await psql();
    await editor.query('begin');
    await editor.query(`update sessions set title = 'being edited', last_activity = '2000-01-01' where id = $1`, [
      sessionId,
    ]);
    const [chunk] = await room.append({ sessionId, chunks: [{ content: 'not held up' }] }, ann);
    expect(chunk?.['number']).toBe(1);
    await editor.query('rollback');
    const version = async () =>
      (await hub.pg.query('select ctid, xmin from sessions where id = $1', [sessionId])).rows[0];
    const before = await version();
    for (let round = 0; round < 10; round++) await room.append({ sessionId, chunks: [{ content: 'x' }] }, ann);
    expect(await version()).toEqual(before);
  });

  test('of a session that a transaction holds are refused as busy; other sessions are not held up', async () => {
    const [held, free] = [await newSession('Held'), await newSession('Free')];
    const holder = await psql();
    await holder.query('begin');
    await holder.query('insert into conversation_chunks (session_id, content) values ($1, $2)', [held, 'open']);
    const stuck = room.append({ sessionId: held, chunks: [{ content: 'late' }] }, ann);
    const others = await Promise.all(
      Array.from({ length: 8 }, () => room.append({ sessionId: free, chunks: [{ content: 'x' }] }, ann)),
    );
    expect(others).toHaveLength(8);
    expect(await refused(stuck, 'CONFLICT')).toContain('has not ended');
    await holder.query('commit');
    expect((await room.append({ sessionId: held, chunks: [{ content: 'now' }] }, ann))[0]?.['number']).toBe(2);
  });

  test('repeated with one key are appended once', async () => {
    const sessionId = await newSession('Again');
    const input = { sessionId, chunks: [{ content: 'a' }, { content: 'b' }], idempotencyKey: 'once' };
    const all = await Promise.all(Array.from({ length: 6 }, () => room.append(input, ann)));
    for (const chunks of all) expect(chunks).toEqual(all[0]);
    await refused(room.append({ ...input, chunks: [{ content: 'other' }] }, ann), 'IDEMPOTENCY_CONFLICT');
    expect((await room.read(sessionId, 'counters { chunks }'))['counters']).toEqual({ chunks: 2 });
  });

  test('hold 900,000 characters each; more is refused, more by plain SQL is not', async () => {
    const sessionId = await newSession('Long');
    const content = 'long words '.repeat(81_818);
    const [chunk] = await room.append({ sessionId, chunks: [{ content }] }, ann);
    expect(chunk?.['size']).toBe(899_998);
    expect(
      await refused(room.append({ sessionId, chunks: [{ content: 'x'.repeat(900_001) }] }, ann), 'BAD_INPUT'),
    ).toContain('pieces');
    await hub.pg.query(
      `insert into conversation_chunks (session_id, content) values ($1, repeat('many megabytes ', 400000))`,
      [sessionId],
    );
    const { chunks } = await room.read(sessionId, 'chunks { edges { node { size content } } }');
    expect(chunks.edges.map((edge: Data) => [edge.node.size, edge.node.content.length])).toEqual([
      [899_998, 899_998],
      [6_000_000, 6_000_000],
    ]);
    const { errors } = await hub.graphql(
      `{ session(id: "${sessionId}") { chunks(first: 200) { edges { node { content } } } } }`,
      {},
      ann,
    );
    expect(errors?.[0]?.message).toMatch(/complexity/i);
  });

  test('fail alone in a crowd', async () => {
    const sessionId = await newSession('Mixed');
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) =>
        room.append(
          { sessionId: index === 5 ? '999999' : sessionId, chunks: [{ content: index === 7 ? 'a\u0000' : 'ok' }] },
          ann,
        ),
      ),
    );
    const reasons = results.map((result) =>
      result.status === 'rejected' ? String(result.reason.message).split(':')[0] : 'ok',
    );
    expect(reasons.filter((reason) => reason === 'ok')).toHaveLength(10);
    expect([reasons[5], reasons[7]]).toEqual(['NOT_FOUND', 'BAD_INPUT']);
  });
});

describe('memories', () => {
  test('are stored under their key, with a version that rises when something changes', async () => {
    const sessionId = await newSession('Memory');
    const input = { sessionId, key: 'db', type: 'DECISION', content: { use: 'postgres' }, tags: ['db', 'infra'] };
    expect(await room.remember(input, ann)).toEqual({
      key: 'db',
      type: 'DECISION',
      content: { use: 'postgres' },
      tags: ['db', 'infra'],
      version: 1,
      createdBy: 'ann',
      changedBy: 'ann',
    });
    expect((await room.remember(input, { agent: 'bob' }))['version']).toBe(1);
    const { tags: _, ...untagged } = input;
    expect(await room.remember({ ...untagged, content: 'sqlite' }, { agent: 'bob' })).toMatchObject({
      version: 2,
      content: 'sqlite',
      tags: ['db', 'infra'],
      createdBy: 'ann',
      changedBy: 'bob',
    });
    await hub.pg.query(`update memories set content = '"duckdb"' where session_id = $1`, [sessionId]);
    expect((await room.read(sessionId, 'memory(key: "db") { version content }'))['memory']).toEqual({
      version: 3,
      content: 'duckdb',
    });
    expect((await room.read(sessionId, 'memory(key: "none") { version }'))['memory']).toBeNull();
  });

  test('are compared with the expected version, and one of many callers at once wins', async () => {
    const sessionId = await newSession('Compare');
    const input = (content: unknown, expectedVersion: number) => ({
      sessionId,
      key: 'n',
      type: 'FACT',
      content,
      expectedVersion,
    });
    const first = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => room.remember(input(index, 0), ann)),
    );
    expect(first.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const second = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => room.remember(input(`v${index}`, 1), ann)),
    );
    const winners = second.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(winners).toMatchObject([{ version: 2 }]);
    expect(await refused(room.remember(input('late', 1), ann), 'CONFLICT')).toContain('has version 2, not 1');
    // Whoever lost the answer and repeats the call is told that it is so.
    expect(await room.remember(input(winners[0]?.['content'], 1), ann)).toMatchObject({ version: 2 });
  });

  test('are found by type, tags and beginning of the key, and forgotten', async () => {
    const sessionId = await newSession('Find');
    for (const [key, type, tags] of [
      ['api/auth', 'DECISION', ['api', 'security']],
      ['api/rate', 'IDEA', ['api']],
      ['ui/color', 'PREFERENCE', []],
    ] as const)
      await room.remember({ sessionId, key, type, content: key, tags }, ann);
    const keys = async (filter: string) =>
      (await room.read(sessionId, `memories(filter: ${filter}) { edges { node { key } } }`))['memories'].edges.map(
        (edge: Data) => edge.node.key,
      );
    expect(await keys('{}')).toEqual(['ui/color', 'api/rate', 'api/auth']);
    expect(await keys('{ tags: ["api"] }')).toEqual(['api/rate', 'api/auth']);
    expect(await keys('{ tags: ["api", "security"] }')).toEqual(['api/auth']);
    expect(await keys('{ keyPrefix: "api/", types: [IDEA, RISK] }')).toEqual(['api/rate']);
    await refused(room.forget({ sessionId, key: 'api/rate', expectedVersion: 2 }, ann), 'CONFLICT');
    expect(await room.forget({ sessionId, key: 'api/rate', expectedVersion: 1 }, ann)).toEqual({
      key: 'api/rate',
      version: 1,
    });
    await refused(room.forget({ sessionId, key: 'api/rate' }, ann), 'NOT_FOUND');
    expect((await room.remember({ sessionId, key: 'api/rate', type: 'IDEA', content: 'anew' }, ann))['version']).toBe(
      1,
    );
  });
});

describe('artifacts', () => {
  test('have a version for each content, and the same content is the same version', async () => {
    const sessionId = await newSession('Made');
    const save = (content: string, rest: object = {}) =>
      room.save({ sessionId, name: 'src/parser.ts', type: 'CODE', format: 'typescript', content, ...rest }, ann);
    const one = await save('export {}');
    expect(one).toMatchObject({
      version: 1,
      latest: true,
      size: 9,
      contentHash: createHash('sha256').update('export {}').digest('hex'),
      format: 'typescript',
    });
    expect(await save('export {}')).toEqual(one);
    expect(await save('export class Parser {}')).toMatchObject({ version: 2, latest: true });
    expect(await save('export {}')).toMatchObject({ version: 3, contentHash: one['contentHash'] });
    await hub.pg.query(
      `insert into artifacts (session_id, type, name, content) values ($1, 'report', 'src/parser.ts', 'by sql')`,
      [sessionId],
    );
    await room.save({ sessionId, name: 'README', type: 'DOCUMENT', content: 'Read me.' }, ann);
    const list = async (args: string) =>
      (await room.read(sessionId, `artifacts${args} { edges { node { name version latest content } } }`))[
        'artifacts'
      ].edges.map(({ node }: Data) => [node.name, node.version, node.latest, node.content]);
    expect(await list('')).toEqual([
      ['README', 1, true, 'Read me.'],
      ['src/parser.ts', 4, true, 'by sql'],
    ]);
    expect(await list('(filter: { name: "src/parser.ts", allVersions: true, types: [CODE] })')).toEqual([
      ['src/parser.ts', 3, false, 'export {}'],
      ['src/parser.ts', 2, false, 'export class Parser {}'],
      ['src/parser.ts', 1, false, 'export {}'],
    ]);
  });

  test('saved at once follow each other without holes; a key makes one only', async () => {
    const sessionId = await newSession('Race');
    const save = (content: string, idempotencyKey?: string) =>
      room.save({ sessionId, name: 'n', type: 'REPORT', content, ...(idempotencyKey && { idempotencyKey }) }, ann);
    const writers = await Promise.all(Array.from({ length: 4 }, psql));
    const [saved] = await Promise.all([
      Promise.all(Array.from({ length: 12 }, (_, index) => save(`content ${index}`))),
      ...writers.map((writer, index) =>
        writer.query(`insert into artifacts (session_id, type, name, content) values ($1, 'report', 'n', $2)`, [
          sessionId,
          `sql ${index}`,
        ]),
      ),
    ]);
    expect(new Set(saved.map(({ version }) => version)).size).toBe(12);
    const { rows } = await hub.pg.query(
      'select version, latest from artifacts where session_id = $1 order by version',
      [sessionId],
    );
    expect(rows.map(({ version }) => version)).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
    expect(rows.filter(({ latest }) => latest)).toEqual([{ version: 16, latest: true }]);

    const keyed = await save('keyed', 'k');
    expect(keyed['version']).toBe(17);
    await save('after it');
    expect((await save('keyed', 'k'))['version']).toBe(17);
    await refused(save('other', 'k'), 'IDEMPOTENCY_CONFLICT');
    expect((await save('keyed'))['version']).toBe(19);
  });
});
