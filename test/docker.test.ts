import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describeConfig, parseConfig } from '../src/config.ts';

const read = (path: string) => readFileSync(path, 'utf8');
const dockerfile = read('Dockerfile');
const compose = read('docker-compose.yml');
const SETTINGS = describeConfig(parseConfig({})).map(({ name }) => name);

/** What is indented below a line of docker-compose.yml, by its name; enough for mappings of plain values. */
function below(text: string, name: string): string {
  const [, , block] = new RegExp(`^( *)${name}:\\n((?:\\1 +.*\\n)+)`, 'm').exec(text) ?? [];
  return block ?? expect.unreachable(`there is no ${name}`);
}

function mapping(block: string): Record<string, string> {
  const lines = [...block.matchAll(/^ *(\w+): (.*)$/gm)];
  // ${NAME:-value} is that value where the caller's environment says nothing.
  return Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value.replace(/\$\{\w+:-(.*?)\}/g, '$1')]));
}

describe('docker-compose.yml', () => {
  const hub = below(compose, 'hub');
  const environment = mapping(below(hub, 'environment'));
  const image = Object.fromEntries(
    [...(/^ENV (.*)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  );
  const { NODE_ENV: _, ...settings } = image;
  const config = parseConfig({ ...settings, ...environment });

  test('gives the hub settings that it has', () => {
    expect(Object.keys({ ...settings, ...environment }).filter((name) => !SETTINGS.includes(name))).toEqual([]);
  });

  test('leads the port to where the hub listens', () => {
    expect(config.host).toBe('0.0.0.0');
    expect(hub).toContain(`ports: ["127.0.0.1:4000:${config.port}"]`);
    expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${config.port}$`, 'm'));
  });

  test('makes the database that the hub is told of', () => {
    const postgres = below(compose, 'postgres');
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = mapping(below(postgres, 'environment'));
    expect(config.databaseUrl).toBe(`postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@postgres:5432/${POSTGRES_DB}`);
    const [, port] = /ports: \["127\.0\.0\.1:(\d+):5432"\]/.exec(postgres) ?? [];
    expect(compose).toContain(`DATABASE_URL=postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@127.0.0.1:${port}/`);
  });

  test('waits longer for a hub to stop than that takes', () => {
    const [, seconds] = /stop_grace_period: (\d+)s/.exec(hub) ?? [];
    expect(Number(seconds)).toBeGreaterThan(config.drainSeconds + 4.5);
  });
});

// Built without them, the image has no client.
test('an image is built with the generated files that are checked in', () => {
  const kept = read('.gitignore').match(/^!.*(?=\/)/gm);
  expect(kept).toContain('!src/client/generated');
  expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(kept ?? []));
});
