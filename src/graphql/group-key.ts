import { type DocumentNode, type ExecutionArgs, Kind, visit } from 'graphql';
import type { Context } from './context.ts';

interface Identity {
  id: number;
  /** Variables that only say where to begin. */
  cursors: ReadonlySet<string>;
}

const identities = new WeakMap<DocumentNode, Identity>();
let documents = 0;

/**
 * Subscriptions with the same key see the same results: same document (the parse cache gives one node per text), same
 * variables but for the cursor to begin after, same rights.
 */
export function groupKey({ document, operationName, variableValues, contextValue }: ExecutionArgs): string {
  const { viewer } = contextValue as Context;
  const { id, cursors } = identify(document);
  const variables = Object.entries(variableValues ?? {})
    .filter(([name]) => !cursors.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([id, operationName, variables, viewer?.role, viewer?.agent]);
}

function identify(document: DocumentNode): Identity {
  let identity = identities.get(document);
  if (identity === undefined) {
    identity = { id: ++documents, cursors: cursorVariables(document) };
    identities.set(document, identity);
  }
  return identity;
}

/** Variables used once, as the `after` of a root field. One that also pages a nested list makes a difference. */
function cursorVariables(document: DocumentNode): Set<string> {
  const uses = new Map<string, number>();
  const cursors = new Set<string>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      uses.set(name.value, (uses.get(name.value) ?? 0) + 1);
    },
    OperationDefinition: ({ selectionSet }) => {
      for (const selection of selectionSet.selections) {
        if (selection.kind !== Kind.FIELD) continue;
        const after = selection.arguments?.find(({ name }) => name.value === 'after')?.value;
        if (after?.kind === Kind.VARIABLE) cursors.add(after.name.value);
      }
    },
  });
  for (const name of cursors) if (uses.get(name) !== 1) cursors.delete(name);
  return cursors;
}
