/** What GraphQL Code Generator and others put on a document, so that theirs are accepted too: it exists for types only. */
export interface DocumentTypes<Data, Variables> {
  readonly __apiType?: (variables: Variables) => Data;
}

/** The text of one operation, which knows what it takes and what it returns. */
export type Document<Data, Variables> = string & DocumentTypes<Data, Variables>;

/** What `hub.request` and `hub.subscribe` take: one of ours, a `TypedDocumentString` of your own, or plain text. */
export type AnyDocument<Data, Variables> = { toString(): string } & DocumentTypes<Data, Variables>;
