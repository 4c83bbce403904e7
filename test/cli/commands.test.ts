import { expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';
import { callTq, type Outcome, temporaryHome } from './tq.ts';

const hub = await testHub();
const HOME = await temporaryHome();

function as(agent: string, columns?: number) {
  const env = { HOME, ROOKERY_URL: hub.url, AGENT_NAME: agent };
  return (...args: string[]): Promise<Outcome> => callTq(args, env, columns);
}
const jean = as('jean');
const ada = as('ada');

async function idOf(call: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await call;
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\n$/);
  return stdout.trim();
}

const json = async (call: Promise<Outcome>) => JSON.parse((await call).stdout);

test('a task from hand to hand: progress with a checkpoint, release, failure, and why it waits', async () => {
  const first = await idOf(jean('-q', 'add', 'first', '-t', 'chain'));
  const second = await idOf(
    jean('-q', 'add', 'second', '-t', 'chain', '--after', first, '-p', '2', '--input', '{"n":1}'),
  );
  expect((await jean('show', second)).stdout).toMatch(/status {6}blocked[\s\S]*input {7}\{"n":1\}/);
  expect(await json(jean('claim', '-t', 'chain', '--json'))).toMatchObject({
    task: { id: first },
    lease: { fence: 1 },
  });
  expect((await jean('progress', first, '40%', '-m', 'half way', '--checkpoint', '{"at":7}')).code).toBe(0);
  expect((await jean('release')).stdout).toBe(`Task ${first} is offered again: first\n`);
  expect(await json(ada('claim', first, '--json'))).toMatchObject({ task: { checkpoint: { at: 7 }, attempt: 2 } });
  expect((await ada('renew', '--lease', '2h')).stdout).toBe(`Task ${first} is yours for 2h.\n`);
  expect((await ada('done', '--output', '{"ok":true}')).code).toBe(0);
  expect((await ada('-q', 'ready', '-t', 'chain')).stdout).toBe(`${second}\n`);
  await ada('claim', second);
  expect((await ada('fail', '-e', 'no luck', '--final')).stdout).toBe(`Task ${second} is given up.\n`);
  expect(await json(jean('list', '--json', '-s', 'done,failed', '-t', 'chain'))).toMatchObject([
    { id: second, status: 'FAILED', error: 'no luck' },
    { id: first, status: 'DONE', output: { ok: true } },
  ]);
  expect((await jean('list', '--jsonl', '-n', '1')).stderr).toBe('');
});

test('what was done is opened again; a task changes hands, whoever holds it', async () => {
  const id = await idOf(jean('-q', 'add', 'again', '-t', 'hands'));
  await jean('claim', id);
  await jean('done', id);
  expect(await jean('claim', id)).toMatchObject({
    code: 8,
    stderr: expect.stringContaining('tq reopen opens it again'),
  });
  expect((await jean('reopen', id)).stdout).toBe(`Task ${id} is open again: again\n`);
  await jean('claim', id);
  expect((await jean('assign', id, 'ada')).stdout).toBe(`Task ${id} is assigned to ada: again\n`);
  expect(await jean('renew', id)).toMatchObject({ code: 4, stderr: expect.stringContaining('No lease') });
  expect((await jean('claim', id)).stderr).toContain('tq assign can give it to you');
  expect((await jean('assign', id)).stdout).toBe(`Task ${id} may be claimed by anybody: again\n`);
  expect((await jean('-q', 'claim', '-t', 'hands')).stdout).toBe(`${id}\n`);
});

test('wrong values are told of before anything is asked of the hub', async () => {
  const nowhere = (...args: string[]) => callTq([...args, '--url', 'http://127.0.0.1:9'], { HOME, AGENT_NAME: 'jean' });
  const refused: [string[], string][] = [
    [['list', '--status', 'done,bogus'], 'Say one of open, blocked, claimed, in_progress, done, failed, cancelled.'],
    [['claim', '--lease', '1s'], 'Say a duration, 5s to 1d: '],
    [['done', '8', '-o', '{bad'], 'It begins as JSON, but is none: '],
    [['inbox', '--after', 'x'], '--after goes with --follow.'],
    [['read'], 'Say which messages, or --all.'],
  ];
  for (const [args, why] of refused) {
    const { code, stdout, stderr } = await nowhere(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^tq: [^\n]+\n$/);
    expect(stderr).toContain(why);
  }
  const help = (await jean('claim', '--help')).stdout.replace(/\s+/g, ' ');
  for (const part of ['5s to 1d (default: 1h)', 'up to 1m', 'Durations: 30s, 5m, 2h or 1d; a bare number is seconds.'])
    expect(help).toContain(part);
});

test('messages are shown, then marked as read; a standup, a beat that tells what waits', async () => {
  await jean('beat');
  const alert = await idOf(ada('-q', 'send', 'jean', 'The nest\nis on fire', '-t', 'alert'));
  await ada('send', 'all', 'Hello');
  const early = await ada('send', 'newcomer', 'Welcome');
  expect(early).toMatchObject({ code: 0, stderr: expect.stringContaining('Nobody called newcomer is registered yet') });
  // It may be looked at by whoever sent it.
  const sent = /^Message (\d+)/.exec(early.stdout)?.[1] as string;
  expect(await ada('read', sent)).toMatchObject({ code: 0, stderr: expect.stringContaining('not marked') });
  expect((await jean('inbox', '-t', 'alert')).stdout).toMatch(
    /^ID.*\n +\d+ {2}ada +jean +alert +\S+ {2}The nest is on fire\n$/,
  );
  expect((await jean('beat')).stdout).toContain('2 unread');
  expect((await jean('read', alert)).stdout).toContain('\nThe nest\nis on fire\n');
  expect(await json(jean('read', '--all', '--json'))).toMatchObject([{ content: 'Hello', from: 'ada' }]);
  expect(await jean('inbox')).toMatchObject({ stdout: '', stderr: 'Nothing unread.\n' });
  expect((await jean('standup', 'Docs', '--next', 'tests')).code).toBe(0);
  expect((await ada('standup')).stdout).toMatch(/jean +\S+ +online +Docs +tests/);
  expect((await ada('-q', 'agents', '--live', 'online')).stdout.split('\n')).toEqual(
    expect.arrayContaining(['ada', 'jean']),
  );
});

test('knowledge, sessions and queues', async () => {
  const entry = await idOf(jean('-q', 'learn', 'Queues in SQL', 'Use skip locked', '--tag', 'pg,queue'));
  expect((await ada('-q', 'recall', 'skip', 'locked', '-t', 'pg')).stdout).toBe(`${entry}\n`);
  expect((await ada('recall', '--id', entry)).stdout).toContain('Use skip locked');

  const session = await idOf(jean('-q', 'session', 'new', 'Design', '--with', 'ada'));
  await ada('session', 'say', session, 'We need a nest');
  await jean('session', 'remember', session, 'colour', 'blue', '-t', 'decision');
  await jean('session', 'save', session, 'plan.md', '# Plan');
  const shown = (await jean('session', 'show', session)).stdout;
  for (const part of ['memory colour (decision): "blue"', 'file plan.md', '1. ada: We need a nest'])
    expect(shown).toContain(part);
  expect((await jean('-q', 'session', 'search', 'nest')).stdout).toBe(`${session}\n`);
  await jean('session', 'pause', session);
  expect((await jean('session', 'say', session, 'x')).code).toBe(8);
  await jean('session', 'resume', session);
  expect((await jean('session', 'complete', session, '--summary', 'done')).stdout).toContain('is completed');

  await jean('queue', 'create', 'jobs', '--max-reads', '3');
  const sent = await idOf(jean('-q', 'queue', 'send', 'jobs', '{"a":1}'));
  const [delivery] = await json(ada('queue', 'read', 'jobs', '--json'));
  expect(delivery).toMatchObject({ message: { id: sent, body: { a: 1 } } });
  expect((await ada('queue', 'read', 'jobs')).code).toBe(3);
  expect((await ada('queue', 'extend', 'jobs', sent, delivery.receipt, '1m')).code).toBe(0);
  expect((await ada('queue', 'delete', 'jobs', sent, delivery.receipt)).code).toBe(0);
  expect((await ada('queue', 'delete', 'jobs', sent, delivery.receipt)).code).toBe(4);
  expect((await ada('queue', 'list')).stdout).toMatch(/^jobs +0 +0/m);
});

test('asking: an answer for a script, an approval that is used once, a rejection', async () => {
  const question = await idOf(jean('-q', 'ask', 'Which port?', '-o', '4000', '-o', '5000', '--to', 'ada'));
  expect(await jean('ask', '--id', question)).toMatchObject({ code: 10, stdout: '' });
  expect((await ada('-q', 'answer')).stdout).toBe(`${question}\n`);
  const waiting = jean('ask', '--id', question, '--wait', '20s');
  expect((await ada('answer', question, '4000')).code).toBe(0);
  expect(await waiting).toMatchObject({ code: 0, stdout: '4000\n' });
  expect((await ada('answer', question, '5000')).code).toBe(8);

  const approval = await idOf(
    jean('-q', 'ask', 'Deploy?', '-k', 'approval', '--arguments', '{"build":7}', '--to', 'ada'),
  );
  await ada('approve', approval, '-c', 'fine');
  expect(await jean('ask', '--id', approval)).toMatchObject({ code: 0, stdout: 'approved\n' });
  expect((await jean('ask', '--use', approval, '--arguments', '{"build":8}')).code).toBe(2);
  expect((await jean('ask', '--use', approval, '--arguments', '{"build":7}')).code).toBe(0);
  expect((await jean('ask', '--use', approval, '--arguments', '{"build":7}')).code).toBe(8);

  const withdrawn = await idOf(jean('-q', 'ask', 'Again?', '-k', 'approval', '--to', 'ada'));
  expect((await jean('ask', '--use', withdrawn)).stderr).toContain(`tq ask --id ${withdrawn} --wait`);
  expect((await jean('approve', withdrawn)).stderr).toContain('tq withdraw takes it back');
  expect((await jean('withdraw', withdrawn)).stdout).toBe(`Request ${withdrawn} is taken back: Again?\n`);
  expect((await ada('approve', withdrawn)).code).toBe(8);

  const rejected = await idOf(jean('-q', 'ask', 'Remove all?', '-k', 'approval', '--to', 'ada'));
  await ada('approve', rejected, '--reject', '-c', 'not on Fridays');
  expect(await jean('ask', '--id', rejected)).toMatchObject({
    code: 9,
    stderr: expect.stringContaining('not on Fridays'),
  });
});

test('the briefing is short, and knows what is the case', async () => {
  const held = await idOf(jean('-q', 'add', `held ${'x'.repeat(400)}`));
  const open = await Promise.all(
    Array.from({ length: 12 }, (_, i) => idOf(jean('-q', 'add', `open ${i} ${'y'.repeat(400)}`))),
  );
  await jean('claim', held);
  await ada('send', 'jean', 'for the briefing');
  const { stdout, code } = await jean('prime');
  expect(code).toBe(0);
  // A token is about four characters of English.
  expect(stdout.length / 4).toBeLessThan(1_500);
  for (const part of ['You are jean', 'Unread messages: 1', `- ${held} held xxx`]) expect(stdout).toContain(part);
  expect(open.some((id) => stdout.includes(`- ${id} open`))).toBe(true);
  const nameless = await callTq(['prime'], { HOME, ROOKERY_URL: hub.url });
  expect(nameless).toMatchObject({ code: 0, stdout: expect.stringContaining('set AGENT_NAME') });
});

test('colour and cut lines on a terminal only', async () => {
  await jean('add', `A long title ${'z'.repeat(200)}`);
  const plain = (await jean('list', '-n', '200')).stdout;
  expect(plain).toContain('z'.repeat(200));
  expect(plain).not.toContain('\u001b');
  const terminal = (await as('jean', 80)('list', '-n', '200')).stdout;
  expect(terminal).toContain('\u001b[');
  expect(terminal).toContain('…');
  const uncoloured = await callTq(['list', '-n', '200'], { HOME, ROOKERY_URL: hub.url, NO_COLOR: '1' }, 80);
  expect(uncoloured.stdout).not.toContain('\u001b');
  for (const line of uncoloured.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('a script of completion knows every command and its options', async () => {
  const bash = (await jean('completion', 'bash')).stdout;
  for (const part of ['claim', "'claim '*) words='--type --session --lease --wait '", "'session new') words='--with '"])
    expect(bash).toContain(part);
  expect((await jean('completion', 'fish')).stdout).toContain("-n '__fish_seen_subcommand_from claim' -l lease -r");
  expect((await jean('completion', 'tcsh')).code).toBe(2);
});
