import type { Feed } from '../feed/feed.ts';
import type { Viewer } from '../graphql/context.ts';
import type { Database } from '../postgres/database.ts';
import type { AgentRequest } from '../postgres/generated/client.ts';
import { actorOf } from './audiences.ts';
import { actOnRequest, readRequest } from './service.ts';

/** Where somebody waits: `signal` fires when the caller has gone. */
interface Place {
  readonly db: Database;
  readonly feed: Feed;
  readonly signal: AbortSignal | null;
}

/** Events make waiting short; this makes it end even without them. */
const POLL_MS = 5_000;

/**
 * The request once it is open no more, or as it is when the time is over or the caller has gone. Holds no connection
 * while it waits. The asker who gets a decision so has seen it. Errors: `NOT_FOUND`.
 */
export async function awaitDecision(
  { db, feed, signal }: Place,
  viewer: Viewer,
  id: bigint,
  waitSeconds: number,
): Promise<AgentRequest> {
  const deadline = AbortSignal.timeout(waitSeconds * 1_000);
  const over = signal === null ? deadline : AbortSignal.any([deadline, signal]);
  for (;;) {
    // Listen first, look then: a decision that comes in between is heard.
    const news = nextChange(feed, id, over);
    try {
      const request = await readRequest(db, viewer, id);
      const mine = request.fromAgent === actorOf(viewer);
      if (mine && request.decidedAt !== null && request.seenAt === null && !signal?.aborted)
        return await actOnRequest(db, viewer, id, { do: 'see' });
      if (request.status !== 'open' || over.aborted || waitSeconds === 0) return request;
      await news.heard;
    } finally {
      news.cancel();
    }
  }
}

/** Resolves when the request changes, when it is time to look again, or when the wait is over. */
function nextChange(feed: Feed, id: bigint, over: AbortSignal): { heard: Promise<void>; cancel(): void } {
  const { promise, resolve } = promiseOf();
  const entityId = String(id);
  const untap = feed.tap({
    topics: ['requests'],
    onEvent: (event) => {
      if (event.entityId === entityId && event.data['status'] !== 'open') resolve();
    },
    onBreak: resolve,
  });
  const poll = setTimeout(resolve, POLL_MS * (0.75 + Math.random() / 2));
  over.addEventListener('abort', resolve, { once: true });
  return {
    heard: promise,
    cancel() {
      untap();
      clearTimeout(poll);
      over.removeEventListener('abort', resolve);
    },
  };
}

function promiseOf(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
