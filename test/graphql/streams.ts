import { createSourceEventStream, type DocumentNode, execute, type GraphQLSchema } from 'graphql';
import type { Feed } from '../../src/feed/feed.ts';
import type { Context, Viewer } from '../../src/graphql/context.ts';
import { LiveSource } from '../../src/graphql/live.ts';
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

/**
 * What a viewer is shown who is alone in the world: each event after `position`, executed by GraphQL itself with the
 * viewer's own context. What the engine shows to anybody is measured by this.
 */
export async function alone(
  schema: GraphQLSchema,
  ground: { db: Database; feed: Feed },
  { document, variables = {}, viewer = OPERATOR, position }: Opened & { position: number },
): Promise<string[]> {
  const args = { schema, document, variableValues: variables };
  const source = await createSourceEventStream({ ...args, contextValue: contextOf(ground, viewer) });
  if (!(source instanceof LiveSource)) throw new Error(JSON.stringify(source));
  const { events } = await ground.feed.page(source.selection, position, 1_000);
  const results = await Promise.all(
    events.map((event) => execute({ ...args, rootValue: event, contextValue: contextOf(ground, viewer) })),
  );
  return results.map((result) => JSON.stringify(result));
}
