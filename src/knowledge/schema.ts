import { z } from 'zod';
import { ensureAgent } from '../agents/service.ts';
import type { ChangeEvent } from '../feed/event.ts';
import { builder } from '../graphql/builder.ts';
import { actingAgent } from '../graphql/context.ts';
import { AFTER, eventType } from '../graphql/event-fields.ts';
import { parseId } from '../graphql/ids.ts';
import { liveEvents } from '../graphql/live.ts';
import { fromEvent } from '../graphql/row.ts';
import { knowledgeWhere, readContent, recordKnowledge } from './service.ts';

const Entry = builder.prismaObject('KnowledgeEntry', {
  description: 'What an agent learned, for all to look up.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    agent: t.exposeString('agentName', { description: 'Who recorded it; may be a name that never registered.' }),
    category: t.exposeString('category', {
      nullable: true,
      description: 'For example learning, doc, pattern; any word.',
    }),
    title: t.exposeString('title', { description: 'One line.' }),
    content: t.string({
      description: 'The knowledge itself.',
      resolve: (entry, _args, { db }) => entry.content ?? readContent(db, entry.id),
    }),
    metadata: t.expose('metadata', { type: 'JSON', description: 'Anything else, for example {"tags": ["deploy"]}.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was recorded.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});

const Filter = builder.inputType('KnowledgeFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    agent: t.string({ description: 'Recorded by this agent.' }),
    category: t.string({ description: 'Of this category.' }),
    search: t.string({
      description: 'Text anywhere in title or content, upper and lower case alike.',
      validate: z.string().min(1).max(1_000),
    }),
  }),
});

builder.queryFields((t) => ({
  knowledge: t.prismaField({
    type: Entry,
    nullable: true,
    description: 'One entry; null when there is none.',
    authScopes: { read: true },
    args: { id: t.arg.id({ required: true, description: 'The entry.' }) },
    resolve: (query, _root, { id }, { db }) =>
      db.prisma.knowledgeEntry.findUnique({ ...query, where: { id: parseId(id, 'knowledge entry') } }),
  }),
  knowledgeEntries: t.prismaConnection({
    type: Entry,
    cursor: 'id',
    description: 'Entries, newest first.',
    authScopes: { read: true },
    args: { filter: t.arg({ type: Filter, description: 'Which entries; by default all.' }) },
    resolve: (query, _root, { filter }, { db }) =>
      db.prisma.knowledgeEntry.findMany({ ...query, where: knowledgeWhere(filter ?? {}), orderBy: { id: 'desc' } }),
  }),
}));

const RecordKnowledgeInput = builder.inputType('RecordKnowledgeInput', {
  description: 'What to record.',
  fields: (t) => ({
    agent: t.string({ description: 'Who learned it; by default the caller.', validate: z.string().min(1).max(255) }),
    category: t.string({
      description: 'For example learning, doc, pattern; any word.',
      validate: z.string().min(1).max(100),
    }),
    title: t.string({ required: true, description: 'One line.', validate: z.string().min(1).max(1_000) }),
    content: t.string({
      required: true,
      description: 'The knowledge itself, up to 1 MiB.',
      validate: z.string().min(1).max(1_048_576),
    }),
    metadata: t.field({ type: 'JSON', description: 'Anything else. Default {}.' }),
  }),
});

const RecordKnowledgePayload = builder
  .objectRef<{ entry: typeof Entry.$inferType }>('RecordKnowledgePayload')
  .implement({
    description: 'The result of recordKnowledge.',
    fields: (t) => ({ entry: t.expose('entry', { type: Entry, description: 'The entry as recorded.' }) }),
  });

builder.mutationField('recordKnowledge', (t) =>
  t.field({
    type: RecordKnowledgePayload,
    description: 'Records what an agent learned. Errors: BAD_INPUT, FORBIDDEN (an agent records as itself only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: RecordKnowledgeInput, required: true, description: 'What to record.' }) },
    resolve: async (_root, { input: { agent: named, ...entry } }, context) => {
      const agent = actingAgent(context, named);
      await ensureAgent(context.db, agent);
      return { entry: await recordKnowledge(context.db, agent, entry) };
    },
  }),
);

const KnowledgeEvent = eventType('KnowledgeEvent', {
  description: 'A change of the shared knowledge.',
  op: 'What happened to the entry.',
  fields: (t) => ({
    entry: t.field({
      type: Entry,
      description: 'The entry as it was right after the change; before it, when it was deleted.',
      resolve: (event) => fromEvent('KnowledgeEntry', event),
    }),
  }),
});

builder.subscriptionField('knowledgeEvents', (t) =>
  t.field({
    type: KnowledgeEvent,
    description: 'Every change of the shared knowledge. Errors: CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: { after: t.arg(AFTER) },
    subscribe: (_root, { after }, context) => liveEvents(context, after, { topics: ['knowledge'] }),
    resolve: (event) => event as ChangeEvent,
  }),
);
