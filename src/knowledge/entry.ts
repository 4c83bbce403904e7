import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { readContent, readLatest } from './service.ts';

export const NAME = z.string().min(1).max(255);
export const CATEGORY = z.string().min(1).max(100);
export const TAGS = z.array(z.string().min(1).max(100)).max(50);
/** The bounds are those of single precision, with room to square. */
export const EMBEDDING = z.array(z.number().min(-1e6).max(1e6)).min(1).max(2_000);

/** At most some 90 contents a request, since each may be a megabyte. */
const CONTENT_COMPLEXITY = 200;
/** Of the entries that one superseded, so many are shown. */
const PREDECESSORS = 100;

export const Entry = builder.prismaObject('KnowledgeEntry', {
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
      description:
        'The knowledge itself. In an event, one over 16 kB is read from the table: it is then the present one.',
      complexity: CONTENT_COMPLEXITY,
      resolve: (entry, _args, { db }) => entry.content ?? readContent(db, entry.id),
    }),
    tags: t.exposeStringList('tags', { description: 'Words to find it by.' }),
    metadata: t.expose('metadata', { type: 'JSON', description: 'Anything else.' }),
    // By the row at hand and not as a relation, which would be that of the present row: an event tells what was.
    supersededBy: t.prismaField({
      type: 'KnowledgeEntry',
      nullable: true,
      description: 'The entry that took its place, and whose `agent` did so; null while this one is current.',
      resolve: (query, { supersededBy: id }, _args, { db }) =>
        id === null
          ? null
          : (db.prisma.knowledgeEntry.findUnique({ ...query, where: { id }, omit: { embedding: true } }) as never),
    }),
    supersededAt: t.expose('supersededAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was closed; null while it is current.',
    }),
    supersedes: t.relation('predecessors', {
      query: { take: PREDECESSORS, orderBy: { id: 'desc' } },
      description: `The entries whose place it took, newest first, at most ${PREDECESSORS}; most often one or none.`,
    }),
    latest: t.prismaField({
      type: 'KnowledgeEntry',
      description: 'Where the chain of those that superseded it ends: this very entry while it is current.',
      resolve: (_query, entry, _args, { db }) => (entry.supersededBy === null ? entry : readLatest(db, entry.id)),
    }),
    changedBy: t.exposeString('changedBy', { description: 'Who last changed it through the API.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was recorded.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it was last changed.' }),
  }),
});
