import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let clone: string;

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'rookery-clone-'));
  mkdirSync(join(clone, 'prisma', 'migrations'), { recursive: true });
  cpSync('prisma/schema.prisma', join(clone, 'prisma', 'schema.prisma'));
  cpSync('prisma/models', join(clone, 'prisma', 'models'), { recursive: true });
  cpSync('scripts/new-migration.mjs', join(clone, 'scripts', 'new-migration.mjs'));
  symlinkSync(join(process.cwd(), 'node_modules'), join(clone, 'node_modules'));
  const git = (...args: string[]) => execFileSync('git', args, { cwd: clone });
  git('init', '--quiet');
  git('add', 'prisma');
  git('-c', 'user.name=test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '-m', 'before');
});
afterEach(() => rmSync(clone, { recursive: true }));

const draft = (...args: string[]) =>
  execFileSync(process.execPath, ['scripts/new-migration.mjs', ...args], {
    cwd: clone,
    encoding: 'utf8',
    stdio: 'pipe',
  });

it('drafts the migration from what changed in the models, offline', () => {
  writeFileSync(
    join(clone, 'prisma/models/birds.prisma'),
    'model Nest {\n  id BigInt @id\n  tree String?\n  @@map("nests")\n}\n',
  );
  const file = draft('birds', 'nest', 'trees').trim();
  expect(file).toMatch(/^prisma\/migrations\/\d{14}_birds_nest_trees\/migration\.sql$/);
  const sql = readFileSync(join(clone, file), 'utf8');
  expect(sql).toContain('CREATE TABLE "nests"');
  expect(sql).toContain('"tree" TEXT,');
  expect(sql.match(/CREATE TABLE/g)).toHaveLength(1);
});

it('gives an empty draft where the schema is as it was, for a function or a trigger', () => {
  const sql = readFileSync(join(clone, draft('birds', 'counting').trim()), 'utf8');
  expect(sql.split('\n').filter((line) => line !== '' && !line.startsWith('--'))).toEqual([]);
});

it('wants a domain and a subject', () => {
  expect(() => draft('Birds!')).toThrow(/migrate:new/);
  expect(readdirSync(join(clone, 'prisma', 'migrations'))).toEqual([]);
});
