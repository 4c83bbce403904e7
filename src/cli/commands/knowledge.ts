import type { Command } from 'commander';
import { EXIT, Failure } from '../exit-codes.ts';
import { GetKnowledge, Learn, Recall, type RecallQuery } from '../generated/operations.ts';
import type { View } from '../output.ts';
import type { Tq } from '../tq.ts';
import { jsonValue, textValue, whole, words } from '../values.ts';

interface LearnOptions {
  category?: string;
  tag?: string[];
  metadata?: unknown;
  key?: string;
}

export function learn(command: Command, tq: Tq): void {
  command
    .option('-c, --category <word>', 'for example learning, doc, pattern')
    .option('-t, --tag <words>', 'to find it by', words)
    .option('--metadata <json>', 'anything else', jsonValue)
    .option('--key <text>', 'recording again with the same key records nothing')
    .action(async (title: string, text: string, { category, tag, metadata, key }: LearnOptions) => {
      const input = {
        title,
        content: textValue(text),
        category,
        tags: tag,
        metadata,
        idempotencyKey: key ?? crypto.randomUUID(),
      };
      const { recordKnowledge } = await (await tq.hub()).request(Learn, { input }, { ...tq.call, idempotent: true });
      const { entry } = recordKnowledge;
      await tq.out.record(entry, entry.id, () => `Knowledge ${entry.id}: ${entry.title}`);
    });
}

interface RecallOptions {
  agent?: string;
  category?: string;
  tag?: string[];
  id?: string;
  limit: number;
}

export function recall(command: Command, tq: Tq): void {
  command
    .option('--id <id>', 'one entry, whole')
    .option('--by <agent>', 'learnt by this agent')
    .option('-c, --category <word>', 'of this category')
    .option('-t, --tag <words>', 'with all of these tags', words)
    .option('-n, --limit <number>', 'show at most so many', whole(1, 200), 10)
    .action(async (query: string[], options: RecallOptions & { by?: string }) => {
      if (options.id !== undefined) return entry(tq, options.id);
      if (query.length === 0) throw new Failure(EXIT.usage, 'Say what to look for, or --id.');
      const { searchKnowledge } = await (await tq.hub()).request(
        Recall,
        {
          query: query.join(' '),
          agent: options.by,
          category: options.category,
          tags: options.tag,
          first: options.limit,
        },
        tq.call,
      );
      // An entry that was deleted meanwhile is none.
      const hits = searchKnowledge.edges.flatMap(({ node }) =>
        node.entry === null ? [] : [{ ...node, entry: node.entry }],
      );
      await tq.out.list(hits, hitView, 'Nothing is known of that.');
    });
}

async function entry(tq: Tq, id: string): Promise<void> {
  const { knowledge } = await (await tq.hub()).request(GetKnowledge, { id }, tq.call);
  if (knowledge === null) throw new Failure(EXIT.notFound, `There is no knowledge ${id}.`);
  const { title, agent, category, tags, content, createdAt, supersededBy } = knowledge;
  const about = [agent, category, tags.join(','), createdAt, supersededBy && `superseded by ${supersededBy.id}`];
  await tq.out.record(knowledge, id, () => `${title}\n${about.filter(Boolean).join('  ')}\n\n${content}`);
}

type Node = RecallQuery['searchKnowledge']['edges'][number]['node'];
type Hit = Node & { entry: NonNullable<Node['entry']> };

const hitView: View<Hit> = {
  id: ({ entry }) => entry.id,
  columns: [
    { head: 'ID', cell: ({ entry }) => entry.id, right: true },
    { head: 'TITLE', cell: ({ entry }) => entry.title, flexible: true },
    { head: 'BY', cell: ({ entry }) => entry.agent },
    { head: 'CATEGORY', cell: ({ entry }) => entry.category },
    { head: 'SAYS', cell: ({ snippet }) => snippet, flexible: true },
  ],
};
