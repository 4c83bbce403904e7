import { spawn } from 'node:child_process';
import { mkdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from '../../src/postgres/connect.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/postgres/embedded.ts';
import { repairSymlinks } from '../../src/postgres/embedded-binaries.ts';
import { HomeBusy, takeLock } from '../../src/postgres/embedded-lock.ts';
import { isAlive } from '../../src/postgres/embedded-process.ts';
import { unprivilegedOwner } from '../../src/postgres/embedded-user.ts';
import { openCluster } from '../support/cluster.ts';
import { temporaryHome } from '../support/command.ts';

// Each test starts whole processes, some several times; a busy machine takes its time over that.
vi.setConfig({ testTimeout: 90_000 });

const log = pino({ level: 'silent' });
let home: string;

beforeEach(async () => {
  home = await temporaryHome();
});

async function start(): Promise<EmbeddedServer> {
  const server = await startEmbedded(home, log);
  onTestFinished(() => server.stop());
  return server;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = await connect(url);
  return client
    .query(sql)
    .then(({ rows }) => rows[0]?.answer)
    .finally(() => client.end());
}

describe('startEmbedded', () => {
  it('runs PostgreSQL 18 in UTF-8, for this user alone', async () => {
    const { url } = await start();
    expect(await ask(url, `select current_setting('server_version') as answer`)).toMatch(/^18\./);
    expect(await ask(url, `select upper('ä') || current_setting('server_encoding') as answer`)).toBe('ÄUTF8');
    expect(await ask(url, `select current_setting('fsync') as answer`)).toBe('on');
    expect((await stat(join(home, 'database-url'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, 'postgres'))).mode & 0o777).toBe(0o700);
    const stranger = new URL(url);
    stranger.password = '';
    await expect(connect(stranger.href)).rejects.toThrow(/password/);
  });

  it('keeps its address between starts, and moves when somebody has taken the port', async () => {
    const first = await startEmbedded(home, log);
    await first.stop();
    const second = await startEmbedded(home, log);
    expect(second.url).toBe(first.url);
    await second.stop();

    const other = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    onTestFinished(() => void other.close());
    const third = await start();
    expect(third.url).not.toBe(first.url);
    expect(await ask(third.url, 'select 1 as answer')).toBe(1);
    expect((await readFile(join(home, 'database-url'), 'utf8')).trim()).toBe(third.url);
  });

  it('starts over a killed server that nobody has collected yet', async () => {
    await (await startEmbedded(home, log)).stop();
    // What a shell leaves behind that does not wait for it: a dead process that keeps its id, of the user PostgreSQL runs as.
    const owner = await unprivilegedOwner();
    const parent = spawn(
      'sh',
      ['-c', 'sleep 0.2 & echo $!; exec sleep 60'],
      owner && { uid: owner.uid, gid: owner.gid },
    );
    onTestFinished(() => void parent.kill());
    const dead = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    while (isAlive(dead)) await new Promise(setImmediate);
    await writeFile(join(home, 'postgres', 'data', 'postmaster.pid'), `${dead}\n`);
    expect(await ask((await start()).url, 'select 1 as answer')).toBe(1);
  });

  it('survives the pid file of a killed server, even when its id now belongs to another process', async () => {
    await (await startEmbedded(home, log)).stop();
    const sleeper = spawn('sleep', ['60']);
    onTestFinished(() => void sleeper.kill());
    await writeFile(join(home, 'postgres', 'data', 'postmaster.pid'), `${sleeper.pid}\n`);
    expect(await ask((await start()).url, 'select 1 as answer')).toBe(1);
    expect(sleeper.exitCode).toBeNull();
  });

  it('sets a new password when the file with the old one is gone', async () => {
    await (await startEmbedded(home, log)).stop();
    await rm(join(home, 'database-url'));
    expect(await ask((await start()).url, 'select 1 as answer')).toBe(1);
  });

  it('begins anew where the first start was broken off', async () => {
    await mkdir(join(home, 'postgres', 'data.new', 'base'), { recursive: true });
    expect(await ask((await start()).url, 'select 1 as answer')).toBe(1);
  });
});

it('repairSymlinks makes the links that an install script would have made', async () => {
  await mkdir(join(home, 'native', 'lib'), { recursive: true });
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
  await writeFile(join(home, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  await writeFile(join(home, links[0]!.source), 'library');
  await repairSymlinks(home);
  await repairSymlinks(home);
  expect(await readlink(join(home, links[0]!.target))).toBe('libpq.so.5.18');
});

describe('takeLock', () => {
  const file = () => join(home, 'hub.lock');

  it('has one holder, and lets the next one in after the release', async () => {
    const release = await takeLock(file(), home);
    await expect(takeLock(file(), home)).rejects.toThrow(`process ${process.pid}`);
    await release();
    await (await takeLock(file(), home))();
  });

  it('takes over from a process that is gone, also when its id was given out again', async () => {
    const mine = await takeLock(file(), home);
    const [pid, , boot] = (await readFile(file(), 'utf8')).split(' ');
    await mine();
    for (const stale of [`${pid} 12 ${boot}`, `4194303 12 ${boot}`, 'nonsense', '']) {
      await writeFile(file(), stale);
      await (await takeLock(file(), home))();
    }
  });

  it('goes to exactly one of many who find the same stale lock', async () => {
    await writeFile(file(), '4194303 12 boot');
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(file(), home)));
    const refusals = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refusals).toHaveLength(19);
    for (const { reason } of refusals) expect(reason).toBeInstanceOf(HomeBusy);
  });
});

it('a crashed cluster keeps what was committed (what the fault tests build on)', async () => {
  const cluster = await openCluster();
  onTestFinished(() => cluster.dispose());
  await ask(cluster.url(), 'create table nests as select 1 as answer');
  await cluster.stop('immediate');
  await expect(connect(cluster.url())).rejects.toThrow('Cannot reach PostgreSQL');
  await cluster.start();
  expect(await ask(cluster.url(), 'select answer from nests')).toBe(1);
});
