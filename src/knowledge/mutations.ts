import { z } from 'zod';
import { ensureAgent } from '../agents/service.ts';
import { builder } from '../graphql/builder.ts';
import { actingAgent, requireViewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import { CATEGORY, EMBEDDING, Entry, NAME, TAGS } from './entry.ts';
import { recordKnowledge, supersedeKnowledge, updateKnowledge } from './service.ts';

const TITLE = z.string().min(1).max(1_000);
const CONTENT = z.string().min(1).max(1_048_576);
const EMBEDDING_DESCRIPTION =
  'Where the text lies in the space of your model, for nearestKnowledge: 1 to 2,000 numbers. Compared with embeddings of as many numbers only. Where the operator has set a size (EMBEDDING_DIMENSIONS), another is BAD_INPUT with `dimensions`.';

const RecordKnowledgeInput = builder.inputType('RecordKnowledgeInput', {
  description: 'What to record.',
  fields: (t) => ({
    agent: t.string({ description: 'Who learned it; by default the caller.', validate: NAME }),
    category: t.string({ description: 'For example learning, doc, pattern; any word.', validate: CATEGORY }),
    title: t.string({ required: true, description: 'One line.', validate: TITLE }),
    content: t.string({ required: true, description: 'The knowledge itself, up to 1 MiB.', validate: CONTENT }),
    tags: t.stringList({
      description: 'Words to find it by, at most 50; by default those in metadata.tags.',
      validate: TAGS,
    }),
    metadata: t.field({ type: 'JSON', description: 'Anything else. Default {}.' }),
    embedding: t.floatList({ description: EMBEDDING_DESCRIPTION, validate: EMBEDDING }),
    idempotencyKey: t.string({
      description: 'Any text: a repeat with the same key returns the first entry and records nothing.',
      validate: NAME,
    }),
  }),
});

const UpdateKnowledgeInput = builder.inputType('UpdateKnowledgeInput', {
  description: 'What to correct; what is left out stays as it is.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The entry.' }),
    category: t.string({ description: 'The category; null: none.', validate: CATEGORY }),
    title: t.string({ description: 'One line.', validate: TITLE }),
    content: t.string({ description: 'The knowledge itself, up to 1 MiB.', validate: CONTENT }),
    tags: t.stringList({ description: 'All its tags, at most 50.', validate: TAGS }),
    metadata: t.field({ type: 'JSON', description: 'All its metadata.' }),
    embedding: t.floatList({ description: `${EMBEDDING_DESCRIPTION} Null: none.`, validate: EMBEDDING }),
  }),
});

const SupersedeKnowledgeInput = builder.inputType('SupersedeKnowledgeInput', {
  description: 'Which entry holds no longer, and what takes its place.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The entry to close.' }),
    by: t.field({
      type: RecordKnowledgeInput,
      required: true,
      description: 'The entry that takes its place. Category and tags that are left out are those of the old one.',
    }),
  }),
});

type Shape = typeof Entry.$inferType;

const entryPayload = (mutation: string, description: string) =>
  builder.objectRef<{ entry: Shape }>(`${mutation}Payload`).implement({
    description: `The result of ${mutation.charAt(0).toLowerCase()}${mutation.slice(1)}.`,
    fields: (t) => ({ entry: t.expose('entry', { type: Entry, description }) }),
  });

const SupersedeKnowledgePayload = builder
  .objectRef<{ entry: Shape; superseded: Shape }>('SupersedeKnowledgePayload')
  .implement({
    description: 'The result of supersedeKnowledge.',
    fields: (t) => ({
      entry: t.expose('entry', { type: Entry, description: 'The entry that took the place.' }),
      superseded: t.expose('superseded', { type: Entry, description: 'The old entry, closed.' }),
    }),
  });

builder.mutationFields((t) => ({
  recordKnowledge: t.field({
    type: entryPayload('RecordKnowledge', 'The entry as recorded.'),
    description:
      'Records what an agent learned. Errors: BAD_INPUT, FORBIDDEN (an agent records as itself only), IDEMPOTENCY_CONFLICT, NOT_FOUND (deleted since the first call with this key).',
    authScopes: { act: true },
    args: { input: t.arg({ type: RecordKnowledgeInput, required: true, description: 'What to record.' }) },
    resolve: async (_root, { input: { agent: named, ...entry } }, context) => {
      const agent = actingAgent(context, named);
      await ensureAgent(context.db, agent);
      return { entry: await recordKnowledge(context.db, agent, entry) };
    },
  }),
  updateKnowledge: t.field({
    type: entryPayload('UpdateKnowledge', 'The entry as corrected.'),
    description:
      'Corrects a current entry in place. What turned out otherwise is better superseded: who relied on it then learns of it. Errors: NOT_FOUND, FORBIDDEN (an agent corrects what it recorded), CONFLICT (superseded; `extensions` as supersedeKnowledge; or locked by plain SQL, with `busy`: repeat), BAD_INPUT.',
    authScopes: { act: true },
    args: { input: t.arg({ type: UpdateKnowledgeInput, required: true, description: 'What to correct.' }) },
    resolve: async (_root, { input: { id, ...correction } }, context) => {
      const { agent, role } = requireViewer(context);
      const who = { agent, anywhere: role === 'operator' };
      return { entry: await updateKnowledge(context.db, who, parseId(id, 'knowledge entry'), correction as never) };
    },
  }),
  supersedeKnowledge: t.field({
    type: SupersedeKnowledgePayload,
    description:
      'Records an entry in the place of another, whoever recorded that one: the old entry stays, closed, and says by what. Errors: NOT_FOUND, CONFLICT (superseded already; `extensions` have `supersededBy`, its `agent` and `supersededAt`; or locked by plain SQL, with `busy`: repeat), FORBIDDEN (an agent records as itself only), BAD_INPUT, IDEMPOTENCY_CONFLICT.',
    authScopes: { act: true },
    args: { input: t.arg({ type: SupersedeKnowledgeInput, required: true, description: 'Which, and by what.' }) },
    resolve: async (_root, { input: { id, by } }, context) => {
      const { agent: named, ...entry } = by;
      const agent = actingAgent(context, named);
      const old = parseId(id, 'knowledge entry');
      await ensureAgent(context.db, agent);
      return supersedeKnowledge(context.db, agent, old, entry);
    },
  }),
}));
