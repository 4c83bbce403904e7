import { readdirSync, readFileSync } from 'node:fs';
import { getNamedType, getNullableType, isListType, isObjectType } from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../../src/server/schema.ts';

/** What reads as many rows as there are, and says so; its test is knowledge/nearest.test.ts. */
const EXEMPT = ['nearestKnowledge'];

test('each list has a plan check in its room', () => {
  const queries = schema.getQueryType();
  const lists = Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter(
          (field) =>
            getNamedType(field.type).name.endsWith('Connection') ||
            (type === queries && isListType(getNullableType(field.type))),
        )
        .map(({ name }) => name),
    );
  const checks = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('plans.test.ts') && !path.startsWith('server'))
    .map((path) => readFileSync(`test/${path}`, 'utf8'))
    .join('\n');
  const unchecked = lists.filter((name) => !EXEMPT.includes(name) && !new RegExp(`['\`{ ]${name}\\b`).test(checks));
  expect([...new Set(unchecked)]).toEqual([]);
  expect(lists.length).toBeGreaterThan(25);
});
