import { HubError } from './errors.ts';
import type { CreateRequestInput } from './generated/operations.ts';
import type { HumanRequest, requestVerbs } from './requests.ts';

/** Nobody will answer, or somebody said no. `request` has the decision, and who took it. */
export class Refused extends HubError {
  readonly request: HumanRequest;

  constructor(request: HumanRequest) {
    const { id, status, decidedBy, responses } = request;
    const said = responses.findLast(({ comment }) => comment !== null)?.comment;
    const how =
      status === 'CANCELLED' ? 'was cancelled' : status === 'EXPIRED' ? 'expired' : `was rejected by ${decidedBy}`;
    super('REFUSED', `Request ${id} ${how}${said ? `: ${said}` : '.'}`, { id, status, decidedBy });
    this.request = request;
  }
}

/** What goes with a question; see `CreateRequestInput`. */
export interface AskOptions extends Omit<CreateRequestInput, 'kind' | 'subject' | 'arguments' | 'quorum'> {
  /** `HELP`: I am stuck. Default `QUESTION`. */
  readonly kind?: 'QUESTION' | 'HELP';
  /** Ends the wait, not the question. */
  readonly signal?: AbortSignal | undefined;
}

/** What goes with an approval; see `CreateRequestInput`. */
export interface ApproveOptions extends Omit<CreateRequestInput, 'kind' | 'subject' | 'options' | 'answerSchema'> {
  /** Ends the wait, not the request. */
  readonly signal?: AbortSignal | undefined;
}

/** A yes that has been used: do it now, with these very arguments, which an approver may have edited. */
export interface Approval {
  readonly arguments: unknown;
  readonly request: HumanRequest;
}

export function askingVerbs(requests: ReturnType<typeof requestVerbs>) {
  return {
    /**
     * Asks a person (any operator, unless `to` names somebody) and waits for the answer, over restarts of the hub. With an
     * `idempotencyKey`, asking again after a restart of yours waits on for the first. Errors: `Refused`.
     */
    async ask(subject: string, { signal, kind = 'QUESTION', ...rest }: AskOptions = {}): Promise<unknown> {
      const { id } = await requests.create({ ...rest, kind, subject }, { signal });
      const request = await requests.decided(id, { signal });
      if (request.decision !== 'ANSWER') throw new Refused(request);
      return request.answer;
    },
    /**
     * Asks whether you may do what `arguments` say, waits for the decision, and uses it: an approval serves once. So do it
     * when this resolves. With an `idempotencyKey`, asking again waits on for the first, unless that was used.
     * Errors: `Refused`; `Conflict` if another used it meanwhile.
     */
    async approve(subject: string, { signal, ...rest }: ApproveOptions = {}): Promise<Approval> {
      let { idempotencyKey } = rest;
      for (;;) {
        const { id } = await requests.create({ ...rest, idempotencyKey, kind: 'APPROVAL', subject }, { signal });
        const request = await requests.decided(id, { signal });
        if (request.decision !== 'APPROVE' && request.decision !== 'EDIT') throw new Refused(request);
        // Used by an attempt that died with it: what that did is not known, so it takes another.
        idempotencyKey = request.consumedAt === null ? idempotencyKey : `${rest.idempotencyKey} after ${id}`;
        if (request.consumedAt !== null) continue;
        const granted = request.decision === 'EDIT' ? request.editedArguments : request.arguments;
        await requests.consume({ id, ...(granted === null ? {} : { arguments: granted }) }, { signal });
        return { arguments: granted, request };
      }
    },
  };
}
