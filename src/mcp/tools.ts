import type { Tool } from './tool.ts';
import { beat, start } from './tools/agents.ts';
import { askHuman } from './tools/ask-human.ts';
import { recall, remember } from './tools/knowledge.ts';
import { inbox, send } from './tools/messages.ts';
import { queue } from './tools/queue.ts';
import { session } from './tools/session.ts';
import { status } from './tools/status.ts';
import { claim, createTask, finish, progress } from './tools/tasks.ts';

/** All of them, in the order a model reads them. No more than 14: each costs every conversation some hundred tokens. */
export const TOOLS: readonly Tool[] = [
  start,
  beat,
  claim,
  progress,
  finish,
  createTask,
  send,
  inbox,
  askHuman,
  remember,
  recall,
  session,
  queue,
  status,
];
