import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LeaseFolder } from '../../src/cli/leases.ts';
import { loginFile, readLogins, writeLogins } from '../../src/cli/login-file.ts';
import { readSettings } from '../../src/cli/settings.ts';
import { temporaryHome } from './tq.ts';

const HOME = await temporaryHome();
const lease = (taskId: string, token = 't') => ({
  taskId,
  title: 'x',
  token,
  fence: 1,
  expiresAt: '2026-11-21T00:00:00Z',
});

test('leases are apart by hub and agent, for their owner alone, whatever the names', async () => {
  const owners: [string, string][] = [
    ['http://a:4000', 'jean'],
    ['http://a:4000', 'ada'],
    ['http://b:4000', 'jean'],
    ['http://a:4000', '../../..'],
    ['http://a:4000', 'x'.repeat(255)],
  ];
  const folders = owners.map(([url, agent]) => new LeaseFolder({ HOME }, { url, agent, token: 'secret' }));
  for (const [i, folder] of folders.entries()) folder.keep(lease('8', `token ${i}`));
  expect(folders.map((folder) => folder.of('8')?.token)).toEqual(owners.map((_, i) => `token ${i}`));
  expect(await readdir(join(HOME, '.local/state/rookery/leases'))).toHaveLength(owners.length);
  const { path } = folders[0]!;
  expect([(await stat(path)).mode & 0o777, (await stat(join(path, '8.json'))).mode & 0o777]).toEqual([0o700, 0o600]);
  folders[0]!.keep(lease('8', 'newer'));
  folders[0]!.keep(lease('9'));
  expect(
    folders[0]!
      .all()
      .map(({ token }) => token)
      .sort(),
  ).toEqual(['newer', 't']);
  folders[0]!.drop('8');
  folders[0]!.drop('8');
  expect(folders[0]!.of('8')).toBeUndefined();
  // Without a name, its token stands for the agent, but is not to be read there.
  const unnamed = ['a secret', 'another'].map(
    (token) => new LeaseFolder({ HOME }, { url: 'http://a:4000', agent: undefined, token }),
  );
  expect(unnamed[0]!.path).not.toBe(unnamed[1]!.path);
  expect(unnamed[0]!.path).not.toContain('secret');
  const elsewhere = new LeaseFolder(
    { HOME, XDG_STATE_HOME: join(HOME, 'x') },
    { url: 'http://a:4000', agent: 'jean', token: undefined },
  );
  expect(elsewhere.all()).toEqual([]);
});

test('a lease that is damaged is named, and none is kept in the working directory', async () => {
  const folder = new LeaseFolder({ HOME }, { url: 'http://c', agent: 'jean', token: undefined });
  folder.keep(lease('8'));
  const file = join(folder.path, '8.json');
  await writeFile(file, '');
  for (const act of [() => folder.of('8'), () => folder.all()]) expect(act).toThrow(`${file} is damaged`);
  const homeless = new LeaseFolder({}, { url: 'http://c', agent: 'jean', token: undefined });
  for (const path of [homeless.path, loginFile({})]) expect(path.startsWith(homedir())).toBe(true);
});

test('options, then environment, then login, then defaults; a token goes to its own hub only', async () => {
  expect(readSettings({}, { HOME })).toEqual({ url: 'http://127.0.0.1:4000', token: undefined, agent: undefined });
  const file = loginFile({ HOME });
  writeLogins(file, {
    url: 'https://one.example',
    hubs: { 'https://one.example': { token: 'secret', agent: 'jean' }, 'https://two.example': { agent: 'ada' } },
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const one = { url: 'https://one.example', token: 'secret', agent: 'jean' };
  expect(readSettings({}, { HOME })).toEqual(one);
  expect(readSettings({ url: 'https://one.example/graphql' }, { HOME })).toEqual(one);
  expect(readSettings({}, { HOME, ROOKERY_URL: 'https://one.example/', AGENT_NAME: 'bob' })).toEqual({
    ...one,
    agent: 'bob',
  });
  expect(readSettings({ agent: 'eve' }, { HOME, AGENT_NAME: 'bob' }).agent).toBe('eve');
  expect(readSettings({ url: 'https://two.example' }, { HOME })).toMatchObject({ token: undefined, agent: 'ada' });
  expect(readSettings({ url: 'http://one.example' }, { HOME })).toMatchObject({ token: undefined, agent: undefined });
  expect(readSettings({}, { HOME, ROOKERY_TOKEN: 'other' }).token).toBe('other');
  expect(() => readSettings({ url: 'one' }, { HOME })).toThrow(/not the address of a hub/);
  await mkdir(join(HOME, 'c/rookery'), { recursive: true });
  await writeFile(join(HOME, 'c/rookery/login.json'), '{"url":');
  expect(() => readLogins(loginFile({ HOME, XDG_CONFIG_HOME: join(HOME, 'c') }))).toThrow(/damaged.*tq login/);
});
