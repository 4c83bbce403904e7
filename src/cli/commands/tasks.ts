import type { Command } from 'commander';
import type { Hub, Task } from '../../client/index.ts';
import { type Choice, ENUMS } from '../enums.ts';
import { EXIT, Failure } from '../exit-codes.ts';
import { ShowTask, type ShowTaskQuery } from '../generated/operations.ts';
import { choicesOption } from '../options.ts';
import { ago, moment } from '../time.ts';
import type { Tq } from '../tq.ts';
import { jsonValue, textValue, whole, words } from '../values.ts';
import { taskView } from '../views.ts';

type TaskQuery = NonNullable<Parameters<Hub['tasks']['list']>[0]>;

/** What is not done: a failed task is somebody's business still. */
const UNDONE: Choice<'TaskStatus'>[] = ['OPEN', 'BLOCKED', 'CLAIMED', 'IN_PROGRESS', 'FAILED'];
const PAGE = 200;

interface ListOptions {
  all?: boolean;
  status?: Choice<'TaskStatus'>[];
  type?: string[];
  assigned?: string;
  by?: string;
  session?: string;
  repo?: string;
  search?: string;
  limit: number;
}

function limited(command: Command): Command {
  return command.option('-n, --limit <number>', 'show at most so many', whole(1, 10_000), 50);
}

export function list(command: Command, tq: Tq): void {
  limited(command)
    .option('-a, --all', 'also those that are done or cancelled')
    .addOption(choicesOption('-s, --status <statuses>', 'of these statuses', ENUMS.TaskStatus))
    .option('-t, --type <types>', 'of these types', words)
    .option('--assigned <agent>', 'assigned to this agent')
    .option('--by <agent>', 'created by this agent')
    .option('--session <id>', 'of this session')
    .option('--repo <owner/name>', 'of this repository')
    .option('--search <text>', 'with this text in title or description')
    .action(async (options: ListOptions) => {
      const statuses = options.status ?? (options.all ? undefined : UNDONE);
      await print(tq, options.limit, {
        orderBy: 'PRIORITY',
        filter: {
          statuses,
          types: options.type,
          assignedTo: options.assigned,
          createdBy: options.by,
          sessionId: options.session,
          githubRepo: options.repo,
          search: options.search,
        },
      });
    });
}

export function mine(command: Command, tq: Tq): void {
  limited(command).action(async ({ limit }: { limit: number }) =>
    print(tq, limit, { orderBy: 'PRIORITY', filter: { assignedTo: await tq.me(), statuses: UNDONE } }),
  );
}

export function ready(command: Command, tq: Tq): void {
  limited(command)
    .option('-t, --type <types>', 'of these types', words)
    .action(async ({ limit, type }: { limit: number; type?: string[] }) =>
      print(tq, limit, { orderBy: 'QUEUE', filter: { ready: true, types: type } }),
    );
}

/** Shows a list, page by page, and says when there is more. */
async function print(tq: Tq, limit: number, query: TaskQuery): Promise<void> {
  const hub = await tq.hub();
  const tasks: Task[] = [];
  let after: string | null | undefined;
  do {
    const page = await hub.tasks.list({ ...query, first: Math.min(PAGE, limit - tasks.length), after }, tq.call);
    tasks.push(...page.items);
    after = page.next;
  } while (after !== null && tasks.length < limit);
  await tq.out.list(tasks, taskView(tq.out), 'No tasks.');
  if (after !== null) tq.out.say(`There are more: --limit ${limit * 2}`);
}

interface AddOptions {
  description?: string;
  type?: string;
  priority?: number;
  to?: string;
  after?: string[];
  input?: unknown;
  session?: string;
  repo?: string;
  issue?: number;
  due?: string;
  notBefore?: string;
  attempts?: number;
  key?: string;
}

export function add(command: Command, tq: Tq): void {
  command
    .option('-d, --description <text>', 'at length; @file reads a file, - standard input', textValue)
    .option('-t, --type <word>', 'for example code, review; workers claim by it (default general)')
    .option('-p, --priority <number>', '1 is highest, 10 lowest (default 5)', whole(1, 10))
    .option('--to <agent>', 'the only agent that may claim it')
    .option('--after <ids>', 'tasks that must be done first', words)
    .option('--input <json>', 'what the worker needs; @file, - for standard input', jsonValue)
    .option('--session <id>', 'the session it belongs to')
    .option('--repo <owner/name>', 'a repository')
    .option('--issue <number>', 'an issue there', whole(1, 2 ** 31 - 1))
    .option('--due <when>', 'a day, a time or a duration from now: 2026-12-01, 2026-12-01T10:00Z, 2h', moment)
    .option('--not-before <when>', 'not to be claimed before, likewise', moment)
    .option('--attempts <number>', 'failures after which it is given up (default 3)', whole(1, 100))
    .option('--key <text>', 'adding again with the same key adds nothing, and shows the first')
    .action(async (title: string, options: AddOptions) => {
      const task = await (await tq.hub()).tasks.create(
        {
          title,
          description: options.description,
          type: options.type,
          priority: options.priority,
          assignedTo: options.to,
          dependsOn: options.after,
          input: options.input,
          sessionId: options.session,
          githubRepo: options.repo,
          githubIssue: options.issue,
          dueAt: options.due,
          runAfter: options.notBefore,
          maxAttempts: options.attempts,
          idempotencyKey: options.key,
        },
        tq.call,
      );
      await tq.out.record(task, task.id, () => `Task ${task.id}: ${task.title}`);
    });
}

export function show(command: Command, tq: Tq): void {
  command.action(async (id: string) => {
    const { task } = await (await tq.hub()).request(ShowTask, { id }, tq.call);
    if (task === null) throw new Failure(EXIT.notFound, `There is no task ${id}.`);
    await tq.out.record(task, task.id, () => describe(task));
  });
}

type ShownTask = NonNullable<ShowTaskQuery['task']>;

function describe(task: ShownTask): string {
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value));
  const facts: [string, string | number | null][] = [
    ['status', `${task.status.toLowerCase()}${task.ready ? ' (ready)' : ''}`],
    ['type', task.type],
    ['priority', task.priority],
    ['assigned to', task.assignedTo],
    ['created by', `${task.createdBy}, ${ago(task.createdAt)}`],
    ['lease', task.leaseExpiresAt && `fence ${task.fence}, ${leaseEnd(task.leaseExpiresAt)}`],
    [
      'progress',
      task.progress === null ? task.progressNote : `${Math.round(task.progress * 100)}% ${task.progressNote ?? ''}`,
    ],
    [
      'attempts',
      task.attempt > 0
        ? `${task.attempt}, ${task.failures} of ${task.maxAttempts} failed, ${task.lostLeases} lost`
        : null,
    ],
    ['session', task.sessionId],
    ['repository', task.githubRepo && `${task.githubRepo}${task.githubIssue ? `#${task.githubIssue}` : ''}`],
    ['due', task.dueAt],
    ['not before', task.runAfter],
    ['retried at', task.retryAt],
    ['error', task.error],
    ['cancelled', task.cancelReason],
    ['input', json(task.input)],
    ['checkpoint', json(task.checkpoint)],
    ['output', json(task.output)],
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === null || value === '' ? [] : `${name.padEnd(12)}${value}`.trimEnd(),
  );
  const waits = task.waitingOn.map(({ text }) => `  ${text}`);
  return [
    `${task.id}  ${task.title}`,
    ...lines,
    ...(waits.length > 0 ? ['waits', ...waits] : []),
    ...(task.description ? ['', task.description] : []),
  ].join('\n');
}

function leaseEnd(at: string): string {
  const text = ago(at);
  return `${text.endsWith('ago') ? 'ended' : 'ends'} ${text}`;
}

export function cancel(command: Command, tq: Tq): void {
  command
    .option('-r, --reason <text>', 'why; its holder is told', textValue)
    .action(async (id: string, { reason }: { reason?: string }) => {
      const task = await (await tq.hub()).tasks.cancel({ id, reason }, tq.call);
      (await tq.leases()).drop(id);
      await tq.out.record(task, task.id, () => `Task ${task.id} is cancelled: ${task.title}`);
    });
}

export function reopen(command: Command, tq: Tq): void {
  command.action(async (id: string) => {
    const task = await (await tq.hub()).tasks.update({ id, reopen: true }, tq.call);
    (await tq.leases()).drop(id);
    await tq.out.record(task, task.id, () => `Task ${task.id} is ${task.status.toLowerCase()} again: ${task.title}`);
  });
}

export function assign(command: Command, tq: Tq): void {
  command.action(async (id: string, agent: string | undefined) => {
    const task = await (await tq.hub()).tasks.update({ id, assignedTo: agent ?? null }, tq.call);
    (await tq.leases()).drop(id);
    const whose = task.assignedTo === null ? 'may be claimed by anybody' : `is assigned to ${task.assignedTo}`;
    await tq.out.record(task, task.id, () => `Task ${task.id} ${whose}: ${task.title}`);
  });
}
