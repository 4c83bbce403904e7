import { type ExecutionResult, GraphQLError } from 'graphql';
import { RookeryError } from '../errors.ts';
import { Asked } from './audience.ts';
import type { Context } from './context.ts';
import { type Frame, resultOf } from './frames.ts';
import type { Follower, Group, Opening } from './group.ts';
import { patiently } from './patience.ts';

/** Where a transport takes pre-serialised results, so that an event costs one write per subscriber and nothing else. */
export interface Sink {
  /** Writes one ExecutionResult, already JSON. False when the connection is congested: send no more until `drained`. */
  send(json: string): boolean;
  /** Resolves when there is room again. */
  drained(): Promise<void>;
}

/** One that takes nothing for this long is closed. */
const STALL_MS = 30_000;
const PAGE = 100;

/**
 * One subscription of one client: a position, and nothing queued. It takes from its group's window while it keeps up,
 * and reads the table from its own position while it does not.
 *
 * With a sink it writes by itself, and as an iterator it only yields the final error; without one each `next()` takes.
 */
export class Subscriber implements Follower, AsyncGenerator<ExecutionResult, void> {
  readonly context: Context;
  readonly opening: Opening;
  group: Group;
  private readonly sink: Sink | undefined;
  private readonly onEnd: () => void;
  private position: number;
  private replay: Frame[] = [];
  private wake: (() => void) | undefined;
  private idle = false;
  private congested = false;
  /** The table is being read: what there is to take, the client can't take yet. */
  private reading = false;
  private ended = false;
  private failure: RookeryError | undefined;
  private readonly over: Promise<void>;
  private finish: () => void = () => {};
  /** When the client last took something. */
  private lastTaken = performance.now();

  constructor(opening: Opening, group: Group, sink: Sink | undefined, onEnd: () => void) {
    this.opening = opening;
    this.group = group;
    this.context = opening.args.contextValue as Context;
    this.position = opening.source.position;
    this.sink = sink;
    this.onEnd = onEnd;
    this.over = new Promise((resolve) => {
      this.finish = resolve;
    });
    if (sink !== undefined) void this.drive(sink);
  }

  offer(frame: Frame): number {
    if (this.ended || frame.position <= this.position) return this.position;
    const { sink } = this;
    if (this.idle && sink !== undefined) {
      this.position = frame.position;
      if (this.write(sink, frame)) return this.position;
    }
    this.wake?.();
    return this.position;
  }

  follow(group: Group): void {
    this.group = group;
    this.wake?.();
    // Awake from this moment: what is offered next may come after something that is still to be read from the table.
    this.idle = false;
    this.wake = undefined;
  }

  /** True when there has been something to take for 30 s and the client took nothing. */
  get stalled(): boolean {
    const owed = this.congested || (!this.reading && this.wake === undefined && this.hasMore);
    return !this.ended && owed && performance.now() - this.lastTaken > STALL_MS;
  }

  /** Ends the stream with an error that carries the cursor to resume from, unless it says that there is none. */
  end(error: RookeryError): void {
    if (this.ended) return;
    if (error.code === 'CURSOR_EXPIRED' || error.code === 'CURSOR_INVALID') {
      this.failure = error;
      this.stop();
      return;
    }
    const seen =
      this.idle || this.wake !== undefined ? Math.max(this.position, this.group.settledPosition) : this.position;
    const cursor = this.opening.source.feed.cursorAt(seen);
    this.failure = new RookeryError(error.code, error.message, { ...error.details, cursor });
    this.stop();
  }

  async next(): Promise<IteratorResult<ExecutionResult, void>> {
    if (this.sink !== undefined) await this.over;
    this.lastTaken = performance.now();
    while (!this.ended) {
      const frame = await this.take();
      if (frame !== undefined && !this.ended) {
        this.lastTaken = performance.now();
        return { done: false, value: resultOf(frame) };
      }
      if (!this.ended) await this.news();
    }
    return this.last();
  }

  async return(): Promise<IteratorReturnResult<void>> {
    this.failure = undefined;
    this.stop();
    return { done: true, value: undefined };
  }

  async throw(): Promise<IteratorReturnResult<void>> {
    return this.return();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private last(): IteratorResult<ExecutionResult, void> {
    const { failure } = this;
    if (failure === undefined) return { done: true, value: undefined };
    this.failure = undefined;
    const extensions = { code: failure.code, ...failure.details };
    return { done: false, value: { errors: [new GraphQLError(failure.message, { extensions })] } };
  }

  private stop(): void {
    if (this.ended) return;
    this.ended = true;
    this.wake?.();
    this.finish();
    this.onEnd();
  }

  private async drive(sink: Sink): Promise<void> {
    while (!this.ended) {
      if (this.congested) {
        await Promise.race([sink.drained(), this.over]);
        this.congested = false;
        continue;
      }
      const frame = await this.take();
      if (this.ended) return;
      if (frame !== undefined) this.write(sink, frame);
      else await this.news();
    }
  }

  /** False when the connection has no room for more after this. */
  private write(sink: Sink, frame: Frame): boolean {
    this.lastTaken = performance.now();
    this.congested = !sink.send(frame.json);
    return !this.congested;
  }

  private get hasMore(): boolean {
    const { window } = this.group;
    return this.replay.length > 0 || this.position < window.floor || window.after(this.position) !== undefined;
  }

  /** The next frame, from memory or from the table; undefined when there is none yet. */
  private async take(): Promise<Frame | undefined> {
    const { feed, selection } = this.opening.source;
    try {
      while (this.replay.length === 0 && this.position < this.group.window.floor && !this.ended) {
        this.reading = true;
        const page = await patiently(() => feed.page(selection, this.position, PAGE));
        this.replay = await Promise.all(page.events.map((event) => patiently(() => this.group.replay(event))));
        if (this.replay.length === 0) this.position = page.upTo;
      }
      const frame = this.replay.shift() ?? this.group.window.after(this.position);
      if (frame !== undefined) this.position = frame.position;
      return frame;
    } catch (error) {
      // The group has divided; the one that is followed now can answer.
      if (error instanceof Asked) return this.ended ? undefined : this.take();
      this.end(
        error instanceof RookeryError
          ? error
          : new RookeryError('UNAVAILABLE', 'The feed could not be read. Subscribe again from the cursor.'),
      );
      return undefined;
    } finally {
      this.reading = false;
    }
  }

  /** Waits until something is offered, or the end. Nothing can slip in between: what `take` saw and this are one step. */
  private async news(): Promise<void> {
    if (this.ended || this.hasMore) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.idle = this.sink !== undefined;
    });
    this.wake = undefined;
    this.idle = false;
  }
}
