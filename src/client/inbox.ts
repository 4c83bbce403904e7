import { InboxEvents } from './generated/operations.ts';
import type { Message, messageVerbs } from './messages.ts';
import type { Follow, Stream, StreamOptions } from './stream.ts';

export interface InboxOptions extends StreamOptions {
  /** Whose; by default your own. Another's for operators and observers only. */
  readonly agent?: string | undefined;
  /**
   * As for any stream, but `restart` goes on with what is unread now. What came before and was not marked as read comes once
   * more: after a restore of the database the number of one message may be that of another, so none is passed over.
   */
  readonly onGap?: StreamOptions['onGap'];
}

const PAGE = 200;

/**
 * Messages, each once: without `after`, what is unread now and then what arrives, without a gap or a double between the
 * two; with it, what arrived after that cursor. A message stays unread until `hub.messages.markRead` or `acknowledge`, so
 * what a process had not dealt with when it died comes again to the next.
 */
export function openInbox(
  follow: Follow,
  messages: ReturnType<typeof messageVerbs>,
  { agent, ...options }: InboxOptions = {},
): Stream<Message> {
  /** Listed as unread. The feed tells of those again that arrived while the list was read. */
  const listed = new Set<string>();
  let isListed = false;

  async function* unread(signal: AbortSignal): AsyncGenerator<Message, string> {
    // A second time, after a gap: what was known of the past is worth nothing now.
    if (isListed) listed.clear();
    isListed = false;
    let begun: string | undefined;
    for (let after: string | null | undefined; after !== null; ) {
      const page = await messages.list({ agent, first: PAGE, after }, { signal, patienceMs: 0 });
      begun ??= page.feedCursor;
      for (const message of page.items) {
        if (listed.has(message.id)) continue;
        listed.add(message.id);
        yield message;
      }
      after = page.next;
    }
    isListed = true;
    return begun as string;
  }

  return follow(
    InboxEvents,
    { agent },
    ({ inbox: { op, message } }) => (op === 'INSERT' && !listed.delete(message.id) ? message : undefined),
    options,
    unread,
  );
}
