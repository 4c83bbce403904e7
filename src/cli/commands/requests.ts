import type { Command } from 'commander';
import type { Hub, HumanRequest as Request } from '../../client/index.ts';
import { type Choice, ENUMS } from '../enums.ts';
import { EXIT, Failure } from '../exit-codes.ts';
import { choiceOption, durationOption } from '../options.ts';
import type { View } from '../output.ts';
import { age } from '../time.ts';
import type { Tq } from '../tq.ts';
import { fraction, jsonValue, looseValue, textValue, whole } from '../values.ts';

type Requests = Hub['requests'];
type Question = Parameters<Requests['create']>[0];
type Response = Parameters<Requests['respond']>[0];

/** One call of awaitRequest waits at most a minute. */
const LONGEST_WAIT = 50;

interface AskOptions {
  kind: Choice<'RequestKind'>;
  to?: string;
  body?: string;
  option?: unknown[];
  schema?: unknown;
  arguments?: unknown;
  task?: string;
  session?: string;
  priority?: number;
  quorum?: number;
  deadline?: number;
  onTimeout?: Choice<'RequestTimeout'>;
  escalateTo?: string;
  key?: string;
  wait?: number;
  id?: string;
  use?: string;
  list?: boolean;
}

export function ask(command: Command, tq: Tq): void {
  command
    .addOption(choiceOption('-k, --kind <word>', 'what you ask for', ENUMS.RequestKind, 'QUESTION'))
    .option(
      '--to <name>',
      'an agent or person; role:<name>: who holds it; operator (default): any operator; *: any agent',
    )
    .option('-b, --body <text>', 'at length, in Markdown; @file, - for standard input', textValue)
    .option('-o, --option <value>', 'an answer to choose from; repeat it', (text, before: unknown[] = []) => [
      ...before,
      looseValue(text),
    ])
    .option('--schema <json>', 'JSON Schema of the answer', jsonValue)
    .option('--arguments <json>', 'of an approval: exactly what you will do', jsonValue)
    .option('--task <id>', 'the task that waits for it')
    .option('--session <id>', 'the session it belongs to')
    .option('-p, --priority <number>', '1 is highest, 10 lowest (default 5)', whole(1, 10))
    .option('--quorum <number>', 'how many must approve', whole(1, 20))
    .addOption(durationOption('--deadline <duration>', 'how soon it is to be decided', { least: 1, most: 30 * 86_400 }))
    .addOption(choiceOption('--on-timeout <word>', 'what happens then (by default wait)', ENUMS.RequestTimeout))
    .option('--escalate-to <name>', 'who is asked then')
    .option('--key <text>', 'asking again with the same key asks nothing, and gives the first')
    .addOption(durationOption('-w, --wait <duration>', 'how long to wait for the decision'))
    .option('--id <id>', 'what became of a request you made; with --wait, wait for it')
    .option('--use <id>', 'use an approval, right before you do it: works once, for exactly those --arguments')
    .option('--list', 'your requests')
    .action(async (subject: string | undefined, options: AskOptions) => {
      const { wait } = options;
      if (options.list) return list(tq, { list: 'ALL', filter: { mine: true } }, 'You have asked nothing.');
      if (options.use !== undefined) return use(tq, options.use, options.arguments);
      if (options.id !== undefined) return outcome(tq, await decision(tq, options.id, wait ?? 0));
      if (subject === undefined) throw new Failure(EXIT.usage, 'Say what you ask, or --id, --use, --list.');
      const asked = await create(tq, subject, options);
      if (wait !== undefined) return outcome(tq, await decision(tq, asked.id, wait));
      await tq.out.record(
        asked,
        asked.id,
        () => `Request ${asked.id} is put to ${asked.to}. Its decision: tq ask --id ${asked.id}`,
      );
    });
}

async function create(tq: Tq, subject: string, options: AskOptions): Promise<Request> {
  const input: Question = {
    kind: options.kind,
    subject,
    to: options.to,
    body: options.body,
    options: options.option,
    answerSchema: options.schema,
    arguments: options.arguments,
    taskId: options.task,
    sessionId: options.session,
    priority: options.priority,
    quorum: options.quorum,
    deadlineSeconds: options.deadline,
    onTimeout: options.onTimeout,
    escalateTo: options.escalateTo,
    idempotencyKey: options.key,
  };
  return (await tq.hub()).requests.create(input, tq.call);
}

/** The request once it is decided, or as it is when the wait is over. A hub that restarts meanwhile is waited for. */
async function decision(tq: Tq, id: string, seconds: number): Promise<Request> {
  const { operations } = await import('../../client/index.ts');
  const hub = await tq.hub();
  const end = performance.now() + seconds * 1_000;
  for (;;) {
    const left = Math.max(0, end - performance.now());
    const waitSeconds = Math.min(LONGEST_WAIT, Math.ceil(left / 1_000));
    const timeoutMs = waitSeconds * 1_000 + tq.call.timeoutMs;
    const patienceMs = Math.max(left, tq.patienceMs);
    const options = { timeoutMs, patienceMs, idempotent: true };
    const { awaitRequest } = await hub.request(operations.AwaitRequest, { input: { id, waitSeconds } }, options);
    const { request } = awaitRequest;
    if (request.status !== 'OPEN' || performance.now() >= end) return request;
  }
}

/** What came of it goes to standard output by itself, so that a script can use it. */
async function outcome(tq: Tq, request: Request): Promise<void> {
  const { id, status, decision, decidedBy, to } = request;
  if (status === 'OPEN') {
    if (tq.out.format !== 'text') await tq.out.record(request, id, () => '');
    throw new Failure(EXIT.undecided, `Request ${id} is not decided yet; it is with ${to}.`);
  }
  await tq.out.record(request, id, () => said(request));
  if (status === 'CANCELLED') throw new Failure(EXIT.conflict, `Request ${id} was cancelled.`);
  if (status === 'EXPIRED' || decision === 'REJECT')
    throw new Failure(EXIT.rejected, `Request ${id} is rejected by ${decidedBy}${why(request)}`);
  tq.out.say(`Request ${id}: ${decision?.toLowerCase()} by ${decidedBy}${why(request)}`);
}

function said({ decision, answer, editedArguments }: Request): string {
  if (decision === 'ANSWER') return typeof answer === 'string' ? answer : JSON.stringify(answer);
  if (decision === 'EDIT') return JSON.stringify(editedArguments);
  return decision === 'APPROVE' ? 'approved' : 'rejected';
}

function why({ responses }: Request): string {
  const comment = responses.at(-1)?.comment;
  return comment ? `: ${comment}` : '.';
}

async function use(tq: Tq, id: string, args: unknown): Promise<void> {
  const request = await (await tq.hub()).requests.consume({ id, arguments: args }, tq.call);
  await tq.out.record(request, id, () => `Request ${id} is used: go on.`);
}

/** Takes back what was asked. */
export function withdraw(command: Command, tq: Tq): void {
  command.action(async (id: string) => {
    const request = await (await tq.hub()).requests.cancel(id, tq.call);
    await tq.out.record(request, id, () => `Request ${id} is taken back: ${request.subject}`);
  });
}

interface ApproveOptions {
  reject?: boolean;
  edit?: unknown;
  comment?: string;
}

export function approve(command: Command, tq: Tq): void {
  command
    .option('--reject', 'reject it instead')
    .option('--edit <json>', 'approve this in place of its arguments', jsonValue)
    .option('-c, --comment <text>', 'why', textValue)
    .action(async (id: string | undefined, { reject, edit, comment }: ApproveOptions) => {
      if (id === undefined) return pending(tq);
      if (reject && edit !== undefined) throw new Failure(EXIT.usage, 'Say either --reject or --edit.');
      const decision = reject ? 'REJECT' : edit === undefined ? 'APPROVE' : 'EDIT';
      await respond(tq, { id, decision, arguments: edit, comment });
    });
}

interface AnswerOptions {
  comment?: string;
  confidence?: number;
}

export function answer(command: Command, tq: Tq): void {
  command
    .option('-c, --comment <text>', 'why', textValue)
    .option('--confidence <number>', 'how sure you are, 0 to 1', fraction(0, 1))
    .action(async (id: string | undefined, value: string | undefined, { comment, confidence }: AnswerOptions) => {
      if (id === undefined) return pending(tq);
      if (value === undefined) throw new Failure(EXIT.usage, `Say the answer: tq answer ${id} <value>.`);
      await respond(tq, { id, decision: 'ANSWER', answer: looseValue(value), comment, confidence });
    });
}

async function respond(tq: Tq, input: Response): Promise<void> {
  const request = await (await tq.hub()).requests.respond(input, tq.call);
  const { id, status, approvals, quorum } = request;
  const counted =
    status === 'OPEN'
      ? `Noted: ${approvals} of ${quorum} have approved.`
      : `Request ${id} is decided: ${said(request)}`;
  await tq.out.record(request, id, () => counted);
}

function pending(tq: Tq): Promise<void> {
  return list(tq, { list: 'PENDING', filter: { forMe: true } }, 'Nothing waits for you to decide.');
}

async function list(tq: Tq, query: Parameters<Requests['list']>[0], none: string): Promise<void> {
  const { items } = await (await tq.hub()).requests.list({ ...query, first: 50 }, tq.call);
  await tq.out.list(items, requestView, none);
}

const requestView: View<Request> = {
  id: ({ id }) => id,
  columns: [
    { head: 'ID', cell: ({ id }) => id, right: true },
    { head: 'KIND', cell: ({ kind }) => kind.toLowerCase() },
    { head: 'FROM', cell: ({ from }) => from },
    { head: 'TO', cell: ({ to }) => to },
    { head: 'STATUS', cell: ({ status, decision }) => (decision ?? status).toLowerCase() },
    { head: 'DEADLINE', cell: ({ deadlineAt }) => age(deadlineAt) },
    { head: 'SUBJECT', cell: ({ subject }) => subject, flexible: true },
    {
      head: 'OPTIONS',
      cell: ({ options }) =>
        options.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(' | '),
      flexible: true,
    },
  ],
};
