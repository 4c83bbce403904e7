import { queryFromInfo } from '@pothos/plugin-prisma';
import { builder } from '../graphql/builder.ts';
import { parseId } from '../graphql/ids.ts';
import type { AgentTask } from '../postgres/generated/client.ts';
import { TaskFilter, TaskOrder } from './inputs.ts';
import { orderWhere, TASKS, taskWhere } from './listing.ts';
import { Task } from './task.ts';
import './events.ts';
import './mutations.ts';
import './waiting-on.ts';

builder.queryFields((t) => ({
  task: t.prismaField({
    type: Task,
    nullable: true,
    description: 'One task; null when there is none of this number.',
    authScopes: { read: true },
    args: { id: t.arg.id({ required: true, description: 'The task.' }) },
    resolve: (query, _root, { id }, { db }) =>
      db.prisma.agentTask.findUnique({ ...query, where: { id: parseId(id, 'task') } }),
  }),
  tasks: t.connection(
    {
      type: Task,
      description: 'Tasks.',
      authScopes: { read: true },
      args: {
        filter: t.arg({ type: TaskFilter, description: 'Which tasks; by default all.' }),
        orderBy: t.arg({ type: TaskOrder, defaultValue: 'newest', description: 'In which order.' }),
      },
      resolve: async (_root, { filter, orderBy, ...args }, context, info) => {
        const order = orderBy ?? 'newest';
        const where = taskWhere(filter ?? {});
        const page = await TASKS.connection(
          order,
          args,
          [where, orderWhere(order, filter ?? {})],
          (page) =>
            context.db.prisma.agentTask.findMany({
              ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
              ...page,
              // Possibly large: read where they are asked for.
              omit: { input: true, output: true },
            }) as unknown as Promise<AgentTask[]>,
        );
        const count = () => context.db.prisma.agentTask.count({ where });
        return { ...page, count } as typeof page;
      },
    },
    {
      name: 'TaskConnection',
      description: 'A page of tasks.',
      fields: (t) => ({
        totalCount: t.int({
          description: 'How many tasks the filter finds. They are counted only when this is asked for.',
          resolve: (connection) => (connection as unknown as { count(): Promise<number> }).count(),
        }),
      }),
    },
    { name: 'TaskEdge', description: 'A task and its place in the list.' },
  ),
}));
