import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { actingAgent, type Context, requireViewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import type { LlmConversation } from '../postgres/generated/client.ts';
import { newestFirst, within } from './newest-first.ts';
import { windowOf } from './series.ts';
import { recordLlmCall } from './service.ts';
import { llmCallWhere, readUsage, textsOf, type Usage } from './usage.ts';

const NAME = z.string().min(1).max(255);
const MODEL = z.string().min(1).max(100);
const MONTH = 30 * 86_400;

/** As Prisma reads it, or as it was recorded; a list leaves the texts out. */
type Call = Omit<LlmConversation, 'prompt' | 'response' | 'messageContent' | 'responseContent' | 'cost'> &
  Partial<Pick<LlmConversation, 'prompt' | 'response'>> & { cost: LlmConversation['cost'] | string };

const LlmCall = builder.objectRef<Call>('LlmCall').implement({
  description: 'A call of a language model. An agent sees its own; operators and observers see all.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    agentId: t.exposeID('agentId', {
      nullable: true,
      description: 'Who called; null when plain SQL named nobody. May be a name that never registered.',
    }),
    conversation: t.exposeID('conversationId', {
      nullable: true,
      description: 'The conversation it belongs to: any name.',
    }),
    prompt: t.string({
      description: 'What was asked.',
      resolve: async ({ id, prompt }, _args, context) => prompt ?? (await textsOf(context, id))?.prompt ?? '',
    }),
    response: t.string({
      nullable: true,
      description: 'What was answered; null when there was no answer, or none yet.',
      resolve: async ({ id, response }, _args, context) =>
        response === undefined ? ((await textsOf(context, id))?.response ?? null) : response,
    }),
    model: t.exposeString('model', { nullable: true, description: 'Which model; any name.' }),
    tokensUsed: t.exposeInt('tokensUsed', { nullable: true, description: 'Tokens of prompt and answer together.' }),
    cost: t.string({
      nullable: true,
      description: 'What it cost: an exact decimal number, for example "0.0125".',
      resolve: ({ cost }) => (cost === null || typeof cost === 'string' ? cost : cost.toFixed()),
    }),
    at: t.expose('timestamp', { type: 'DateTime', description: 'When.' }),
    metadata: t.expose('metadata', { type: 'JSON', nullable: true, description: 'Anything else.' }),
  }),
});

/** The agent whose calls are looked at: an agent's own, whatever it asks; null for all. Errors: `FORBIDDEN`. */
function readableAgent(context: Context, named: string | null | undefined): string | null {
  return requireViewer(context).role === 'agent' ? actingAgent(context, named) : (named ?? null);
}

const LlmCallFilter = builder.inputType('LlmCallFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    agent: t.id({ description: 'By this agent.', validate: NAME }),
    conversation: t.id({ description: 'Of this conversation.', validate: NAME }),
    model: t.string({ description: 'Of this model.', validate: MODEL }),
  }),
});

const UsageGroup = builder.enumType('LlmUsageGroup', {
  description: 'What usage is summed by.',
  values: {
    AGENT: { value: 'agent', description: 'One sum per agent.' },
    MODEL: { value: 'model', description: 'One sum per model.' },
    DAY: { value: 'day', description: 'One sum per day, UTC.' },
  } as const,
});

const LlmUsage = builder.objectRef<Usage>('LlmUsage').implement({
  description: 'The calls of one group.',
  fields: (t) => ({
    agentId: t.exposeID('agent', { nullable: true, description: 'The agent, when grouped by it.' }),
    model: t.exposeString('model', { nullable: true, description: 'The model, when grouped by it.' }),
    day: t.exposeString('day', {
      nullable: true,
      description: 'The day, UTC, when grouped by it, for example 2026-11-21.',
    }),
    calls: t.exposeInt('calls', { description: 'How many calls.' }),
    tokens: t.exposeFloat('tokens', { description: 'Tokens of all of them: a whole number, exact up to 2^53.' }),
    cost: t.exposeString('cost', { description: 'Cost of all of them: an exact decimal number.' }),
  }),
});

const CALLS = newestFirst('llmCalls');

builder.queryFields((t) => ({
  llmCall: t.field({
    type: LlmCall,
    nullable: true,
    description: 'One call; null when there is none, or the caller may not see it.',
    authScopes: { read: true },
    args: { id: t.arg.id({ required: true, description: 'The call.' }) },
    resolve: (_root, { id }, context) =>
      context.db.prisma.llmConversation.findFirst({
        where: { id: parseId(id, 'call'), ...llmCallWhere({ agent: readableAgent(context, null) }) },
      }),
  }),
  llmCalls: t.connection(
    {
      type: LlmCall,
      description:
        'Calls of language models, newest first: of an agent its own, else all. Errors: BAD_INPUT, FORBIDDEN (an agent asks for its own only).',
      authScopes: { read: true },
      args: {
        filter: t.arg({ type: LlmCallFilter, description: 'Which calls; by default all.' }),
        since: t.arg({ type: 'DateTime', description: 'From here on.' }),
        until: t.arg({ type: 'DateTime', description: 'Before here.' }),
      },
      resolve: (_root, { filter, since, until, ...args }, context) => {
        const where = llmCallWhere({ ...filter, agent: readableAgent(context, filter?.agent) });
        return CALLS.connection<Call>('newest', args, [where, within(since, until)], (page) =>
          context.db.prisma.llmConversation.findMany({
            ...page,
            // Possibly large: read together where they are asked for.
            omit: { prompt: true, response: true },
          }),
        );
      },
    },
    { name: 'LlmCallConnection', description: 'A page of calls.' },
    { name: 'LlmCallEdge', description: 'A call and its place in the list.' },
  ),
  llmUsage: t.field({
    type: [LlmUsage],
    description:
      'Calls, tokens and cost, summed: of an agent its own, else of all. Errors: BAD_INPUT (over 1000 groups), FORBIDDEN (an agent asks for its own only).',
    authScopes: { read: true },
    args: {
      groupBy: t.arg({
        type: [UsageGroup],
        defaultValue: [],
        description: 'By what, in the order AGENT, MODEL, DAY; by default one sum of all.',
      }),
      agent: t.arg.id({ description: 'Only of this agent.', validate: NAME }),
      since: t.arg({ type: 'DateTime', description: 'From here on; by default 30 days before `until`.' }),
      until: t.arg({ type: 'DateTime', description: 'Before here; by default now.' }),
    },
    resolve: async (_root, { groupBy, agent, since, until }, context) =>
      readUsage(context.db, {
        ...(await windowOf(context.db, since, until, MONTH)),
        agent: readableAgent(context, agent),
        groupBy: groupBy ?? [],
      }),
  }),
}));

const RecordLlmCallInput = builder.inputType('RecordLlmCallInput', {
  description: 'A call of a language model.',
  fields: (t) => ({
    agent: t.id({ description: "Who called; by default the caller's own agent.", validate: NAME }),
    conversation: t.id({ description: 'The conversation it belongs to: any name.', validate: NAME }),
    prompt: t.string({ required: true, description: 'What was asked.' }),
    response: t.string({ description: 'What was answered.' }),
    model: t.string({ description: 'Which model; any name.', validate: MODEL }),
    tokensUsed: t.int({
      description: 'Tokens of prompt and answer together.',
      validate: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31 - 1),
    }),
    cost: t.string({
      description:
        'What it cost: a decimal number as text, for example "0.0125"; up to 12 digits before the point and 12 after.',
      validate: z.string().regex(/^\d{1,12}(\.\d{1,12})?$/, 'A decimal number such as "0.0125", not negative.'),
    }),
    at: t.field({ type: 'DateTime', description: 'When; by default now.' }),
    metadata: t.field({ type: 'JSON', description: 'Anything else.' }),
    idempotencyKey: t.string({
      description: 'Any text of up to 255 characters that names this call: a repeat gets the record of the first.',
      validate: NAME,
    }),
  }),
});

const RecordLlmCallPayload = builder.objectRef<{ call: Call }>('RecordLlmCallPayload').implement({
  description: 'The result of recordLlmCall.',
  fields: (t) => ({ call: t.expose('call', { type: LlmCall, description: 'The call as it was recorded.' }) }),
});

builder.mutationField('recordLlmCall', (t) =>
  t.field({
    type: RecordLlmCallPayload,
    description:
      'Records a call of a language model. It makes no event, since those can be read by all. Errors: BAD_INPUT, IDEMPOTENCY_CONFLICT, FORBIDDEN (an agent records its own only), NOT_FOUND (what the idempotencyKey recorded has been deleted since).',
    authScopes: { act: true },
    args: { input: t.arg({ type: RecordLlmCallInput, required: true, description: 'The call.' }) },
    resolve: async (_root, { input: { conversation, ...input } }, context) => ({
      call: await recordLlmCall(context.db, requireViewer(context), {
        ...input,
        conversationId: conversation,
        agent: actingAgent(context, input.agent),
      }),
    }),
  }),
);
