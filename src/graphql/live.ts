import type { ChangeEvent, Selection } from '../feed/event.ts';
import type { Feed } from '../feed/feed.ts';
import { type Context, requireViewer, type Viewer } from './context.ts';

/**
 * What the `subscribe` of a subscription field returns: which events, and from where on. Clients that ask for the same
 * are served together by the subscriptions engine, which reads these fields; iterated by itself it reads the table.
 */
export class LiveSource implements AsyncIterable<ChangeEvent> {
  readonly feed: Feed;
  readonly selection: Selection;
  /** Everything up to this position has been seen by the client, or is not wanted. */
  readonly position: number;

  constructor(feed: Feed, selection: Selection, position: number) {
    this.feed = feed;
    this.selection = selection;
    this.position = position;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ChangeEvent, void> {
    let { position } = this;
    for (;;) {
      const news = nextEvent(this.feed, this.selection);
      try {
        const page = await this.feed.page(this.selection, position, 100);
        yield* page.events;
        if (page.upTo > position) position = page.upTo;
        else await news.event;
      } finally {
        news.cancel();
      }
    }
  }
}

/**
 * The events of a selection, after the given cursor or from now on. `Last-Event-ID` wins over `after`: a browser's
 * EventSource reconnects to the same address with the same, by then old, argument. An agent receives only what is
 * addressed to it or to all. Errors: `CURSOR_INVALID`, `CURSOR_EXPIRED`.
 */
export async function liveEvents(
  context: Context,
  after: string | null | undefined,
  selection: Selection,
): Promise<LiveSource> {
  const viewer = requireViewer(context);
  const cursor = context.lastEventId ?? after;
  const position = cursor ? await context.feed.resolve(cursor) : context.feedPosition;
  return new LiveSource(context.feed, viewer.role === 'agent' ? addressedTo(viewer, selection) : selection, position);
}

/** Asks who the agent is only for what is addressed: what is for all is then shared by all. */
function addressedTo(viewer: Viewer, { topics, matches }: Selection): Selection {
  return {
    topics,
    matches: (event) =>
      (matches?.(event) ?? true) && (event.recipients === null || isRecipient(viewer, event.recipients)),
  };
}

function isRecipient({ agent }: Viewer, recipients: readonly string[]): boolean {
  return agent !== null && recipients.includes(agent);
}

function nextEvent(feed: Feed, { topics }: Selection): { event: Promise<void>; cancel: () => void } {
  let cancel = () => {};
  const event = new Promise<void>((resolve, reject) => {
    cancel = feed.tap({ topics, onEvent: () => resolve(), onBreak: reject });
  });
  event.catch(() => {});
  return { event, cancel };
}
