import type { Agent, Message, Task } from '../client/index.ts';
import type { Output, View } from './output.ts';
import { age } from './time.ts';

/** Colours of ANSI terminals, by what a status means to people. */
const COLOURS: Readonly<Record<string, number>> = {
  IN_PROGRESS: 33,
  CLAIMED: 33,
  DONE: 32,
  ONLINE: 32,
  FAILED: 31,
  ERROR: 31,
  STALE: 31,
  LATE: 33,
  BUSY: 33,
  BLOCKED: 35,
  CANCELLED: 2,
  OFFLINE: 2,
};

const painted = (out: Output, word: string, text: string) => {
  const code = COLOURS[word];
  return code === undefined ? text : out.paint(code, text);
};

export function taskView(out: Output): View<Task> {
  return {
    id: ({ id }) => id,
    columns: [
      { head: 'ID', cell: ({ id }) => id, right: true },
      { head: 'TITLE', cell: ({ title }) => title, flexible: true },
      { head: 'ASSIGNED', cell: ({ assignedTo }) => assignedTo },
      {
        head: 'STATUS',
        cell: ({ status }) => status.toLowerCase(),
        paint: (text, { status }) => painted(out, status, text),
      },
      { head: 'PRIORITY', cell: ({ priority }) => priority, right: true },
      { head: 'TYPE', cell: ({ type }) => type },
    ],
  };
}

export function messageView(): View<Message> {
  return {
    id: ({ id }) => id,
    columns: [
      { head: 'ID', cell: ({ id }) => id, right: true },
      { head: 'FROM', cell: ({ from }) => from },
      { head: 'TO', cell: ({ to }) => to ?? '(all)' },
      { head: 'TYPE', cell: ({ type }) => type },
      { head: 'AGE', cell: ({ createdAt }) => age(createdAt), right: true },
      { head: 'MESSAGE', cell: ({ content }) => content, flexible: true },
    ],
  };
}

export function agentView(out: Output): View<Agent> {
  return {
    id: ({ id }) => id,
    columns: [
      { head: 'AGENT', cell: ({ id }) => id },
      {
        head: 'LIVENESS',
        cell: ({ liveness }) => liveness.toLowerCase(),
        paint: (text, { liveness }) => painted(out, liveness, text),
      },
      {
        head: 'STATUS',
        cell: ({ status }) => status?.toLowerCase(),
        paint: (text, { status }) => painted(out, status ?? '', text),
      },
      { head: 'BEAT', cell: ({ lastHeartbeat }) => age(lastHeartbeat), right: true },
      { head: 'TYPE', cell: ({ type }) => type },
      { head: 'CAPABILITIES', cell: ({ capabilities }) => capabilities.join(','), flexible: true },
      { head: 'WORKS ON', cell: ({ currentTask, message }) => currentTask ?? message, flexible: true },
    ],
  };
}
