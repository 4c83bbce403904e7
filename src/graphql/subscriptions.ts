import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, GraphQLError } from 'graphql';
import { type ErrorCode, RookeryError } from '../errors.ts';
import type { Context } from './context.ts';
import { Group } from './group.ts';
import { groupKey } from './group-key.ts';
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

  function join(source: LiveSource, args: ExecutionArgs): Group {
    const key = groupKey(args);
    const known = groups.get(key);
    if (known !== undefined) return known;
    const group: Group = new Group(source, args, mask, (error) => {
      for (const follower of [...group.followers]) follower.end(error);
    });
    groups.set(key, group);
    return group;
  }

  function leave(group: Group, subscriber: Subscriber): void {
    subscribers.delete(subscriber);
    group.followers.delete(subscriber);
    if (group.followers.size > 0) return;
    group.close();
    for (const [key, other] of groups) if (other === group) groups.delete(key);
  }

  return {
    async subscribe(args, sink, onStalled) {
      if (closed) return refusal('GOING_AWAY', 'The hub is shutting down. Subscribe again.');
      if (subscribers.size >= limit)
        return refusal('TOO_MANY', `This hub serves at most ${limit} subscriptions at a time.`);
      const source = await createSourceEventStream(args);
      if (!(source instanceof LiveSource)) return mask(source as ExecutionResult);
      const group = join(source, args);
      const subscriber: Subscriber = new Subscriber(group, args.contextValue as Context, source.position, sink, () =>
        leave(group, subscriber),
      );
      group.followers.add(subscriber);
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
