import { type DocumentNode, type ExecutionArgs, Kind, visit } from 'graphql';
import type { Audience, Question } from './audience.ts';
import type { Context, Role, Viewer } from './context.ts';

/** What is known of a document, for as long as it is in use. */
interface Identity {
  id: number;
  /** Variables that only say where to begin. */
  cursors: ReadonlySet<string>;
  /** What this document has been seen to ask about viewers of a role: what it selects decides that, and the role. */
  asked: Map<Role, Set<Question>>;
}

/** Where a subscription belongs. */
export interface Membership {
  readonly key: string;
  readonly audience: Audience;
  /** Variables that are not part of the key. */
  readonly cursors: ReadonlySet<string>;
}

const identities = new WeakMap<DocumentNode, Identity>();
let documents = 0;

/**
 * Subscriptions with the same key see the same results: same document (the parse cache gives one node per text), same
 * variables but for the cursor to begin after, same answers to all that the document has been seen to ask about the
 * viewer. The role is always asked: scopes decide on it.
 */
export function membershipOf({ document, operationName, variableValues, contextValue }: ExecutionArgs): Membership {
  const { viewer } = contextValue as Context;
  const { id, cursors, asked } = identify(document);
  const variables = Object.entries(variableValues ?? {})
    .filter(([name]) => !cursors.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const audience = viewer && answers(viewer, asked.get(viewer.role) ?? []);
  return { key: JSON.stringify([id, operationName, variables, audience]), audience, cursors };
}

/** Remembers what a document asked about viewers of this one's role: from now on only who answers alike shares its results. */
export function learn({ document, contextValue }: ExecutionArgs, questions: Iterable<Question>): void {
  const { viewer } = contextValue as Context;
  if (viewer === null) return;
  const { asked } = identify(document);
  const known = asked.get(viewer.role) ?? new Set();
  for (const question of questions) known.add(question);
  asked.set(viewer.role, known);
}

function answers(viewer: Viewer, questions: Iterable<Question>): Partial<Viewer> {
  return Object.fromEntries(['role' as const, ...questions].map((question) => [question, viewer[question]]));
}

function identify(document: DocumentNode): Identity {
  let identity = identities.get(document);
  if (identity === undefined) {
    identity = { id: ++documents, cursors: cursorVariables(document), asked: new Map() };
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
