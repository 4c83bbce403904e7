import { z } from 'zod';
import { said } from '../compact.ts';
import type { RequestStateFragment, SignalFieldsFragment } from '../generated/operations.ts';
import * as operations from '../generated/operations.ts';
import { heard, SIGNALS } from '../signals.ts';
import { type Call, needed, tool } from '../tool.ts';
import { MOST_WAIT, patience } from '../waiting.ts';

const LISTED = 10;
const ANYTHING = z.looseObject({});

const INPUT = {
  action: z
    .enum(['ask', 'wait', 'use', 'cancel', 'list', 'answer'])
    .optional()
    .describe('Default ask. wait: look again. list: what is asked of you.'),
  id: z.string().optional().describe('The request; for all but ask and list.'),
  kind: z.enum(['APPROVAL', 'QUESTION', 'HELP']).optional().describe('Of ask.'),
  subject: z.string().min(1).max(500).optional().describe('Of ask: in a line.'),
  body: z.string().max(100_000).optional().describe('Of ask: Markdown, with what one must know to decide.'),
  arguments: ANYTHING.optional().describe(
    'Of APPROVAL: exactly what you will do. Of use: the same, or what was approved in its place.',
  ),
  options: z.array(z.string()).max(100).optional().describe('Of a QUESTION: answers to choose from.'),
  answerSchema: ANYTHING.optional().describe('Of QUESTION, HELP: JSON Schema of the answer.'),
  to: z
    .string()
    .max(255)
    .optional()
    .describe('A person or agent, "role:<name>", "operator" (default), or "*" for any agent.'),
  taskId: z.string().optional().describe('The task that waits for it.'),
  deadlineSeconds: z.number().int().min(1).max(2_592_000).optional().describe('By default none.'),
  onTimeout: z.enum(['WAIT', 'REJECT', 'APPROVE']).optional().describe('What the deadline does; default WAIT.'),
  waitSeconds: z.number().int().min(0).max(MOST_WAIT).optional().describe('Of ask and wait; default 30.'),
  decision: z.enum(['APPROVE', 'REJECT', 'ANSWER']).optional().describe('Of answer.'),
  answer: z.unknown().optional().describe('Of answer, with ANSWER: text, or as its schema says.'),
  comment: z.string().max(10_000).optional().describe('Of answer: why.'),
  idempotencyKey: z.string().max(255).optional().describe('Of ask: the same key asks once.'),
};

const OUTPUT = {
  id: z.string().optional(),
  status: z.string().optional().describe('OPEN: no decision yet.'),
  decision: z.string().optional().describe('APPROVE, EDIT, REJECT or ANSWER.'),
  answer: z.unknown().optional(),
  arguments: z.unknown().optional().describe('What may be done; after EDIT not what you asked for.'),
  comments: z.array(z.string()).optional(),
  decidedBy: z.string().optional(),
  requests: z.array(z.looseObject({ id: z.string(), subject: z.string() })).optional(),
  next: z.string().describe('What to do now.'),
  signals: SIGNALS,
};

type Arguments = z.output<z.ZodObject<typeof INPUT>>;
type Answer = z.input<z.ZodObject<typeof OUTPUT>>;
type Action = NonNullable<Arguments['action']>;
type Ask = Call['ask'];

const ACTIONS: Record<Action, (ask: Ask, args: Arguments) => Promise<Answer>> = {
  async ask(ask, args) {
    const {
      body,
      arguments: exactly,
      options,
      answerSchema,
      to,
      taskId,
      deadlineSeconds,
      onTimeout,
      waitSeconds,
    } = args;
    const what = { kind: needed(args.kind, 'kind', 'ask'), subject: needed(args.subject, 'subject', 'ask') };
    const more = { body, arguments: exactly, options, answerSchema, to, taskId, deadlineSeconds, onTimeout };
    const input = { ...what, ...more, idempotencyKey: args.idempotencyKey ?? crypto.randomUUID() };
    const asked = (await ask(operations.Ask, { input }, { idempotent: true })).createRequest;
    return waitSeconds === 0 ? told(asked) : awaited(ask, asked.request.id, waitSeconds);
  },

  wait: (ask, { id, waitSeconds }) => awaited(ask, needed(id, 'id', 'wait'), waitSeconds),

  async use(ask, { id, arguments: given }) {
    const input = { id: needed(id, 'id', 'use'), arguments: given };
    return told((await ask(operations.Use, { input })).consumeApproval);
  },

  async cancel(ask, { id }) {
    const input = { id: needed(id, 'id', 'cancel') };
    return told((await ask(operations.TakeBack, { input }, { idempotent: true })).cancelRequest);
  },

  async list(ask) {
    const { edges } = (await ask(operations.AskedOfMe, { first: LISTED })).requests;
    const requests = edges.map(({ node }) => said(node));
    return { requests, next: requests.length === 0 ? 'Nothing is asked of you.' : 'Decide with action answer.' };
  },

  async answer(ask, { id, decision, answer, comment }) {
    const input = { id: needed(id, 'id', 'answer'), decision: needed(decision, 'decision', 'answer'), answer, comment };
    const { request, signals } = (await ask(operations.Respond, { input }, { idempotent: true })).respondToRequest;
    const next = request.status === 'OPEN' ? 'Noted; others have to decide too.' : 'It is decided.';
    return { id: request.id, status: request.status, next, ...heard(signals) };
  },
};

async function awaited(ask: Ask, id: string, waitSeconds = 30): Promise<Answer> {
  const options = { idempotent: true, ...patience(waitSeconds) };
  return told((await ask(operations.Await, { input: { id, waitSeconds } }, options)).awaitRequest);
}

function told({ request, signals }: { request: RequestStateFragment; signals: SignalFieldsFragment | null }): Answer {
  const { id, status, decision, decidedBy, answer, editedArguments, responses } = request;
  const may = decision === 'APPROVE' ? request.arguments : decision === 'EDIT' ? editedArguments : null;
  const comments = responses.flatMap(({ responder, comment }) => (comment ? [`${responder}: ${comment}`] : []));
  const rest = said({ decision, decidedBy, answer: answer, arguments: may, comments });
  return { id, status, ...rest, next: nextFor(request), ...heard(signals) };
}

function nextFor({ id, kind, status, decision, consumedAt }: RequestStateFragment): string {
  if (status === 'OPEN')
    return `Nobody has decided yet. Do something else that does not need it; then action wait with id ${id}.`;
  if (status === 'CANCELLED') return 'It was taken back.';
  if (consumedAt !== null) return 'The approval is used now: do it, this once.';
  if (decision === 'REJECT')
    return kind === 'APPROVAL' ? 'Do not do it, and do not ask again.' : 'There will be no answer.';
  if (decision === 'ANSWER') return 'Go on with the answer.';
  return `Right before you act: action use with id ${id} and these arguments; then do exactly that.`;
}

export const askHuman = tool({
  name: 'ask_human',
  title: 'Ask a person',
  description:
    'Asks a person: APPROVAL before anything that cannot be undone, costs money or reaches outside; QUESTION when the choice is not yours; HELP when you are stuck. Waits a while; if there is no decision yet, do other work and look again with action wait. Right before you do what was approved, action use: it succeeds once. What others ask of you: list, then answer.',
  effect: 'add',
  input: INPUT,
  output: OUTPUT,
  run: (args, { ask }) => ACTIONS[args.action ?? 'ask'](ask, args),
});
