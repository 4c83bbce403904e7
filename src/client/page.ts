/** A page of a list. */
export interface Page<Node> {
  readonly items: readonly Node[];
  /** Pass it as `after` for the next page; null on the last. */
  readonly next: string | null;
}

export function pageOf<Node>(connection: {
  readonly edges: readonly { readonly node: Node }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}): Page<Node> {
  const { hasNextPage, endCursor } = connection.pageInfo;
  return { items: connection.edges.map(({ node }) => node), next: hasNextPage ? endCursor : null };
}
