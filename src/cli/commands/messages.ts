import type { Command } from 'commander';
import type { HubError, Message } from '../../client/index.ts';
import { EXIT, exitCodeOf, Failure } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { GetMessage, Send } from '../generated/operations.ts';
import { age } from '../time.ts';
import type { Tq } from '../tq.ts';
import { jsonValue, textValue, whole, words } from '../values.ts';
import { messageView } from '../views.ts';

const PAGE = 200;

interface InboxOptions {
  follow?: boolean;
  all?: boolean;
  type?: string[];
  after?: string;
  of?: string;
  limit: number;
}

export function inbox(command: Command, tq: Tq): void {
  command
    .option('-f, --follow', 'go on with what arrives, until Ctrl-C; nothing is marked as read')
    .option('-a, --all', 'also what has been read')
    .option('-t, --type <types>', 'of these types', words)
    .option('--after <cursor>', 'with --follow: only what came after this cursor')
    .option('--of <agent>', "another agent's, for operators and observers")
    .option('-n, --limit <number>', 'show at most so many', whole(1, PAGE), 50)
    .action(async (options: InboxOptions) => {
      const hub = await tq.hub();
      const agent = options.of;
      if (options.after !== undefined && !options.follow) throw new Failure(EXIT.usage, '--after goes with --follow.');
      if (options.follow)
        return follow(
          tq,
          (stream) => hub.inbox({ agent, after: options.after, ...stream }),
          (message) =>
            options.type === undefined || options.type.includes(message.type)
              ? tq.out.event(message, message.id, () => asText(message))
              : Promise.resolve(),
        );
      const query = { agent, unreadOnly: !options.all, types: options.type, first: options.limit };
      const { items, unreadCount, next } = await hub.messages.list(query, tq.call);
      await tq.out.list(items, messageView(), options.all ? 'No messages.' : 'Nothing unread.');
      if (next !== null) tq.out.say(`There are more (${unreadCount} unread): --limit ${PAGE}`);
    });
}

interface SendOptions {
  type?: string;
  replyTo?: string;
  metadata?: unknown;
  key?: string;
}

export function send(command: Command, tq: Tq): void {
  command
    .option('-t, --type <word>', 'general (default), alert, question, response or any other')
    .option('--reply-to <id>', 'the message this answers')
    .option('--metadata <json>', 'anything else', jsonValue)
    .option('--key <text>', 'sending again with the same key sends nothing')
    .action(async (to: string, text: string, { type, replyTo, metadata, key }: SendOptions) => {
      const input = {
        to: to === 'all' || to === '*' ? null : to,
        content: textValue(text),
        type,
        replyTo,
        metadata,
        idempotencyKey: key ?? crypto.randomUUID(),
      };
      const answer = await (await tq.hub()).request(Send, { input }, { ...tq.call, idempotent: true });
      const { toAgent, ...message } = answer.sendMessage.message;
      await tq.out.record(message, message.id, () => `Message ${message.id} sent to ${message.to ?? 'all'}.`);
      if (message.to !== null && toAgent === null)
        tq.out.say(
          `tq: Nobody called ${message.to} is registered yet: the message waits for whoever comes by that name.`,
        );
    });
}

export function read(command: Command, tq: Tq): void {
  command
    .option('-a, --all', 'all that is unread, up to 200')
    .option('--ack', 'say that you have dealt with them')
    .action(async (ids: string[], { all, ack }: { all?: boolean; ack?: boolean }) => {
      const hub = await tq.hub();
      if ((all ?? false) === ids.length > 0) throw new Failure(EXIT.usage, 'Say which messages, or --all.');
      const messages = all ? (await hub.messages.list({ first: PAGE }, tq.call)).items : await byId(tq, ids);
      if (messages.length > 0) {
        // Shown before they are marked: what was not seen stays unread.
        await tq.out.records(messages, ({ id }) => id, atLength);
        const mark = (ids: string[]) =>
          ack ? hub.messages.acknowledge({ ids }, tq.call) : hub.messages.markRead({ ids }, tq.call);
        await markOwn(
          tq,
          messages.map(({ id }) => id),
          mark,
        );
      } else await tq.out.list([], messageView(), 'Nothing unread.');
    });
}

/** What is in another's inbox, as what one sent oneself, may be looked at, but is not for us to mark. */
async function markOwn(tq: Tq, ids: string[], mark: (ids: string[]) => Promise<unknown>): Promise<void> {
  try {
    await mark(ids);
  } catch (error) {
    if (exitCodeOf(error) !== EXIT.notFound) throw error;
    const foreign = new Set((error as HubError).extensions['ids'] as string[]);
    const own = ids.filter((id) => !foreign.has(id));
    if (own.length > 0) await mark(own);
    tq.out.say(`tq: Not in your inbox, and so not marked as read: ${[...foreign].join(', ')}.`);
  }
}

async function byId(tq: Tq, ids: readonly string[]): Promise<Message[]> {
  const hub = await tq.hub();
  return Promise.all(
    ids.map(async (id) => {
      const { message } = await hub.request(GetMessage, { id }, tq.call);
      if (message === null) throw new Failure(EXIT.notFound, `There is no message ${id}, or it is not for you.`);
      return message;
    }),
  );
}

function atLength(message: Message): string {
  const { id, from, to, type, content, createdAt, metadata } = message;
  const more = Object.keys(metadata as object).length > 0 ? `\n${JSON.stringify(metadata)}` : '';
  return `${id}  ${from} -> ${to ?? 'all'}  ${type}, ${createdAt}\n${content}${more}`;
}

function asText({ id, from, to, type, content, createdAt }: Message): string {
  return `${id}  ${from} -> ${to ?? 'all'}  ${type}, ${age(createdAt)}: ${content}`;
}
