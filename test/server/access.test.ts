import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../src/server/schema.ts';
import { type Caller, testHub } from '../support/hub.ts';

/** Who may use a field, by the scope it declares. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  public: ['nobody', 'observer', 'agent', 'operator'],
  read: ['observer', 'agent', 'operator'],
  act: ['agent', 'operator'],
  oversee: ['observer', 'operator'],
  operate: ['operator'],
};

const hub = await testHub({ tokens: true });
const callers: Readonly<Record<string, Caller>> = {
  nobody: {},
  observer: { token: (await hub.token({ role: 'observer', agent: 'watcher' })).secret },
  agent: { token: (await hub.token({ role: 'agent', agent: 'worker' })).secret },
  operator: { token: hub.operator, agent: 'boss' },
};

const fields = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
  Object.values(type?.getFields() ?? {}).map((field) => ({ type: type as GraphQLObjectType, field })),
);

describe.each(fields.map((each) => [`${each.type.name}.${each.field.name}`, each] as const))(
  '%s',
  (name, { type, field }) => {
    const scope = scopeOf(field);

    test('says who may use it', () => {
      expect(Object.keys(ALLOWED), 'authScopes: { public|read|act|oversee|operate: true }').toContain(scope);
    });

    test.each(Object.keys(callers))('asked by %s', async (role) => {
      const allowed = await isAllowed(type, field, callers[role] as Caller);
      expect(allowed, `${name} declares ${scope}`).toBe(ALLOWED[scope]?.includes(role));
    });
  },
);

test('no field that writes is open to those who may only read', () => {
  const mutations = fields.filter(({ type }) => type === schema.getMutationType());
  expect(mutations.length).toBeGreaterThan(15);
  const open = mutations.filter(({ field }) => !['act', 'operate'].includes(scopeOf(field)));
  expect(open.map(({ field }) => field.name)).toEqual([]);
});

function scopeOf({ extensions }: GraphQLField<unknown, unknown>): string {
  const { authScopes } = extensions['pothosOptions'] as { authScopes?: Record<string, boolean> };
  const entries = Object.entries(authScopes ?? {});
  return entries.length === 1 && entries[0]?.[1] === true ? entries[0][0] : `none of the five: ${entries}`;
}

/** Asks with the least that is valid, and looks only at whether it was let in: what comes of it is not the question. */
async function isAllowed(
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  caller: Caller,
): Promise<boolean> {
  const query = `${type.name.toLowerCase()} { ${field.name}${argumentsOf(field)}${selectionOf(field)} }`;
  if (type === schema.getSubscriptionType()) return isServed(query, caller);
  const { errors = [] } = await hub.graphql(query, {}, caller);
  const invalid = errors.find(({ extensions }) => String(extensions?.['code']).startsWith('GRAPHQL_'));
  if (invalid !== undefined) throw new Error(`The test asks wrongly: ${invalid.message} in ${query}`);
  return !errors.some(isRefusal);
}

/** A stream that was let in counts as a subscriber by the time the hub answers. */
async function isServed(query: string, caller: Caller): Promise<boolean> {
  const before = await subscribers();
  const live = await hub.subscribeSse(query, {}, caller);
  const served = (await subscribers()) === before + 1;
  if (!served) expect((await live.take()).errors?.some(isRefusal)).toBe(true);
  await live.close();
  await expect.poll(subscribers).toBe(before);
  return served;
}

function isRefusal({
  message,
  extensions,
}: {
  message: string;
  extensions?: Record<string, unknown> | undefined;
}): boolean {
  const code = extensions?.['code'];
  // Services refuse too, for what they know of the record; the scope's own refusal names the field.
  return code === 'UNAUTHENTICATED' || (code === 'FORBIDDEN' && /may not use \w+\.\w+/.test(message));
}

function argumentsOf({ args }: GraphQLField<unknown, unknown>): string {
  const required = args.filter((arg) => isNonNullType(arg.type) && arg.defaultValue === undefined);
  return required.length === 0 ? '' : `(${required.map((arg) => `${arg.name}: ${leastValue(arg.type)}`).join(', ')})`;
}

function leastValue(type: GraphQLInputType): string {
  if (isNonNullType(type)) return leastValue(type.ofType);
  if (isListType(type)) return `[${leastValue(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name as string;
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter((field) => isNonNullType(field.type));
    return `{ ${required.map((field) => `${field.name}: ${leastValue(field.type)}`).join(', ')} }`;
  }
  const values: Record<string, string> = {
    ID: '"1"',
    Int: '1',
    Float: '1',
    Boolean: 'true',
    DateTime: '"2026-01-01T00:00:00Z"',
    JSON: '{}',
  };
  return values[type.name] ?? '"x"';
}

function selectionOf(field: GraphQLField<unknown, unknown>): string {
  return isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
}

async function subscribers(): Promise<number> {
  const metrics = await (await fetch(`${hub.url}/metrics`)).text();
  return Number(/^rookery_subscribers (\d+)$/m.exec(metrics)?.[1]);
}
