/** What the Relay plugin adds to every connection, in words. */
export const RELAY_DESCRIPTIONS = {
  defaultConnectionTypeOptions: { description: 'One page of a list.' },
  defaultEdgeTypeOptions: { description: 'One entry of a page, with its place in the list.' },
  pageInfoTypeOptions: { description: 'Where a page lies in its list.' },
  edgesFieldOptions: { description: 'The entries, in the order of the list.' },
  nodeFieldOptions: { description: 'The record.' },
  cursorFieldOptions: { description: 'Place of this entry: continue the list `after` it. Not a feed cursor.' },
  pageInfoFieldOptions: { description: 'Where this page lies in the list.' },
  hasNextPageFieldOptions: { description: 'Whether there is more after this page.' },
  hasPreviousPageFieldOptions: { description: 'Whether there is more before this page.' },
  startCursorFieldOptions: { description: 'Place of the first entry; null on an empty page.' },
  endCursorFieldOptions: { description: 'Place of the last entry: continue `after` it; null on an empty page.' },
  firstArgOptions: { description: 'How many entries from the front; default 20, at most 200.' },
  afterArgOptions: { description: 'Continue after this place: the endCursor of the page before.' },
  lastArgOptions: { description: 'How many entries from the back, with `before`; at most 200.' },
  beforeArgOptions: { description: 'Go back from this place: the startCursor of the page after.' },
} as const;
