import DataLoader from 'dataloader';
import { buildSchema, GraphQLError, type GraphQLSchema } from 'graphql';
import type { ChangeEvent } from '../../src/feed/event.ts';
import { type Context, requireViewer } from '../../src/graphql/context.ts';
import { liveEvents } from '../../src/graphql/live.ts';
import { ALL } from '../feed/toys.ts';

/** What was given to each execution of an event. */
export const seen: { event: ChangeEvent; args: object; context: Context }[] = [];

/** Toys whose fields ask who is looking at them, in every way that a resolver might. */
export function curiousToys(): GraphQLSchema {
  const schema = buildSchema(`
    type Query { nothing: String }
    interface Thing { name: String! }
    type OwnedThing implements Thing { name: String! mine: String }
    type Toy {
      cursor: String! name: String! role: String!
      me: String instance: String token: String
      inner: Toy! thing: Thing!
      "Asks after a while." later: String
      "Asks together with the other fields of the event." loaded: String
      "Copies the viewer without a thought." copied: String
      "Asks, and goes on when it is refused." swallowed: String!
      "Names the viewer in its error." refused: String
      "Asks only of toys that are called secret." sometimes: String
    }
    type Subscription {
      toys(after: String): Toy!
      "By a filter that asks as events come." owned(after: String): Toy!
      "Looks at the viewer before it begins." greeted(after: String): Toy!
    }`);
  const fields = (type: string) =>
    (schema.getType(type) as { getFields(): Record<string, object> } & object).getFields();
  const resolvers = (
    type: string,
    resolve: Record<string, (event: ChangeEvent, args: object, context: Context) => unknown>,
  ) => {
    for (const [name, resolver] of Object.entries(resolve))
      Object.assign(fields(type)[name] as object, { resolve: resolver });
  };
  const me = (_event: unknown, _args: unknown, context: Context) => requireViewer(context).agent;
  resolvers('Toy', {
    name: ({ data }) => data['name'],
    role: (_event, _args, context) => requireViewer(context).role,
    me,
    instance: (_event, _args, { viewer }) => viewer?.instance,
    token: (_event, _args, { viewer }) => viewer?.tokenId,
    inner: (event) => event,
    thing: ({ data }) => ({ __typename: 'OwnedThing', name: data['name'] }),
    later: async (_event, _args, context) => {
      await context.db.query('select 1');
      return requireViewer(context).agent;
    },
    loaded: (_event, _args, context) => loaderOf(context).load('me'),
    copied: (_event, _args, { viewer }) => JSON.stringify({ ...viewer }),
    swallowed: (_event, _args, { viewer }) => {
      try {
        return viewer?.agent ?? 'nobody';
      } catch {
        return 'somebody';
      }
    },
    refused: (_event, _args, context) => {
      throw new GraphQLError(`This is not for ${requireViewer(context).agent}.`);
    },
    sometimes: ({ data }, _args, context) =>
      String(data['name']).startsWith('secret') ? requireViewer(context).agent : 'all',
  });
  resolvers('OwnedThing', { mine: me });
  const executed = (event: ChangeEvent, args: object, context: Context) => {
    seen.push({ event, args, context });
    return event;
  };
  resolvers('Subscription', { toys: executed, owned: executed, greeted: executed });
  const subscribe = (name: string, how: (context: Context, after: string | undefined) => unknown) =>
    Object.assign(fields('Subscription')[name] as object, {
      subscribe: (_root: unknown, { after }: { after?: string }, context: Context) => how(context, after),
    });
  subscribe('toys', (context, after) => liveEvents(context, after, ALL));
  subscribe('owned', (context, after) =>
    liveEvents(context, after, {
      ...ALL,
      matches: ({ data }) => data['status'] !== requireViewer(context).agent,
    }),
  );
  subscribe('greeted', (context, after) => {
    const own = requireViewer(context).agent;
    return liveEvents(context, after, { ...ALL, matches: ({ data }) => data['status'] !== own });
  });
  return schema;
}

const loaders = new WeakMap<Context, DataLoader<string, string | null>>();

function loaderOf(context: Context): DataLoader<string, string | null> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader(async (keys) => keys.map(() => requireViewer(context).agent));
    loaders.set(context, loader);
  }
  return loader;
}
