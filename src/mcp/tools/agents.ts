import { z } from 'zod';
import type { AgentState, BeforeQuery } from '../generated/operations.ts';
import * as operations from '../generated/operations.ts';
import { MESSAGE, messageLine } from '../message.ts';
import { heard, SIGNALS } from '../signals.ts';
import { TASK, taskLine } from '../task.ts';
import { tool } from '../tool.ts';

const MESSAGES = 5;
const TASKS = 5;
/** How often a model is expected to beat: it thinks for minutes between two calls. */
const INTERVAL_SECONDS = 300;

export const start = tool({
  name: 'start',
  title: 'Begin work',
  description:
    'Call this first, and again when you have lost track. Registers you and shows what awaits you: unread messages, tasks you hold, tasks that are ready. Deal with messages first, then claim.',
  effect: 'set',
  input: {
    type: z.string().max(255).optional().describe('What you are, e.g. code, research.'),
    capabilities: z.array(z.string()).max(100).optional(),
    taskTypes: z.array(z.string()).max(20).optional().describe('Show ready tasks of these types only.'),
  },
  output: {
    agent: z.string(),
    instance: z.string(),
    state: z.string().describe('Not ACTIVE: somebody put you out of work; ask why.'),
    unread: z.number(),
    messages: z.array(MESSAGE).describe('The oldest; inbox has more.'),
    holding: z.array(TASK).describe('Yours until leaseExpiresAt.'),
    ready: z.array(TASK).describe('Best first.'),
    signals: SIGNALS,
  },
  async run({ type, capabilities, taskTypes }, { ask }) {
    const state = stateFor((await ask(operations.Before, {})).viewer.agent);
    const input = { type, capabilities, intervalSeconds: INTERVAL_SECONDS, state };
    const { agent, instance, signals } = (await ask(operations.Start, { input }, { idempotent: true })).registerAgent;
    const desk = await ask(operations.Desk, { agent: agent.id, types: taskTypes, messages: MESSAGES, tasks: TASKS });
    const tasks = ({ edges }: typeof desk.ready | typeof desk.held) => edges.map(({ node }) => taskLine(node));
    return {
      agent: agent.id,
      instance: instance.instance,
      state: agent.state,
      unread: desk.inbox.unreadCount,
      messages: desk.inbox.edges.map(({ node }) => messageLine(node)),
      holding: tasks(desk.held),
      ready: [...tasks(desk.mine), ...tasks(desk.ready)].slice(0, TASKS),
      ...heard(signals),
    };
  },
});

/** Who comes anew is at work; who is there already, perhaps by `tq`, stays as it is, above all where a person put it in another state. */
function stateFor(before: BeforeQuery['viewer']['agent']): AgentState {
  const there = before?.liveness === 'ONLINE' || before?.liveness === 'LATE';
  return there ? before.state : 'ACTIVE';
}

export const beat = tool({
  name: 'beat',
  title: 'Sign of life',
  description:
    'Says that you are alive and renews the leases of all tasks you hold. Call it every few minutes while you work, before anything that takes long, and to change what others see of you.',
  effect: 'set',
  input: {
    currentTask: z.string().max(10_000).optional().describe('What you work on, for people; empty: nothing.'),
    status: z.enum(['ONLINE', 'BUSY', 'ERROR', 'OFFLINE']).optional().describe('OFFLINE when you end.'),
    message: z.string().max(10_000).optional().describe('A remark, for people.'),
  },
  output: { nextBeatInSeconds: z.number(), signals: SIGNALS },
  async run({ currentTask, ...input }, { ask }) {
    const task = currentTask === undefined ? {} : { currentTask: currentTask || null };
    const answer = await ask(operations.Beat, { input: { ...input, ...task } }, { idempotent: true });
    const { nextBeatInSeconds, signals } = answer.heartbeat;
    return { nextBeatInSeconds, ...heard(signals) };
  },
});
