import { queryFromInfo } from '@pothos/plugin-prisma';
import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import type { Agent as AgentRow } from '../postgres/generated/client.ts';
import { Agent, AgentLiveness, AgentState, AgentStatus } from './agent.ts';
import { AGENTS, agentWhere } from './listing.ts';

const AgentFilter = builder.inputType('AgentFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    status: t.field({ type: [AgentStatus], description: 'Any of these.' }),
    state: t.field({ type: [AgentState], description: 'Any of these.' }),
    liveness: t.field({ type: [AgentLiveness], description: 'Any of these.' }),
    stale: t.boolean({ description: 'Whether it missed more than two beats: `true` is short for liveness: [STALE].' }),
    capability: t.string({ description: 'It has this capability.', validate: z.string().min(1).max(255) }),
    type: t.string({ description: 'It is of this type.', validate: z.string().min(1).max(100) }),
    search: t.string({
      description: 'Text anywhere in its id or name, upper and lower case alike. Reads all agents.',
      validate: z.string().min(1).max(255),
    }),
  }),
});

const AgentOrder = builder.enumType('AgentOrder', {
  // No index has the other two: each beat would write it (1.25 x the WAL for both), and agents are few beside their beats.
  description: 'In which order agents come.',
  values: {
    ID: { value: 'id', description: 'By id.' },
    LONGEST_SILENT: {
      value: 'silent',
      description:
        'Those first whose last beat is the longest ago; sorts all that the filter finds. One that beats between two pages may be passed over.',
    },
    STATE_CHANGED: {
      value: 'changed',
      description: 'Those first whose state changed last; sorts all that the filter finds.',
    },
  } as const,
});

builder.queryFields((t) => ({
  agent: t.prismaField({
    type: Agent,
    nullable: true,
    description: 'One agent; null when nobody of that name was ever heard of.',
    authScopes: { read: true },
    args: { id: t.arg.id({ required: true, description: 'Its name.' }) },
    resolve: (query, _root, { id }, { db }) => db.prisma.agent.findUnique({ ...query, where: { agentId: id } }),
  }),
  agents: t.connection(
    {
      type: Agent,
      description: 'Agents. Errors: BAD_INPUT (a cursor of another order).',
      authScopes: { read: true },
      args: {
        filter: t.arg({ type: AgentFilter, description: 'Which agents; by default all.' }),
        orderBy: t.arg({ type: AgentOrder, defaultValue: 'id', description: 'In which order.' }),
      },
      resolve: (_root, { filter, orderBy, ...args }, context, info) =>
        AGENTS.connection(
          orderBy ?? 'id',
          args,
          [agentWhere(filter ?? {})],
          (page) =>
            context.db.prisma.agent.findMany({
              ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
              ...page,
            }) as Promise<AgentRow[]>,
        ),
    },
    { name: 'AgentConnection', description: 'A page of agents.' },
    { name: 'AgentEdge', description: 'An agent and its place in the list.' },
  ),
}));
