import { builder } from '../graphql/builder.ts';
import { type Context, requireViewer } from '../graphql/context.ts';
import type { AgentRequest } from '../postgres/generated/client.ts';
import { visibleTo } from './audiences.ts';
import { readRequestColumn } from './service.ts';

export const RequestKind = builder.enumType('RequestKind', {
  description: 'What is asked for.',
  values: {
    APPROVAL: { value: 'approval', description: 'May I do this? Decided with APPROVE, EDIT or REJECT.' },
    QUESTION: { value: 'question', description: 'Which of these, or what? Decided with ANSWER or REJECT.' },
    HELP: { value: 'help', description: 'I am stuck. Decided with ANSWER or REJECT.' },
  },
});

export const RequestStatus = builder.enumType('RequestStatus', {
  description: 'How far a request is. All but OPEN are final.',
  values: {
    OPEN: { value: 'open', description: 'Waits for its decision.' },
    DECIDED: { value: 'decided', description: 'Somebody decided it.' },
    EXPIRED: { value: 'expired', description: 'Its deadline decided it, as onTimeout says.' },
    CANCELLED: { value: 'cancelled', description: 'It was taken back.' },
  },
});

export const RequestDecision = builder.enumType('RequestDecision', {
  description: 'What can be said to a request.',
  values: {
    APPROVE: { value: 'approve', description: 'Do it, with these very arguments.' },
    EDIT: { value: 'edit', description: 'Do it, with other arguments.' },
    REJECT: { value: 'reject', description: 'Don’t do it; of a question, help: there will be no answer.' },
    ANSWER: { value: 'answer', description: 'The answer.' },
  },
});

export const RequestTimeout = builder.enumType('RequestTimeout', {
  description: 'What happens when nobody has decided by the deadline.',
  values: {
    WAIT: { value: 'wait', description: 'Nothing: it is overdue.' },
    REJECT: { value: 'reject', description: 'It is EXPIRED, rejected.' },
    APPROVE: {
      value: 'approve',
      description: 'It is EXPIRED, approved. For what may be done unless somebody objects.',
    },
    ESCALATE: {
      value: 'escalate',
      description:
        'Somebody else is asked, who has as much time as those before (a minute at least); after that it is EXPIRED, rejected.',
    },
  },
});

builder.prismaObject('AgentRequestResponse', {
  name: 'RequestResponse',
  description: 'What one responder said to a request.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    responder: t.exposeID('responder', {
      description: 'The agent; operator, for an operator that names no agent; the name that plain SQL gave.',
    }),
    decision: t.field({
      type: RequestDecision,
      description: 'What it said.',
      resolve: ({ decision }) => decision as typeof RequestDecision.$inferType,
    }),
    answer: t.expose('answer', { type: 'JSON', nullable: true, description: 'Of an ANSWER.' }),
    arguments: t.expose('arguments', { type: 'JSON', nullable: true, description: 'Of an EDIT: what may be done.' }),
    comment: t.exposeString('comment', { nullable: true, description: 'Why; null if it gave no reason.' }),
    confidence: t.exposeFloat('confidence', {
      nullable: true,
      description: 'How sure it is, 0 to 1; null if it did not say.',
    }),
    sources: t.field({
      type: ['JSON'],
      description: 'What it rests on.',
      resolve: ({ sources }) => sources as unknown[],
    }),
    at: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
  }),
});

export const Request = builder.prismaObject('AgentRequest', {
  name: 'Request',
  description: 'What an agent asks of a person or another agent. What was asked never changes; it gets one decision.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    kind: t.field({
      type: RequestKind,
      description: 'What is asked for.',
      resolve: ({ kind }) => kind as typeof RequestKind.$inferType,
    }),
    subject: t.string({ description: 'In a line.', resolve: (r, _args, { db }) => large(r, 'subject', db) }),
    body: t.string({
      description: 'At length, in Markdown; may be empty.',
      resolve: (r, _args, { db }) => large(r, 'body', db),
    }),
    context: t.field({
      type: 'JSON',
      description: 'What one has to know to decide; {} when there is nothing.',
      resolve: (r, _args, { db }) => large(r, 'context', db),
    }),
    options: t.field({
      type: ['JSON'],
      description: 'Answers to choose from; when there are any, the answer is one of them.',
      resolve: async (r, _args, { db }) => (await large(r, 'options', db)) as unknown[],
    }),
    answerSchema: t.field({
      type: 'JSON',
      nullable: true,
      description: 'JSON Schema of the answer; null: any answer.',
      resolve: (r, _args, { db }) => large(r, 'answerSchema', db),
    }),
    arguments: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Of an approval: exactly what is to be done.',
      resolve: (r, _args, { db }) => large(r, 'arguments', db),
    }),
    argumentsHash: t.exposeString('argumentsHash', {
      nullable: true,
      description:
        'SHA-256, in hexadecimal, of the arguments as canonical JSON: no white space, keys in byte order, numbers without exponent and trailing zeros.',
    }),
    from: t.exposeID('fromAgent', { description: 'Who asks.' }),
    fromAgent: t.prismaField({
      type: 'Agent',
      nullable: true,
      description: 'Who asks; null when it is no registered agent.',
      resolve: (query, r, _args, { db }) => db.prisma.agent.findUnique({ ...query, where: { agentId: r.fromAgent } }),
    }),
    to: t.id({
      description:
        'Who is to decide: an agent or a person by name; role:<name>: who holds that role; operator: any operator; *: any agent.',
      resolve: ({ toAgent }) => toAgent ?? '*',
    }),
    task: t.prismaField({
      type: 'AgentTask',
      nullable: true,
      description: 'The task that waits for it.',
      resolve: (query, { taskId }, _args, { db }) =>
        taskId === null ? null : db.prisma.agentTask.findUnique({ ...query, where: { id: taskId } }),
    }),
    session: t.prismaField({
      type: 'Session',
      nullable: true,
      description: 'The session it belongs to.',
      resolve: (query, { sessionId }, _args, { db }) =>
        sessionId === null ? null : db.prisma.session.findUnique({ ...query, where: { id: sessionId } }),
    }),
    priority: t.exposeInt('priority', { description: '1 is highest, 10 lowest.' }),
    quorum: t.exposeInt('quorum', { description: 'How many different approvers it takes, all of the same arguments.' }),
    approvals: t.exposeInt('approvals', { description: 'Approvals so far, with changes or without.' }),
    status: t.field({
      type: RequestStatus,
      description: 'How far it is.',
      resolve: ({ status }) => status as typeof RequestStatus.$inferType,
    }),
    decision: t.field({
      type: RequestDecision,
      nullable: true,
      description: 'What came of it; null while it is OPEN, and when it was CANCELLED.',
      resolve: ({ decision }) => decision as typeof RequestDecision.$inferType | null,
    }),
    answer: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The answer, when there is one.',
      resolve: (r, _args, { db }) => large(r, 'answer', db),
    }),
    editedArguments: t.field({
      type: 'JSON',
      nullable: true,
      description: 'After an EDIT: what may be done in place of arguments.',
      resolve: (r, _args, { db }) => large(r, 'editedArguments', db),
    }),
    approvedHash: t.exposeString('approvedHash', {
      nullable: true,
      description:
        'As argumentsHash, of what may be done; null unless approved, and for an approval without arguments.',
    }),
    decidedBy: t.exposeID('decidedBy', { nullable: true, description: 'Who decided; hub: its deadline did.' }),
    decidedAt: t.expose('decidedAt', { type: 'DateTime', nullable: true, description: 'When.' }),
    seenAt: t.expose('seenAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the asker first got the decision, by awaitRequest or consumeApproval.',
    }),
    consumedAt: t.expose('consumedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the asker used the approval, which happens once.',
    }),
    deadlineAt: t.expose('deadlineAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it is to be decided, to the millisecond; null: some time.',
    }),
    onTimeout: t.field({
      type: RequestTimeout,
      description: 'What happens then.',
      resolve: ({ onTimeout }) => onTimeout as typeof RequestTimeout.$inferType,
    }),
    escalateTo: t.exposeID('escalateTo', {
      nullable: true,
      description: 'Who is asked after ESCALATE; written as `to`.',
    }),
    escalatedFrom: t.exposeID('escalatedFrom', {
      nullable: true,
      description: 'Who was asked first; null: it was not escalated.',
    }),
    escalatedAt: t.expose('escalatedAt', { type: 'DateTime', nullable: true, description: 'When it was.' }),
    takenBy: t.id({
      nullable: true,
      description:
        'Who is looking at it: a courtesy, others may decide all the same. Null when nobody is, or takenUntil is over.',
      resolve: (r) => (isTaken(r) ? r.takenBy : null),
    }),
    takenUntil: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Until when, unless taken again.',
      resolve: (r) => (isTaken(r) ? r.takenUntil : null),
    }),
    remindEverySeconds: t.exposeInt('remindEverySeconds', {
      nullable: true,
      description: 'How often its deciders are sent a reminder by themselves.',
    }),
    reminders: t.exposeInt('reminders', { description: 'Reminders sent.' }),
    remindedAt: t.expose('remindedAt', { type: 'DateTime', nullable: true, description: 'When the latest was.' }),
    responses: t.relation('responses', {
      description: 'Who has said what by now, oldest first; nobody, when the caller may not see the request any more.',
      query: { orderBy: { id: 'asc' } },
      // Of a request that comes with an event: whoever lost a role since may still be shown that event.
      resolve: async (query, { id }, _args, context) =>
        context.db.prisma.agentRequestResponse.findMany({
          ...query,
          where: { requestId: id, request: await visibleTo(context.db, requireViewer(context)) },
        }),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
});

/** By this process's clock: nothing but what a reader is shown rests on it. */
function isTaken({ takenUntil }: AgentRequest): boolean {
  return takenUntil !== null && takenUntil.getTime() > Date.now();
}

type Large = Parameters<typeof readRequestColumn>[2];

/** A column that an event over 16 kB leaves out is read from the table; of a deleted request it is empty then. */
async function large<Column extends Large>(
  r: AgentRequest,
  column: Column,
  db: Context['db'],
): Promise<AgentRequest[Column]> {
  const present: AgentRequest[Column] | undefined = r[column];
  if (present !== undefined) return present;
  return ((await readRequestColumn(db, r.id, column)) ?? EMPTY[column]) as AgentRequest[Column];
}

const EMPTY: Record<Large, unknown> = {
  subject: '',
  body: '',
  context: {},
  options: [],
  answerSchema: null,
  arguments: null,
  answer: null,
  editedArguments: null,
};
