import { builder } from '../graphql/builder.ts';
import { readTaskColumn } from './service.ts';

export const TaskStatus = builder.enumType('TaskStatus', {
  description: 'Where a task is on its way.',
  values: {
    OPEN: { value: 'open', description: 'To be claimed, now or from runAfter or retryAt on.' },
    CLAIMED: { value: 'claimed', description: 'Held, but not begun.' },
    IN_PROGRESS: { value: 'in_progress', description: 'Held and worked on.' },
    BLOCKED: { value: 'blocked', description: 'Waits for the tasks it depends on.' },
    DONE: { value: 'done', description: 'Completed.' },
    FAILED: {
      value: 'failed',
      description: 'Given up after its last attempt, or by a failure that is not to be retried.',
    },
    CANCELLED: { value: 'cancelled', description: 'Not wanted any more.' },
  },
});

const AttemptOutcome = builder.enumType('TaskAttemptOutcome', {
  description: 'How an attempt ended.',
  values: {
    DONE: { value: 'done', description: 'The task was completed.' },
    FAILED: { value: 'failed', description: 'The holder said that it failed.' },
    RELEASED: { value: 'released', description: 'The holder gave it back, or it was given to another.' },
    LOST: { value: 'lost', description: 'The lease ran out, or plain SQL took the task.' },
    CANCELLED: { value: 'cancelled', description: 'The task was cancelled.' },
  },
});

builder.prismaObject('TaskAttempt', {
  description: 'An attempt that has ended. The one that is running is the task itself.',
  fields: (t) => ({
    attempt: t.exposeInt('attempt', { description: 'Its number, from 1.' }),
    agent: t.exposeString('agent', {
      nullable: true,
      description: 'Who held the task; null if plain SQL did not say.',
    }),
    instance: t.exposeString('instance', {
      nullable: true,
      description: 'Which process; null when it was taken by plain SQL.',
    }),
    fence: t.int({ description: 'The fence it was held under.', resolve: ({ fence }) => Number(fence) }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it was claimed.' }),
    endedAt: t.expose('endedAt', { type: 'DateTime', description: 'When it ended.' }),
    outcome: t.field({
      type: AttemptOutcome,
      description: 'How it ended.',
      resolve: ({ outcome }) => outcome as typeof AttemptOutcome.$inferType,
    }),
    error: t.exposeString('error', { nullable: true, description: 'What went wrong, or why it was cancelled.' }),
  }),
});

export const Task = builder.prismaObject('AgentTask', {
  name: 'Task',
  description: 'Work to be done, held by at most one agent process at a time.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    title: t.string({
      description: 'What is to be done, in a line.',
      resolve: ({ id, title }, _args, { db }) => title ?? readTaskColumn(db, id, 'title').then((read) => read ?? ''),
    }),
    description: t.string({
      nullable: true,
      description: 'What is to be done, at length.',
      resolve: (task, _args, { db }) => large(task.description, () => readTaskColumn(db, task.id, 'description')),
    }),
    type: t.exposeString('type', { description: 'For example general, code, review; any word. Workers claim by it.' }),
    status: t.field({
      type: TaskStatus,
      description: 'Where it is on its way.',
      resolve: ({ status }) => status as typeof TaskStatus.$inferType,
    }),
    priority: t.exposeInt('priority', {
      description: '1 is highest, 10 lowest. One level is worth ten minutes of waiting, so none starves.',
    }),
    assignedTo: t.exposeString('assignedTo', {
      nullable: true,
      description: 'Open: the only agent that may claim it, null for any. Later: who holds it, or had it last.',
    }),
    assignee: t.prismaField({
      type: 'Agent',
      nullable: true,
      description: 'The agent it is assigned to; null also when that one never registered.',
      resolve: (query, { assignedTo }, _args, { db }) =>
        assignedTo === null ? null : db.prisma.agent.findUnique({ ...query, where: { agentId: assignedTo } }),
    }),
    assignedInstance: t.exposeString('assignedInstance', {
      nullable: true,
      description: 'Which process of that agent holds it; null when it was taken by plain SQL.',
    }),
    createdBy: t.exposeString('createdBy', { description: 'Who wants it done.' }),
    creator: t.prismaField({
      type: 'Agent',
      nullable: true,
      description: 'The agent that created it; null when that one never registered.',
      resolve: (query, { createdBy }, _args, { db }) =>
        db.prisma.agent.findUnique({ ...query, where: { agentId: createdBy } }),
    }),
    sessionId: t.id({
      nullable: true,
      description: 'The session it belongs to.',
      resolve: ({ sessionId }) => sessionId?.toString(),
    }),
    input: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What the worker needs.',
      resolve: (task, _args, { db }) => large(task.input, () => readTaskColumn(db, task.id, 'input')),
    }),
    output: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What the worker made.',
      resolve: (task, _args, { db }) => large(task.output, () => readTaskColumn(db, task.id, 'output')),
    }),
    metadata: t.field({
      type: 'JSON',
      description: 'Anything else.',
      resolve: ({ id, metadata }, _args, { db }) =>
        metadata ?? readTaskColumn(db, id, 'metadata').then((read) => read ?? {}),
    }),
    error: t.string({
      nullable: true,
      description: 'Why the last attempt failed.',
      resolve: (task, _args, { db }) => large(task.error, () => readTaskColumn(db, task.id, 'error')),
    }),
    progress: t.exposeFloat('progress', {
      nullable: true,
      description: 'How much of this attempt is done, 0 to 1; null when the holder did not say.',
    }),
    progressNote: t.string({
      nullable: true,
      description: 'What the holder is at, in its words.',
      resolve: (task, _args, { db }) => large(task.progressNote, () => readTaskColumn(db, task.id, 'progressNote')),
    }),
    checkpoint: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What an attempt left for the next one to go on from; null when none did.',
      resolve: (task, _args, { db }) => large(task.checkpoint, () => readTaskColumn(db, task.id, 'checkpoint')),
    }),
    githubRepo: t.exposeString('githubRepo', { nullable: true, description: 'A repository, for example acme/site.' }),
    githubIssue: t.exposeInt('githubIssue', { nullable: true, description: 'The number of an issue there.' }),
    dueAt: t.expose('dueDate', { type: 'DateTime', nullable: true, description: 'When it should be done.' }),
    runAfter: t.expose('runAfter', { type: 'DateTime', nullable: true, description: 'Not to be claimed before.' }),
    retryAt: t.expose('retryAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Not offered before, after a failure or a lost lease. A claim by id may come earlier.',
    }),
    ready: t.exposeBoolean('ready', { description: 'May be claimed now.' }),
    attempt: t.exposeInt('attempt', {
      description: 'How often it was taken: the number of the running or last attempt.',
    }),
    failures: t.exposeInt('failures', { description: 'Attempts that failed.' }),
    maxAttempts: t.exposeInt('maxAttempts', { description: 'Failures after which it is FAILED.' }),
    lostLeases: t.exposeInt('lostLeases', { description: 'Attempts whose holder fell silent.' }),
    maxLostLeases: t.exposeInt('maxLostLeases', { description: 'Lost leases after which it is FAILED.' }),
    fence: t.int({
      description:
        'Rises each time it changes hands. A resource that refuses lower fences is safe from former holders.',
      resolve: ({ fence }) => Number(fence),
    }),
    leaseExpiresAt: t.expose('leaseExpiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when it is held unless renewed; null when nobody holds it, or plain SQL took it.',
    }),
    claimedAt: t.expose('claimedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the present or last holder took it.',
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When work first began.' }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it became DONE, FAILED or CANCELLED.',
    }),
    cancelReason: t.string({
      nullable: true,
      description: 'Why it was cancelled.',
      resolve: (task, _args, { db }) => large(task.cancelReason, () => readTaskColumn(db, task.id, 'cancelReason')),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed; renewals do not count.' }),
  }),
});

builder.prismaObjectFields('AgentTask', (t) => ({
  dependsOn: t.field({
    type: [Task],
    description: 'The tasks that must be done first, the first 200 by id.',
    select: (_args, _context, nested) => ({
      dependencies: { select: { dependsOn: nested(true) }, orderBy: { dependsOnId: 'asc' }, take: 200 },
    }),
    resolve: ({ dependencies }) => dependencies.map(({ dependsOn }) => dependsOn),
  }),
  blockedBy: t.field({
    type: [Task],
    description: 'Those of them that are not done, failed and cancelled ones included; the first 200 by id.',
    select: (_args, _context, nested) => ({
      dependencies: {
        select: { dependsOn: nested(true) },
        where: { dependsOn: { status: { not: 'done' } } },
        orderBy: { dependsOnId: 'asc' },
        take: 200,
      },
    }),
    resolve: ({ dependencies }) => dependencies.map(({ dependsOn }) => dependsOn),
  }),
  dependents: t.field({
    type: [Task],
    description: 'The tasks that wait, or waited, for this one, the first 200 by id.',
    select: (_args, _context, nested) => ({
      dependents: { select: { task: nested(true) }, orderBy: { taskId: 'asc' }, take: 200 },
    }),
    resolve: ({ dependents }) => dependents.map(({ task }) => task),
  }),
  attempts: t.relatedConnection(
    'attempts',
    {
      cursor: 'taskId_attempt',
      description: 'The attempts that have ended, newest first.',
      query: { orderBy: { attempt: 'desc' } },
    },
    { name: 'TaskAttemptConnection', description: 'A page of attempts.' },
    { name: 'TaskAttemptEdge', description: 'An attempt and its place in the list.' },
  ),
}));

/** Undefined, not null: a column that a list leaves out, or that was over 16 kB and so is not in an event. */
function large<Value>(value: Value | undefined, read: () => Promise<Value>): Value | Promise<Value> {
  return value === undefined ? read() : value;
}
