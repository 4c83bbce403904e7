import { queryFromInfo } from '@pothos/plugin-prisma';
import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { id as key, Listing } from '../graphql/listing.ts';
import type { Artifact as ArtifactRow, ConversationChunk, Memory as MemoryRow } from '../postgres/generated/client.ts';
import { type Counters, countersOf } from './counters.ts';
import { artifactWhere, memoryWhere } from './listing.ts';
import { Artifact, ArtifactType, byPageSize, Chunk, Memory, MemoryType } from './records.ts';
import { present } from './service.ts';

export const SessionStatus = builder.enumType('SessionStatus', {
  description: 'Where a session is in its life.',
  values: {
    ACTIVE: { value: 'active', description: 'Going on: those who take part may add to it.' },
    PAUSED: { value: 'paused', description: 'Nothing may be added until it is resumed.' },
    COMPLETED: { value: 'completed', description: 'Ended, for good.' },
  },
});

export const SessionParticipant = builder.prismaObject('SessionParticipant', {
  description: 'An agent that takes part in a session, or did.',
  fields: (t) => ({
    agentId: t.exposeID('agent', { description: 'The agent.' }),
    agent: t.prismaField({
      type: 'Agent',
      nullable: true,
      description: 'The agent; null when it never registered.',
      resolve: (query, { agent }, _args, { db }) => db.prisma.agent.findUnique({ ...query, where: { agentId: agent } }),
    }),
    role: t.exposeString('role', { description: 'owner, member, or any other word; it carries no rights.' }),
    joinedAt: t.expose('joinedAt', { type: 'DateTime', description: 'When it joined, the last time if it did again.' }),
    leftAt: t.expose('leftAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it left; null while it takes part.',
    }),
    session: t.relation('session', { description: 'The session.' }),
  }),
});

const SessionCounters = builder.objectRef<Counters>('SessionCounters').implement({
  description: 'What there is in a session, counted when this is asked for.',
  fields: (t) => ({
    participants: t.exposeInt('participants', { description: 'Agents that take part now.' }),
    chunks: t.exposeInt('chunks', { description: 'Chunks: the number of the last one.' }),
    memories: t.exposeInt('memories', { description: 'Memories.' }),
    artifacts: t.exposeInt('artifacts', { description: 'Artifacts by name, whatever the number of versions.' }),
    tasks: t.exposeInt('tasks', { description: 'Tasks, finished or not.' }),
  }),
});

const MemoryFilter = builder.inputType('MemoryFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    types: t.field({ type: [MemoryType], description: 'Of one of these types.' }),
    tags: t.stringList({ description: 'With all of these tags.', validate: z.array(z.string()).max(100) }),
    keyPrefix: t.string({ description: 'Whose key begins so.', validate: z.string().max(255) }),
  }),
});

const ArtifactFilter = builder.inputType('ArtifactFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    types: t.field({ type: [ArtifactType], description: 'Of one of these types.' }),
    name: t.string({ description: 'Of this name.' }),
    format: t.string({ description: 'In this format.' }),
    allVersions: t.boolean({ description: 'Older versions too. Default false: the latest of each name.' }),
  }),
});

const by = { column: 'id', as: key } as const;
const newestFirst = { ...by, way: 'desc' } as const;
const number = { column: 'number', as: key } as const;
const CHUNKS = new Listing<ConversationChunk, 'chunks'>('chunks', number, { chunks: { ...number, way: 'asc' } });
const MEMORIES = new Listing<MemoryRow, 'memories'>('memories', by, { memories: newestFirst });
const ARTIFACTS = new Listing<ArtifactRow, 'artifacts'>('artifacts', by, { artifacts: newestFirst });

export const Session = builder.prismaObject('Session', {
  description: 'Agents that work on one thing together, and what they keep of it.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    title: t.exposeString('title', { description: 'What it is about, in a line.' }),
    status: t.field({
      type: SessionStatus,
      description: 'Where it is in its life.',
      resolve: ({ status }) => status as typeof SessionStatus.$inferType,
    }),
    summary: t.string({
      nullable: true,
      description: 'What came of it, as completeSession or plain SQL says.',
      resolve: async ({ id, summary }, _args, { db }) =>
        summary === undefined
          ? (await present(db.prisma.session.findUnique({ where: { id }, select: { summary: true } }), 'Session', id))
              .summary
          : summary,
    }),
    metadata: t.field({
      type: 'JSON',
      description: 'Anything else; {} when there is nothing.',
      resolve: async ({ id, metadata }, _args, { db }) =>
        (metadata === undefined
          ? (await present(db.prisma.session.findUnique({ where: { id }, select: { metadata: true } }), 'Session', id))
              .metadata
          : metadata) ?? {},
    }),
    createdBy: t.exposeString('createdBy', {
      description: 'The agent that created it; `operator`; or the database role of a plain SQL writer.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When its title, status, summary or metadata last changed.',
    }),
    completedAt: t.expose('completedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was completed; null until then.',
    }),
    lastActivityAt: t.field({
      type: 'DateTime',
      description: 'When somebody last joined it or added to it; of its tasks, when the newest last changed.',
      resolve: async (session, _args, context) => (await countersOf(session, context)).lastActivity,
    }),
    counters: t.field({
      type: SessionCounters,
      description: 'How much there is in it.',
      resolve: (session, _args, context) => countersOf(session, context),
    }),
    participants: t.prismaField({
      type: [SessionParticipant],
      description: 'Who takes part, in the order of joining; the first 1,000.',
      args: {
        includeLeft: t.arg.boolean({ defaultValue: false, description: 'Also those who have left.' }),
      },
      resolve: (query, { id }, { includeLeft }, { db }) =>
        db.prisma.sessionParticipant.findMany({
          ...query,
          where: { sessionId: id, ...(includeLeft === true ? {} : { leftAt: null }) },
          orderBy: [{ joinedAt: 'asc' }, { id: 'asc' }],
          take: 1_000,
        }),
    }),
    chunks: t.connection(
      {
        type: Chunk,
        description: 'The conversation, by number. For its end: `last`.',
        complexity: byPageSize,
        args: { from: t.arg.int({ description: 'From this number on.', validate: z.number().int().min(1) }) },
        resolve: ({ id }, { from, ...args }, context, info) =>
          CHUNKS.connection(
            'chunks',
            args,
            [{ sessionId: id, ...(from == null ? {} : { number: { gte: from } }) }],
            (page) =>
              context.db.prisma.conversationChunk.findMany({
                ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
                ...page,
                omit: { content: true },
              }) as never,
          ),
      },
      { name: 'ChunkConnection', description: 'A page of a conversation.' },
      { name: 'ChunkEdge', description: 'A chunk and its place in the list.' },
    ),
    memory: t.prismaField({
      type: Memory,
      nullable: true,
      description: 'The memory of a key; null when there is none.',
      args: { key: t.arg.string({ required: true, description: 'The key.' }) },
      resolve: (query, { id }, { key }, { db }) =>
        db.prisma.memory.findUnique({ ...query, where: { sessionId_key: { sessionId: id, key } } }),
    }),
    memories: t.connection(
      {
        type: Memory,
        description: 'What it is to remember, newest key first.',
        args: { filter: t.arg({ type: MemoryFilter, description: 'Which memories; by default all.' }) },
        resolve: ({ id }, { filter, ...args }, context, info) =>
          MEMORIES.connection(
            'memories',
            args,
            [{ sessionId: id }, memoryWhere(filter ?? {})],
            (page) =>
              context.db.prisma.memory.findMany({
                ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
                ...page,
              }) as Promise<MemoryRow[]>,
          ),
      },
      { name: 'MemoryConnection', description: 'A page of memories.' },
      { name: 'MemoryEdge', description: 'A memory and its place in the list.' },
    ),
    artifacts: t.connection(
      {
        type: Artifact,
        description: 'What it made, newest first.',
        complexity: byPageSize,
        args: {
          filter: t.arg({
            type: ArtifactFilter,
            description: 'Which artifacts; by default the latest version of each.',
          }),
        },
        resolve: ({ id }, { filter, ...args }, context, info) =>
          ARTIFACTS.connection(
            'artifacts',
            args,
            [{ sessionId: id }, artifactWhere(filter ?? {})],
            (page) =>
              context.db.prisma.artifact.findMany({
                ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
                ...page,
                omit: { content: true },
              }) as never,
          ),
      },
      { name: 'ArtifactConnection', description: 'A page of artifacts.' },
      { name: 'ArtifactEdge', description: 'An artifact and its place in the list.' },
    ),
    tasks: t.prismaConnection(
      {
        type: 'AgentTask',
        cursor: 'id',
        description: 'Its tasks, newest first. Query.tasks with filter.sessionId has more filters.',
        resolve: (query, { id }, _args, { db }) =>
          db.prisma.agentTask.findMany({ ...query, where: { sessionId: id }, orderBy: { id: 'desc' } }),
      },
      { name: 'SessionTaskConnection', description: 'A page of the tasks of a session.' },
      { name: 'SessionTaskEdge', description: 'A task and its place in the list.' },
    ),
  }),
});

builder.prismaObjectField('AgentTask', 'session', (t) =>
  t.relation('session', { nullable: true, description: 'The session it belongs to.' }),
);
