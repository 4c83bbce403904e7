import { z } from 'zod';
import type { SignalFieldsFragment, TaskLineFragment } from '../generated/operations.ts';
import * as operations from '../generated/operations.ts';
import { heard, SIGNALS } from '../signals.ts';
import { TASK, taskLine, WHOLE_TASK, wholeTask } from '../task.ts';
import { needed, tool } from '../tool.ts';
import { MOST_WAIT, patience } from '../waiting.ts';

/** A model thinks for minutes between two calls. */
const LEASE_SECONDS = 600;

const NONE = 'None is ready for you. Look at your inbox, or claim again with waitSeconds.';

const ID = z.string().describe('The task.');
const LEASE_TOKEN = z.string().describe('As claim gave it.');
const ANYTHING = z.looseObject({});

export const claim = tool({
  name: 'claim',
  title: 'Take a task',
  description:
    'Takes the best task that is ready for you, or the one with this id: nobody else has it until leaseExpiresAt. Keep leaseToken for progress and finish. Go on from its checkpoint if it has one. An answer without task: none is ready.',
  effect: 'add',
  input: {
    id: z.string().optional().describe('This very task; without types, sessionId and waitSeconds.'),
    types: z.array(z.string()).max(20).optional().describe('One of these types.'),
    sessionId: z.string().optional().describe('One of this session.'),
    waitSeconds: z.number().int().min(0).max(MOST_WAIT).optional().describe('Wait so long for one; default 0.'),
    leaseSeconds: z
      .number()
      .int()
      .min(5)
      .max(86_400)
      .optional()
      .describe('How long it is yours unless renewed; default 600.'),
  },
  output: {
    task: WHOLE_TASK.optional(),
    leaseToken: z.string().optional(),
    leaseExpiresAt: z.string().optional(),
    fence: z.number().optional().describe('Rises with each holder: a resource may refuse lower ones.'),
    next: z.string().optional(),
    signals: SIGNALS,
  },
  async run({ waitSeconds, leaseSeconds = LEASE_SECONDS, ...input }, { ask }) {
    const claiming = { input: { ...input, waitSeconds, leaseSeconds } };
    const { task, lease, signals } = (await ask(operations.Claim, claiming, patience(waitSeconds))).claimTask;
    if (task === null || lease === null) return { next: NONE, ...heard(signals) };
    const { token, fence, expiresAt } = lease;
    return { task: wholeTask(task), leaseToken: token, leaseExpiresAt: expiresAt, fence, ...heard(signals) };
  },
});

export const progress = tool({
  name: 'progress',
  title: 'Report progress',
  description:
    'Says how far you are with a task you hold, and renews its lease. Save in checkpoint what the next attempt should know if you fall silent.',
  effect: 'set',
  input: {
    id: ID,
    leaseToken: LEASE_TOKEN,
    progress: z.number().min(0).max(1).optional().describe('0 to 1.'),
    note: z.string().max(10_000).optional().describe('What you are at, in a line.'),
    checkpoint: ANYTHING.optional().describe('Replaces the former one.'),
  },
  output: { leaseExpiresAt: z.string(), signals: SIGNALS },
  async run(input, { ask }) {
    const { lease, signals } = (await ask(operations.Progress, { input }, { idempotent: true })).reportProgress;
    return { leaseExpiresAt: lease.expiresAt, ...heard(signals) };
  },
});

export const finish = tool({
  name: 'finish',
  title: 'End your work on a task',
  description:
    'Ends a task you hold: done, failed (it is tried again unless retryable is false), or released (not for you: offered to others at once). Never leave a task without it.',
  effect: 'end',
  input: {
    id: ID,
    leaseToken: LEASE_TOKEN.optional().describe('As claim gave it. Only done may do without, if you lost it.'),
    outcome: z.enum(['done', 'failed', 'released']),
    output: ANYTHING.optional().describe('Of done: the result, for whoever asked for it.'),
    error: z.string().max(10_000).optional().describe('Of failed: why, for the next who tries.'),
    retryable: z.boolean().optional().describe('Of failed; default true.'),
  },
  output: { task: TASK, signals: SIGNALS },
  async run({ id, leaseToken, outcome, output, error, retryable }, { ask }) {
    switch (outcome) {
      case 'done': {
        const input = { id, leaseToken, output };
        return ended((await ask(operations.Complete, { input }, { idempotent: true })).completeTask);
      }
      case 'failed': {
        const reason = needed(error, 'error', outcome);
        const input = { id, leaseToken: needed(leaseToken, 'leaseToken', outcome), error: reason, retryable };
        return ended((await ask(operations.Fail, { input })).failTask);
      }
      case 'released': {
        const input = { id, leaseToken: needed(leaseToken, 'leaseToken', outcome) };
        return ended((await ask(operations.Release, { input })).releaseTask);
      }
    }
  },
});

function ended({ task, signals }: { task: TaskLineFragment; signals: SignalFieldsFragment | null }) {
  return { task: taskLine(task), ...heard(signals) };
}

export const createTask = tool({
  name: 'create_task',
  title: 'Create a task',
  description:
    'Puts work into the queue for any agent, or for one with assignedTo. Describe it so that a stranger can do it. One task per result; dependsOn puts them in order.',
  effect: 'add',
  input: {
    title: z.string().min(1).max(500),
    description: z.string().max(100_000).optional(),
    type: z.string().max(255).optional().describe('Who can do it: workers claim by type. Default general.'),
    priority: z.number().int().min(1).max(10).optional().describe('1 highest, 10 lowest; default 5.'),
    assignedTo: z.string().max(255).optional().describe('The only agent that may claim it.'),
    dependsOn: z.array(z.string()).max(100).optional().describe('Tasks that must be done first.'),
    sessionId: z.string().optional(),
    input: ANYTHING.optional().describe('Data for the worker.'),
    idempotencyKey: z.string().max(255).optional().describe('Any text: the same key creates once.'),
  },
  output: { task: TASK, signals: SIGNALS },
  async run({ idempotencyKey = crypto.randomUUID(), ...input }, { ask }) {
    const answer = await ask(operations.Create, { input: { ...input, idempotencyKey } }, { idempotent: true });
    return ended(answer.createTask);
  },
});
