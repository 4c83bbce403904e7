import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  visit,
} from 'graphql';

/** Bounds on one document, checked before it is validated: validation itself may cost more than linear time. */
export const LIMITS = {
  /** Lexical tokens; long values belong in variables, which are not counted. */
  tokens: 4_000,
  /** Nested fields, fragments expanded. GraphiQL's introspection needs 15. */
  depth: 20,
  /** Fields with all fragments expanded: bounds what a few lines of nested fragments can ask for. */
  fields: 5_000,
  aliases: 100,
  directives: 100,
} as const;

/** Levels of lists and objects in variables: what nests far deeper ends the stack of whoever reads it, PostgreSQL's too. */
const NESTING = 100;

interface Extent {
  depth: number;
  fields: number;
}

/** The limits this document exceeds; none is the usual answer. Linear in its length. */
export function exceededLimits(document: DocumentNode): GraphQLError[] {
  let aliases = 0;
  let directives = 0;
  visit(document, {
    Field: (node) => {
      if (node.alias !== undefined) aliases++;
    },
    Directive: () => {
      directives++;
    },
  });
  const { depth, fields } = extentOf(document);
  return Object.entries({ aliases, directives, depth, fields })
    .filter(([what, count]) => count > LIMITS[what as keyof typeof LIMITS])
    .map(([what, count]) => tooMuch(what as keyof typeof LIMITS, count));
}

/** Why these variables are refused; undefined is the usual answer. */
export function exceededNesting(variables: unknown): GraphQLError | undefined {
  if (!isDeeper(variables, NESTING)) return undefined;
  return new GraphQLError(`Variables may be nested ${NESTING} levels deep.`, { extensions: { code: 'BAD_INPUT' } });
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function tooMuch(what: keyof typeof LIMITS, count: number): GraphQLError {
  const found = count > LIMITS.fields * 1_000 ? 'far more' : `${count}`;
  return new GraphQLError(`At most ${LIMITS[what]} (${what}) are allowed in one document, this one has ${found}.`, {
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
  });
}

/** Each fragment is measured once, so that fragments that spread fragments cost no more than their text. */
function extentOf(document: DocumentNode): Extent {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  const measured = new Map<string, Extent>();

  function ofFragment(name: string): Extent {
    const known = measured.get(name);
    if (known !== undefined) return known;
    // A fragment that spreads itself is for validation to refuse; here it must only not go round for ever.
    measured.set(name, { depth: 0, fields: 0 });
    const fragment = fragments.get(name);
    const extent = fragment === undefined ? { depth: 0, fields: 0 } : ofSelections(fragment.selectionSet);
    measured.set(name, extent);
    return extent;
  }

  function ofSelections(set: SelectionSetNode): Extent {
    const total: Extent = { depth: 0, fields: 0 };
    for (const node of set.selections) {
      const inner =
        node.kind === Kind.FRAGMENT_SPREAD
          ? ofFragment(node.name.value)
          : node.selectionSet === undefined
            ? { depth: 0, fields: 0 }
            : ofSelections(node.selectionSet);
      const own = node.kind === Kind.FIELD ? 1 : 0;
      total.depth = Math.max(total.depth, inner.depth + own);
      total.fields += inner.fields + own;
    }
    return total;
  }

  const whole: Extent = { depth: 0, fields: 0 };
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const { depth, fields } = ofSelections(node.selectionSet);
    whole.depth = Math.max(whole.depth, depth);
    whole.fields += fields;
  }
  return whole;
}
