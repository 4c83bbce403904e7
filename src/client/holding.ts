import { HubError, LeaseLost } from './errors.ts';
import type { Claimed, Lease, Task } from './tasks.ts';

/** The task was cancelled while it was worked on: nobody wants its result. The reason is in the message. */
export class TaskCancelled extends HubError {
  constructor(id: string, reason: string | null) {
    super('TASK_CANCELLED', `Task ${id} was cancelled${reason ? `: ${reason}` : '.'}`, { id, reason });
  }
}

/** What the feed says of a task. */
export interface TaskNews {
  readonly id: string;
  readonly status: Task['status'];
  readonly fence: number;
  readonly cancelReason: string | null;
}

/** A task that is worked on here. */
export class Holding {
  readonly task: Task;
  readonly lease: Lease;
  readonly leaseMs: number;
  private readonly abort = new AbortController();
  /** On the monotonic clock: until when the hub surely gives it to nobody else. */
  private validUntil: number;
  /** Its end is being told to the hub: what the feed says of that is no loss. */
  settling = false;

  constructor({ task, lease }: Claimed, leaseMs: number, askedAt: number) {
    this.task = task;
    this.lease = lease;
    this.leaseMs = leaseMs;
    this.validUntil = askedAt + leaseMs;
  }

  /** Aborts when the lease is lost, or the task cancelled; the reason says which. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Milliseconds until it can no longer be known to be held. */
  get remainingMs(): number {
    return this.validUntil - performance.now();
  }

  /** A beat sent then was answered: renewed, unless more than three quarters were left. */
  renewed(sentAt: number): void {
    this.validUntil = Math.max(this.validUntil, sentAt + this.leaseMs * 0.75);
  }

  /** Neither lost nor at its end. */
  get losable(): boolean {
    return !this.settling && !this.signal.aborted;
  }

  lose(reason: HubError): void {
    if (this.losable) this.abort.abort(reason);
  }

  /** Loses it if nobody could be told in time that it is still wanted. */
  loseIfExpired(): void {
    if (this.remainingMs > 0) return;
    const { id } = this.task;
    this.lose(
      new LeaseLost('LEASE_LOST', `The lease of task ${id} could not be renewed in time; another may have it.`, { id }),
    );
  }

  hear({ id, status, fence, cancelReason }: TaskNews): void {
    if (fence < this.lease.fence) return;
    if (status === 'CANCELLED') this.lose(new TaskCancelled(id, cancelReason));
    else if (fence > this.lease.fence || (status !== 'IN_PROGRESS' && status !== 'CLAIMED'))
      this.lose(new LeaseLost('LEASE_LOST', `Task ${id} is no longer yours: it is ${status}.`, { id, status, fence }));
  }
}
