import { builder } from '../graphql/builder.ts';
import { present } from './service.ts';

/** At most some 90 contents a request, since each may be a megabyte. */
const CONTENT_COMPLEXITY = 200;

/** A page costs as many nodes as were asked for; the list of its edges counts as ten in any case. */
export function byPageSize({ first, last }: { first?: number | null; last?: number | null }) {
  return { field: 1, multiplier: (first ?? last ?? 20) / 10 };
}

export const ChunkFormat = builder.enumType('ChunkFormat', {
  description: 'What a chunk of conversation is.',
  values: {
    DIALOGUE: { value: 'dialogue', description: 'What was said, by turns.' },
    SUMMARY: { value: 'summary', description: 'A digest of what was said.' },
    TRANSCRIPT: { value: 'transcript', description: 'A verbatim record, for example of a call or a terminal.' },
  },
});

export const Chunk = builder.prismaObject('ConversationChunk', {
  description: 'A piece of the conversation of a session, of any size. Chunks are never changed.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number, of all sessions.', resolve: ({ id }) => String(id) }),
    number: t.int({
      description: 'Its place in the session: from 1, without holes, in the order in which they were committed.',
      resolve: ({ number }) => Number(number),
    }),
    content: t.string({
      description: 'What was said: possibly megabytes.',
      complexity: CONTENT_COMPLEXITY,
      resolve: async ({ id, content }, _args, { db }) =>
        content ??
        (
          await present(
            db.prisma.conversationChunk.findUnique({ where: { id }, select: { content: true } }),
            'Conversation chunk',
            id,
          )
        ).content,
    }),
    size: t.int({ description: 'Bytes of the content in UTF-8.', resolve: ({ size }) => Number(size) }),
    format: t.field({
      type: ChunkFormat,
      description: 'What it is.',
      resolve: ({ format }) => format as typeof ChunkFormat.$inferType,
    }),
    extractedItems: t.field({
      type: 'JSON',
      description: 'What was found in it, for example {"ideas": ["…"], "decisions": ["…"]}; {} when nothing was.',
      resolve: async ({ id, extractedItems }, _args, { db }) =>
        (extractedItems === undefined
          ? (
              await present(
                db.prisma.conversationChunk.findUnique({ where: { id }, select: { extractedItems: true } }),
                'Conversation chunk',
                id,
              )
            ).extractedItems
          : extractedItems) ?? {},
    }),
    author: t.exposeString('author', {
      description: 'The agent that appended it; `operator`; or the database role of a plain SQL writer.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was appended.' }),
    session: t.relation('session', { description: 'The session.' }),
  }),
});

export const MemoryType = builder.enumType('MemoryType', {
  description: 'What kind of thing is remembered.',
  values: {
    IDEA: { value: 'idea', description: 'Something one could do.' },
    DECISION: { value: 'decision', description: 'Something that was settled.' },
    QUESTION: { value: 'question', description: 'Something to be answered.' },
    ACTION_ITEM: { value: 'action_item', description: 'Something to be done.' },
    CONTEXT: { value: 'context', description: 'What one must know to follow.' },
    PREFERENCE: { value: 'preference', description: 'How somebody wants it.' },
    FACT: { value: 'fact', description: 'Something that is so.' },
    RISK: { value: 'risk', description: 'Something that may go wrong.' },
  },
});

export const Memory = builder.prismaObject('Memory', {
  description: 'What a session is to remember, under a key of its own.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    key: t.exposeString('key', { description: 'Its name, one in the session.' }),
    type: t.field({
      type: MemoryType,
      description: 'What kind of thing it is.',
      resolve: ({ type }) => type as typeof MemoryType.$inferType,
    }),
    content: t.field({
      type: 'JSON',
      description: 'What is remembered: text, or any JSON.',
      resolve: async ({ id, content }, _args, { db }) =>
        content ??
        (await present(db.prisma.memory.findUnique({ where: { id }, select: { content: true } }), 'Memory', id))
          .content,
    }),
    tags: t.stringList({
      description: 'Words to find it by.',
      resolve: async ({ id, tags }, _args, { db }) =>
        tags ??
        (await present(db.prisma.memory.findUnique({ where: { id }, select: { tags: true } }), 'Memory', id)).tags,
    }),
    version: t.exposeInt('version', { description: 'Rises by 1 with each change of type, content or tags; from 1.' }),
    createdBy: t.exposeString('createdBy', {
      description: 'The agent that first stored it; `operator`; or the database role of a plain SQL writer.',
    }),
    changedBy: t.exposeString('changedBy', { description: 'Who stored this version through the API.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was first stored.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    session: t.relation('session', { description: 'The session.' }),
  }),
});

export const ArtifactType = builder.enumType('ArtifactType', {
  description: 'What was made.',
  values: {
    CODE: { value: 'code', description: 'Source code.' },
    DOCUMENT: { value: 'document', description: 'A text for people.' },
    RESEARCH: { value: 'research', description: 'What was found out.' },
    PRD: { value: 'prd', description: 'Product requirements.' },
    REPORT: { value: 'report', description: 'An account of something done or measured.' },
  },
});

export const Artifact = builder.prismaObject('Artifact', {
  description: 'One version of something a session made. Versions are never changed.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number, of this version.', resolve: ({ id }) => String(id) }),
    type: t.field({
      type: ArtifactType,
      description: 'What it is.',
      resolve: ({ type }) => type as typeof ArtifactType.$inferType,
    }),
    name: t.exposeString('name', { description: 'Its name, for example a path; its versions share it.' }),
    version: t.exposeInt('version', { description: 'From 1 for each name of a session, without holes.' }),
    latest: t.exposeBoolean('latest', {
      description: 'Whether it is the newest version of its name; in an event, whether it was then.',
    }),
    content: t.string({
      description: 'The thing itself: possibly megabytes.',
      complexity: CONTENT_COMPLEXITY,
      resolve: async ({ id, content }, _args, { db }) =>
        content ??
        (await present(db.prisma.artifact.findUnique({ where: { id }, select: { content: true } }), 'Artifact', id))
          .content,
    }),
    contentHash: t.exposeString('contentHash', { description: 'SHA-256 of the content in UTF-8, in hexadecimal.' }),
    size: t.int({ description: 'Bytes of the content in UTF-8.', resolve: ({ size }) => Number(size) }),
    format: t.exposeString('format', { description: 'markdown, python, json, or any other word.' }),
    metadata: t.field({
      type: 'JSON',
      description: 'Anything else; {} when there is nothing.',
      resolve: async ({ id, metadata }, _args, { db }) =>
        (metadata === undefined
          ? (
              await present(
                db.prisma.artifact.findUnique({ where: { id }, select: { metadata: true } }),
                'Artifact',
                id,
              )
            ).metadata
          : metadata) ?? {},
    }),
    createdBy: t.exposeString('createdBy', {
      description: 'The agent that saved it; `operator`; or the database role of a plain SQL writer.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was saved.' }),
    session: t.relation('session', { description: 'The session.' }),
  }),
});
