import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { actingAgent, requireViewer } from '../graphql/context.ts';
import { Agent, AgentState } from './agent.ts';
import { transitionAgent } from './service.ts';

const TransitionAgentInput = builder.inputType('TransitionAgentInput', {
  description: 'Who goes where in the lifecycle, and why.',
  fields: (t) => ({
    agent: t.id({ description: "The agent; by default the caller's own.", validate: z.string().min(1).max(255) }),
    to: t.field({ type: AgentState, required: true, description: 'The state it comes to.' }),
    reason: t.string({
      description: 'Why; up to 1,000 characters. Goes into the event and the history.',
      validate: z.string().max(1_000),
    }),
  }),
});

const TransitionAgentPayload = builder
  .objectRef<{ agent: typeof Agent.$inferType }>('TransitionAgentPayload')
  .implement({
    description: 'The result of transitionAgent.',
    fields: (t) => ({ agent: t.expose('agent', { type: Agent, description: 'The agent in its new state.' }) }),
  });

builder.mutationField('transitionAgent', (t) =>
  t.field({
    type: TransitionAgentPayload,
    description:
      'Moves an agent along its lifecycle; AgentState says which states may follow which. To SHUTDOWN it is a stop: what the agent held is free at once. Errors: BAD_INPUT, NOT_FOUND, CONFLICT (the state may not follow, also when it is there already: `from`, `to` and `allowed` say more, in the words of the database; or the agent is locked by plain SQL, with `busy`: repeat), FORBIDDEN (an agent moves itself only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: TransitionAgentInput, required: true, description: 'Who, where and why.' }) },
    resolve: async (_root, { input }, context) => ({
      agent: await transitionAgent(context.db, {
        ...input,
        agent: actingAgent(context, input.agent),
        by: requireViewer(context).agent ?? 'operator',
      }),
    }),
  }),
);
