import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Caller, testHub } from '../support/hub.ts';

const hub = await testHub();
const READ = `mutation ($input: ReadQueueInput!) { readQueue(input: $input) { deliveries { receipt message { id body } } } }`;

interface Delivery {
  receipt: string;
  message: { id: string; body: unknown };
}

const read = async (queue: string, more: object = {}, caller: Caller = { agent: 'nexus' }): Promise<Delivery[]> =>
  (
    (await hub.data(READ, { input: { queue, waitSeconds: 20, ...more } }, caller))['readQueue'] as {
      deliveries: Delivery[];
    }
  ).deliveries;
const create = (name: string) =>
  hub.data('mutation ($name: String!) { createQueue(input: { name: $name }) { queue { name } } }', { name });

/** Resolves when a caller has looked in vain that often: from the second time on it surely stands in line. */
async function looked(queue: string, reader: string, times = 2): Promise<void> {
  const asked = () => hub.pg.query('select calls from test_reads where queue = $1 and reader = $2', [queue, reader]);
  await expect.poll(async () => (await asked()).rows[0]?.calls ?? 0).toBeGreaterThanOrEqual(times);
}

async function reads(queue: string): Promise<number> {
  return (await writer.query('select sum(calls)::int as n from test_reads where queue = $1', [queue])).rows[0].n;
}

// What the hub asks the database for is counted by the database.
beforeAll(async () => {
  await hub.pg.query(`
    create table test_reads (queue text, reader text, calls integer not null, primary key (queue, reader));
    alter function rookery.take_messages(text, double precision[], text[], jsonb) rename to take_messages_uncounted;
    create function rookery.take_messages(from_queue text, seconds double precision[], readers text[] default null, condition jsonb default null)
      returns setof public.queue_messages language plpgsql as $$
    begin
      insert into public.test_reads select from_queue, r, 1 from (select distinct r from unnest(readers) r order by r) asking
      on conflict (queue, reader) do update set calls = test_reads.calls + 1;
      return query select * from rookery.take_messages_uncounted(from_queue, seconds, readers, condition);
    end $$`);
});

const writer = new pg.Client({ connectionString: hub.db });
beforeAll(() => writer.connect());
afterAll(() => writer.end());

test('who waits is woken by a send, through the API or by plain SQL', async () => {
  await create('woken');
  const sends = [
    () => hub.data('mutation { sendToQueue(input: { queue: "woken", body: 0 }) { id } }'),
    () => writer.query(`select pgmq.send('woken', '1')`),
    () => writer.query(`insert into pgmq.woken (msg) values ('2')`),
  ];
  for (const [n, send] of sends.entries()) {
    const found = read('woken', {}, { agent: `w${n}` });
    await looked('woken', `w${n}`);
    await send();
    expect((await found).map(({ message }) => message.body)).toEqual([n]);
  }
});

test('those who wait are served in turn, and a message does not wake them all', async () => {
  await create('line');
  const served: string[] = [];
  const readers = [];
  for (let n = 0; n < 12; n++) {
    readers.push(
      read('line', {}, { agent: `r${n}` }).then((found) => served.push(`r${n}:${String(found[0]?.message.body)}`)),
    );
    // One by one, so that the order of the line is known. Only the head of a line looks again.
    await looked('line', `r${n}`, n === 0 ? 2 : 1);
  }
  const before = await reads('line');
  for (let n = 0; n < 12; n++) {
    await writer.query(`select pgmq.send('line', $1)`, [JSON.stringify(n)]);
    await expect.poll(() => served.length).toBe(n + 1);
  }
  await Promise.all(readers);
  expect(served).toEqual(Array.from({ length: 12 }, (_, n) => `r${n}:${n}`));
  // A herd would be 12 + 11 + … = 78 reads; these are at most two for each message, and one now and then.
  expect((await reads('line')) - before).toBeLessThan(50);
});

test('a message whose reader died, one given back, and the next of a group come to those who wait', async () => {
  await create('returned');
  await writer.query(`select pgmq.send('returned', '"dead"')`);
  await read('returned', { visibilitySeconds: 0.5, waitSeconds: 0 }, { agent: 'mortal' });
  expect((await read('returned')).map(({ message }) => message.body)).toEqual(['dead']);
  const back = read('returned');
  await writer.query(`select pgmq.set_vt('returned', array(select msg_id from pgmq.q_returned), 0)`);
  const [delivery] = await back;
  expect(delivery?.message.body).toBe('dead');
  await writer.query(
    `select pgmq.send('returned', '1', '{"x-pgmq-group": "g"}'::jsonb), pgmq.send('returned', '2', '{"x-pgmq-group": "g"}'::jsonb)`,
  );
  const [head] = await read('returned');
  const next = read('returned');
  await writer.query(`select pgmq.archive('returned', $1::bigint)`, [head?.message.id]);
  expect((await next).map(({ message }) => message.body)).toEqual([2]);
});

test('time over: an empty answer; no time given: at once', async () => {
  await create('idle');
  expect(await read('idle', { waitSeconds: 0 })).toEqual([]);
  expect(await read('idle', { waitSeconds: 0.2 })).toEqual([]);
});

test('what is read for a caller that has gone is given back', async () => {
  await create('abandoned');
  const gone = new AbortController();
  const request = fetch(`${hub.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-agent': 'gone' },
    body: JSON.stringify({
      query: READ,
      variables: { input: { queue: 'abandoned', waitSeconds: 60, visibilitySeconds: 3600 } },
    }),
    signal: gone.signal,
  });
  await looked('abandoned', 'gone');
  // Its read finds the message, but cannot end before the caller has gone.
  await writer.query('begin');
  await writer.query(`lock table test_reads in exclusive mode`);
  await hub.data('mutation { sendToQueue(input: { queue: "abandoned", body: 1 }) { id } }');
  await expect
    .poll(
      async () =>
        (
          await hub.pg.query(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%read queue%'`,
          )
        ).rowCount,
    )
    .toBe(1);
  gone.abort();
  await expect(request).rejects.toThrow();
  // What the hub hears after the end of that connection, it answers after having seen that end.
  for (let n = 0; n < 3; n++) await hub.data('{ viewer { role } }');
  await writer.query('commit');
  expect((await read('abandoned')).map(({ message }) => message.body)).toEqual([1]);
});

test('a subscriber hears of every arrival, in any queue it asked for, and resumes', async () => {
  await create('seen');
  const query = `subscription ($after: Cursor) { queueEvents(queues: ["seen", "Unborn"], after: $after) {
    cursor op queue actor message { body headers origin { queue } } } }`;
  const live = await hub.subscribeSse(query, {}, { agent: 'central' });
  await hub.data(
    'mutation { sendToQueue(input: { queue: "seen", body: 1, headers: { a: 1 } }) { id } }',
    {},
    { agent: 'jean' },
  );
  expect((await live.take()).data?.['queueEvents']).toMatchObject({
    op: 'INSERT',
    queue: 'seen',
    actor: 'jean',
    message: { body: 1, headers: { a: 1 }, origin: null },
  });
  const role = (await writer.query('select session_user as name')).rows[0].name as string;
  // Reads, extensions and removals are no events: the next one is the next arrival.
  const [delivery] = await read('seen');
  await writer.query(`select pgmq.set_vt('seen', $1::bigint, 5), pgmq.archive('seen', $1::bigint)`, [
    delivery?.message.id,
  ]);
  await writer.query(`select pgmq.send('seen', '2')`);
  expect((await live.take()).data?.['queueEvents']).toMatchObject({ actor: role, message: { body: 2 } });
  const { cursor } = live;
  await live.close();
  await create('Unborn');
  await writer.query(`select pgmq.send_batch('unborn', array['3', '4']::jsonb[])`);
  const large = { text: 'long '.repeat(10_000) };
  await writer.query(`select pgmq.send('seen', $1)`, [JSON.stringify(large)]);
  const resumed = await hub.subscribeWs(query, { after: cursor }, { agent: 'central' });
  const bodies = [];
  for (let n = 0; n < 3; n++)
    bodies.push((await resumed.take()).data?.['queueEvents'] as never as { queue: string; message: { body: unknown } });
  expect(bodies.map(({ queue, message }) => [queue, message.body])).toEqual([
    ['Unborn', 3],
    ['Unborn', 4],
    ['seen', large],
  ]);
  await resumed.close();
});
