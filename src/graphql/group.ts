import { type ExecutionArgs, type ExecutionResult, execute, GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import { fromPostgres, RookeryError } from '../errors.ts';
import type { ChangeEvent } from '../feed/event.ts';
import { Asked, groupContext, type Question, unanswered } from './audience.ts';
import type { Context } from './context.ts';
import { type Frame, FrameWindow } from './frames.ts';
import type { Membership } from './group-key.ts';
import type { LiveSource } from './live.ts';
import { isOutage, patiently } from './patience.ts';

/** A subscription as it was opened. */
export interface Opening {
  readonly args: ExecutionArgs;
  readonly source: LiveSource;
  /** What `subscribe` has asked about the viewer, and what the filter of `source` asks as events come. */
  readonly asked: ReadonlySet<Question>;
}

/** One subscription of a group. */
export interface Follower {
  readonly opening: Opening;
  /** Offers a new frame: who has taken all before it and has room takes it at once. Returns the position it has taken. */
  offer(frame: Frame): number;
  /** Goes on in another group, from its own position. */
  follow(group: Group): void;
  end(error: RookeryError): void;
}

/** What a group tells the one who made it. */
export interface GroupOwner {
  /** Hides what callers must not see in the errors of a result. */
  mask(result: ExecutionResult): ExecutionResult;
  /** An event can't be shown to all members alike: they must part, by their answers to these questions too. */
  onAsked(group: Group, questions: readonly Question[]): void;
  onBreak(group: Group, error: RookeryError): void;
}

/** Events waiting to be executed; beyond this the group reads the table instead of remembering. */
const MAX_PENDING = 256;
const PAGE = 100;

/**
 * Subscriptions that see the same results. Each event is executed and written as text once, in order, and offered to
 * every subscriber.
 *
 * That they see the same is not believed but made so: the execution is given the event, the document, the variables that
 * are in the key, and of the viewer what all members answer alike. When it, or the filter, asks for more, nothing is
 * offered and the group divides by what was asked.
 *
 * States: *following* (events come from memory) and *behind* (more than 256 waited: events come from the table, until
 * it has read all there is). Both go through the same queue of one, so order and completeness do not depend on it.
 */
export class Group {
  readonly key: string;
  readonly followers = new Set<Follower>();
  readonly window: FrameWindow;
  /** The one that was there first: in what matters here, any other is its equal. */
  private readonly opening: Opening;
  private readonly membership: Membership;
  private readonly owner: GroupOwner;
  private readonly untap: () => void;
  private readonly pending: ChangeEvent[] = [];
  private readonly id = ++groups;
  private behind = false;
  /** Set by an event that came while behind: it may lie beyond the page that is being read. */
  private missed = false;
  private closed = false;
  private pumping = false;
  /** Every event up to here has been rendered or is not for this group. */
  private position: number;

  constructor(opening: Opening, membership: Membership, owner: GroupOwner) {
    const { feed, selection } = opening.source;
    this.key = membership.key;
    this.opening = opening;
    this.membership = membership;
    this.owner = owner;
    this.position = feed.position;
    this.window = new FrameWindow(this.position);
    this.untap = feed.tap({
      topics: selection.topics,
      onEvent: (event) => this.receive(event),
      onBreak: (error) => owner.onBreak(this, error),
    });
  }

  close(): void {
    this.closed = true;
    this.untap();
    this.pending.length = 0;
  }

  /** The newest position of which nothing is waiting any more. */
  get settledPosition(): number {
    return this.pumping ? this.position : this.opening.source.feed.position;
  }

  /** The frame of an event of the past, for one who reads the table. Throws `Asked` when the group divided over it. */
  async replay(event: ChangeEvent): Promise<Frame> {
    const key = `${this.id}:${event.position}`;
    let frame = replayed.get(key);
    if (frame === undefined) {
      frame = await this.render(event);
      replayed.set(key, frame);
    }
    return frame;
  }

  /** Executes the operation for one event. */
  private async render(event: ChangeEvent): Promise<Frame> {
    const { args } = this.opening;
    const asked = new Set<Question>();
    const result = await execute({
      schema: args.schema,
      document: args.document,
      operationName: args.operationName,
      variableValues: this.variablesAt(event),
      rootValue: event,
      contextValue: groupContext(this.membership.audience, args.contextValue as Context, event, asked),
    });
    this.divideIf(unanswered(this.membership.audience, asked));
    const outage = result.errors?.map(rootCause).find(isOutage);
    if (outage !== undefined) throw fromPostgres(outage);
    return { position: event.position, cursor: event.cursor, json: JSON.stringify(this.owner.mask(result)) };
  }

  /** Where each member began is not in the key, so to the execution all of them begin with the event. */
  private variablesAt({ cursor }: ChangeEvent): Record<string, unknown> {
    const variables: Record<string, unknown> = { ...this.opening.args.variableValues };
    for (const name of this.membership.cursors) variables[name] = cursor;
    return variables;
  }

  /** What the filter has asked that members answer differently. It is the first member's: for the others it decides nothing then. */
  private get askedByFilter(): Question[] {
    return unanswered(this.membership.audience, this.opening.asked);
  }

  private divideIf(questions: readonly Question[]): void {
    if (questions.length === 0) return;
    this.owner.onAsked(this, questions);
    throw new Asked('The group has divided.');
  }

  private receive(event: ChangeEvent): void {
    const { matches } = this.opening.source.selection;
    if (matches !== undefined && !matches(event) && this.askedByFilter.length === 0) return;
    if (this.behind || this.pending.length === MAX_PENDING) this.behind = this.missed = true;
    else this.pending.push(event);
    if (!this.pumping) void this.pump();
  }

  private async pump(): Promise<void> {
    this.pumping = true;
    try {
      for (let event = this.pending.shift(); !this.closed && (event ?? this.behind); event = this.pending.shift()) {
        const next = event;
        await patiently(() => (next === undefined ? this.readOn() : this.emit(next)));
      }
      this.pumping = false;
    } catch (error) {
      if (error instanceof Asked) return;
      this.owner.onBreak(
        this,
        error instanceof RookeryError
          ? error
          : new RookeryError(
              'UNAVAILABLE',
              'The stream failed. Subscribe again from the cursor.',
              {},
              { cause: error },
            ),
      );
    }
  }

  private async emit(event: ChangeEvent): Promise<void> {
    const frame = await this.render(event);
    this.divideIf(this.askedByFilter);
    this.position = event.position;
    this.window.push(frame);
    let taken = 0;
    for (const follower of this.followers) taken = follower.offer(frame);
    // Ten thousand inboxes need not each keep what their one reader has: should it come back, it reads the table.
    if (this.followers.size === 1) this.window.forget(taken);
  }

  /** Reads a page from the table; done when nothing has come since that page was complete. */
  private async readOn(): Promise<void> {
    const { feed, selection } = this.opening.source;
    const until = feed.position;
    this.missed = false;
    const page = await feed.page(selection, this.position, PAGE);
    this.divideIf(this.askedByFilter);
    for (const event of page.events) await patiently(() => this.emit(event));
    this.position = page.upTo;
    if (page.upTo >= until && !this.missed) this.behind = false;
  }
}

/** Frames rendered for one who reads the table serve the others who do: a crowd that reconnects. */
const replayed = new LRUCache<string, Frame>({
  maxSize: 16 * 1024 * 1024,
  sizeCalculation: ({ json }) => json.length + 1,
});
let groups = 0;

/** What a resolver threw, below GraphQL's own wrapping. */
function rootCause(error: Error): Error {
  return error instanceof GraphQLError && error.originalError ? rootCause(error.originalError) : error;
}
