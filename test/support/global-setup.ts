import { randomUUID } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { connect } from '../../src/postgres/connect.ts';
import { migrate } from '../../src/postgres/migrations.ts';
import { openCluster, sweepAbandonedClusters, type TestCluster } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `adminUrl` may create databases; `template` is a migrated one that nobody is connected to. */
    postgres: { adminUrl: string; template: string };
  }
}

/** One PostgreSQL for the whole run, and in it one migrated template that every test file clones. TEST_DATABASE_URL, if set, is used in its place. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepAbandonedClusters();
  const given = process.env['TEST_DATABASE_URL'];
  const cluster: TestCluster | undefined = given ? undefined : await openCluster();
  const adminUrl = given ?? cluster!.url();
  const template = `template_${randomUUID().replaceAll('-', '')}`;
  const dispose = () => (cluster ? cluster.dispose() : run(adminUrl, `drop database ${template} with (force)`));
  try {
    await run(adminUrl, `create database ${template}`);
    const url = new URL(adminUrl);
    url.pathname = `/${template}`;
    await migrate(url.href);
  } catch (error) {
    await dispose();
    throw error;
  }
  project.provide('postgres', { adminUrl, template });
  return dispose;
}

async function run(url: string, sql: string): Promise<void> {
  const client = await connect(url);
  await client.query(sql).finally(() => client.end());
}
