import type {
  CreateRequestInput,
  ListRequestsQueryVariables,
  RequestFieldsFragment,
  RespondToRequestInput,
} from './generated/operations.ts';
import * as operations from './generated/operations.ts';
import { type Page, pageOf } from './page.ts';
import type { Request, RequestOptions } from './request.ts';

/** A question, a call for help, or an approval that is asked for. */
export type HumanRequest = RequestFieldsFragment;

const WAIT_SECONDS = 30;
const MARGIN_MS = 15_000;

/** Verbs on what agents ask of people and of each other. */
export function requestVerbs(request: Request) {
  return {
    /** Asks. Repeated until it is known to be asked, once. Errors: `NotFound` (task, session), `IdempotencyConflict`. */
    async create(input: CreateRequestInput, options?: RequestOptions): Promise<HumanRequest> {
      const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
      const answer = await request(operations.CreateRequest, { input: keyed }, { idempotent: true, ...options });
      return answer.createRequest.request;
    },
    /** The request once it is decided, however long that takes and whatever becomes of the hub meanwhile. Errors: `NotFound`. */
    async decided(id: string, options?: RequestOptions): Promise<HumanRequest> {
      const call = {
        idempotent: true,
        patienceMs: Number.POSITIVE_INFINITY,
        timeoutMs: WAIT_SECONDS * 1_000 + MARGIN_MS,
        ...options,
      };
      for (;;) {
        const { awaitRequest } = await request(
          operations.AwaitRequest,
          { input: { id, waitSeconds: WAIT_SECONDS } },
          call,
        );
        if (awaitRequest.request.status !== 'OPEN') return awaitRequest.request;
      }
    },
    /** One request; null if there is none. */
    async get(id: string, options?: RequestOptions): Promise<HumanRequest | null> {
      return (await request(operations.GetRequest, { id }, options)).request;
    },
    /** A page of requests: those that are pending unless `list` says else, 20 unless `first` says more, at most 200. */
    async list(query: ListRequestsQueryVariables = {}, options?: RequestOptions): Promise<Page<HumanRequest>> {
      return pageOf((await request(operations.ListRequests, query, options)).requests);
    },
    /** You look at it, for so many seconds (300): no two should work on it. Errors: `Conflict`, `AlreadyDecided`, `Forbidden`. */
    async take(input: { id: string; seconds?: number }, options?: RequestOptions): Promise<HumanRequest> {
      return (await request(operations.TakeRequest, { input }, { idempotent: true, ...options })).takeRequest.request;
    },
    /** Decides it; to say the same again is no error. Errors: `AlreadyDecided`, `Forbidden`, `Conflict`. */
    async respond(input: RespondToRequestInput, options?: RequestOptions): Promise<HumanRequest> {
      const answer = await request(operations.RespondToRequest, { input }, { idempotent: true, ...options });
      return answer.respondToRequest.request;
    },
    /** Right before you do what was approved: succeeds once. Errors: `Conflict` (not approved, used before), `BadInput` (other arguments). */
    async consume(input: { id: string; arguments?: unknown }, options?: RequestOptions): Promise<HumanRequest> {
      return (await request(operations.ConsumeApproval, { input }, options)).consumeApproval.request;
    },
    /** Takes it back. Errors: `AlreadyDecided`, `Forbidden`. */
    async cancel(id: string, options?: RequestOptions): Promise<HumanRequest> {
      return (await request(operations.CancelRequest, { input: { id } }, { idempotent: true, ...options }))
        .cancelRequest.request;
    },
  };
}
