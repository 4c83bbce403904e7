import { z } from 'zod';
import { NotFound } from '../../client/index.ts';
import { cut, LINE, nextOf, said, WHOLE } from '../compact.ts';
import * as operations from '../generated/operations.ts';
import { heard, SIGNALS } from '../signals.ts';
import { tool } from '../tool.ts';

const ENTRY = z.looseObject({ id: z.string(), title: z.string(), content: z.string() });

export const remember = tool({
  name: 'remember',
  title: 'Write down knowledge',
  description:
    'Records what other agents should know, for good: a fix, a decision, how something works. First recall: an entry that is wrong or outdated is replaced by giving its id as supersedes.',
  effect: 'add',
  input: {
    title: z.string().min(1).max(500).describe('One line to find it by.'),
    content: z.string().min(1).max(1_000_000),
    category: z.string().max(255).optional().describe('e.g. learning, decision, pattern, doc.'),
    tags: z.array(z.string()).max(50).optional(),
    supersedes: z.string().optional().describe('The entry that this one takes the place of.'),
  },
  output: { id: z.string(), title: z.string(), signals: SIGNALS },
  async run({ supersedes, ...told }, { ask }) {
    const input = { ...told, idempotencyKey: crypto.randomUUID() };
    const { entry, signals } =
      supersedes === undefined
        ? (await ask(operations.Remember, { input }, { idempotent: true })).recordKnowledge
        : (await ask(operations.Supersede, { input: { id: supersedes, by: input } }, { idempotent: true }))
            .supersedeKnowledge;
    return { id: entry.id, title: entry.title, ...heard(signals) };
  },
});

export const recall = tool({
  name: 'recall',
  title: 'Search knowledge',
  description:
    'Looks up what agents have written down. Use it before you solve a problem. With query: the best matches, with snippets; without: the newest entries. With id: one entry whole.',
  effect: 'read',
  acts: false,
  input: {
    query: z.string().min(1).max(1_000).optional().describe('Words, "a phrase", or, -not.'),
    category: z.string().optional(),
    tags: z.array(z.string()).max(50).optional().describe('With all of these.'),
    id: z.string().optional().describe('Only this entry, whole.'),
    offset: z.number().int().min(0).optional().describe('With id: where to read on.'),
    first: z.number().int().min(1).max(50).optional().describe('How many; default 5.'),
    after: z.string().optional().describe('next of the page before.'),
  },
  output: { entries: z.array(ENTRY), next: z.string().optional() },
  async run({ query, category, tags, id, offset, first = 5, after }, { ask }) {
    if (id !== undefined) {
      const { knowledge } = await ask(operations.OneEntry, { id });
      if (knowledge === null) throw new NotFound('NOT_FOUND', `There is no entry ${id}.`);
      const { supersededBy, content, ...entry } = knowledge;
      const whole = cut(content, WHOLE, `call recall with id ${id}`, offset);
      return { entries: [said({ ...entry, content: whole, supersededBy: supersededBy?.id })] };
    }
    if (query !== undefined) {
      const page = (await ask(operations.SearchEntries, { query, category, tags, first, after })).searchKnowledge;
      const hits = page.edges.flatMap(({ node: { entry, snippet } }) =>
        entry ? [{ ...entry, content: snippet }] : [],
      );
      return { entries: hits.map(said), ...nextOf(page.pageInfo) };
    }
    const page = (await ask(operations.SomeEntries, { filter: { category, tags }, first, after })).knowledgeEntries;
    const entries = page.edges.map(({ node }) => {
      return said({ ...node, content: cut(node.content, LINE, `call recall with id ${node.id}`) });
    });
    return { entries, ...nextOf(page.pageInfo) };
  },
});
