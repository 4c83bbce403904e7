import type { Setup } from './tq.ts';

/** A command: its name and arguments, what the list of commands says of it, and the rest, which is loaded when needed. */
export type Entry = readonly [usage: string, description: string, load: () => Promise<Setup>];

const tasks = () => import('./commands/tasks.ts');
const claims = () => import('./commands/claims.ts');
const messages = () => import('./commands/messages.ts');
const agents = () => import('./commands/agents.ts');
const requests = () => import('./commands/requests.ts');
const knowledge = () => import('./commands/knowledge.ts');

/** All of them, in the order in which help shows them. */
export const COMMANDS: readonly Entry[] = [
  [
    'prime',
    'a briefing for an agent that has never seen Rookery, and what is the case now',
    async () => (await import('./commands/prime.ts')).prime,
  ],
  ['list', 'tasks that are not done', async () => (await tasks()).list],
  ['mine', 'your tasks that are not done', async () => (await tasks()).mine],
  ['ready', 'tasks that may be claimed now, best first', async () => (await tasks()).ready],
  ['add <title>', 'create a task', async () => (await tasks()).add],
  ['show <id>', 'a task, and why it does not move', async () => (await tasks()).show],
  ['claim [id]', 'take the best ready task, or this one', async () => (await claims()).claim],
  ['renew [id]', 'keep it for longer', async () => (await claims()).renew],
  ['progress <id>', 'say how far it is; renews it', async () => (await claims()).progress],
  ['done [id]', 'it is done', async () => (await claims()).done],
  ['fail [id]', 'it could not be done; it is offered again, unless --final', async () => (await claims()).fail],
  ['release [id]', 'give it back unharmed', async () => (await claims()).release],
  ['cancel <id>', 'it is not wanted any more', async () => (await tasks()).cancel],
  ['reopen <id>', 'it is to be done after all, or again', async () => (await tasks()).reopen],
  [
    'assign <id> [agent]',
    'give it to an agent; without a name, to whoever claims it',
    async () => (await tasks()).assign,
  ],
  ['inbox', 'your unread messages', async () => (await messages()).inbox],
  [
    'send <to> <text>',
    'send a message to an agent, or to all; - for standard input',
    async () => (await messages()).send,
  ],
  ['read [ids...]', 'show messages whole, and mark them as read', async () => (await messages()).read],
  ['agents', 'agents, and whether they are alive', async () => (await agents()).agents],
  [
    'standup [doing]',
    'say what you do; without anything to say, what others said',
    async () => (await agents()).standup,
  ],
  ['beat', 'a sign of life; renews your leases, and tells what waits for you', async () => (await agents()).beat],
  ['ask [subject]', 'ask people or agents: a question, an approval, help', async () => (await requests()).ask],
  ['withdraw <id>', 'take back what you asked', async () => (await requests()).withdraw],
  ['approve [id]', 'approve or reject; without an id, what waits for you', async () => (await requests()).approve],
  [
    'answer [id] [value]',
    'answer a question: JSON or text; without an id, what waits for you',
    async () => (await requests()).answer,
  ],
  [
    'learn <title> <text>',
    'write down what others should know; @file, - for standard input',
    async () => (await knowledge()).learn,
  ],
  ['recall [words...]', 'what is known of something', async () => (await knowledge()).recall],
  [
    'session',
    'shared conversations with memories and files',
    async () => (await import('./commands/session.ts')).session,
  ],
  ['queue', 'durable queues between programs', async () => (await import('./commands/queue.ts')).queue],
  [
    'events [kind]',
    'changes as they are committed (tasks by default), until Ctrl-C',
    async () => (await import('./commands/events.ts')).events,
  ],
  ['login', 'keep address, token and name for later calls', async () => (await import('./commands/login.ts')).login],
  ['logout', 'forget what login kept for this hub', async () => (await import('./commands/login.ts')).logout],
  [
    'doctor',
    'look whether all is well between here and the hub',
    async () => (await import('./commands/doctor.ts')).doctor,
  ],
  [
    'mcp',
    'the tools of the hub for an MCP client, over standard input and output',
    async () => (await import('./commands/mcp.ts')).mcp,
  ],
  [
    'completion <shell>',
    'a script that completes tq in bash, zsh or fish',
    async () => (await import('./commands/completion.ts')).completion,
  ],
];
