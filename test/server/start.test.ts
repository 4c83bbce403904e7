import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { runningPostmaster } from '../../src/postgres/embedded-process.ts';
import { type Command, rookery, temporaryHome } from '../support/command.ts';
import { createDatabase } from '../support/database.ts';

// Each test starts whole processes, some several times; a busy machine takes its time over that.
vi.setConfig({ testTimeout: 90_000 });

const hub = (env: Record<string, string>) => rookery(['start'], { PORT: '0', ...env });
const address = (command: Command) => command.printed(/^Rookery +(\S+)\/graphql$/m);

/** A port of 127.0.0.1 that nobody else has, until it is freed. */
async function takePort(): Promise<{ port: number; free(): Promise<void> }> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, free: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function sql(home: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: (await readFile(join(home, 'database-url'), 'utf8')).trim() });
  client.on('error', () => {});
  await client.connect();
  return client
    .query(text)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

describe('npm start', () => {
  it('runs a hub on a database of its own, stops on SIGTERM, and starts again with its data', async () => {
    const home = await temporaryHome();
    const first = hub({ ROOKERY_HOME: home });
    const url = await address(first);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await sql(home, 'create table nests (name text); insert into nests values ($$oak$$)');
    first.process.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(await runningPostmaster(join(home, 'postgres', 'data'))).toBeUndefined();

    const second = hub({ ROOKERY_HOME: home });
    await address(second);
    expect(await sql(home, 'select name from nests')).toEqual([{ name: 'oak' }]);
  });

  it('loses nothing that was acknowledged when it is killed, and stops the PostgreSQL that outlived it', async () => {
    const home = await temporaryHome();
    const first = hub({ ROOKERY_HOME: home });
    await address(first);
    const orphan = await runningPostmaster(join(home, 'postgres', 'data'));
    await sql(home, 'create table nests (name text); insert into nests values ($$oak$$)');
    first.process.kill('SIGKILL');
    await first.ended;
    expect(await runningPostmaster(join(home, 'postgres', 'data'))).toBe(orphan);

    const second = hub({ ROOKERY_HOME: home });
    await address(second);
    expect(second.stderr()).toContain('outlived its hub');
    expect(await sql(home, 'select name from nests')).toEqual([{ name: 'oak' }]);
  });

  it('serves again by itself after its PostgreSQL was killed', async () => {
    const home = await temporaryHome();
    const command = hub({ ROOKERY_HOME: home });
    const url = await address(command);
    await sql(home, 'create table nests (name text); insert into nests values ($$oak$$)');
    process.kill((await runningPostmaster(join(home, 'postgres', 'data')))!, 'SIGKILL');
    await command.printed(/PostgreSQL is back/);
    expect(await sql(home, 'select name from nests')).toEqual([{ name: 'oak' }]);
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it('serves on when nobody reads what it says', async () => {
    const home = await temporaryHome();
    const { port, free } = await takePort();
    await free();
    const command = hub({ ROOKERY_HOME: home, PORT: String(port) });
    command.process.stdout!.destroy();
    await command.printed(/migrated the database/);
    const status = () => fetch(`http://127.0.0.1:${port}/readyz`).then((reply) => reply.status, String);
    await expect.poll(status).toBe(200);
    command.process.kill('SIGTERM');
    expect(await command.ended).toBe(0);
    expect(await runningPostmaster(join(home, 'postgres', 'data'))).toBeUndefined();
  });

  it('tells the second hub of one home which process has it', async () => {
    const home = await temporaryHome();
    const first = hub({ ROOKERY_HOME: home });
    await address(first);
    const second = hub({ ROOKERY_HOME: home });
    expect(await second.ended).toBe(1);
    expect(second.stderr()).toBe(
      `rookery: Another hub (process ${first.process.pid}) runs in ${home}: stop it, or set ROOKERY_HOME to another directory.\n`,
    );
  });

  it('stops in good order on the Ctrl-C that npm repeats', async () => {
    const home = await temporaryHome();
    const command = hub({ ROOKERY_HOME: home });
    await address(command);
    command.process.kill('SIGINT');
    command.process.kill('SIGINT');
    expect(await command.ended).toBe(0);
    expect(await runningPostmaster(join(home, 'postgres', 'data'))).toBeUndefined();
  });
});

describe('what the operator has to put right is one line, and exit code 1', () => {
  async function complaint(env: Record<string, string>): Promise<string> {
    const command = hub({ LOG_LEVEL: 'error', ...env });
    expect(await command.ended).toBe(1);
    expect(command.stdout()).toBe('');
    const lines = command.stderr().trim().split('\n');
    expect(lines).toHaveLength(1);
    return lines[0]!;
  }

  it('the faults of the configuration, all of them', async () => {
    const line = await complaint({ PORT: 'many', DATABASE_URL: 'localhost' });
    expect(line).toMatch(/^rookery: The configuration is wrong\. PORT: .+; DATABASE_URL: .+/);
  });

  it('a server that is not there, a wrong password, a database that does not exist', async () => {
    const { url, drop } = await createDatabase();
    onTestFinished(drop);
    const [nowhere, password, database] = [new URL(url), new URL(url), new URL(url)];
    nowhere.port = '1';
    password.password = 'wrong';
    database.pathname = '/none';
    expect(await complaint({ DATABASE_URL: nowhere.href })).toMatch(
      /Cannot reach PostgreSQL at .+: connect ECONNREFUSED/,
    );
    expect(await complaint({ DATABASE_URL: password.href })).toContain('password authentication failed');
    expect(await complaint({ DATABASE_URL: database.href })).toContain('database "none" does not exist');
  });

  it('a port in use', async () => {
    const { url, drop } = await createDatabase();
    onTestFinished(drop);
    const { port, free } = await takePort();
    onTestFinished(free);
    expect(await complaint({ DATABASE_URL: url, PORT: String(port) })).toContain(`Port ${port} of 127.0.0.1 is in use`);
  });

  it('a database that is ahead of the code', async () => {
    const { url, drop } = await createDatabase();
    onTestFinished(drop);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at) values ('1', '', '29991231_future', now())`,
    );
    await client.end();
    expect(await complaint({ DATABASE_URL: url })).toContain('ahead of this code: 29991231_future is unknown here');
  });

  it('an address other machines can reach, as long as there is no token', async () => {
    const { url, drop } = await createDatabase();
    onTestFinished(drop);
    expect(await complaint({ DATABASE_URL: url, HOST: '0.0.0.0' })).toContain('rookery token create');
  });
});

describe('rookery token', () => {
  async function answer(args: string[], env: Record<string, string>): Promise<string> {
    const command = rookery(['token', ...args], env);
    expect(await command.ended, command.stderr()).toBe(0);
    return command.stdout().trim();
  }

  it('makes a token beside a running hub, which from then on wants one; lists and revokes it', async () => {
    const env = { ROOKERY_HOME: await temporaryHome() };
    const url = await address(hub(env));
    const viewer = (headers: Record<string, string>) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{"query":"{ viewer { role } }"}',
      }).then((response) => response.text());
    expect(await viewer({ 'x-agent': 'ada' })).toContain('OPERATOR');

    const secret = await answer(['create', '--role', 'observer', '--name', 'dashboard', '--expires', '30d'], env);
    expect(secret).toMatch(/^rookery_\w+$/);
    await expect.poll(() => viewer({ 'x-agent': 'ada' })).toContain('UNAUTHENTICATED');
    expect(await viewer({ authorization: `Bearer ${secret}` })).toContain('OBSERVER');

    const [id = ''] = (await answer(['list'], env)).split('  ');
    expect(await answer(['revoke', id], env)).toContain('REVOKED');
    await expect.poll(() => viewer({ authorization: `Bearer ${secret}` })).toContain('UNAUTHENTICATED');
  });
});
