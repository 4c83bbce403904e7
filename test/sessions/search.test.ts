import { describe, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import type { Data } from '../support/live.ts';
import { openRoom } from './room.ts';

const hub = await testHub();
const room = openRoom(hub);
const ann = { agent: 'ann' };
const SEARCH = `query ($query: String!, $kinds: [SessionSearchKind!], $sessionId: ID, $first: Int, $after: String) {
  searchSessions(query: $query, kinds: $kinds, sessionId: $sessionId, first: $first, after: $after) {
    edges { node { kind rank snippet session { title } chunk { number } memory { key } artifact { name version } } }
    pageInfo { hasNextPage endCursor } } }`;

const search = async (query: string, rest: object = {}): Promise<Data> =>
  (await hub.data(SEARCH, { query, ...rest }, ann))['searchSessions'] as Data;
const found = async (query: string, rest: object = {}): Promise<Data[]> =>
  (await search(query, rest))['edges'].map(({ node }: Data) => node);

describe('a search', () => {
  test('finds chunks, memories and artifacts, best first, with the place in a snippet', async () => {
    const { id: sessionId } = await room.create({ title: 'Gardens' }, ann);
    await room.append(
      { sessionId, chunks: [{ content: 'We talked about many things, and once of a tulip too.' }] },
      ann,
    );
    await room.remember(
      {
        sessionId,
        key: 'flower',
        type: 'DECISION',
        content: { plant: 'tulips', where: 'tulip bed' },
        tags: ['spring'],
      },
      ann,
    );
    await room.save({ sessionId, name: 'tulip.md', type: 'DOCUMENT', content: 'Tulips: how to plant tulips.' }, ann);
    await room
      .create({ title: 'Other' }, ann)
      .then(({ id }) => room.append({ sessionId: id, chunks: [{ content: 'No tulip here? A rose.' }] }, ann));

    const all = await found('tulip');
    expect(all.map(({ kind }) => kind).sort()).toEqual(['ARTIFACT', 'CHUNK', 'CHUNK', 'MEMORY']);
    expect(all.map(({ rank }) => rank)).toEqual(all.map(({ rank }) => rank).sort((a, b) => b - a));
    expect(all[0]).toMatchObject({
      kind: 'ARTIFACT',
      artifact: { name: 'tulip.md', version: 1 },
      chunk: null,
      memory: null,
    });
    expect(all[0]?.['snippet']).toContain('**tulips**');

    expect(await found('tulip', { kinds: ['MEMORY'] })).toMatchObject([
      { memory: { key: 'flower' }, session: { title: 'Gardens' } },
    ]);
    expect(await found('spring')).toMatchObject([{ kind: 'MEMORY' }]);
    expect((await found('tulip', { sessionId })).map(({ session }) => session.title)).toEqual([
      'Gardens',
      'Gardens',
      'Gardens',
    ]);
    expect(await found('tulip -rose -plant -bed')).toMatchObject([
      { chunk: { number: 1 }, session: { title: 'Gardens' } },
    ]);
    expect(await found('"many things"')).toHaveLength(1);
    expect(await found('"things many"')).toHaveLength(0);
    expect(await found('the')).toEqual([]);
  });

  test('follows what is changed, superseded and deleted', async () => {
    const { id: sessionId } = await room.create({ title: 'Changes' }, ann);
    const kinds = async (query: string) =>
      (await found(query, { sessionId })).map(({ kind, artifact }) => artifact?.version ?? kind);
    await room.remember({ sessionId, key: 'k', type: 'FACT', content: 'an aardvark' }, ann);
    await room.save({ sessionId, name: 'n', type: 'CODE', content: 'function aardvark() {}' }, ann);
    await room.append({ sessionId, chunks: [{ content: 'aardvark' }] }, ann);
    expect((await kinds('aardvark')).sort()).toEqual([1, 'CHUNK', 'MEMORY']);
    await room.remember({ sessionId, key: 'k', type: 'FACT', content: 'a badger' }, ann);
    await room.save({ sessionId, name: 'n', type: 'CODE', content: 'function badger() {}' }, ann);
    expect(await kinds('aardvark')).toEqual(['CHUNK']);
    expect((await kinds('badger')).sort()).toEqual([2, 'MEMORY']);
    await hub.pg.query('update conversation_chunks set content = $2 where session_id = $1', [sessionId, 'badger']);
    await room.forget({ sessionId, key: 'k' }, ann);
    expect((await kinds('badger')).sort()).toEqual([2, 'CHUNK']);
    await hub.pg.query('delete from sessions where id = $1', [sessionId]);
    expect(await kinds('badger')).toEqual([]);
    expect(
      (await hub.pg.query('select from rookery.session_passages where session_id = $1', [sessionId])).rowCount,
    ).toBe(0);
  });

  test('reaches every word of a chunk of megabytes, also one that a passage ends in', async () => {
    const { id: sessionId } = await room.create({ title: 'Long' }, ann);
    const filler = 'and so on, ÄÖÜ; '.repeat(60_000);
    const content = `alphaword ${filler.slice(0, 15_985)} borderword ${filler} betaword ${filler.slice(0, 961_000)}omegaword`;
    await hub.pg.query('insert into conversation_chunks (session_id, content) values ($1, $2)', [sessionId, content]);
    for (const word of ['alphaword', 'borderword', 'betaword', 'omegaword']) {
      const [match, ...others] = await found(word, { sessionId });
      expect(match?.['snippet']).toContain(`**${word}**`);
      expect(others).toEqual([]);
    }
  });

  test('pages without repeating, and refuses what is no query', async () => {
    const { id: sessionId } = await room.create({ title: 'Pages' }, ann);
    await room.append(
      {
        sessionId,
        chunks: Array.from({ length: 7 }, (_, index) => ({ content: `zebra ${'and other animals '.repeat(index)}` })),
      },
      ann,
    );
    const seen: number[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const { edges, pageInfo } = await search('zebra', { sessionId, first: 3, ...(after && { after }) });
      seen.push(...edges.map(({ node }: Data) => node.chunk.number));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect([...seen].sort()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for (const variables of [{ query: '  ' }, { query: 'x', sessionId: 'abc' }])
      expect((await hub.graphql(SEARCH, variables, ann)).errors?.[0]).toMatchObject({
        extensions: { code: 'BAD_INPUT' },
      });
  });
});

describe('with 100,000 chunks', () => {
  const counters = async () => {
    const { rows } = await hub.pg.query<{ scans: number; rows: number }>(
      `select seq_scan::int as scans, idx_tup_fetch::int as rows from pg_stat_xact_all_tables where relname = 'session_passages'`,
    );
    return rows[0]!;
  };

  /** How the function searched: whether it scanned the whole table, and how many of its rows it looked at. */
  const cost = async (query: string, sessionId: string | null = null) => {
    await hub.pg.query('begin');
    const before = await counters();
    const { rowCount: matches } = await hub.pg.query('select * from rookery.search_sessions($1, null, $2, 20, 0)', [
      query,
      sessionId,
    ]);
    const after = await counters();
    await hub.pg.query('commit');
    return { matches, scans: after.scans - before.scans, rows: after.rows - before.rows };
  };

  test('a search reads what matches by the index, or the session where that is less', async () => {
    // Nobody is to hear of these.
    await hub.pg.query('alter table conversation_chunks disable trigger _900_emit_insert');
    await hub.pg.query(`
      with made as (insert into sessions (title) select 'Bulk ' || n from generate_series(1, 1000) n returning id),
      numbered as (select id, row_number() over () - 1 as place from made)
      insert into conversation_chunks (session_id, number, content)
      select m.id, n / 1000 + 1, concat_ws(' ', 'everywhere word' || n % 5000, repeat('some more of the conversation ', 5),
             case when n % 50000 = 7 then 'needle' end)
        from generate_series(0, 99999) n join numbered m on m.place = n % 1000`);
    await hub.pg.query(
      'alter table conversation_chunks enable trigger _900_emit_insert; analyze rookery.session_passages',
    );
    const { rows } = await hub.pg.query(`select id from sessions where title = 'Bulk 500'`);

    const needle = await cost('needle');
    expect(needle).toMatchObject({ matches: 2, scans: 0 });
    // Of these, 250 are the look at the newest.
    expect(needle.rows).toBeLessThan(260);
    const word = await cost('word4711 conversation');
    expect(word).toMatchObject({ matches: 20, scans: 0 });
    expect(word.rows).toBeLessThan(350);
    const everywhere = await cost('everywhere');
    expect(everywhere).toMatchObject({ matches: 20, scans: 0 });
    expect(everywhere.rows).toBeLessThan(5_000);
    const inOne = await cost('everywhere', rows[0].id);
    expect(inOne).toMatchObject({ matches: 20, scans: 0 });
    expect(inOne.rows).toBeLessThan(1_000);
  }, 120_000);
});
