import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { RequestDecision, RequestKind, RequestStatus, RequestTimeout } from './request.ts';

const NAME = z.string().min(1).max(255);
const LINE = z.string().min(1).max(500);
const TEXT = z.string().max(100_000);
const NOTE = z.string().max(10_000);
const PRIORITY = z.number().int().min(1).max(10);
const DAYS_30 = 30 * 86_400;

/** Deep enough for people; the hub walks these values level by level. */
const MAX_DEPTH = 32;

/** JSON of at most so many characters and 32 levels. */
function json(max: number) {
  return z
    .unknown()
    .refine((value) => depthOf(value) <= MAX_DEPTH, `at most ${MAX_DEPTH} levels deep`)
    .refine((value) => (JSON.stringify(value) ?? '').length <= max, `at most ${max} characters of JSON`);
}

/**
 * As `json`, without numbers that have lost digits on their way: the hash of an approval is over what was sent. A hub
 * reads numbers as doubles, which tell integers apart up to 2^53.
 */
function exactJson(max: number) {
  return json(max).refine(
    isExact,
    'an integer beyond 9007199254740991 either way, or a number beyond 1.8e308, would lose digits: send it as a string',
  );
}

const EXACT = 'Integers beyond 2^53 are refused (BAD_INPUT): send them as strings.';

function isExact(value: unknown, level = 0): boolean {
  if (typeof value === 'number')
    return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
  if (typeof value !== 'object' || value === null || level > MAX_DEPTH) return true;
  return Object.values(value).every((part) => isExact(part, level + 1));
}

function depthOf(value: unknown, level = 0): number {
  if (typeof value !== 'object' || value === null || level > MAX_DEPTH) return level;
  return Object.values(value).reduce((deepest: number, part) => Math.max(deepest, depthOf(part, level + 1)), level + 1);
}

const AUDIENCE = 'an agent or a person by name; role:<name>: who holds that role; operator: any operator; *: any agent';
const REQUEST = 'The request.';

export const CreateRequestInput = builder.inputType('CreateRequestInput', {
  description: 'What you ask, and of whom.',
  fields: (t) => ({
    kind: t.field({ type: RequestKind, required: true, description: 'What you ask for.' }),
    subject: t.string({ required: true, description: 'In a line of 1 to 500 characters.', validate: LINE }),
    body: t.string({ description: 'At length, in Markdown, up to 100,000 characters.', validate: TEXT }),
    context: t.field({
      type: 'JSON',
      description: 'What one has to know to decide, up to 64 kB.',
      validate: json(65_536),
    }),
    options: t.field({
      type: ['JSON'],
      description: 'Answers to choose from, at most 100, 16 kB in all. Not for an APPROVAL.',
      validate: json(16_384).refine((list) => (list as unknown[]).length <= 100, 'at most 100') as never,
    }),
    answerSchema: t.field({
      type: 'JSON',
      description:
        'What the answer must look like: JSON Schema (2020-12) up to 8 kB, without $ref, $id, pattern, patternProperties, uniqueItems, unevaluated… and unknown keywords. Not for an APPROVAL.',
    }),
    arguments: t.field({
      type: 'JSON',
      description: `Of an APPROVAL: exactly what you will do, up to 64 kB. consumeApproval holds you to it. ${EXACT}`,
      validate: exactJson(65_536),
    }),
    to: t.id({ description: `Who is to decide: ${AUDIENCE}. Default operator.`, validate: NAME }),
    taskId: t.id({ description: 'The task that waits for it.' }),
    sessionId: t.id({ description: 'The session it belongs to.' }),
    priority: t.int({ description: '1 is highest, 10 lowest. Default 5.', validate: PRIORITY }),
    quorum: t.int({
      description:
        'How many different approvers an APPROVAL takes, 1 to 20, all of the same arguments: the first approves them as asked or EDITs them. One who rejects decides alone. Default 1.',
      validate: z.number().int().min(1).max(20),
    }),
    deadlineSeconds: t.int({
      description:
        'When it is to be decided: so many seconds from now, up to 30 days. By default there is no deadline.',
      validate: z.number().int().min(1).max(DAYS_30),
    }),
    onTimeout: t.field({ type: RequestTimeout, description: 'What happens then. Default WAIT.' }),
    escalateTo: t.id({ description: `For onTimeout ESCALATE, who is asked then: ${AUDIENCE}.`, validate: NAME }),
    remindEverySeconds: t.int({
      description: 'Sends those who are to decide a message so often, 60 to 2592000. By default none.',
      validate: z.number().int().min(60).max(DAYS_30),
    }),
    idempotencyKey: t.string({
      description: 'Any text of your own: a repeat with the same key and arguments returns the first request.',
      validate: NAME,
    }),
  }),
});

export const TakeRequestInput = builder.inputType('TakeRequestInput', {
  description: 'A request that you look at.',
  fields: (t) => ({
    id: t.id({ required: true, description: REQUEST }),
    seconds: t.int({
      defaultValue: 300,
      description: 'For how long, 10 to 86400.',
      validate: z.number().int().min(10).max(86_400),
    }),
  }),
});

export const RespondToRequestInput = builder.inputType('RespondToRequestInput', {
  description: 'What you say to a request.',
  fields: (t) => ({
    id: t.id({ required: true, description: REQUEST }),
    decision: t.field({ type: RequestDecision, required: true, description: 'What it is to be.' }),
    answer: t.field({
      type: 'JSON',
      description: 'Of an ANSWER, up to 16 kB of JSON: as options and answerSchema want it.',
      validate: json(16_384),
    }),
    arguments: t.field({
      type: 'JSON',
      description: `Of an EDIT: what may be done, up to 64 kB. ${EXACT}`,
      validate: exactJson(65_536),
    }),
    comment: t.string({ description: 'Why, up to 10,000 characters.', validate: NOTE }),
    confidence: t.float({ description: 'How sure you are, 0 to 1.', validate: z.number().min(0).max(1) }),
    sources: t.field({
      type: ['JSON'],
      description: 'What it rests on, at most 100, 16 kB in all.',
      validate: json(16_384).refine((list) => (list as unknown[]).length <= 100, 'at most 100') as never,
    }),
  }),
});

export const ConsumeApprovalInput = builder.inputType('ConsumeApprovalInput', {
  description: 'An approval that you are about to use.',
  fields: (t) => ({
    id: t.id({ required: true, description: REQUEST }),
    arguments: t.field({
      type: 'JSON',
      description:
        'What you are about to do: the arguments that were approved, after an EDIT editedArguments. Leave it out if there were none.',
      validate: exactJson(65_536),
    }),
  }),
});

export const AwaitRequestInput = builder.inputType('AwaitRequestInput', {
  description: 'A request whose decision you wait for.',
  fields: (t) => ({
    id: t.id({ required: true, description: REQUEST }),
    waitSeconds: t.int({
      defaultValue: 30,
      description: 'For how long, 0 to 60.',
      validate: z.number().int().min(0).max(60),
    }),
  }),
});

/** The input of a mutation that names a request and says no more. */
export function namedRequest(name: string, description: string) {
  return builder.inputType(name, {
    description,
    fields: (t) => ({ id: t.id({ required: true, description: REQUEST }) }),
  });
}

export const RequestList = builder.enumType('RequestList', {
  description: 'Which requests, and in which order.',
  values: {
    PENDING: { value: 'pending', description: 'Those that are OPEN: highest priority first, then oldest.' },
    OVERDUE: { value: 'overdue', description: 'Those that are OPEN past their deadline: longest overdue first.' },
    ALL: { value: 'all', description: 'All, newest first.' },
  },
});

export const RequestFilter = builder.inputType('RequestFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    kinds: t.field({ type: [RequestKind], description: 'Any of these kinds.' }),
    statuses: t.field({ type: [RequestStatus], description: 'Any of these statuses.' }),
    decisions: t.field({ type: [RequestDecision], description: 'Any of these decisions.' }),
    mine: t.boolean({ description: 'True: asked by you.' }),
    forMe: t.boolean({
      description: 'True: yours to decide, by name, by a role that you hold, or with all others, and not asked by you.',
    }),
    from: t.id({ description: 'Asked by this agent.' }),
    to: t.id({ description: `Asked of: ${AUDIENCE}.` }),
    taskId: t.id({ description: 'This task waits for it.' }),
    sessionId: t.id({ description: 'Of this session.' }),
    maxPriority: t.int({ description: 'Of this priority or higher (a lower number).', validate: PRIORITY }),
  }),
});
