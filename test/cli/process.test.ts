import { execFileSync, spawn } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { rookery } from '../support/command.ts';
import { testHub } from '../support/hub.ts';
import { callTq, temporaryHome } from './tq.ts';

const hub = await testHub();
const HOME = await temporaryHome();
const NOBODY = 'http://127.0.0.1:9';

// The commands are run as their users run them: out of the built files.
beforeAll(() => void execFileSync(process.execPath, ['scripts/setup.mjs']), 240_000);

function start(args: string[], env: Record<string, string> = {}, stdin = '') {
  const child = spawn(process.execPath, ['dist/cli/main.js', ...args], {
    env: { PATH: process.env['PATH'], HOME, ROOKERY_URL: hub.url, AGENT_NAME: 'jean', ...env },
    stdio: 'pipe',
  });
  child.stdin.end(stdin);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (chunk) => {
      said[name] += chunk;
    });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal!));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  /** Waits until standard output holds so many lines. */
  const lines = (count: number) =>
    new Promise<string[]>((resolve, reject) => {
      const look = () => {
        const found = said.stdout.split('\n').slice(0, -1);
        if (found.length >= count) resolve(found);
      };
      child.stdout.on('data', look);
      look();
      void ended.then((code) => reject(new Error(`ended with ${code}: ${said.stderr}`)));
    });
  return { child, said, ended, lines };
}

async function tq(args: string[], env?: Record<string, string>, stdin?: string) {
  const { said, ended } = start(args, env, stdin);
  const code = await ended;
  return { code, ...said };
}

/** In this process: a start costs a tenth of a second and more. */
const here = (...args: string[]) => callTq(args, { HOME, ROOKERY_URL: hub.url, AGENT_NAME: 'jean' });

test('the five commands of the document, each a process; the lease is found again', async () => {
  const added = await tq(['add', 'Build CLI wrapper']);
  const id = /^Task (\d+): Build CLI wrapper\n$/.exec(added.stdout)?.[1] as string;
  expect((await here('list')).stdout).toMatch(new RegExp(`^ID +TITLE.*\\n +${id} +Build CLI wrapper +open +5 `));
  expect(await tq(['claim', id])).toMatchObject({
    code: 0,
    stdout: `Task ${id} is yours for 60m: Build CLI wrapper\n`,
  });
  expect((await here('mine', '-q')).stdout).toBe(`${id}\n`);
  const { rows } = await hub.pg.query('select status, assigned_to from agent_tasks where id = $1', [id]);
  expect(rows).toEqual([{ status: 'in_progress', assigned_to: 'jean' }]);
  // Only whoever has the token may do this.
  expect(await tq(['progress', id, '50%'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`task ${id} is yours`),
  });
  expect(await tq(['done', id])).toMatchObject({ code: 0, stdout: `Task ${id} is done: Build CLI wrapper\n` });
  expect((await here('list')).stderr).toBe('No tasks.\n');
});

test('an exit code for each outcome, and a line that says why', async () => {
  const codeOf = async (...args: string[]) => {
    const { code, stdout, stderr } = await here(...args);
    expect(stdout).toBe('');
    return [code, stderr];
  };
  const line = expect.stringMatching(/^[^\n]+\n$/);
  expect(await codeOf('claim', '-t', 'nobody-makes-these')).toEqual([3, line]);
  expect(await codeOf('show', '999999')).toEqual([5, line]);
  expect(await codeOf('done', '999999')).toEqual([5, line]);
  expect(await codeOf('add', '')).toEqual([2, expect.stringContaining('(BAD_INPUT)')]);
  expect(await codeOf('add', 'x', '--input', '{')).toEqual([2, expect.stringContaining('JSON')]);
  expect(await codeOf('lst')).toEqual([2, expect.stringContaining('Did you mean list?')]);
  expect(await codeOf('list', '--json', '-q')).toEqual([2, line]);
  expect(await codeOf('send', 'ada', '@/no/such/file')).toEqual([2, line]);
  expect(await codeOf('events', '--after', 'nonsense')).toEqual([11, expect.stringContaining('(CURSOR_INVALID)')]);
  expect((await here('--help')).stdout).toContain('10  ask: not decided');

  const id = (await here('-q', 'add', 'contested')).stdout.trim();
  expect(await codeOf('renew', id)).toEqual([4, line]);
  await here('claim', id);
  expect((await callTq(['claim', id], { HOME, ROOKERY_URL: hub.url, AGENT_NAME: 'ada' })).code).toBe(8);
  await hub.pg.query(`update agent_tasks set assigned_to = 'ada' where id = $1`, [id]);
  expect(await codeOf('progress', id, '10%')).toEqual([4, expect.stringContaining('(LEASE_LOST)')]);
  // It is forgotten here too.
  expect(await codeOf('progress', id, '10%')).toEqual([4, expect.stringContaining('No lease')]);
});

test('what others wrote cannot steer the terminal from within an error; nobody needs to hear it', async () => {
  const id = (await here('-q', 'ask', 'May I?', '-k', 'approval', '--to', 'ada')).stdout.trim();
  const ada = { HOME, ROOKERY_URL: hub.url, AGENT_NAME: 'ada' };
  await callTq(['approve', id, '--reject', '-c', 'no\u001b[2J\u009b2J'], ada);
  expect(await here('ask', '--id', id)).toMatchObject({ code: 9, stderr: expect.stringMatching(/: no(2J)?\n$/) });
  const { child, ended } = start(['show', '999999']);
  child.stderr.destroy();
  expect(await ended).toBe(5);
});

test('a hub that is down is told of in a line, by every kind of command', async () => {
  const down = await tq(['list'], { ROOKERY_URL: NOBODY });
  expect(down).toEqual({ code: 7, stdout: '', stderr: expect.stringMatching(/^tq: The hub at [^\n]+\n$/) });
  const commands = [
    'claim',
    'beat',
    'prime',
    'doctor',
    'add x',
    'send a b',
    'inbox --follow',
    'events',
    'session list',
  ];
  const ended = await Promise.all(
    [...commands, 'queue list', 'ask why', 'recall x'].map((words) =>
      callTq([...words.split(' '), '--url', NOBODY, '--patience', '0'], { HOME, AGENT_NAME: 'jean' }),
    ),
  );
  for (const { code, stdout, stderr } of ended)
    expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: '', stderr: expect.stringMatching(/^tq: [^\n]+\n$/) });
});

test('login keeps the token for its owner alone, and shows it nowhere', async () => {
  const guarded = await testHub({ tokens: true });
  const { secret } = await guarded.token({ role: 'agent', agent: 'ada' });
  const env = { ROOKERY_URL: guarded.url, AGENT_NAME: '' };
  expect((await tq(['list'], env)).code).toBe(6);
  expect((await tq(['login'], env, 'rookery_wrong\n')).code).toBe(6);
  const login = await tq(['login'], env, `${secret}\n`);
  expect(login).toMatchObject({ code: 0, stdout: expect.stringContaining('as ada, agent') });
  expect(login.stdout + login.stderr).not.toContain(secret);
  const file = join(HOME, '.config/rookery/login.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, 'utf8')).toContain(secret);
  // From now on neither address nor name nor token has to be said.
  const mine = await callTq(['-q', 'add', 'by ada'], { HOME });
  const { task } = await guarded.data(
    'query ($id: ID!) { task(id: $id) { createdBy } }',
    { id: mine.stdout.trim() },
    { token: secret },
  );
  expect(task).toEqual({ createdBy: 'ada' });
  expect((await callTq(['cancel', '1'], { HOME, ROOKERY_TOKEN: 'rookery_wrong' })).code).toBe(6);
  expect((await callTq(['logout'], { HOME })).stdout).toContain(`Logged out at ${guarded.url}.`);
  expect(await readFile(file, 'utf8')).not.toContain(secret);
  expect((await callTq(['list', '--url', guarded.url], { HOME })).code).toBe(6);
});

test('doctors: well; then a trigger is off and a migration unknown to the database', async () => {
  const sick = await testHub();
  const look = async () => callTq(['doctor', '--json'], { HOME, ROOKERY_URL: sick.url, AGENT_NAME: 'jean' });
  const well = await look();
  expect(well.code).toBe(0);
  expect(JSON.parse(well.stdout).map(({ check, result }: Record<string, string>) => `${check} ${result}`)).toEqual(
    [
      'connection',
      'version',
      'database',
      'migrations',
      'listener',
      'identity',
      'origins',
      'clock',
      'round trip',
      'leases',
    ].map((check) => `${check} ok`),
  );
  await sick.pg.query('alter table agent_tasks disable trigger _900_emit_update');
  const doctor = rookery(['doctor'], { DATABASE_URL: sick.db, ALLOWED_ORIGINS: 'app.example' });
  expect(await doctor.ended).toBe(1);
  const results = doctor
    .stdout()
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(/ +/).slice(0, 2).join(' '));
  const wrong = ['bad triggers', 'bad origins'];
  expect(results).toEqual(expect.arrayContaining([...wrong, 'ok migrations', 'ok listener', 'ok clock', 'ok server']));
  expect(results.filter((result) => result.startsWith('bad'))).toEqual(wrong);
  expect(doctor.stdout()).toContain('_900_emit_update on public.agent_tasks');
  await sick.pg.query(
    'delete from _prisma_migrations where migration_name = (select max(migration_name) from _prisma_migrations)',
  );
  await expect.poll(async () => (await look()).code).toBe(1);
  expect((await look()).stdout).toContain('Migrations are missing');
});

test('a stream goes on through a restart of the hub, ends on Ctrl-C, and with its reader', async () => {
  const first = await testHub();
  const port = new URL(first.url).port;
  const add = (title: string) =>
    first.pg.query(`insert into agent_tasks (title, created_by) values ($1, 'psql')`, [title]);
  const { feedCursor: after } = await first.data('{ feedCursor }');
  await add('one');
  const env = { ROOKERY_URL: first.url };
  const stream = start(['events', 'tasks', '--jsonl', '--follow', '--after', after], env);
  await stream.lines(1);
  await first.hub.close();
  await add('two');
  const second = await testHub({ over: first, env: { PORT: port } });
  await stream.lines(2);
  await add('three');
  const events = (await stream.lines(3)).map((line) => JSON.parse(line));
  expect(events.map(({ op, task }) => `${op} ${task.title}`)).toEqual(['INSERT one', 'INSERT two', 'INSERT three']);
  expect(stream.said.stderr).toMatch(/Trying again\.\ntq: Connected again; [^\n]+\n$/);
  stream.child.kill('SIGINT');
  expect(await stream.ended).toBe(130);
  expect(stream.said.stderr).toContain(`--after ${events[2].cursor}`);

  const piped = start(['events', '--after', after, '-q'], env);
  await piped.lines(1);
  piped.child.stdout.destroy();
  // Whoever writes into a pipe that nobody reads is told so; how soon is the system's business.
  const writing = setInterval(() => void add('unread'), 50);
  expect(await piped.ended).toBe(0);
  clearInterval(writing);

  // A new history: the place is gone, and that is said.
  const rebase = rookery(['feed', 'rebase'], { DATABASE_URL: first.db });
  expect(await rebase.ended).toBe(0);
  expect(rebase.stdout()).toMatch(/^[0-9a-f]{12}\n$/);
  await expect.poll(async () => (await second.data('{ feedCursor }'))['feedCursor']).toContain(rebase.stdout().trim());
  expect((await callTq(['events', '--after', after], { HOME, ROOKERY_URL: second.url })).code).toBe(11);
});
