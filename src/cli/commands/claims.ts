import type { Command } from 'commander';
import type { Lease, Task } from '../../client/index.ts';
import { EXIT, exitCodeOf, Failure } from '../exit-codes.ts';
import type { KeptLease, LeaseFolder } from '../leases.ts';
import { durationOption } from '../options.ts';
import { age, ago } from '../time.ts';
import type { Tq } from '../tq.ts';
import { fraction, jsonValue, looseValue, textValue, words } from '../values.ts';

/** A person at a shell does not renew every ten seconds. */
const LEASE = { least: 5, most: 86_400, initial: 3_600 };

interface ClaimOptions {
  type?: string[];
  session?: string;
  lease: number;
  wait?: number;
}

export function claim(command: Command, tq: Tq): void {
  command
    .option('-t, --type <types>', 'one of these types', words)
    .option('--session <id>', 'one of this session')
    .addOption(durationOption('-l, --lease <duration>', 'for how long it is yours unless renewed', LEASE))
    .addOption(durationOption('-w, --wait <duration>', 'if none is ready, how long to wait', { most: 60 }))
    .action(async (id: string | undefined, { type, session, lease: leaseSeconds, wait }: ClaimOptions) => {
      const timeoutMs = (wait ?? 0) * 1_000 + tq.call.timeoutMs;
      const input = { id, types: type, sessionId: session, leaseSeconds, waitSeconds: wait };
      const claimed = await (await tq.hub()).tasks.claim(input, { ...tq.call, timeoutMs });
      if (claimed === null) throw new Failure(EXIT.nothing, 'Nothing is ready to be claimed.');
      const { task, lease } = claimed;
      (await tq.leases()).keep(kept(task, lease));
      await tq.out.record(claimed, task.id, () => `Task ${task.id} is yours ${until(lease)}: ${task.title}`);
    });
}

export function renew(command: Command, tq: Tq): void {
  command
    .addOption(
      durationOption('-l, --lease <duration>', 'its length from now on (by default what it was)', {
        least: LEASE.least,
        most: LEASE.most,
      }),
    )
    .action(async (given: string | undefined, { lease: leaseSeconds }: { lease?: number }) =>
      withLease(tq, given, async ({ leases, lease: { taskId: id, title, token } }) => {
        const lease = await (await tq.hub()).tasks.renew({ id, leaseToken: token, leaseSeconds }, tq.call);
        leases.keep({ taskId: id, title, ...lease });
        await tq.out.record({ id, lease }, id, () => `Task ${id} is yours ${until(lease)}.`);
      }),
    );
}

interface ProgressOptions {
  note?: string;
  checkpoint?: unknown;
}

export function progress(command: Command, tq: Tq): void {
  command
    .argument('[fraction]', 'how much is done, 0 to 1 or 0% to 100%', fraction(0, 1))
    .option('-m, --note <text>', 'what you are at', textValue)
    .option('--checkpoint <json>', 'what the next attempt should know, if this one ends early', jsonValue)
    .action(async (given: string, done: number | undefined, { note, checkpoint }: ProgressOptions) =>
      withLease(tq, given, async ({ leases, lease: { taskId: id, title, token } }) => {
        const input = { id, leaseToken: token, progress: done, note, checkpoint };
        const lease = await (await tq.hub()).tasks.progress(input, tq.call);
        leases.keep({ taskId: id, title, ...lease });
        await tq.out.record({ id, lease }, id, () => `Noted; task ${id} is yours ${until(lease)}.`);
      }),
    );
}

export function done(command: Command, tq: Tq): void {
  command
    .option(
      '-o, --output <value>',
      'what came of it: JSON, or text that does not begin with { or [; @file, - for standard input',
      looseValue,
    )
    .action(async (given: string | undefined, { output }: { output?: unknown }) => {
      const leases = await tq.leases();
      const id = given ?? theOnly(leases).taskId;
      // Without a lease of ours the hub decides: whom it is assigned to may say so, and an operator.
      const leaseToken = leases.of(id)?.token;
      const task = await settling(leases, id, async () =>
        (await tq.hub()).tasks.complete({ id, leaseToken, output }, tq.call),
      );
      await tq.out.record(task, task.id, () => `Task ${task.id} is done: ${task.title}`);
    });
}

export function fail(command: Command, tq: Tq): void {
  command
    .requiredOption('-e, --error <text>', 'what went wrong; - for standard input', textValue)
    .option('--final', 'trying again is of no use')
    .action(async (given: string | undefined, { error, final }: { error: string; final?: boolean }) =>
      withLease(tq, given, async ({ lease: { taskId: id, token } }) => {
        const task = await (await tq.hub()).tasks.fail({ id, leaseToken: token, error, retryable: !final }, tq.call);
        (await tq.leases()).drop(id);
        await tq.out.record(task, task.id, () => `Task ${task.id} is ${fate(task)}`);
      }),
    );
}

function fate({ status, retryAt }: Task): string {
  return status === 'FAILED' ? 'given up.' : `offered again ${retryAt ? ago(retryAt) : 'now'}.`;
}

export function release(command: Command, tq: Tq): void {
  command.action(async (given: string | undefined) =>
    withLease(tq, given, async ({ lease: { taskId: id, token } }) => {
      const task = await (await tq.hub()).tasks.release({ id, leaseToken: token }, tq.call);
      (await tq.leases()).drop(id);
      await tq.out.record(task, task.id, () => `Task ${task.id} is offered again: ${task.title}`);
    }),
  );
}

/** Does something by the right of a kept lease; one that the hub does not know any more is forgotten. */
async function withLease(
  tq: Tq,
  given: string | undefined,
  act: (held: { leases: LeaseFolder; lease: KeptLease }) => Promise<void>,
): Promise<void> {
  const leases = await tq.leases();
  const lease = given === undefined ? theOnly(leases) : leases.of(given);
  if (lease === undefined)
    throw new Failure(
      EXIT.leaseLost,
      `No lease of task ${given} is kept here: tq claim ${given} first, as the same agent.`,
    );
  try {
    await act({ leases, lease });
  } catch (error) {
    if (exitCodeOf(error) === EXIT.leaseLost) leases.drop(lease.taskId);
    throw error;
  }
}

async function settling<T>(leases: LeaseFolder, id: string, act: () => Promise<T>): Promise<T> {
  try {
    const settled = await act();
    leases.drop(id);
    return settled;
  } catch (error) {
    if (exitCodeOf(error) === EXIT.leaseLost) leases.drop(id);
    throw error;
  }
}

/** What is meant when no task is named. */
function theOnly(leases: LeaseFolder): KeptLease {
  const valid = leases.all().filter(({ expiresAt }) => new Date(expiresAt).getTime() > Date.now());
  if (valid.length === 1) return valid[0]!;
  if (valid.length === 0) throw new Failure(EXIT.usage, 'Say which task: you hold none here.');
  const named = valid.map(({ taskId, title }) => `${taskId} (${title})`).join(', ');
  throw new Failure(EXIT.usage, `Say which task: you hold ${named}.`);
}

function kept({ id: taskId, title }: Task, { token, fence, expiresAt }: Lease): KeptLease {
  return { taskId, title, token, fence, expiresAt };
}

function until({ expiresAt }: Lease): string {
  return `for ${age(expiresAt).replace(/^in /, '')}`;
}
