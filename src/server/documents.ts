import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { exceededLimits, LIMITS } from './limits.ts';

/** A document that was parsed, held against the limits and validated; or the errors that came of it. */
export type Prepared =
  | {
      readonly document: DocumentNode;
      /** The type of the operation of that name, or of the only one if none is named; undefined when there is no such. */
      operation(name: string | null | undefined): OperationTypeNode | undefined;
    }
  | { readonly document: undefined; readonly errors: readonly GraphQLError[] };

export type Prepare = (query: string) => Prepared;

/** Together at most this many characters of query text; a client sends the same few documents again and again. */
const CACHE_CHARACTERS = 8 * 1024 * 1024;
const MAX_VALIDATION_ERRORS = 20;

/** Prepares documents for all transports; the newest used are kept. */
export function createPrepare(schema: GraphQLSchema): Prepare {
  const cache = new LRUCache<string, Prepared>({
    maxSize: CACHE_CHARACTERS,
    max: 2_000,
    sizeCalculation: (_prepared, query) => query.length + 1,
  });
  return (query) => {
    let prepared = cache.get(query);
    if (prepared === undefined) {
      prepared = prepareOnce(schema, query);
      cache.set(query, prepared);
    }
    return prepared;
  };
}

function prepareOnce(schema: GraphQLSchema, query: string): Prepared {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: LIMITS.tokens });
  } catch (error) {
    return refused([withCode(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')]);
  }
  const exceeded = exceededLimits(document);
  if (exceeded.length > 0) return refused(exceeded);
  const invalid = validate(schema, document, undefined, { maxErrors: MAX_VALIDATION_ERRORS });
  if (invalid.length > 0) return refused(invalid.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')));
  return { document, operation: (name) => getOperationAST(document, name)?.operation };
}

function refused(errors: GraphQLError[]): Prepared {
  return { document: undefined, errors };
}

function withCode({ message, nodes, source, positions }: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}
