import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { TaskStatus } from './task.ts';

/** The longest lease is for those that cannot renew: a person at a shell who says "mine until tomorrow". */
const LEASE_SECONDS = z.number().int().min(5).max(86_400);
export const DEFAULT_LEASE_SECONDS = 30;

const NAME = z.string().min(1).max(255);
const ASSIGNEE = NAME.refine((name) => !name.startsWith('role:'), 'name an agent: a role can claim nothing');
const WORD = z.string().min(1).max(100);
const TITLE = z.string().min(1).max(500);
const TEXT = z.string().max(100_000);
const NOTE = z.string().max(10_000);
const PRIORITY = z.number().int().min(1).max(10);
const ATTEMPTS = z.number().int().min(1).max(100);
const ISSUE = z.number().int().min(1);
const DEPENDENCIES = z.array(z.string()).max(100);

export const CreateTaskInput = builder.inputType('CreateTaskInput', {
  description: 'A task as you want it done.',
  fields: (t) => ({
    title: t.string({
      required: true,
      description: 'What is to be done, in a line of 1 to 500 characters.',
      validate: TITLE,
    }),
    description: t.string({ description: 'What is to be done, at length.', validate: TEXT }),
    type: t.string({
      description: 'For example code, review; any word. Workers claim by it. Default general.',
      validate: WORD,
    }),
    priority: t.int({ description: '1 is highest, 10 lowest. Default 5.', validate: PRIORITY }),
    assignedTo: t.string({ description: 'The only agent that may claim it; by default any may.', validate: ASSIGNEE }),
    sessionId: t.id({ description: 'The session it belongs to.' }),
    input: t.field({ type: 'JSON', description: 'What the worker needs.' }),
    metadata: t.field({ type: 'JSON', description: 'Anything else.' }),
    githubRepo: t.string({ description: 'A repository, for example acme/site.', validate: NAME }),
    githubIssue: t.int({ description: 'The number of an issue there.', validate: ISSUE }),
    dueAt: t.field({ type: 'DateTime', description: 'When it should be done.' }),
    runAfter: t.field({ type: 'DateTime', description: 'Not to be claimed before; it ages from then on.' }),
    maxAttempts: t.int({ description: 'Failures after which it is FAILED, 1 to 100. Default 3.', validate: ATTEMPTS }),
    maxLostLeases: t.int({
      description: 'Attempts whose holder fell silent after which it is FAILED, 1 to 100. Default 5.',
      validate: ATTEMPTS,
    }),
    dependsOn: t.idList({
      description: 'Tasks that must be done first, at most 100. It is BLOCKED until then.',
      validate: DEPENDENCIES,
    }),
    idempotencyKey: t.string({
      description: 'Any text of your own: a repeat with the same key and arguments returns the first task.',
      validate: NAME,
    }),
  }),
});

export const UpdateTaskInput = builder.inputType('UpdateTaskInput', {
  description: 'What to change. What is left out stays as it is; null clears it where it may be null.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The task.' }),
    title: t.string({ description: 'What is to be done, in a line.', validate: TITLE }),
    description: t.string({ description: 'What is to be done, at length.', validate: TEXT }),
    type: t.string({ description: 'For example code, review; any word.', validate: WORD }),
    priority: t.int({ description: '1 is highest, 10 lowest.', validate: PRIORITY }),
    assignedTo: t.string({
      description: 'The only agent that may claim it; null for any. Takes it back from another that holds it.',
      validate: ASSIGNEE,
    }),
    sessionId: t.id({ description: 'The session it belongs to.' }),
    input: t.field({ type: 'JSON', description: 'What the worker needs.' }),
    metadata: t.field({ type: 'JSON', description: 'Anything else; replaces what was there.' }),
    githubRepo: t.string({ description: 'A repository.', validate: NAME }),
    githubIssue: t.int({ description: 'The number of an issue there.', validate: ISSUE }),
    dueAt: t.field({ type: 'DateTime', description: 'When it should be done.' }),
    runAfter: t.field({ type: 'DateTime', description: 'Not to be claimed before.' }),
    maxAttempts: t.int({ description: 'Failures after which it is FAILED.', validate: ATTEMPTS }),
    maxLostLeases: t.int({ description: 'Lost leases after which it is FAILED.', validate: ATTEMPTS }),
    dependsOn: t.idList({
      description: 'Tasks that must be done first: these replace all there were.',
      validate: DEPENDENCIES,
    }),
    reopen: t.boolean({
      description:
        'True makes it OPEN (BLOCKED if it waits for others): a finished task starts a new life, its counters at 0; a held one is taken back; one that waits to be retried is offered at once.',
    }),
  }),
});

export const ClaimTaskInput = builder.inputType('ClaimTaskInput', {
  description: 'Which task to claim, and for how long. Without id: the best one that is ready and nobody else’s.',
  fields: (t) => ({
    id: t.id({ description: 'This very task. Excludes types, sessionId and waitSeconds.' }),
    types: t.stringList({
      description: 'One of these types, at most 20; by default any.',
      validate: z.array(WORD).min(1).max(20),
    }),
    sessionId: t.id({ description: 'One of this session; by default of any or none.' }),
    leaseSeconds: t.int({
      description: `How long it is yours unless renewed, 5 to 86400. Default ${DEFAULT_LEASE_SECONDS}.`,
      validate: LEASE_SECONDS,
    }),
    waitSeconds: t.int({
      description: 'How long to wait if none is ready, 0 to 60. Default 0.',
      validate: z.number().int().min(0).max(60),
    }),
    idempotencyKey: t.string({
      description:
        'Any text of your own, hard to guess: a repeat by the same process with the same key and arguments gets the same task and lease, while that holds. A claim that got none has not used it.',
      validate: NAME,
    }),
  }),
});

export const RenewLeaseInput = builder.inputType('RenewLeaseInput', {
  description: 'A lease to renew.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The task.' }),
    leaseToken: t.string({ required: true, description: 'As claimTask gave it.', validate: NAME }),
    leaseSeconds: t.int({
      description: 'Its length from now on, 5 to 86400; by default what it was.',
      validate: LEASE_SECONDS,
    }),
  }),
});

export const ReportProgressInput = builder.inputType('ReportProgressInput', {
  description: 'How far a task is.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The task.' }),
    leaseToken: t.string({ required: true, description: 'As claimTask gave it.', validate: NAME }),
    progress: t.float({ description: '0 to 1; by default what it was.', validate: z.number().min(0).max(1) }),
    note: t.string({ description: 'What you are at; by default what it was.', validate: NOTE }),
    checkpoint: t.field({
      type: 'JSON',
      description: 'What the next attempt should know, if this one ends early; by default what it was.',
    }),
  }),
});

export const CompleteTaskInput = builder.inputType('CompleteTaskInput', {
  description: 'A task that is done.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The task.' }),
    leaseToken: t.string({
      description:
        'As claimTask gave it. Without it, only the assigned agent or an operator may complete, and not while another process holds a lease.',
      validate: NAME,
    }),
    output: t.field({ type: 'JSON', description: 'What you made.' }),
    force: t.boolean({
      defaultValue: false,
      description: 'Operators only, without leaseToken: complete it although another holds it, or it is blocked.',
    }),
  }),
});

export const FailTaskInput = builder.inputType('FailTaskInput', {
  description: 'A task that you could not do.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The task.' }),
    leaseToken: t.string({ required: true, description: 'As claimTask gave it.', validate: NAME }),
    error: t.string({ required: true, description: 'Why, for the next who tries.', validate: NOTE.min(1) }),
    retryable: t.boolean({ defaultValue: true, description: 'False: it is FAILED, however many attempts are left.' }),
  }),
});

export const ReleaseTaskInput = builder.inputType('ReleaseTaskInput', {
  description: 'A task to give back.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The task.' }),
    leaseToken: t.string({ required: true, description: 'As claimTask gave it.', validate: NAME }),
  }),
});

export const CancelTaskInput = builder.inputType('CancelTaskInput', {
  description: 'A task that is not wanted any more.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The task.' }),
    reason: t.string({ description: 'Why.', validate: NOTE }),
  }),
});

export const TaskFilter = builder.inputType('TaskFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'These, at most 200.', validate: z.array(z.string()).max(200) }),
    statuses: t.field({ type: [TaskStatus], description: 'Any of these statuses.' }),
    types: t.stringList({ description: 'Any of these types, at most 100.', validate: z.array(z.string()).max(100) }),
    assignedTo: t.string({ description: 'Assigned to this agent.' }),
    unassigned: t.boolean({ description: 'True: assigned to nobody.' }),
    createdBy: t.string({ description: 'Created by this agent.' }),
    sessionId: t.id({ description: 'Of this session.' }),
    ready: t.boolean({ description: 'True: may be claimed now.' }),
    maxPriority: t.int({ description: 'Of this priority or higher (a lower number).' }),
    dueBefore: t.field({ type: 'DateTime', description: 'Due before.' }),
    githubRepo: t.string({ description: 'Of this repository.' }),
    githubIssue: t.int({ description: 'Of this issue.' }),
    search: t.string({
      description:
        'Text anywhere in title or description, upper and lower case alike. Reads all that the other conditions find.',
      validate: z.string().min(1).max(200),
    }),
  }),
});

export const TaskOrder = builder.enumType('TaskOrder', {
  description: 'How to order a list of tasks.',
  values: {
    NEWEST: { value: 'newest', description: 'Created last first.' },
    OLDEST: { value: 'oldest', description: 'Created first first.' },
    PRIORITY: {
      value: 'priority',
      description:
        'Highest priority first, then oldest. By index with `ready: true` or one status; else all that is found is sorted.',
    },
    QUEUE: {
      value: 'queue',
      description: 'As they would be claimed: by priority and age. All that is found is sorted.',
    },
    DUE: { value: 'due', description: 'Due first first; leaves out those without dueAt.' },
  },
});
