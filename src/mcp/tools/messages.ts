import { z } from 'zod';
import { NotFound } from '../../client/index.ts';
import { cut, nextOf, said, WHOLE } from '../compact.ts';
import * as operations from '../generated/operations.ts';
import { MESSAGE, messageLine } from '../message.ts';
import { heard, SIGNALS } from '../signals.ts';
import { type Call, tool } from '../tool.ts';

const IDS = z.array(z.string()).max(1_000);

export const send = tool({
  name: 'send',
  title: 'Send a message',
  description:
    'Sends a message to one agent, or to all with to "*". Answer with replyTo. To ask a person, use ask_human; to have work done, create_task.',
  effect: 'add',
  input: {
    to: z.string().min(1).max(255).describe('An agent by name, "operator" for the people who watch, or "*" for all.'),
    content: z.string().min(1).max(1_000_000),
    type: z.string().max(255).optional().describe('general (default), alert, question, response …'),
    replyTo: z.string().optional().describe('The id of the message you answer.'),
    idempotencyKey: z.string().max(255).optional().describe('Any text: the same key sends once.'),
  },
  output: { id: z.string(), threadId: z.string(), signals: SIGNALS },
  async run({ to, idempotencyKey = crypto.randomUUID(), ...input }, { ask }) {
    const message = { ...input, to: to === '*' ? null : to, idempotencyKey };
    const { sendMessage } = await ask(operations.Send, { input: message }, { idempotent: true });
    return { ...sendMessage.message, ...heard(sendMessage.signals) };
  },
});

export const inbox = tool({
  name: 'inbox',
  title: 'Messages',
  description:
    'Shows your unread messages, oldest first. They stay unread until you say markRead, or acknowledge (you take care of it), which happens before the list is made. With id: one message whole.',
  effect: 'set',
  input: {
    markRead: IDS.optional().describe('Messages you have dealt with.'),
    acknowledge: IDS.optional().describe('Messages you take care of.'),
    all: z.boolean().optional().describe('Those that were read too.'),
    id: z.string().optional().describe('Only this one, whole.'),
    offset: z.number().int().min(0).optional().describe('With id: where to read on.'),
    first: z.number().int().min(0).max(50).optional().describe('How many; default 10.'),
    after: z.string().optional().describe('next of the page before.'),
  },
  output: {
    messages: z.array(MESSAGE),
    unread: z.number().optional(),
    next: z.string().optional(),
  },
  async run({ markRead, acknowledge, all = false, id, offset, first = 10, after }, { ask }) {
    if (acknowledge?.length) await ask(operations.Acknowledge, { input: { ids: acknowledge } }, { idempotent: true });
    if (markRead?.length) await ask(operations.Read, { input: { ids: markRead } }, { idempotent: true });
    if (id !== undefined) return { messages: [await oneMessage(ask, id, offset)] };
    // A page has one message at least; whoever only marks wants none.
    const page = (await ask(operations.SomeMessages, { unreadOnly: !all, first: Math.max(first, 1), after })).inbox;
    return {
      unread: page.unreadCount,
      messages: page.edges.slice(0, first).map(({ node }) => messageLine(node)),
      ...(first === 0 ? {} : nextOf(page.pageInfo)),
    };
  },
});

async function oneMessage(ask: Call['ask'], id: string, offset?: number) {
  const { message } = await ask(operations.OneMessage, { id });
  if (message === null) throw new NotFound('NOT_FOUND', `There is no message ${id}, or you may not see it.`);
  return { ...said(message), content: cut(message.content, WHOLE, `call inbox with id ${id}`, offset) };
}
