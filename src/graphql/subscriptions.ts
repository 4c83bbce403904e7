import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import { type ErrorCode, RookeryError } from '../errors.ts';
import { notedContext } from './audience.ts';
import type { Context } from './context.ts';
import { Group, type GroupOwner, type Opening } from './group.ts';
import { learn, membershipOf } from './group-key.ts';
import { LiveSource } from './live.ts';
import { type Sink, Subscriber } from './subscriber.ts';

export interface SubscriptionsOptions {
  /** Hides what callers must not see in the errors of a result. */
  mask: (result: ExecutionResult) => ExecutionResult;
  /** Most subscriptions of the process. */
  limit: number;
}

/** Serves all subscriptions of a process. */
export interface Subscriptions {
  /**
   * Begins a subscription. With a `sink`, results go there as text and the iterator yields only the final error; without
   * one, the iterator yields every result, whose text and cursor `serialized` gives. `onStalled` is called when the
   * client took nothing for 30 s: its connection is to be cut. Errors before the first event are a plain result.
   */
  subscribe(args: ExecutionArgs, sink?: Sink, onStalled?: () => void): Promise<Subscriber | ExecutionResult>;
  /** Ends the subscriptions of these callers, each with the error and its cursor. */
  end(whose: (context: Context) => boolean, error: RookeryError): void;
  close(): void;
  readonly count: { readonly subscribers: number; readonly groups: number };
}

const STALL_CHECK_MS = 5_000;

export function createSubscriptions({ mask, limit }: SubscriptionsOptions): Subscriptions {
  const groups = new Map<string, Group>();
  const subscribers = new Map<Subscriber, (() => void) | undefined>();
  let closed = false;

  const stallCheck = setInterval(() => {
    for (const [subscriber, onStalled] of subscribers) {
      if (!subscriber.stalled) continue;
      subscriber.end(new RookeryError('SLOW_CONSUMER', 'You took nothing for 30 s. Subscribe again from the cursor.'));
      onStalled?.();
    }
  }, STALL_CHECK_MS);
  stallCheck.unref();

  function join(opening: Opening): Group {
    const membership = membershipOf(opening.args);
    const group = groups.get(membership.key) ?? new Group(opening, membership, owner);
    groups.set(membership.key, group);
    return group;
  }

  const owner: GroupOwner = {
    mask,
    onAsked(group, questions) {
      dissolve(group);
      for (const follower of group.followers) {
        learn(follower.opening.args, questions);
        const next = join(follower.opening);
        next.followers.add(follower);
        follower.follow(next);
      }
      group.followers.clear();
    },
    onBreak(group, error) {
      for (const follower of [...group.followers]) follower.end(error);
    },
  };

  function leave(subscriber: Subscriber): void {
    const { group } = subscriber;
    subscribers.delete(subscriber);
    group.followers.delete(subscriber);
    if (group.followers.size === 0) dissolve(group);
  }

  function dissolve(group: Group): void {
    group.close();
    if (groups.get(group.key) === group) groups.delete(group.key);
  }

  return {
    async subscribe(args, sink, onStalled) {
      if (closed) return refusal('GOING_AWAY', 'The hub is shutting down. Subscribe again.');
      if (subscribers.size >= limit)
        return refusal('TOO_MANY', `This hub serves at most ${limit} subscriptions at a time.`);
      const { context, asked } = notedContext(args.contextValue as Context);
      const source = await createSourceEventStream({ ...args, contextValue: context });
      if (!(source instanceof LiveSource)) return mask(source as ExecutionResult);
      learn(args, asked);
      const opening = { args, source, asked };
      const subscriber: Subscriber = new Subscriber(opening, join(opening), sink, () => leave(subscriber));
      subscriber.group.followers.add(subscriber);
      subscribers.set(subscriber, onStalled);
      return subscriber;
    },
    end(whose, error) {
      for (const subscriber of [...subscribers.keys()]) if (whose(subscriber.context)) subscriber.end(error);
    },
    close() {
      closed = true;
      clearInterval(stallCheck);
      for (const subscriber of [...subscribers.keys()])
        subscriber.end(new RookeryError('GOING_AWAY', 'The hub is shutting down. Subscribe again from the cursor.'));
    },
    get count() {
      return { subscribers: subscribers.size, groups: groups.size };
    },
  };
}

function refusal(code: ErrorCode, message: string): ExecutionResult {
  return { errors: [new GraphQLError(message, { extensions: { code } })] };
}
