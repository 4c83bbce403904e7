import type { ChangeEvent } from '../feed/event.ts';
import type { Feed } from '../feed/feed.ts';
import type { Database } from '../postgres/database.ts';
import type { Context, Viewer } from './context.ts';

/** A fact about a viewer that a resolver or a filter may ask for. */
export type Question = keyof Viewer;

/** What all members of a group answer alike, and all that is known of them; null where there is no viewer. */
export type Audience = Readonly<Partial<Viewer>> | null;

/** An execution asked what the members of its group answer differently. Its result was thrown away, the group divided. */
export class Asked extends Error {}

/**
 * The context of one event's execution for a whole group. There is no viewer behind it who could be mistaken for another:
 * it holds what all members answer alike and nothing else of any of them. Whatever else is asked is noted in `asked` and
 * refused, so that the result, which is not to be used then, could not have been made of it either.
 *
 * New for every event, and so is whatever resolvers key by it: loaders, and the scopes that have been decided.
 */
export function groupContext(
  audience: Audience,
  { db, feed }: { readonly db: Database; readonly feed: Feed },
  { position }: ChangeEvent,
  asked: Set<Question>,
): Context {
  const viewer =
    audience &&
    viewerOf((question) => {
      if (!Object.hasOwn(audience, question)) {
        asked.add(question);
        throw new Asked(`This is executed for all who subscribe alike. Their ${question} is not known.`);
      }
      return audience[question];
    });
  // Where a member began and when it leaves is its own: to an event, the request begins with the event.
  return { db, feed, viewer, feedPosition: position, lastEventId: null, signal: null };
}

/** The context of a caller, with a note of what is asked about it from now on: by `subscribe`, and by the filter it makes. */
export function notedContext(context: Context): { context: Context; asked: ReadonlySet<Question> } {
  const { db, feed, feedPosition, lastEventId, viewer } = context;
  const asked = new Set<Question>();
  const noted =
    viewer &&
    viewerOf((question) => {
      asked.add(question);
      return viewer[question];
    });
  return {
    context: {
      db,
      feed,
      viewer: noted,
      feedPosition,
      lastEventId,
      get signal() {
        return context.signal;
      },
    },
    asked,
  };
}

/** The questions of `asked` that an audience has no answer to. */
export function unanswered(audience: Audience, asked: ReadonlySet<Question>): Question[] {
  return [...asked].filter((question) => audience === null || !Object.hasOwn(audience, question));
}

/** Own and enumerable, so that to copy or to print the viewer is to ask everything. A new fact does not compile before it is here. */
function viewerOf(answer: (question: Question) => unknown): Viewer {
  return {
    get role() {
      return answer('role') as Viewer['role'];
    },
    get agent() {
      return answer('agent') as Viewer['agent'];
    },
    get instance() {
      return answer('instance') as Viewer['instance'];
    },
    get tokenId() {
      return answer('tokenId') as Viewer['tokenId'];
    },
  };
}
