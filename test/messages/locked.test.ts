import pg from 'pg';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { deliver, readInbox } from '../../src/messages/inbox.ts';
import { acknowledge, markRead, markRounds } from '../../src/messages/service.ts';
import { openDatabase } from '../../src/postgres/database.ts';
import { testDatabase } from '../support/database.ts';

/** A transaction somebody has left open in psql holds up those who write about its messages, and nobody else. */
const { url } = await testDatabase();
const db = openDatabase({ url, poolSize: 4, statementTimeoutMs: 5_000 });
const psql = new pg.Client({ connectionString: url });
await psql.connect();
afterAll(async () => {
  await psql.end();
  await db.close();
});
afterEach(() => psql.query('rollback'));

const AGENTS = ['ann', 'bob', 'carl', 'dora', 'eve'];
const noFeed = undefined as never; // Only `through` asks it.
let mail: Map<string, string>;

beforeEach(async () => {
  await psql.query('truncate agent_messages cascade; delete from agents');
  await psql.query('insert into agents (agent_id) select unnest($1::text[])', [AGENTS]);
  const { rows } = await psql.query(
    `insert into agent_messages (from_agent, to_agent, content) select 'psql', unnest($1::text[]), 'hello' returning id, to_agent`,
    [AGENTS],
  );
  mail = new Map(rows.map(({ id, to_agent }) => [to_agent, id]));
});

const lockMailOf = async (agent: string) => {
  await psql.query('begin');
  await psql.query('select from agent_messages where to_agent = $1 for update', [agent]);
};

test.each([
  ['markRead', (agent: string) => markRead(db, noFeed, agent, { ids: [mail.get(agent)!] })],
  ['acknowledge', (agent: string) => acknowledge(db, agent, [mail.get(agent)!])],
] as const)('%s: the others go first, the locked one alone is told', async (_name, verb) => {
  await lockMailOf('ann');
  const ended: string[] = [];
  const call = (agent: string) => verb(agent).finally(() => ended.push(agent));
  const ann = expect(call('ann')).rejects.toMatchObject({ code: 'CONFLICT', details: { busy: true } });
  await Promise.all([...AGENTS.slice(1).map(async (agent) => expect(await call(agent)).toBe(1)), ann]);
  expect(ended.at(-1)).toBe('ann');
});

test('a broadcast whose receipt is locked', async () => {
  const { rows } = await psql.query(
    `insert into agent_messages (from_agent, content) values ('psql', 'to all') returning id`,
  );
  await psql.query('begin');
  await psql.query(`select from agent_message_receipts where agent_id = 'ann' for update`);
  const ann = expect(acknowledge(db, 'ann', [rows[0].id])).rejects.toMatchObject({ details: { busy: true } });
  expect(await acknowledge(db, 'bob', [rows[0].id])).toBe(1);
  await ann;
});

test('an inbox that is handed out waits for nobody: what is locked is delivered the next time', async () => {
  const read = async () => {
    const page = { agent: 'ann', unreadOnly: true, newestFirst: false, types: null, after: null, limit: 10 };
    await deliver(db, 'ann', await readInbox(db, page));
    return (await psql.query(`select delivered_at is not null as delivered from agent_messages where to_agent = 'ann'`))
      .rows;
  };
  await lockMailOf('ann');
  expect(await read()).toEqual([{ delivered: false }]);
  await psql.query('rollback');
  expect(await read()).toEqual([{ delivered: true }]);
});

test('all: in rounds, none of which is large; direct ones and broadcasts, each once', async () => {
  await psql.query(
    `insert into agent_messages (from_agent, to_agent, content)
     select 'psql', case when n % 3 > 0 then 'ann' end, 'more' from generate_series(1, 30) n`,
  );
  let rounds = 0;
  db.onWrite(() => rounds++);
  expect(await markRounds(db, { agent: 'ann' }, 4)).toBe(31);
  expect(rounds).toBe(6);
  const { rows } = await psql.query(`select rookery.unread_count('ann') as ann, rookery.unread_count('bob') as bob`);
  expect(rows).toEqual([{ ann: 0, bob: 11 }]);
});

test('all: twenty thousand unread ones, each statement within the limit', async () => {
  await psql.query(
    `insert into agent_messages (from_agent, to_agent, content) select 'psql', 'ann', 'more' from generate_series(1, 20000)`,
  );
  expect(await markRead(db, noFeed, 'ann', { all: true })).toBe(20_001);
}, 60_000);
