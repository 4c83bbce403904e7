import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import type { Data, Live } from '../support/live.ts';
import { openRoom } from './room.ts';

const hub = await testHub();
const room = openRoom(hub);
const ann = { agent: 'ann' };
const EVENTS = `subscription ($sessionId: ID, $kinds: [SessionEventKind!], $after: Cursor) {
  sessionEvents(sessionId: $sessionId, kinds: $kinds, after: $after) {
    cursor kind op actor sessionId
    session { title status counters { participants } } participant { agentId role } chunk { number content session { title } }
    memory { key version content } artifact { name version content } task { title status } } }`;

const take = async (stream: Live): Promise<Data> => {
  const { data, errors } = await stream.take();
  if (errors?.[0]) throw new Error(errors[0].message);
  return data!['sessionEvents'];
};
/** A new session, and the cursor of the event that it is there: what follows begins with ann, its owner. */
async function begin(title: string): Promise<{ sessionId: string; created: string }> {
  const all = await hub.subscribeSse(EVENTS, {}, ann);
  const { id: sessionId } = await room.create({ title }, ann);
  let event = await take(all);
  while (event['sessionId'] !== sessionId) event = await take(all);
  await all.close();
  return { sessionId, created: event['cursor'] };
}

/** The next events in short. */
async function story(stream: Live, length: number): Promise<string[]> {
  const events: string[] = [];
  while (events.length < length) {
    const { kind, op, actor, session, participant, chunk, memory, artifact, task } = await take(stream);
    const about =
      session?.status ?? participant?.agentId ?? chunk?.number ?? (memory ?? artifact)?.version ?? task?.status;
    events.push(`${kind} ${op} ${about} by ${actor}`);
  }
  return events;
}

test('a session is followed in one order, whoever writes, and taken up again after a cursor', async () => {
  const { sessionId, created } = await begin('Followed');
  const other = await room.create({ title: 'Not followed' }, ann);
  const stream = await hub.subscribeSse(EVENTS, { sessionId, after: created }, { agent: 'eve' });
  await room.join({ id: sessionId, role: 'critic' }, { agent: 'bob' });
  await room.append({ sessionId: other['id'], chunks: [{ content: 'elsewhere' }] }, ann);
  await room.append({ sessionId, chunks: [{ content: 'a' }, { content: 'b' }] }, ann);
  await hub.pg.query('insert into conversation_chunks (session_id, content) values ($1, $2)', [sessionId, 'by sql']);
  await room.remember({ sessionId, key: 'k', type: 'IDEA', content: 'x' }, { agent: 'bob' });
  await room.remember({ sessionId, key: 'k', type: 'IDEA', content: 'y' }, ann);
  await room.forget({ sessionId, key: 'k' }, ann);
  for (const content of ['v1', 'v2']) await room.save({ sessionId, name: 'n', type: 'CODE', content }, ann);
  const createTask = 'mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }';
  await hub.data(createTask, { input: { title: 'not of it' } }, ann);
  await hub.data(createTask, { input: { title: 'of it', sessionId } }, ann);
  await room.leave({ id: sessionId }, { agent: 'bob' });
  await room.pause({ id: sessionId }, ann);

  const { rows } = await hub.pg.query('select session_user as role');
  const expected = [
    'PARTICIPANT INSERT ann by ann',
    'PARTICIPANT INSERT bob by bob',
    'CHUNK INSERT 1 by ann',
    'CHUNK INSERT 2 by ann',
    `CHUNK INSERT 3 by ${rows[0].role}`,
    'MEMORY INSERT 1 by bob',
    'MEMORY UPDATE 2 by ann',
    'MEMORY DELETE 2 by ann',
    'ARTIFACT INSERT 1 by ann',
    'ARTIFACT INSERT 2 by ann',
    'TASK INSERT OPEN by ann',
    'PARTICIPANT UPDATE bob by bob',
    'SESSION UPDATE PAUSED by ann',
  ];
  expect(await story(stream, 5)).toEqual(expected.slice(0, 5));
  const { cursor } = stream;
  expect(await story(stream, 8)).toEqual(expected.slice(5));
  await stream.close();

  const again = await hub.subscribeWs(EVENTS, { sessionId, after: cursor }, { agent: 'eve' });
  expect(await story(again, 8)).toEqual(expected.slice(5));
  await again.close();

  const some = await hub.subscribeWs(
    EVENTS,
    { sessionId, after: cursor, kinds: ['ARTIFACT', 'SESSION'] },
    { agent: 'eve' },
  );
  expect(await story(some, 3)).toEqual([expected[8], expected[9], expected[12]]);
  await some.close();
});

test('an event has what it is about; a large content is read from the table', async () => {
  const { sessionId, created } = await begin('Large');
  const stream = await hub.subscribeWs(EVENTS, { sessionId, after: created }, ann);
  expect(await story(stream, 1)).toEqual(['PARTICIPANT INSERT ann by ann']);
  const content = 'long '.repeat(10_000);
  await room.append({ sessionId, chunks: [{ content }] }, ann);
  expect(await take(stream)).toMatchObject({
    sessionId,
    kind: 'CHUNK',
    chunk: { number: 1, content, session: { title: 'Large' } },
    memory: null,
    artifact: null,
  });
  await room.remember({ sessionId, key: 'k', type: 'CONTEXT', content: { content } }, ann);
  expect((await take(stream))['memory']).toEqual({ key: 'k', version: 1, content: { content } });
  await room.save({ sessionId, name: 'n', type: 'REPORT', content }, ann);
  expect((await take(stream))['artifact']).toEqual({ name: 'n', version: 1, content });
  const stored = await hub.pg.query(
    `select max(pg_column_size(data)) as size from rookery.change_events where topic ~ ('s:' || $1 || '$')`,
    [sessionId],
  );
  expect(stored.rows[0].size).toBeLessThan(16_384);
  await stream.close();
});

test('without a session it tells which there are, and nothing of what is in them', async () => {
  const stream = await hub.subscribeSse(EVENTS, {}, { agent: 'eve' });
  const { id } = await room.create({ title: 'New' }, ann);
  await room.append({ sessionId: id, chunks: [{ content: 'x' }] }, ann);
  await room.complete({ id, summary: 'Done.' }, ann);
  await hub.pg.query('delete from sessions where id = $1', [id]);
  const events: Data[] = [];
  while (events.at(-1)?.['op'] !== 'DELETE') events.push(await take(stream));
  expect(
    events.filter(({ sessionId }) => sessionId === id).map(({ kind, op, actor }) => `${kind} ${op} by ${actor}`),
  ).toEqual(['SESSION INSERT by ann', 'SESSION UPDATE by ann', expect.stringMatching('SESSION DELETE by ')]);
  // What a session had is gone with it.
  expect(events.at(-1)?.['session'].counters).toEqual({ participants: 0 });
  await stream.close();
});

test('what cannot be followed is refused', async () => {
  const refusal = async (variables: object): Promise<unknown> => {
    const stream = await hub.subscribeSse(EVENTS, { ...variables }, { agent: 'eve' });
    const { errors } = await stream.take();
    await stream.close();
    return errors?.[0]?.extensions?.['code'];
  };
  expect(await refusal({ sessionId: '999999' })).toBe('NOT_FOUND');
  expect(await refusal({ sessionId: 'abc' })).toBe('BAD_INPUT');
  expect(await refusal({ kinds: ['CHUNK'] })).toBe('BAD_INPUT');
  expect(await refusal({ after: 'nonsense' })).toBe('CURSOR_INVALID');
});
