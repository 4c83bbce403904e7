import type { Command } from 'commander';
import type { Hub, Session } from '../../client/index.ts';
import { type Choice, ENUMS } from '../enums.ts';
import { EXIT, Failure } from '../exit-codes.ts';
import { PauseSession, ReadSession, type ReadSessionQuery, ResumeSession } from '../generated/operations.ts';
import { choiceOption, choicesOption } from '../options.ts';
import type { View } from '../output.ts';
import { age, ago } from '../time.ts';
import type { Tq } from '../tq.ts';
import { looseValue, textValue, whole, words } from '../values.ts';

/** `tq session …`: a shared conversation with its memories and files. */
export function session(command: Command, tq: Tq): void {
  const add = (usage: string, description: string) => command.command(usage).description(description);
  list(add('list', 'sessions, those that were active last first'), tq);
  add('new <title>', 'begin a session, and take part in it')
    .option('--with <agents>', 'who else takes part', words)
    .action(async (title: string, { with: others = [] }: { with?: string[] }) => {
      const participants = others.map((agent) => ({ agent }));
      await tell(tq, await (await tq.hub()).sessions.create({ title, participants }, tq.call));
    });
  show(add('show <id>', 'who takes part, what was said, memories and files'), tq);
  add('join <id>', 'take part')
    .option('--role <word>', 'as what')
    .action(async (id: string, { role }: { role?: string }) => {
      const joined = await (await tq.hub()).sessions.join({ id, role }, tq.call);
      await tq.out.record(joined, id, () => `You take part in session ${id}.`);
    });
  add('leave <id>', 'take part no longer').action(async (id: string) => {
    const left = await (await tq.hub()).sessions.leave({ id }, tq.call);
    await tq.out.record(left, id, () => `You take no part in session ${id} any more.`);
  });
  add('pause <id>', 'nothing can be added until it is resumed').action(async (id: string) =>
    tell(tq, (await (await tq.hub()).request(PauseSession, { input: { id } }, tq.call)).pauseSession.session),
  );
  add('resume <id>', 'go on').action(async (id: string) =>
    tell(tq, (await (await tq.hub()).request(ResumeSession, { input: { id } }, tq.call)).resumeSession.session),
  );
  add('complete <id>', 'end it for good')
    .option('--summary <text>', 'what came of it', textValue)
    .action(async (id: string, { summary }: { summary?: string }) =>
      tell(tq, await (await tq.hub()).sessions.complete({ id, summary }, tq.call)),
    );
  say(add('say <id> <text>', 'add to what was said; @file, - for standard input'), tq);
  remember(add('remember <id> <key> <value>', 'keep a memory; a newer version replaces the older'), tq);
  save(add('save <id> <name> <content>', 'keep a file; @file, - for standard input'), tq);
  search(add('search <words...>', 'look in sessions for words'), tq);
}

function tell(tq: Tq, made: Pick<Session, 'id' | 'title' | 'status'>): Promise<void> {
  return tq.out.record(made, made.id, () => `Session ${made.id} is ${made.status.toLowerCase()}: ${made.title}`);
}

const sessionView: View<Session> = {
  id: ({ id }) => id,
  columns: [
    { head: 'ID', cell: ({ id }) => id, right: true },
    { head: 'TITLE', cell: ({ title }) => title, flexible: true },
    { head: 'STATUS', cell: ({ status }) => status.toLowerCase() },
    { head: 'ACTIVE', cell: ({ lastActivityAt }) => age(lastActivityAt), right: true },
    {
      head: 'PARTICIPANTS',
      cell: ({ participants }) => participants.map(({ agentId }) => agentId).join(','),
      flexible: true,
    },
  ],
};

function list(command: Command, tq: Tq): void {
  command
    .addOption(choicesOption('-s, --status <statuses>', 'of these statuses', ENUMS.SessionStatus))
    .option('--search <text>', 'with this text in the title')
    .option('-n, --limit <number>', 'show at most so many', whole(1, 200), 20)
    .action(
      async ({
        status,
        search: text,
        limit,
      }: {
        status?: Choice<'SessionStatus'>[];
        search?: string;
        limit: number;
      }) => {
        const filter = { statuses: status, search: text };
        const { items } = await (await tq.hub()).sessions.list({ filter, first: limit }, tq.call);
        await tq.out.list(items, sessionView, 'No sessions.');
      },
    );
}

function show(command: Command, tq: Tq): void {
  command
    .option('-n, --last <number>', 'so much of what was said', whole(1, 200), 20)
    .action(async (id: string, { last }: { last: number }) => {
      const { session: found } = await (await tq.hub()).request(ReadSession, { id, last }, tq.call);
      if (found === null) throw new Failure(EXIT.notFound, `There is no session ${id}.`);
      await tq.out.record(found, id, () => describe(found));
    });
}

function describe(found: NonNullable<ReadSessionQuery['session']>): string {
  const nodes = <Node>({ edges }: { edges: readonly { node: Node }[] }) => edges.map(({ node }) => node);
  const people = found.participants.map(({ agentId, role }) => (role ? `${agentId} (${role})` : agentId));
  return [
    `${found.id}  ${found.title}`,
    `${found.status.toLowerCase()}, begun by ${found.createdBy} ${ago(found.createdAt)}; ${people.join(', ') || 'nobody takes part'}`,
    ...(found.summary ? [found.summary] : []),
    ...nodes(found.memories).map(
      ({ key, type, content }) => `memory ${key} (${type.toLowerCase()}): ${JSON.stringify(content)}`,
    ),
    ...nodes(found.artifacts).map(
      ({ name, type, version }) => `file ${name} (${type.toLowerCase()}, version ${version})`,
    ),
    ...nodes(found.chunks).map(({ number, author, content }) => `\n${number}. ${author}: ${content}`),
  ].join('\n');
}

function say(command: Command, tq: Tq): void {
  command
    .addOption(choiceOption('--format <word>', 'what it is', ENUMS.ChunkFormat))
    .option('--key <text>', 'saying it again with the same key adds nothing')
    .action(async (id: string, text: string, { format, key }: { format?: Choice<'ChunkFormat'>; key?: string }) => {
      const chunk = { content: textValue(text), format };
      const input = { sessionId: id, chunks: [chunk], idempotencyKey: key };
      const chunks = await (await tq.hub()).sessions.append(input, tq.call);
      await tq.out.record(chunks, chunks[0]?.id ?? '', () => `Number ${chunks[0]?.number} of session ${id}.`);
    });
}

function remember(command: Command, tq: Tq): void {
  command
    .addOption(choiceOption('-t, --type <word>', 'what it is', ENUMS.MemoryType, 'FACT'))
    .option('--tag <words>', 'to find it by', words)
    .action(
      async (id: string, key: string, value: string, { type, tag }: { type: Choice<'MemoryType'>; tag?: string[] }) => {
        const input = {
          sessionId: id,
          key,
          content: looseValue(value),
          type,
          tags: tag,
        };
        const memory = await (await tq.hub()).sessions.remember(input, tq.call);
        await tq.out.record(memory, memory.id, () => `Memory ${key}, version ${memory.version}.`);
      },
    );
}

function save(command: Command, tq: Tq): void {
  command
    .addOption(choiceOption('-t, --type <word>', 'what it is', ENUMS.ArtifactType, 'DOCUMENT'))
    .option('--format <word>', 'for example markdown')
    .action(
      async (
        id: string,
        name: string,
        content: string,
        { type, format }: { type: Choice<'ArtifactType'>; format?: string },
      ) => {
        const input = { sessionId: id, name, content: textValue(content), type, format };
        const saved = await (await tq.hub()).sessions.save(input, tq.call);
        await tq.out.record(saved, saved.id, () => `File ${name}, version ${saved.version}.`);
      },
    );
}

type Found = Awaited<ReturnType<Hub['sessions']['search']>>['items'][number];
type Match = Found & { session: NonNullable<Found['session']> };

const matchView: View<Match> = {
  id: ({ session: found }) => found.id,
  columns: [
    { head: 'SESSION', cell: ({ session: found }) => found.id, right: true },
    { head: 'TITLE', cell: ({ session: found }) => found.title, flexible: true },
    {
      head: 'IN',
      cell: ({ chunk, memory, artifact }) => (chunk && `number ${chunk.number}`) ?? memory?.key ?? artifact?.name,
    },
    { head: 'SAYS', cell: ({ snippet }) => snippet, flexible: true },
  ],
};

function search(command: Command, tq: Tq): void {
  command
    .option('--in <id>', 'in this session')
    .option('-n, --limit <number>', 'show at most so many', whole(1, 200), 20)
    .action(async (query: string[], { in: sessionId, limit }: { in?: string; limit: number }) => {
      const { items } = await (await tq.hub()).sessions.search(
        { query: query.join(' '), sessionId, first: limit },
        tq.call,
      );
      // A session that was deleted meanwhile is none.
      const matches = items.flatMap((item) => (item.session === null ? [] : [{ ...item, session: item.session }]));
      await tq.out.list(matches, matchView, 'Nothing like that was said.');
    });
}
