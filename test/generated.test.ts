import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { lexicographicSortSchema, printSchema } from 'graphql';
import pg from 'pg';
import { expect, it } from 'vitest';
import { configurationPage } from '../src/server/commands/config.ts';
import { schema } from '../src/server/schema.ts';
import { describeDatabase } from './support/catalog.ts';
import { testDatabase } from './support/database.ts';

// The texts of the repository that are written from the code. When one of these fails: npm run generated:write
const HINT = 'is not what the code says: run npm run generated:write and commit the difference';

const db = await testDatabase();

it('schema.graphql is the contract of the code', async () => {
  const text = `${printSchema(lexicographicSortSchema(schema))}\n`;
  await expect(text, `schema.graphql ${HINT}`).toMatchFileSnapshot('../schema.graphql');
});

it.each(['client', 'cli', 'mcp'])(
  'src/%s/generated/operations.ts is what its operations ask of schema.graphql',
  async (folder) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/generate-client.mjs', '--print', folder]);
    const file = `src/${folder}/generated/operations.ts`;
    await expect(stdout, `${file} ${HINT}`).toMatchFileSnapshot(`../${file}`);
  },
);

it('docs/configuration.md is the table of src/config.ts', async () => {
  await expect(configurationPage(), `docs/configuration.md ${HINT}`).toMatchFileSnapshot('../docs/configuration.md');
});

it('prisma/schema.sql is the migrated database', async ({ skip }) => {
  const client = new pg.Client({ connectionString: db.url });
  await client.connect();
  try {
    const { rows } = await client.query(`select current_setting('server_version_num')::int / 10000 as major`);
    // Each major words its catalog a little differently; the file is in the words of the embedded one.
    skip(rows[0].major !== 18, `written by PostgreSQL 18, this is ${rows[0].major}`);
    const text = `-- The migrated database, written by npm run generated:write: read it here, change it by a migration.\n\n${await describeDatabase(client)}`;
    await expect(text, `prisma/schema.sql ${HINT}`).toMatchFileSnapshot('../prisma/schema.sql');
  } finally {
    await client.end();
  }
});
