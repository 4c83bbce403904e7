import { randomBytes } from 'node:crypto';
import type { Feed } from '../feed/feed.ts';
import type { Context, Viewer } from '../graphql/context.ts';
import type { Database } from '../postgres/database.ts';

/** What the transport knows of a request. */
export interface RequestOptions {
  readonly id?: string;
  /** The `Last-Event-ID` of a reconnecting EventSource. */
  readonly lastEventId?: string | null;
}

/** One for each operation; cheap to make, since most operations need only two of its fields. */
export class RequestContext implements Context {
  readonly db: Database;
  readonly feed: Feed;
  readonly viewer: Viewer | null;
  readonly feedPosition: number;
  readonly lastEventId: string | null;
  readonly requestId: string;
  private abandoned = false;
  private controller: AbortController | undefined;

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
  }

  get signal(): AbortSignal {
    this.controller ??= new AbortController();
    if (this.abandoned) this.controller.abort();
    return this.controller.signal;
  }

  /** Nobody takes the result, or nobody may: what waits for work on the caller's behalf gets none. */
  abandon(): void {
    this.abandoned = true;
    this.controller?.abort();
  }
}

const process = randomBytes(4).toString('hex');
let count = 0;

/** Unique among all hubs: `9f86d081-2s`. */
export function newRequestId(): string {
  return `${process}-${(++count).toString(36)}`;
}
