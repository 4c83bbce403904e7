import { randomBytes } from 'node:crypto';
import type { Feed } from '../feed/feed.ts';
import type { Context, Viewer } from '../graphql/context.ts';
import type { Database } from '../postgres/database.ts';

/** What the transport knows of a request. */
export interface RequestOptions {
  readonly id?: string;
  /** The `Last-Event-ID` of a reconnecting EventSource. */
  readonly lastEventId?: string | null;
  /** Registers what is to happen when the caller has gone before it was answered. */
  readonly onGone?: (listener: () => void) => void;
}

/** One for each operation; cheap to make, since most operations need only two of its fields. */
export class RequestContext implements Context {
  readonly db: Database;
  readonly feed: Feed;
  readonly viewer: Viewer | null;
  readonly feedPosition: number;
  readonly lastEventId: string | null;
  readonly requestId: string;
  private readonly onGone: RequestOptions['onGone'];
  private gone: AbortController | undefined;

  constructor(
    ground: { readonly db: Database; readonly feed: Feed },
    viewer: Viewer | null,
    request: RequestOptions = {},
  ) {
    this.db = ground.db;
    this.feed = ground.feed;
    this.feedPosition = ground.feed.position;
    this.viewer = viewer;
    this.requestId = request.id ?? newRequestId();
    this.lastEventId = request.lastEventId ?? null;
    this.onGone = request.onGone;
  }

  /** Made when first asked for: an AbortController costs more than all the rest. */
  get signal(): AbortSignal | null {
    if (this.onGone === undefined) return null;
    if (this.gone === undefined) {
      const gone = new AbortController();
      this.gone = gone;
      this.onGone(() => gone.abort());
    }
    return this.gone.signal;
  }
}

const process = randomBytes(4).toString('hex');
let count = 0;

/** Unique among all hubs: `9f86d081-2s`. */
export function newRequestId(): string {
  return `${process}-${(++count).toString(36)}`;
}
