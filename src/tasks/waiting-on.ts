import DataLoader from 'dataloader';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import type { Database } from '../postgres/database.ts';
import { Task } from './task.ts';

const WaitReason = builder.enumType('TaskWaitReason', {
  description: 'Why a task does not move.',
  values: {
    DEPENDENCY: { value: 'dependency', description: 'Another task must be done first.' },
    TIME: { value: 'time', description: 'Its time, or the time to try it again, has not come.' },
    ASSIGNEE: { value: 'assignee', description: 'Only one agent may claim it, and has not.' },
    NO_AGENT: {
      value: 'no_agent',
      description:
        'No live agent says that it can do such tasks: none has its type among its capabilities, or has none.',
    },
    CLAIM: { value: 'claim', description: 'Nothing is in its way: the next agent that claims gets it, by priority.' },
    HOLDER: { value: 'holder', description: 'An agent works on it.' },
    REQUEST: { value: 'request', description: 'Somebody must decide or answer something.' },
  } as const,
});

/** A row of rookery.waiting_on(): what each column means for which reason is said there. */
interface Wait {
  task_id: string;
  reason: (typeof WaitReason)['$inferType'];
  other_id: string | null;
  agent: string | null;
  state: string | null;
  since: Date | null;
  until: Date | null;
  at: Date;
}

const TaskWait = builder.objectRef<Wait>('TaskWait').implement({
  description: 'One reason why a task does not move.',
  fields: (t) => ({
    reason: t.expose('reason', { type: WaitReason, description: 'Which.' }),
    text: t.string({
      description: 'For people, e.g. "Held by bob, last beat 41 s ago, lease ends in 12 s".',
      resolve: describe,
    }),
    task: t.prismaField({
      type: Task,
      nullable: true,
      description: 'For DEPENDENCY: the task that must be done first.',
      resolve: (query, { reason, other_id }, _args, { db }) =>
        reason === 'dependency' ? db.prisma.agentTask.findUnique({ ...query, where: { id: BigInt(other_id!) } }) : null,
    }),
    requestId: t.id({
      nullable: true,
      description: 'For REQUEST: which. See Query.request.',
      resolve: ({ reason, other_id }) => (reason === 'request' ? other_id : null),
    }),
    agent: t.exposeString('agent', {
      nullable: true,
      description:
        'Who could make it move: the holder, the assignee, who decides (null: anybody may; role:<name>: who holds that role).',
    }),
    since: t.expose('since', {
      type: 'DateTime',
      nullable: true,
      description: 'For HOLDER and ASSIGNEE: the last beat of that agent; for REQUEST: when it was made.',
    }),
    until: t.expose('until', {
      type: 'DateTime',
      nullable: true,
      description: 'For TIME: when it comes; for HOLDER: the end of the lease; for REQUEST: the deadline.',
    }),
  }),
});

builder.prismaObjectFields('AgentTask', (t) => ({
  waitingOn: t.field({
    type: [TaskWait],
    description:
      'Why it does not move, in the order in which that would have to change; empty once it is finished. At most 20 dependencies and 20 requests are told. As it is now, also in an event.',
    select: { id: true },
    resolve: ({ id }, _args, context) => waits(context).load(String(id)),
  }),
}));

const loaders = new WeakMap<Context, DataLoader<string, Wait[]>>();

/** Tasks asked about in one tick share a statement; nothing is remembered, for a subscription's context lives for hours. */
function waits(context: Context): DataLoader<string, Wait[]> {
  let loader = loaders.get(context);
  if (loader === undefined) {
    loader = new DataLoader((ids) => readWaits(context.db, ids), { cache: false });
    loaders.set(context, loader);
  }
  return loader;
}

async function readWaits(db: Database, ids: readonly string[]): Promise<Wait[][]> {
  const rows = await db.query<Wait>('/* waiting on */ select * from rookery.waiting_on($1::bigint[])', [ids]);
  const byTask = new Map<string, Wait[]>(ids.map((id) => [id, []]));
  for (const row of rows) byTask.get(row.task_id)?.push(row);
  return ids.map((id) => byTask.get(id)!);
}

function describe({ reason, other_id, agent, state, since, until, at }: Wait): string {
  switch (reason) {
    case 'dependency':
      return `Waits for task ${other_id}, which is ${state!.replace('_', ' ')}${agent === null ? '' : ` (${agent})`}`;
    case 'time':
      return state === 'retry' ? `Tried again in ${span(at, until!)}` : `Not to be run for ${span(at, until!)}`;
    case 'assignee':
      return `Assigned to ${agent}, ${state === null ? 'who never registered' : `who is ${state}, last beat ${span(since!, at)} ago`}`;
    case 'no_agent':
      return `No live agent takes tasks of type ${state}`;
    case 'claim':
      return 'Ready: waits for an agent to claim it';
    case 'holder':
      return [
        `Held by ${agent ?? 'nobody known'}`,
        ...(since === null ? [] : [`last beat ${span(since, at)} ago`]),
        until === null ? 'without a lease' : `lease ends in ${span(at, until)}`,
      ].join(', ');
    case 'request':
      return `Waits for ${agent?.replace(/^role:/, 'whoever holds the role ') ?? 'anybody'} to decide request ${other_id}${until === null ? '' : `, ${ON_TIMEOUT[state!]} in ${span(at, until)}`}`;
  }
}

const ON_TIMEOUT: Record<string, string> = {
  wait: 'due',
  reject: 'rejected',
  approve: 'approved',
  escalate: 'escalated',
};

/** `41 s`, `12 min`, `3 h`, `2 d`: in the largest unit of which there are at least two. */
function span(from: Date, to: Date): string {
  const seconds = Math.max(0, Math.round((to.getTime() - from.getTime()) / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}
