import { expect, test } from 'vitest';
import {
  BadInput,
  connect,
  Draining,
  LeaseLost,
  operations,
  PermanentFailure,
  Refused,
  type Task,
  TaskCancelled,
} from '../../src/client/index.ts';
import { testHub } from '../support/hub.ts';

const { url, pg } = await testHub();
const boss = connect({ url, agent: 'boss' });
const ant = connect({ url, agent: 'ant' });

/** Something to wait for. */
function signal<Value = void>(): { readonly given: Promise<Value>; give(value: Value): void } {
  let give: (value: Value) => void = () => {};
  const given = new Promise<Value>((resolve) => {
    give = resolve;
  });
  return { given, give };
}

/** Resolves once the task is as wanted: of this status, or what the function looks for. */
async function reaches(id: string, wanted: Task['status'] | ((task: Task) => boolean)): Promise<Task> {
  const isWanted = typeof wanted === 'string' ? ({ status }: Task) => status === wanted : wanted;
  const { feedCursor } = await boss.request(operations.FeedCursor);
  const now = await boss.tasks.get(id);
  if (now !== null && isWanted(now)) return now;
  for await (const { task } of boss.events.tasks({ ids: [id] }, { after: feedCursor })) if (isWanted(task)) return task;
  throw new Error('The stream ended');
}

/** Works until the returned function is called; errors are collected. */
function working(type: string, handler: Parameters<typeof ant.work>[1], options: Parameters<typeof ant.work>[2] = {}) {
  const abort = new AbortController();
  const errors: unknown[] = [];
  const onError = (error: unknown) => void errors.push(error);
  const ended = ant.work(type, handler, { signal: abort.signal, signals: false, onError, ...options });
  const stop = async () => {
    abort.abort();
    await ended;
  };
  return { errors, abort, ended, stop };
}

test('completes with what is returned, hands a checkpoint to the next attempt, and does not retry a permanent failure', async () => {
  const once = await boss.tasks.create({ title: 'once', type: 'a', input: { n: 2 } });
  const twice = await boss.tasks.create({ title: 'twice', type: 'a' });
  const never = await boss.tasks.create({ title: 'never', type: 'a' });
  const { errors, stop } = working(
    'a',
    async ({ title, input, checkpoint, attempt }, context) => {
      await context.log('begun', { title });
      if (title === 'once') return (input as { n: number }).n * 2;
      if (title === 'never') throw new PermanentFailure('cannot be done');
      if (attempt === 1) {
        await context.progress(0.5, 'half');
        await context.checkpoint({ at: 'half' });
        throw new Error('tripped');
      }
      return checkpoint;
    },
    { concurrency: 3 },
  );
  expect(await reaches(once.id, 'DONE')).toMatchObject({ output: 4, assignedTo: 'ant' });
  expect(await reaches(never.id, 'FAILED')).toMatchObject({ error: 'cannot be done', failures: 1 });
  const failed = await reaches(twice.id, ({ failures }) => failures === 1);
  expect(failed).toMatchObject({ status: 'OPEN', error: 'tripped', progress: 0.5, progressNote: 'half', failures: 1 });
  await boss.tasks.update({ id: twice.id, reopen: true });
  expect((await reaches(twice.id, 'DONE')).output).toEqual({ at: 'half' });
  await stop();
  expect(errors.map(String).sort()).toEqual(['Error: tripped', 'PermanentFailure: cannot be done']);
  const { rows } = await pg.query(
    `select event_data ->> 'message' as message from system_events where event_type = 'task'`,
  );
  expect(rows.length).toBe(4);
});

test('aborts the handler of a task that was cancelled, or is no longer its own', async () => {
  const begun = signal();
  const reasons: unknown[] = [];
  let count = 0;
  const { errors, stop } = working(
    'b',
    (_task, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          reject(signal.reason);
        });
        if (++count === 2) begun.give();
      }),
    { concurrency: 2 },
  );
  const unwanted = await boss.tasks.create({ title: 'unwanted', type: 'b' });
  const taken = await boss.tasks.create({ title: 'taken', type: 'b' });
  await begun.given;
  await boss.tasks.cancel({ id: unwanted.id, reason: 'too late' });
  await boss.tasks.update({ id: taken.id, assignedTo: 'bee' });
  await stop();
  expect(reasons.find((reason) => reason instanceof TaskCancelled)).toMatchObject({
    message: expect.stringMatching(/too late$/),
  });
  expect(reasons.find((reason) => reason instanceof LeaseLost)).toBeDefined();
  expect(errors).toEqual(expect.arrayContaining(reasons));
  expect(await boss.tasks.get(taken.id)).toMatchObject({ status: 'OPEN', assignedTo: 'bee' });
});

test('an output that is no JSON fails the task', async () => {
  const { id } = await boss.tasks.create({ title: 'unsendable', type: 'u', maxAttempts: 1 });
  const { errors, stop } = working('u', () => 1n);
  expect(await reaches(id, 'FAILED')).toMatchObject({ error: expect.stringContaining('BigInt') });
  await stop();
  expect(errors).toEqual([expect.any(BadInput)]);
});

test('numbers that cannot be meant are refused before anything is claimed', async () => {
  for (const concurrency of [Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY]) {
    const refused = expect(ant.work('n', () => {}, { concurrency })).rejects;
    await refused.toMatchObject({
      code: 'BAD_INPUT',
      message: `concurrency: a whole number of at least 1, not ${concurrency}.`,
    });
  }
  await expect(ant.work('n', () => {}, { leaseSeconds: 1 })).rejects.toThrow(
    'leaseSeconds: a whole number from 5 to 86400',
  );
  await expect(ant.work('n', () => {}, { drainSeconds: Number.NaN })).rejects.toBeInstanceOf(BadInput);
});

test('what onError throws ends the work in good order', async () => {
  const bad = await boss.tasks.create({ title: 'bad', type: 'oe' });
  const { ended } = working(
    'oe',
    () => {
      throw new PermanentFailure('no');
    },
    {
      onError: () => {
        throw new Error('told too much');
      },
    },
  );
  await expect(ended).rejects.toThrow('told too much');
  expect((await boss.tasks.get(bad.id))?.status).toBe('FAILED');
});

test('a drain lets handlers finish, and releases what does not', async () => {
  const quick = await boss.tasks.create({ title: 'quick', type: 'c' });
  const stubborn = await boss.tasks.create({ title: 'stubborn', type: 'c' });
  const begun = signal();
  const finish = signal<string>();
  let count = 0;
  const { abort, ended, errors } = working(
    'c',
    ({ title }, { signal }) => {
      if (++count === 2) begun.give();
      if (title === 'quick') return finish.given;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    },
    { concurrency: 2, drainSeconds: 1 },
  );
  await begun.given;
  abort.abort();
  finish.give('finished');
  await ended;
  expect(await boss.tasks.get(quick.id)).toMatchObject({ status: 'DONE', output: 'finished' });
  expect(await boss.tasks.get(stubborn.id)).toMatchObject({ status: 'OPEN', failures: 0 });
  expect(errors.filter((error) => !(error instanceof Draining))).toEqual([]);
  expect((await boss.agents.get('ant'))?.liveness).toBe('OFFLINE');
});

test('beats renew what is held, and a claim whose reply was lost is had again', async () => {
  const beaten = signal();
  let beats = 0;
  let lost = 0;
  const shaky: typeof fetch = async (address, init) => {
    const answer = await fetch(address, init);
    const asked = String(init?.body);
    if (asked.includes('mutation ClaimTask') && (await answer.clone().text()).includes('"token"') && lost++ === 0)
      throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
    if (asked.includes('mutation Heartbeat') && ++beats === 3) beaten.give();
    return answer;
  };
  const bee = connect({ url, agent: 'bee', fetch: shaky });
  const { id } = await boss.tasks.create({ title: 'long', type: 'd' });
  const abort = new AbortController();
  const expiries: unknown[] = [];
  const expiry = async () => {
    const { rows } = await pg.query('select lease_expires_at as at from agent_tasks where id = $1', [id]);
    expiries.push(rows[0].at.getTime());
  };
  const ended = bee.work(
    'd',
    async () => {
      await expiry();
      await beaten.given;
      await expiry();
    },
    { signal: abort.signal, signals: false, leaseSeconds: 5 },
  );
  expect(await reaches(id, 'DONE')).toMatchObject({ attempt: 1, failures: 0, lostLeases: 0 });
  abort.abort();
  await ended;
  expect(lost).toBe(2);
  expect(expiries[1]).toBeGreaterThan(expiries[0] as number);
});

test('a claim whose reply was lost as the work ended is given back, though other work goes on', async () => {
  const leave = new AbortController();
  const stay = new AbortController();
  const deaf: typeof fetch = async (address, init) => {
    const answer = await fetch(address, init);
    if (!String(init?.body).includes('mutation ClaimTask') || leave.signal.aborted) return answer;
    if (!(await answer.clone().text()).includes('"token"')) return answer;
    leave.abort();
    throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } });
  };
  const wasp = connect({ url, agent: 'wasp', fetch: deaf });
  const never = () => {
    throw new Error('not to be begun');
  };
  const { id } = await boss.tasks.create({ title: 'left', type: 'left' });
  const staying = wasp.work('none of these', never, { signal: stay.signal, signals: false });
  await wasp.work('left', never, { signal: leave.signal, signals: false });
  expect(await boss.tasks.get(id)).toMatchObject({ status: 'OPEN', attempt: 1, failures: 0, lostLeases: 0 });
  stay.abort();
  await staying;
});

test('asks a person and waits; an approval is used once, and a no is an error', async () => {
  const person = connect({ url, agent: 'ada' });
  const { id } = await boss.tasks.create({ title: 'deploy', type: 'e' });
  const { feedCursor } = await boss.request(operations.FeedCursor);
  const { stop, errors } = working('e', async (_task, { ask, approve }) => {
    const place = await ask('Where to?', { options: ['here', 'there'] });
    const { arguments: granted } = await approve('Deploy?', { arguments: { place } });
    await approve('And drop the old one?').catch((error) => expect(error).toBeInstanceOf(Refused));
    return granted;
  });
  const answers = {
    QUESTION: { decision: 'ANSWER', answer: 'there' },
    APPROVAL: { decision: 'EDIT', arguments: { place: 'there', slowly: true } },
  } as const;
  const asked = person.events.requests({ statuses: ['OPEN'] }, { after: feedCursor });
  for await (const { request } of asked) {
    expect(request.task?.id).toBe(id);
    const last = request.subject.includes('drop');
    const answer = last ? ({ decision: 'REJECT', comment: 'keep it' } as const) : answers[request.kind as 'QUESTION'];
    await person.requests.respond({ id: request.id, ...answer });
    if (last) break;
  }
  expect((await reaches(id, 'DONE')).output).toEqual({ place: 'there', slowly: true });
  await stop();
  expect(errors).toEqual([]);
});
