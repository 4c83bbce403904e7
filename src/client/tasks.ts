import type {
  CancelTaskInput,
  ClaimTaskInput,
  CompleteTaskInput,
  CreateTaskInput,
  FailTaskInput,
  LeaseFieldsFragment,
  ListTasksQueryVariables,
  ReleaseTaskInput,
  RenewLeaseInput,
  ReportProgressInput,
  TaskFieldsFragment,
  UpdateTaskInput,
} from './generated/operations.ts';
import * as operations from './generated/operations.ts';
import { type Page, pageOf } from './page.ts';
import type { Request, RequestOptions } from './request.ts';

/** Work to be done. */
export type Task = TaskFieldsFragment;
/** The right to work on a task: whoever knows the token. */
export type Lease = LeaseFieldsFragment;
/** A task that is yours, and by what right. */
export interface Claimed {
  readonly task: Task;
  readonly lease: Lease;
}

/** Default of `waitSeconds` is 0; the answer may take that long, and a while. */
const MARGIN_MS = 15_000;

/** Verbs on tasks. Each may reject with `Unreachable`, `Unavailable`, `Unauthenticated`, `Forbidden` or `BadInput` besides what it names. */
export function taskVerbs(request: Request) {
  return {
    /** Creates a task. Repeated until it is known to be there, once. Errors: `NotFound` (a task of `dependsOn`), `IdempotencyConflict`. */
    async create(input: CreateTaskInput, options?: RequestOptions): Promise<Task> {
      const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
      return (await request(operations.CreateTask, { input: keyed }, { idempotent: true, ...options })).createTask.task;
    },
    /** Creates up to 200 tasks, all or none. Errors: as `create`. */
    async createAll(inputs: readonly CreateTaskInput[], options?: RequestOptions): Promise<Task[]> {
      const keyed = inputs.map((input) => ({ ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() }));
      return (await request(operations.CreateTasks, { inputs: keyed }, { idempotent: true, ...options })).createTasks
        .tasks;
    },
    /** One task, with the unfinished tasks it waits for; null if there is none. */
    async get(id: string, options?: RequestOptions) {
      return (await request(operations.GetTask, { id }, options)).task;
    },
    /** A page of tasks: 20 unless `first` says more, at most 200; newest first unless `orderBy` says else. */
    async list(query: ListTasksQueryVariables = {}, options?: RequestOptions): Promise<Page<Task>> {
      return pageOf((await request(operations.ListTasks, query, options)).tasks);
    },
    /**
     * The best task that is ready for you, or the one named by `id`; null when none is, after `waitSeconds`. Repeated until
     * its answer is known, for one task. What it gets when its signal aborts at that moment is offered again after its lease.
     * Errors: `NotFound`, `Conflict`, `LeaseLost` (what an earlier try got is over; claim anew).
     */
    async claim(input: ClaimTaskInput = {}, options?: RequestOptions): Promise<Claimed | null> {
      const timeoutMs = (input.waitSeconds ?? 0) * 1_000 + MARGIN_MS;
      const keyed = { ...input, idempotencyKey: input.idempotencyKey ?? crypto.randomUUID() };
      const answer = await request(operations.ClaimTask, { input: keyed }, { timeoutMs, idempotent: true, ...options });
      const { task, lease } = answer.claimTask;
      return task && lease ? { task, lease } : null;
    },
    /** The lease runs its full length again. Errors: `LeaseLost`, `NotFound`. */
    async renew(input: RenewLeaseInput, options?: RequestOptions): Promise<Lease> {
      return (await request(operations.RenewLease, { input }, { idempotent: true, ...options })).renewLease.lease;
    },
    /** Says how far it is, and renews the lease. Errors: `LeaseLost`, `NotFound`. */
    async progress(input: ReportProgressInput, options?: RequestOptions): Promise<Lease> {
      return (await request(operations.ReportProgress, { input }, { idempotent: true, ...options })).reportProgress
        .lease;
    },
    /** Done. Repeating it is no error. Errors: `LeaseLost` (it is not yours any more), `NotFound`, `Conflict`. */
    async complete(input: CompleteTaskInput, options?: RequestOptions): Promise<Task> {
      return (await request(operations.CompleteTask, { input }, { idempotent: true, ...options })).completeTask.task;
    },
    /** It could not be done: offered again after a backoff, or failed for good. Errors: `LeaseLost`, `NotFound`. */
    async fail(input: FailTaskInput, options?: RequestOptions): Promise<Task> {
      return (await request(operations.FailTask, { input }, options)).failTask.task;
    },
    /** Gives it back, unharmed and at once. Errors: `LeaseLost`, `NotFound`. */
    async release(input: ReleaseTaskInput, options?: RequestOptions): Promise<Task> {
      return (await request(operations.ReleaseTask, { input }, options)).releaseTask.task;
    },
    /** Not wanted any more, whoever holds it. Errors: `NotFound`, `Forbidden`, `Conflict` (done or failed). */
    async cancel(input: CancelTaskInput, options?: RequestOptions): Promise<Task> {
      return (await request(operations.CancelTask, { input }, { idempotent: true, ...options })).cancelTask.task;
    },
    /** Changes what is given, leaves the rest. Errors: `NotFound`, `Forbidden`, `DependencyCycle`, `Conflict`. */
    async update(input: UpdateTaskInput, options?: RequestOptions): Promise<Task> {
      return (await request(operations.UpdateTask, { input }, options)).updateTask.task;
    },
  };
}
