import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import ValidationPlugin from '@pothos/plugin-validation';
import { DateTimeResolver, JSONResolver } from 'graphql-scalars';
import { RookeryError } from '../errors.ts';
import type { Context } from './context.ts';
import type PrismaTypes from './generated/pothos.ts';
import { getDatamodel } from './generated/pothos.ts';
import { relationsClient } from './gone.ts';
import { RELAY_DESCRIPTIONS } from './relay-descriptions.ts';

/** Longest page of a list; the default is 20. */
export const MAX_PAGE = 200;

/**
 * Who may call a field. Every field of Query, Mutation and Subscription names one of these; a test walks the schema and
 * fails for a field that does not.
 */
export interface Scopes {
  /** Anybody, without a token. */
  public: boolean;
  /** Any valid token: agent, operator or observer. */
  read: boolean;
  /** A token that may change things: agent or operator. What it may change is the service's to check. */
  act: boolean;
  /** Those who watch over the system: operator or observer. */
  oversee: boolean;
  /** Operators only. */
  operate: boolean;
}

/** The schema under construction; knows no domain. Rooms add their types, queries, mutations and subscriptions to it. */
export const builder = new SchemaBuilder<{
  Context: Context;
  PrismaTypes: PrismaTypes;
  AuthScopes: Scopes;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string | number | bigint };
    DateTime: { Input: Date; Output: Date | string };
    JSON: { Input: unknown; Output: unknown };
    Cursor: { Input: string; Output: string };
  };
}>({
  plugins: [ScopeAuthPlugin, ValidationPlugin, RelayPlugin, PrismaPlugin, ComplexityPlugin],
  defaultFieldNullability: false,
  prisma: {
    client: (context) => relationsClient(context.db.prisma),
    dmmf: getDatamodel(),
    // Fields are described in the schema files, next to what they mean to a caller.
    exposeDescriptions: false,
    defaultConnectionSize: 20,
    maxConnectionSize: MAX_PAGE,
  },
  relay: {
    ...RELAY_DESCRIPTIONS,
    cursorType: 'String',
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    clientMutationId: 'omit',
  },
  scopeAuth: {
    authorizeOnSubscribe: true,
    authScopes: ({ viewer }) => ({
      public: true,
      read: viewer !== null,
      act: viewer !== null && viewer.role !== 'observer',
      oversee: viewer?.role === 'operator' || viewer?.role === 'observer',
      operate: viewer?.role === 'operator',
    }),
    unauthorizedError: (_parent, context, info) =>
      context.viewer === null
        ? new RookeryError(
            'UNAUTHENTICATED',
            'Send a token: Authorization: Bearer <token>. `rookery token create` makes one.',
          )
        : new RookeryError(
            'FORBIDDEN',
            `A token of role ${context.viewer.role} may not use ${info.parentType.name}.${info.fieldName}.`,
          ),
  },
  validation: {
    validationError: (failure) =>
      new RookeryError(
        'BAD_INPUT',
        failure.issues
          .map(({ path, message }) => (path?.length ? `${issuePath(path)}: ${message}` : message))
          .join('; '),
        { issues: failure.issues.map(({ path, message }) => ({ path: issuePath(path), message })) },
      ),
  },
  complexity: {
    defaultComplexity: 1,
    defaultListMultiplier: 10,
    limit: { complexity: 20_000, depth: 15, breadth: 500 },
  },
});

function issuePath(path: ReadonlyArray<PropertyKey | { key: PropertyKey }> = []): string {
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}

builder.queryType({ description: 'What can be read.' });
builder.mutationType({ description: 'What can be changed. What has been acknowledged is committed.' });
builder.subscriptionType({
  description:
    'Live streams. Each delivers every committed change once, in the one order all subscribers share, from the given cursor on.',
});

builder.addScalarType('DateTime', DateTimeResolver);
builder.addScalarType('JSON', JSONResolver);
builder.scalarType('Cursor', {
  description:
    'A place in the change feed: opaque text. Ask for `feedCursor` with a list, then subscribe `after` it: no gap.',
  serialize: (value) => value as string,
  parseValue: (value) => {
    if (typeof value !== 'string')
      throw new RookeryError('CURSOR_INVALID', 'A cursor is text, as `feedCursor` gave it.');
    return value;
  },
});
