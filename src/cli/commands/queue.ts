import type { Command } from 'commander';
import type { Hub } from '../../client/index.ts';
import { EXIT, Failure } from '../exit-codes.ts';
import { DropQueue, PopQueue, PurgeQueue, RedriveQueue } from '../generated/operations.ts';
import { durationOption } from '../options.ts';
import type { View } from '../output.ts';
import { age, duration, roughly, span } from '../time.ts';
import type { Tq } from '../tq.ts';
import { jsonValue, looseValue, whole } from '../values.ts';

/** A message that was read is kept from others for 12 hours at most. */
const LONGEST_HIDDEN = 43_200;

/** `tq queue …`: durable queues between programs. */
export function queue(command: Command, tq: Tq): void {
  const add = (usage: string, description: string) => command.command(usage).description(description);
  list(add('list', 'queues and how long they are'), tq);
  create(add('create <queue>', 'make a queue'), tq);
  send(add('send <queue> <body>', 'send a message: JSON or text; @file, - for standard input'), tq);
  read(add('read <queue>', 'take messages; settle each by its receipt, or it comes again'), tq);
  pop(add('pop <queue>', 'take messages and delete them at once'), tq);
  settle(add('delete <queue> <id> <receipt>', 'a message is dealt with'), tq, 'delete');
  settle(add('archive <queue> <id> <receipt>', 'a message is dealt with, and kept in the archive'), tq, 'archive');
  extend(add('extend <queue> <id> <receipt>', 'keep a message for longer, from now'), tq);
  count(
    add('purge <queue>', 'delete all its messages'),
    tq,
    async (hub, name) => (await hub.request(PurgeQueue, { input: { queue: name } }, tq.call)).purgeQueue.purged,
    (many, name) => `${many} deleted from ${name}.`,
  );
  count(
    add('drop <queue>', 'delete the queue'),
    tq,
    async (hub, name) => (await hub.request(DropQueue, { input: { queue: name } }, tq.call)).dropQueue.purged,
    (many, name) => `Queue ${name} is deleted, and ${many} with it.`,
  );
  count(
    add('redrive <queue>', 'send what is in a dead letter queue back to where it came from'),
    tq,
    async (hub, name) => (await hub.request(RedriveQueue, { input: { queue: name } }, tq.call)).redriveQueue.redriven,
    (many, name) => `${many} sent back from ${name}.`,
  );
}

type Queue = Awaited<ReturnType<Hub['queues']['list']>>['items'][number];

const queueView: View<Queue> = {
  id: ({ name }) => name,
  columns: [
    { head: 'QUEUE', cell: ({ name }) => name },
    { head: 'LENGTH', cell: ({ length }) => length, right: true },
    { head: 'VISIBLE', cell: ({ visibleLength }) => visibleLength, right: true },
    {
      head: 'OLDEST',
      cell: ({ oldestMessageAgeSeconds: seconds }) => (seconds === null ? '' : roughly(Math.round(seconds))),
      right: true,
    },
    { head: 'TOTAL', cell: ({ totalMessages }) => String(totalMessages), right: true },
    { head: 'DEAD LETTERS', cell: ({ deadLetterQueue }) => deadLetterQueue },
  ],
};

function list(command: Command, tq: Tq): void {
  command.action(async () => {
    const { items } = await (await tq.hub()).queues.list({ first: 200 }, tq.call);
    await tq.out.list(items, queueView, 'No queues.');
  });
}

function create(command: Command, tq: Tq): void {
  command
    .option('--max-reads <number>', 'after so many a message goes to the dead letter queue', whole(1, 1_000))
    .option('--dead-letters <queue>', 'where it goes (default <queue>_dead)')
    .action(async (name: string, { maxReads, deadLetters }: { maxReads?: number; deadLetters?: string }) => {
      const made = await (await tq.hub()).queues.create({ name, maxReads, deadLetterQueue: deadLetters }, tq.call);
      await tq.out.record(made, made.name, () => `Queue ${made.name} is there.`);
    });
}

interface SendOptions {
  delay?: number;
  group?: string;
  headers?: unknown;
  key?: string;
}

function send(command: Command, tq: Tq): void {
  command
    .addOption(durationOption('--delay <duration>', 'how long it is not to be read', { most: 365 * 86_400 }))
    .option('--group <name>', 'messages of a group are delivered one at a time, in order')
    .option('--headers <json>', 'beside the body', jsonValue)
    .option('--key <text>', 'sending again with the same key sends nothing')
    .action(async (name: string, body: string, { delay, group, headers, key }: SendOptions) => {
      const input = { queue: name, body: looseValue(body), delaySeconds: delay, group, headers, idempotencyKey: key };
      const id = await (await tq.hub()).queues.send(input, tq.call);
      await tq.out.record({ id, queue: name }, id, () => `Message ${id} is in ${name}.`);
    });
}

type Delivery = Awaited<ReturnType<Hub['queues']['read']>>[number];

const deliveryView: View<Delivery> = {
  id: ({ message }) => message.id,
  columns: [
    { head: 'ID', cell: ({ message }) => message.id, right: true },
    { head: 'RECEIPT', cell: ({ receipt }) => receipt },
    { head: 'READ', cell: ({ message }) => message.readCount, right: true },
    { head: 'AGE', cell: ({ message }) => age(message.sentAt), right: true },
    { head: 'BODY', cell: ({ message }) => JSON.stringify(message.body), flexible: true },
  ],
};

function read(command: Command, tq: Tq): void {
  command
    .option('-n, --number <number>', 'at most so many, up to 100', whole(1, 100), 1)
    .addOption(
      durationOption('--for <duration>', 'how long it is hidden from others', { most: LONGEST_HIDDEN, initial: 30 }),
    )
    .addOption(durationOption('-w, --wait <duration>', 'if there is none, how long to wait', { most: 60, initial: 0 }))
    .action(async (name: string, options: { number: number; for: number; wait: number }) => {
      const input = {
        queue: name,
        quantity: options.number,
        visibilitySeconds: options.for,
        waitSeconds: options.wait,
      };
      const timeoutMs = options.wait * 1_000 + tq.call.timeoutMs;
      const deliveries = await (await tq.hub()).queues.read(input, { ...tq.call, timeoutMs });
      if (deliveries.length === 0) throw new Failure(EXIT.nothing, `Nothing to read in ${name}.`);
      await tq.out.list(deliveries, deliveryView, '');
    });
}

function pop(command: Command, tq: Tq): void {
  command
    .option('-n, --number <number>', 'at most so many', whole(1, 1_000), 1)
    .action(async (name: string, { number }: { number: number }) => {
      const { popQueue } = await (await tq.hub()).request(
        PopQueue,
        { input: { queue: name, quantity: number } },
        tq.call,
      );
      if (popQueue.messages.length === 0) throw new Failure(EXIT.nothing, `Nothing to read in ${name}.`);
      await tq.out.records(
        popQueue.messages,
        ({ id }) => id,
        ({ body }) => JSON.stringify(body),
      );
    });
}

function settle(command: Command, tq: Tq, verb: 'delete' | 'archive'): void {
  command.action(async (name: string, id: string, receipt: string) => {
    const hub = await tq.hub();
    const ids = await hub.queues[verb]({ queue: name, messages: [{ id, receipt }] }, tq.call);
    await tq.out.record({ ids }, id, () => `Message ${id} is ${verb}d.`);
  });
}

function extend(command: Command, tq: Tq): void {
  command
    .argument('<duration>', 'from now, up to 12h; 0 gives it back', duration(0, LONGEST_HIDDEN))
    .action(async (name: string, id: string, receipt: string, seconds: number) => {
      const input = { queue: name, messages: [{ id, receipt }], visibilitySeconds: seconds };
      await (await tq.hub()).queues.extend(input, tq.call);
      await tq.out.record({ id }, id, () =>
        seconds === 0 ? `Message ${id} is given back.` : `Message ${id} stays yours for ${span(seconds)}.`,
      );
    });
}

function count(
  command: Command,
  tq: Tq,
  act: (hub: Hub, name: string) => Promise<number>,
  tell: (many: string, name: string) => string,
): void {
  command.action(async (name: string) => {
    const messages = await act(await tq.hub(), name);
    const many = messages === 1 ? '1 message' : `${messages} messages`;
    await tq.out.record({ queue: name, messages }, name, () => tell(many, name));
  });
}
