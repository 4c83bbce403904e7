import type {
  ArchiveQueueMessagesInput,
  CreateQueueInput,
  DeleteQueueMessagesInput,
  ExtendQueueVisibilityInput,
  QueueMessageFieldsFragment,
  ReadQueueInput,
  SendToQueueInput,
} from './generated/operations.ts';
import * as operations from './generated/operations.ts';
import { pageOf } from './page.ts';
import type { Request, RequestOptions } from './request.ts';

/** A message that is yours for a while, and the receipt by which you settle it. */
export interface Delivery {
  readonly receipt: string;
  readonly message: QueueMessageFieldsFragment;
}

/** Verbs on durable queues. */
export function queueVerbs(request: Request) {
  return {
    /** A page of queues with their lengths: 20 unless `first` says more, at most 200. */
    async list(query: { first?: number; after?: string } = {}, options?: RequestOptions) {
      return pageOf((await request(operations.ListQueues, query, options)).queues);
    },
    /** Makes a queue. */
    async create(input: CreateQueueInput, options?: RequestOptions) {
      return (await request(operations.CreateQueue, { input }, options)).createQueue.queue;
    },
    /** Sends a message; returns its id. Repeated until it is known to be sent, once. Errors: `NotFound`, `IdempotencyConflict`. */
    async send(input: SendToQueueInput, options?: RequestOptions): Promise<string> {
      const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
      return (await request(operations.SendToQueue, { input: keyed }, { idempotent: true, ...options })).sendToQueue.id;
    },
    /** Takes messages, which nobody else sees for `visibilitySeconds` (30). Not repeated when its outcome is unknown: they come again. */
    async read(input: ReadQueueInput, options?: RequestOptions): Promise<readonly Delivery[]> {
      const timeoutMs = (input.waitSeconds ?? 0) * 1_000 + 15_000;
      return (await request(operations.ReadQueue, { input }, { timeoutMs, ...options })).readQueue.deliveries;
    },
    /** They are dealt with. Errors: `LeaseLost`, which names those that were read again or are gone; then none is settled. */
    async delete(input: DeleteQueueMessagesInput, options?: RequestOptions) {
      return (await request(operations.DeleteQueueMessages, { input }, options)).deleteQueueMessages.ids;
    },
    /** As `delete`, but kept in the queue's archive. */
    async archive(input: ArchiveQueueMessagesInput, options?: RequestOptions) {
      return (await request(operations.ArchiveQueueMessages, { input }, options)).archiveQueueMessages.ids;
    },
    /** They stay yours for longer, from now. Errors: `LeaseLost`. */
    async extend(input: ExtendQueueVisibilityInput, options?: RequestOptions) {
      return (await request(operations.ExtendQueueVisibility, { input }, { idempotent: true, ...options }))
        .extendQueueVisibility.messages;
    },
  };
}
