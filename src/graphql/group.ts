import { type ExecutionArgs, type ExecutionResult, execute, GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import { fromPostgres, RookeryError } from '../errors.ts';
import type { ChangeEvent } from '../feed/event.ts';
import { type Frame, FrameWindow } from './frames.ts';
import type { LiveSource } from './live.ts';
import { isOutage, patiently } from './patience.ts';

/** One subscription of a group. */
export interface Follower {
  /** Offers a new frame: who has taken all before it and has room takes it at once. Returns the position it has taken. */
  offer(frame: Frame): number;
  end(error: RookeryError): void;
}

/** Events waiting to be executed; beyond this the group reads the table instead of remembering. */
const MAX_PENDING = 256;
const PAGE = 100;

/**
 * Subscriptions with the same document, variables and rights. Each event is executed and written as text once, in
 * order, and offered to every subscriber.
 *
 * States: *following* (events come from memory) and *behind* (more than 256 waited: events come from the table, until
 * it has read all there is). Both go through the same queue of one, so order and completeness do not depend on it.
 */
export class Group {
  readonly followers = new Set<Follower>();
  readonly window: FrameWindow;
  readonly source: LiveSource;
  private readonly args: ExecutionArgs;
  private readonly mask: (result: ExecutionResult) => ExecutionResult;
  private readonly onBreak: (error: RookeryError) => void;
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

  constructor(
    source: LiveSource,
    args: ExecutionArgs,
    mask: (result: ExecutionResult) => ExecutionResult,
    onBreak: (error: RookeryError) => void,
  ) {
    this.source = source;
    this.args = args;
    this.mask = mask;
    this.onBreak = onBreak;
    this.position = source.feed.position;
    this.window = new FrameWindow(this.position);
    this.untap = source.feed.tap({
      topics: source.selection.topics,
      onEvent: (event) => this.receive(event),
      onBreak,
    });
  }

  close(): void {
    this.closed = true;
    this.untap();
    this.pending.length = 0;
  }

  /** The newest position of which nothing is waiting any more. */
  get settledPosition(): number {
    return this.pumping ? this.position : this.source.feed.position;
  }

  /** The frame of an event of the past, for one who reads the table. */
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
    // A context of its own: what one event's resolvers loaded must not be shown for the next.
    const contextValue = { ...(this.args.contextValue as object), signal: null };
    const result = await execute({ ...this.args, rootValue: event, contextValue });
    const outage = result.errors?.map(rootCause).find(isOutage);
    if (outage !== undefined) throw fromPostgres(outage);
    return { position: event.position, cursor: event.cursor, json: JSON.stringify(this.mask(result)) };
  }

  private receive(event: ChangeEvent): void {
    const { matches } = this.source.selection;
    if (matches !== undefined && !matches(event)) return;
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
      this.onBreak(
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
    this.position = event.position;
    this.window.push(frame);
    let taken = 0;
    for (const follower of this.followers) taken = follower.offer(frame);
    // Ten thousand inboxes need not each keep what their one reader has: should it come back, it reads the table.
    if (this.followers.size === 1) this.window.forget(taken);
  }

  /** Reads a page from the table; done when nothing has come since that page was complete. */
  private async readOn(): Promise<void> {
    const { feed, selection } = this.source;
    const until = feed.position;
    this.missed = false;
    const page = await feed.page(selection, this.position, PAGE);
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
