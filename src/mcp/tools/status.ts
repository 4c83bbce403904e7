import { z } from 'zod';
import { NotFound } from '../../client/index.ts';
import { cut, nextOf, said, textOf, WHOLE } from '../compact.ts';
import type { TaskFilter } from '../generated/operations.ts';
import * as operations from '../generated/operations.ts';
import { LONG_FIELDS, TASK, taskLine, wholeTask } from '../task.ts';
import { type Call, tool } from '../tool.ts';

const LISTS = ['ready', 'open', 'finished', 'all'] as const;

const FILTERS: Record<(typeof LISTS)[number], TaskFilter> = {
  ready: { ready: true },
  open: { statuses: ['OPEN', 'BLOCKED', 'CLAIMED', 'IN_PROGRESS'] },
  finished: { statuses: ['DONE', 'FAILED', 'CANCELLED'] },
  all: {},
};

export const status = tool({
  name: 'status',
  title: 'Look around',
  description:
    'Without arguments: who is there and what there is to do. With task: everything about it, and why it does not move. With tasks or search: a list. With agent: how that one is. Changes nothing.',
  effect: 'read',
  acts: false,
  input: {
    task: z.string().optional().describe('Id of a task.'),
    field: z.enum(LONG_FIELDS).optional().describe('With task: this field alone, whole.'),
    offset: z.number().int().min(0).optional().describe('With field: where to read on.'),
    agent: z.string().max(255).optional().describe('Name of an agent.'),
    tasks: z.enum(LISTS).optional().describe('A list of tasks.'),
    search: z.string().max(255).optional().describe('Tasks with this text in title or description.'),
    assignedTo: z.string().max(255).optional().describe('Only tasks of this agent.'),
    type: z.string().max(255).optional().describe('Only tasks of this type.'),
    first: z.number().int().min(1).max(50).optional().describe('How many; default 10.'),
    after: z.string().optional().describe('next of the page before.'),
  },
  output: {
    you: z.string().optional(),
    overview: z.looseObject({}).optional(),
    agents: z.array(z.looseObject({ id: z.string() })).optional(),
    task: TASK.optional(),
    text: z.string().optional().describe('The field.'),
    tasks: z.array(TASK).optional(),
    next: z.string().optional(),
  },
  async run(args, { ask }) {
    if (args.task !== undefined) return oneTask(ask, args.task, args.field, args.offset);
    if (args.agent !== undefined) return oneAgent(ask, args.agent);
    const { tasks: list, search, assignedTo, type, first = 10, after } = args;
    if ((list ?? search ?? assignedTo ?? type) === undefined) return overview(ask);
    const filter = { ...FILTERS[list ?? 'all'], search, assignedTo, types: type === undefined ? undefined : [type] };
    const orderBy = list === 'ready' ? 'QUEUE' : 'NEWEST';
    const { edges, pageInfo } = (await ask(operations.SomeTasks, { filter, orderBy, first, after })).tasks;
    return { tasks: edges.map(({ node }) => taskLine(node)), ...nextOf(pageInfo) };
  },
});

async function oneTask(ask: Call['ask'], id: string, field?: (typeof LONG_FIELDS)[number], offset?: number) {
  const { task } = await ask(operations.OneTask, { id });
  if (task === null) throw new NotFound('NOT_FOUND', `There is no task ${id}.`);
  if (field !== undefined)
    return { text: cut(textOf(task[field]), WHOLE, `call status with task ${id}, field ${field}`, offset) };
  const { waitingOn, ...rest } = task;
  return { task: { ...wholeTask(rest), ...said({ waitingOn: waitingOn.map(({ text }) => text) }) } };
}

async function oneAgent(ask: Call['ask'], id: string) {
  const { agent } = await ask(operations.AgentStatus, { id });
  if (agent === null) throw new NotFound('NOT_FOUND', `No agent ${id} ever registered.`);
  return { agents: [said(agent)] };
}

async function overview(ask: Call['ask']) {
  const { viewer, systemOverview, requestCounts, agents } = await ask(operations.Overview, {});
  return {
    ...said({ you: viewer.agentId }),
    overview: { ...systemOverview, requests: requestCounts },
    agents: agents.edges.map(({ node }) => said(node)),
  };
}
