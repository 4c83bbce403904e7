import { z } from 'zod';
import { RookeryError } from '../errors.ts';
import { builder } from '../graphql/builder.ts';
import { actingAgent, type Context, requireViewer, type Viewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import {
  CancelTaskInput,
  ClaimTaskInput,
  CompleteTaskInput,
  CreateTaskInput,
  DEFAULT_LEASE_SECONDS,
  FailTaskInput,
  ReleaseTaskInput,
  RenewLeaseInput,
  ReportProgressInput,
  UpdateTaskInput,
} from './inputs.ts';
import { type Claim, completeTask, failTask, type Lease, releaseTask, renewLease, reportProgress } from './leases.ts';
import {
  actorOf,
  cancelTask,
  changeOf,
  claimTask,
  createTask,
  createTasks,
  type NewTask,
  updateTask,
} from './service.ts';
import { Task } from './task.ts';

const TaskLease = builder.objectRef<Lease>('TaskLease').implement({
  description: 'The right to work on a task.',
  fields: (t) => ({
    token: t.exposeString('token', {
      description: 'Send it with every call about the task. Shown here only: the hub keeps a hash of it.',
    }),
    fence: t.exposeInt('fence', {
      description: 'Rises each time the task changes hands: pass it on to what you write to.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When it runs out unless renewed: by renewLease, reportProgress or a heartbeat of the same process.',
    }),
  }),
});

const ClaimTaskPayload = builder.objectRef<Partial<Claim>>('ClaimTaskPayload').implement({
  description: 'The result of claimTask.',
  fields: (t) => ({
    task: t.field({
      type: Task,
      nullable: true,
      description: 'The task, now in progress; null when none is ready.',
      resolve: ({ task }) => task,
    }),
    lease: t.field({
      type: TaskLease,
      nullable: true,
      description: 'Your right to it; null when there is no task.',
      resolve: ({ lease }) => lease,
    }),
  }),
});

const heldPayload = (name: string) =>
  builder.objectRef<Claim>(`${capital(name)}Payload`).implement({
    description: `The result of ${name}.`,
    fields: (t) => ({
      task: t.field({ type: Task, description: 'The task.', resolve: ({ task }) => task }),
      lease: t.field({ type: TaskLease, description: 'The lease, renewed.', resolve: ({ lease }) => lease }),
    }),
  });

type TaskRow = typeof Task.$inferType;

const taskPayload = (name: string) =>
  builder.objectRef<{ task: TaskRow }>(`${capital(name)}Payload`).implement({
    description: `The result of ${name}.`,
    fields: (t) => ({
      task: t.field({ type: Task, description: 'The task as it now is.', resolve: ({ task }) => task }),
    }),
  });

const CreateTasksPayload = builder.objectRef<{ tasks: TaskRow[] }>('CreateTasksPayload').implement({
  description: 'The result of createTasks.',
  fields: (t) => ({
    tasks: t.field({
      type: [Task],
      description: 'The tasks, in the order of the inputs.',
      resolve: ({ tasks }) => tasks,
    }),
  }),
});

builder.mutationFields((t) => ({
  createTask: t.field({
    type: taskPayload('createTask'),
    description:
      'Creates a task. Errors: BAD_INPUT, NOT_FOUND (a task of dependsOn, the session), CONFLICT (busy: plain SQL has one of these locked), IDEMPOTENCY_CONFLICT.',
    authScopes: { act: true },
    args: { input: t.arg({ type: CreateTaskInput, required: true, description: 'The task.' }) },
    resolve: async (_root, { input }, context) => ({
      task: await createTask(context.db, requireViewer(context), newTask(input)),
    }),
  }),
  createTasks: t.field({
    type: CreateTasksPayload,
    description:
      'Creates up to 200 tasks, all or none. They may depend on tasks that exist, not on each other. Errors: as createTask, with the place of the faulty one in `index`.',
    authScopes: { act: true },
    args: {
      inputs: t.arg({
        type: [CreateTaskInput],
        required: true,
        description: 'The tasks, 1 to 200.',
        validate: z.array(z.unknown()).min(1).max(200) as never,
      }),
    },
    resolve: async (_root, { inputs }, context) => ({
      tasks: await createTasks(context.db, requireViewer(context), inputs.map(newTask)),
    }),
  }),
  claimTask: t.field({
    type: ClaimTaskPayload,
    description:
      'Takes the best task that is ready for you, or the one you name, and gives you a lease on it. Errors: BAD_INPUT, NOT_FOUND, CONFLICT (by id: held, assigned to another, blocked, finished or not to be run yet; the message says which). For a repeat of an idempotencyKey: LEASE_LOST (what it claimed is not yours any more), NOT_FOUND, IDEMPOTENCY_CONFLICT.',
    authScopes: { act: true },
    args: {
      input: t.arg({ type: ClaimTaskInput, required: true, defaultValue: {}, description: 'Which, and for how long.' }),
    },
    resolve: async (_root, { input }, context) => {
      const request = {
        agent: actingAgent(context),
        instance: requireViewer(context).instance,
        id: input.id == null ? undefined : taskId(input.id),
        types: input.types ?? undefined,
        sessionId: input.sessionId == null ? undefined : String(parseId(input.sessionId, 'session')),
        leaseSeconds: input.leaseSeconds ?? DEFAULT_LEASE_SECONDS,
        idempotencyKey: input.idempotencyKey ?? undefined,
      };
      return (await claimTask(context, request, input.waitSeconds ?? 0)) ?? {};
    },
  }),
  renewLease: t.field({
    type: heldPayload('renewLease'),
    description:
      'The lease runs its full length again, from now. Errors: LEASE_LOST, NOT_FOUND, CONFLICT (locked by plain SQL).',
    authScopes: { act: true },
    args: { input: t.arg({ type: RenewLeaseInput, required: true, description: 'The lease.' }) },
    resolve: (_root, { input }, { db }) =>
      renewLease(db, { id: taskId(input.id), token: input.leaseToken, leaseSeconds: input.leaseSeconds }),
  }),
  reportProgress: t.field({
    type: heldPayload('reportProgress'),
    description:
      'Tells how far a task is, and leaves a checkpoint for the next attempt; renews its lease too. A CLAIMED task is then IN_PROGRESS. Errors: LEASE_LOST, NOT_FOUND, CONFLICT (locked by plain SQL).',
    authScopes: { act: true },
    args: { input: t.arg({ type: ReportProgressInput, required: true, description: 'How far.' }) },
    resolve: (_root, { input: { id, leaseToken, ...report } }, context) =>
      reportProgress(context.db, { ...holder(context, id, leaseToken), ...report }),
  }),
  completeTask: t.field({
    type: taskPayload('completeTask'),
    description:
      'The task is done; what waited only for it is open. A repeat by who completed it returns the task. Errors: LEASE_LOST (stop: it is not yours any more), NOT_FOUND, CONFLICT.',
    authScopes: { act: true },
    args: { input: t.arg({ type: CompleteTaskInput, required: true, description: 'The task, and what you made.' }) },
    resolve: async (_root, { input }, context) => ({
      task: await completeTask(context.db, completion(context, input)),
    }),
  }),
  failTask: t.field({
    type: taskPayload('failTask'),
    description:
      'You could not do it: offered again after 10 s, 20 s, 40 s … (at most 10 min, give or take a quarter), or FAILED after maxAttempts. Errors: LEASE_LOST, NOT_FOUND, CONFLICT (locked by plain SQL).',
    authScopes: { act: true },
    args: { input: t.arg({ type: FailTaskInput, required: true, description: 'The task, and why.' }) },
    resolve: async (_root, { input: { id, leaseToken, error, retryable } }, context) => ({
      task: await failTask(context.db, {
        ...holder(context, id, leaseToken),
        reason: error,
        retryable: retryable ?? true,
      }),
    }),
  }),
  releaseTask: t.field({
    type: taskPayload('releaseTask'),
    description:
      'Gives the task back: open at once, in its old place in line, and nothing counted against it. Errors: LEASE_LOST, NOT_FOUND, CONFLICT (locked by plain SQL).',
    authScopes: { act: true },
    args: { input: t.arg({ type: ReleaseTaskInput, required: true, description: 'The task.' }) },
    resolve: async (_root, { input: { id, leaseToken } }, context) => ({
      task: await releaseTask(context.db, holder(context, id, leaseToken)),
    }),
  }),
  cancelTask: t.field({
    type: taskPayload('cancelTask'),
    description:
      'Not wanted any more, whoever holds it: by its creator or an operator. Its holder gets LEASE_LOST at its next call; what depends on it stays BLOCKED. Again is no error. Errors: NOT_FOUND, FORBIDDEN, CONFLICT (done or failed).',
    authScopes: { act: true },
    args: { input: t.arg({ type: CancelTaskInput, required: true, description: 'The task, and why.' }) },
    resolve: async (_root, { input: { id, reason } }, context) => ({
      task: await cancelTask(context.db, requireViewer(context), { id: taskId(id), reason }),
    }),
  }),
  updateTask: t.field({
    type: taskPayload('updateTask'),
    description:
      'Changes a task: by its creator, its assignee or an operator. Errors: BAD_INPUT, NOT_FOUND (the task, the session), FORBIDDEN, DEPENDENCY_CYCLE (with the path), CONFLICT (locked by plain SQL).',
    authScopes: { act: true },
    args: { input: t.arg({ type: UpdateTaskInput, required: true, description: 'The task, and what to change.' }) },
    resolve: async (_root, { input }, context) => ({
      task: await updateTask(
        context.db,
        requireViewer(context),
        changeOf({ ...input, id: taskId(input.id), ...links(input) }),
      ),
    }),
  }),
}));

function newTask(input: typeof CreateTaskInput.$inferInput): NewTask {
  return { ...input, ...links(input) };
}

type Id = string | number | bigint;

/** The ids in an input, checked. */
function links({
  sessionId,
  dependsOn,
}: {
  sessionId?: Id | null | undefined;
  dependsOn?: readonly Id[] | null | undefined;
}) {
  return {
    sessionId: sessionId == null ? sessionId : String(parseId(sessionId, 'session')),
    dependsOn: dependsOn?.map(taskId),
  };
}

function completion(context: Context, input: typeof CompleteTaskInput.$inferInput) {
  const viewer: Viewer = requireViewer(context);
  const { agent, instance, role } = viewer;
  const force = input.force ?? false;
  if (force && role !== 'operator')
    throw new RookeryError('FORBIDDEN', 'Only operators may complete a task with force.');
  return {
    id: taskId(input.id),
    token: input.leaseToken ?? undefined,
    actor: actorOf(viewer),
    agent,
    instance,
    operator: role === 'operator',
    force,
    output: input.output,
  };
}

function holder(context: Context, id: string | number | bigint, leaseToken: string) {
  return { id: taskId(id), token: leaseToken, actor: actorOf(requireViewer(context)) };
}

function taskId(id: string | number | bigint): string {
  return String(parseId(id, 'task'));
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
