import { auditServer } from 'graphql-http';
import { describe, expect, test } from 'vitest';
import { testHub } from '../support/hub.ts';

const hub = await testHub();
const results = await auditServer({ url: `${hub.url}/graphql` });

/** graphql-http's audit of GraphQL over HTTP: every MUST, SHOULD and MAY. */
describe('GraphQL over HTTP', () => {
  test('has 61 rules', () => {
    expect(results).toHaveLength(61);
  });

  test.each(results.map((result) => [result.name, result] as const))('%s', (_name, result) => {
    expect(result.status, result.status === 'ok' ? '' : result.reason).toBe('ok');
  });
});
