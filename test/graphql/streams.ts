import type { DocumentNode, GraphQLSchema } from 'graphql';
import type { Feed } from '../../src/feed/feed.ts';
import type { Context, Viewer } from '../../src/graphql/context.ts';
import { type Sink, Subscriber } from '../../src/graphql/subscriber.ts';
import type { Subscriptions } from '../../src/graphql/subscriptions.ts';
import type { Database } from '../../src/postgres/database.ts';

export const OPERATOR: Viewer = { role: 'operator', agent: null, instance: 'default', tokenId: null };

export interface Opened {
  document: DocumentNode;
  variables?: Record<string, unknown>;
  viewer?: Viewer;
  sink?: Sink;
}

/** Opens subscriptions as a transport does. Throws what a subscription is refused with. */
export function opener(engine: Subscriptions, schema: GraphQLSchema, ground: { db: Database; feed: Feed }) {
  return async ({ document, variables, viewer = OPERATOR, sink }: Opened): Promise<Subscriber> => {
    const contextValue = contextOf(ground, viewer);
    const result = await engine.subscribe({ schema, document, contextValue, variableValues: variables }, sink);
    if (!(result instanceof Subscriber)) throw result.errors?.[0]?.originalError ?? result.errors?.[0];
    return result;
  };
}

export function contextOf({ db, feed }: { db: Database; feed: Feed }, viewer: Viewer): Context {
  return { db, feed, viewer, feedPosition: feed.position, lastEventId: null, signal: null };
}

/** A connection that takes what it is sent, until it is told to be full. */
export function connection<Taken>(read: (json: string) => Taken) {
  let release = () => {};
  const self = {
    taken: [] as Taken[],
    full: false,
    send: (json: string) => {
      self.taken.push(read(json));
      return !self.full;
    },
    drained: () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
    drain: () => {
      self.full = false;
      release();
    },
  };
  return self;
}
