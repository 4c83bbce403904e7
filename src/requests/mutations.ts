import { builder } from '../graphql/builder.ts';
import { type Context, requireViewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import {
  AwaitRequestInput,
  ConsumeApprovalInput,
  CreateRequestInput,
  namedRequest,
  RespondToRequestInput,
  TakeRequestInput,
} from './inputs.ts';
import { Request } from './request.ts';
import { actOnRequest, createRequest, respondToRequest } from './service.ts';
import { awaitDecision } from './waiting.ts';

const payload = (mutation: string) =>
  builder.objectRef<{ request: typeof Request.$inferType }>(`${capital(mutation)}Payload`).implement({
    description: `The result of ${mutation}.`,
    fields: (t) => ({ request: t.expose('request', { type: Request, description: 'The request as it now is.' }) }),
  });

function capital(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

type Id = string | number | bigint;

async function act(context: Context, id: Id, what: Parameters<typeof actOnRequest>[3]) {
  return { request: await actOnRequest(context.db, requireViewer(context), parseId(id, 'request'), what) };
}

const link = (id: Id | null | undefined, what: string) => (id == null ? null : String(parseId(id, what)));
const name = (id: Id | null | undefined) => (id == null ? null : String(id));

builder.mutationFields((t) => ({
  createRequest: t.field({
    type: payload('createRequest'),
    description:
      'Asks for an approval, an answer or help. Then wait: awaitRequest, or requestEvents. Errors: BAD_INPUT (also for a role that nobody else holds), NOT_FOUND (task, session), IDEMPOTENCY_CONFLICT.',
    authScopes: { act: true },
    args: { input: t.arg({ type: CreateRequestInput, required: true, description: 'What you ask.' }) },
    resolve: async (_root, { input }, context) => ({
      request: await createRequest(context.db, requireViewer(context), {
        ...input,
        to: name(input.to),
        escalateTo: name(input.escalateTo),
        taskId: link(input.taskId, 'task'),
        sessionId: link(input.sessionId, 'session'),
      }),
    }),
  }),
  awaitRequest: t.field({
    type: payload('awaitRequest'),
    description:
      'The request as soon as it is OPEN no more; as it is when the wait is over. Call again to wait on, also after a restart. The asker who gets a decision so has seen it. Errors: NOT_FOUND.',
    authScopes: { act: true },
    args: { input: t.arg({ type: AwaitRequestInput, required: true, description: 'Which, and how long.' }) },
    resolve: async (_root, { input }, context) => ({
      request: await awaitDecision(
        context,
        requireViewer(context),
        parseId(input.id, 'request'),
        input.waitSeconds ?? 30,
      ),
    }),
  }),
  takeRequest: t.field({
    type: payload('takeRequest'),
    description:
      'Tells others that you look at it, so that no two work on it; no reminders are sent meanwhile. Again renews. It keeps nobody from deciding. Errors: NOT_FOUND, FORBIDDEN (you asked it), CONFLICT (another looks at it: takenBy, takenUntil; cancelled), ALREADY_DECIDED.',
    authScopes: { act: true },
    args: { input: t.arg({ type: TakeRequestInput, required: true, description: 'Which, and how long.' }) },
    resolve: (_root, { input: { id, seconds } }, context) => act(context, id, { do: 'take', seconds: seconds ?? 300 }),
  }),
  releaseRequest: t.field({
    type: payload('releaseRequest'),
    description: 'You look at it no more; no error if you did not. Errors: NOT_FOUND.',
    authScopes: { act: true },
    args: {
      input: t.arg({
        type: namedRequest('ReleaseRequestInput', 'A request that you look at no more.'),
        required: true,
        description: 'Which.',
      }),
    },
    resolve: (_root, { input: { id } }, context) => act(context, id, { do: 'release' }),
  }),
  respondToRequest: t.field({
    type: payload('respondToRequest'),
    description:
      'Decides a request, or, where several must approve, counts as one of them. To say the same again is no error, and counts once. Errors: ALREADY_DECIDED (extensions: decision, decidedBy, decidedAt), NOT_FOUND, FORBIDDEN (you asked it), CONFLICT (you have said something else; others have approved other arguments: approvedBy, decision, arguments; cancelled; locked by plain SQL), BAD_INPUT (does not fit its kind, options or answerSchema).',
    authScopes: { act: true },
    args: { input: t.arg({ type: RespondToRequestInput, required: true, description: 'What you say.' }) },
    resolve: async (_root, { input: { id, ...said } }, context) => ({
      request: await respondToRequest(context.db, requireViewer(context), parseId(id, 'request'), said),
    }),
  }),
  consumeApproval: t.field({
    type: payload('consumeApproval'),
    description:
      'To be called right before you do what was approved: succeeds once. Should its reply be lost, it counts as used. Errors: NOT_FOUND, FORBIDDEN (another asked), CONFLICT (not decided, not approved, used before), BAD_INPUT (not the arguments that were approved: argumentsHash, approvedHash).',
    authScopes: { act: true },
    args: { input: t.arg({ type: ConsumeApprovalInput, required: true, description: 'Which, and what you will do.' }) },
    resolve: (_root, { input }, context) => act(context, input.id, { do: 'consume', arguments: input.arguments }),
  }),
  cancelRequest: t.field({
    type: payload('cancelRequest'),
    description:
      'Takes it back: by its asker or an operator. Again is no error. Errors: NOT_FOUND, FORBIDDEN, ALREADY_DECIDED.',
    authScopes: { act: true },
    args: {
      input: t.arg({
        type: namedRequest('CancelRequestInput', 'A request that is not wanted any more.'),
        required: true,
        description: 'Which.',
      }),
    },
    resolve: (_root, { input: { id } }, context) => act(context, id, { do: 'cancel' }),
  }),
  remindRequest: t.field({
    type: payload('remindRequest'),
    description:
      'Sends those who are to decide a message of type reminder (operators: the inbox of operator), at most once a minute: by its asker or an operator. Errors: NOT_FOUND, FORBIDDEN, ALREADY_DECIDED, CONFLICT (too soon; cancelled).',
    authScopes: { act: true },
    args: {
      input: t.arg({
        type: namedRequest('RemindRequestInput', 'A request that is still open.'),
        required: true,
        description: 'Which.',
      }),
    },
    resolve: (_root, { input: { id } }, context) => act(context, id, { do: 'remind' }),
  }),
}));
