/** What GraphQL Code Generator and others put on a document, so that theirs are accepted too: it exists for types only. */
export interface DocumentTypes<Data, Variables> {
  readonly __apiType?: (variables: Variables) => Data;
}

/** The text of one operation, which knows what it takes and what it returns. */
export type Document<Data, Variables> = string & DocumentTypes<Data, Variables>;

/** What `hub.request` and `hub.subscribe` take: one of ours, a `TypedDocumentString` of your own, or plain text. */
export type AnyDocument<Data, Variables> = { toString(): string } & DocumentTypes<Data, Variables>;

/** What tells operations from one another: names, brackets, and what may hold either without meaning it. */
const TOKENS = /"""(?:\\"""|[\s\S])*?"""|"(?:\\.|[^"\\\n])*"|#.*|\w+|[{}()[\]]/g;

/** Whether the operation of a document, which may follow or precede its fragments, is a query. */
export function isQuery(document: string): boolean {
  let depth = 0;
  let begins = true;
  for (const [token] of document.matchAll(TOKENS)) {
    if (token[0] === '#' || token[0] === '"') continue;
    if (begins && token !== 'fragment') return token === 'query' || token === '{';
    begins = false;
    if ('{(['.includes(token)) depth++;
    if ('})]'.includes(token)) depth--;
    // A definition ends with its selection; what is in parentheses is but a part of one.
    if (token === '}' && depth === 0) begins = true;
  }
  return false;
}
