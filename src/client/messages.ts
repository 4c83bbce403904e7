import type {
  AcknowledgeInput,
  InboxQueryVariables,
  MarkReadInput,
  MessageFieldsFragment,
  SendMessageInput,
} from './generated/operations.ts';
import * as operations from './generated/operations.ts';
import { type Page, pageOf } from './page.ts';
import type { Request, RequestOptions } from './request.ts';

export type Message = MessageFieldsFragment;

/** A page of an inbox. */
export interface InboxPage extends Page<Message> {
  readonly unreadCount: number;
  /** Of the feed, from before the page was read: a stream after it misses nothing. */
  readonly feedCursor: string;
}

/** Verbs on messages. Each may reject with `Unreachable`, `Unavailable`, `Unauthenticated`, `Forbidden` or `BadInput` besides what it names. */
export function messageVerbs(request: Request) {
  return {
    /** Sends a message; without `to` it is a broadcast. Repeated until it is known to be sent, once. Errors: `NotFound` (`replyTo`), `IdempotencyConflict`. */
    async send(input: SendMessageInput, options?: RequestOptions): Promise<Message> {
      const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
      const { sendMessage } = await request(operations.SendMessage, { input: keyed }, { idempotent: true, ...options });
      return sendMessage.message;
    },
    /** What is in the inbox, oldest first: the unread ones unless `unreadOnly` is false. 20 unless `first` says more, at most 200. */
    async list(query: InboxQueryVariables = {}, options?: RequestOptions): Promise<InboxPage> {
      const { inbox, feedCursor } = await request(operations.Inbox, query, options);
      return { ...pageOf(inbox), unreadCount: inbox.unreadCount, feedCursor };
    },
    /** Marks messages as read: `ids`, or `all`, or all up to the cursor `through`. Errors: `NotFound`. */
    async markRead(input: MarkReadInput, options?: RequestOptions) {
      return (await request(operations.MarkRead, { input }, { idempotent: true, ...options })).markRead;
    },
    /** Says that you have dealt with them; marks them as read too. Errors: `NotFound`. */
    async acknowledge(input: AcknowledgeInput, options?: RequestOptions) {
      return (await request(operations.Acknowledge, { input }, { idempotent: true, ...options })).acknowledge;
    },
  };
}
