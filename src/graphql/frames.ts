import type { ExecutionResult } from 'graphql';

/** One event as it goes to every subscriber of a group: executed once, written as text once. */
export interface Frame {
  readonly position: number;
  readonly cursor: string;
  /** The ExecutionResult as JSON. */
  readonly json: string;
}

const frames = new WeakMap<ExecutionResult, Frame>();

/** The text and cursor of a result that a subscription yielded; undefined for any other result. */
export function serialized(result: ExecutionResult): Frame | undefined {
  return frames.get(result);
}

export function resultOf(frame: Frame): ExecutionResult {
  const result: ExecutionResult = {};
  frames.set(result, frame);
  return result;
}

const MAX_FRAMES = 256;
const MAX_CHARACTERS = 1024 * 1024;

/**
 * The newest frames of a group, in order, at most 256 or 1 MiB: the one bounded queue all its subscribers share. Who is
 * further behind than `floor` reads the table.
 */
export class FrameWindow {
  /** Every frame after this position is in the window. */
  floor: number;
  private frames: Frame[] = [];
  private characters = 0;

  constructor(floor: number) {
    this.floor = floor;
  }

  push(frame: Frame): void {
    this.frames.push(frame);
    this.characters += frame.json.length;
    while (this.frames.length > MAX_FRAMES || (this.characters > MAX_CHARACTERS && this.frames.length > 1)) this.drop();
  }

  private drop(): void {
    const dropped = this.frames.shift() as Frame;
    this.characters -= dropped.json.length;
    this.floor = dropped.position;
  }

  /** Forgets the frames up to a position: whoever needs them still reads the table. */
  forget(position: number): void {
    while (this.frames[0] !== undefined && this.frames[0].position <= position) this.drop();
  }

  /** The first frame after `position`; meaningful only from `floor` on. */
  after(position: number): Frame | undefined {
    const newest = this.frames.at(-1);
    if (newest === undefined || newest.position <= position) return undefined;
    let low = 0;
    let high = this.frames.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.frames[middle] as Frame).position > position) high = middle;
      else low = middle + 1;
    }
    return this.frames[low];
  }
}
