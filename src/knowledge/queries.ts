import { queryFromInfo } from '@pothos/plugin-prisma';
import { resolveOffsetConnection } from '@pothos/plugin-relay';
import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import type { Context } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import { id, Listing } from '../graphql/listing.ts';
import { searchOffset } from '../graphql/offset.ts';
import type { KnowledgeEntry } from '../postgres/generated/client.ts';
import { CATEGORY, EMBEDDING, Entry, NAME, TAGS } from './entry.ts';
import { type Hit, type Neighbour, nearestKnowledge, searchKnowledge } from './search.ts';
import { knowledgeWhere } from './service.ts';

const ENTRIES = new Listing<KnowledgeEntry, 'knowledge'>(
  'knowledge',
  { column: 'id', as: id },
  { knowledge: { column: 'id', as: id, way: 'desc' } },
);

const Filter = builder.inputType('KnowledgeFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    agent: t.string({ description: 'Recorded by this agent.', validate: NAME }),
    category: t.string({ description: 'Of this category.', validate: CATEGORY }),
    tags: t.stringList({ description: 'With all of these tags.', validate: TAGS }),
    includeSuperseded: t.boolean({
      description: 'Also those that were superseded. Default false: only what is current.',
    }),
    closedSince: t.field({
      type: 'DateTime',
      description: 'Only those that were superseded since then, or at that moment.',
    }),
    search: t.string({
      description: 'Text anywhere in title or content, upper and lower case alike. For words, use searchKnowledge.',
      validate: z.string().min(1).max(1_000),
    }),
  }),
});

const NeighbourFilter = builder.inputType('KnowledgeNeighbourFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    agent: t.string({ description: 'Recorded by this agent.', validate: NAME }),
    category: t.string({ description: 'Of this category.', validate: CATEGORY }),
    tags: t.stringList({ description: 'With all of these tags.', validate: TAGS }),
    includeSuperseded: t.boolean({ description: 'Also those that were superseded. Default false.' }),
  }),
});

const SearchMode = builder.enumType('KnowledgeSearchMode', {
  description: 'How to search.',
  values: {
    AUTO: {
      value: 'auto',
      description: 'WORDS; where these find nothing, TITLE; where that finds nothing, TEXT.',
    },
    WORDS: { value: 'words', description: 'Words, "a phrase", or, -not. English words match by their stem.' },
    TITLE: { value: 'title', description: 'Titles that are spelled like it, typing errors included.' },
    TEXT: {
      value: 'text',
      description: 'These very characters anywhere in title or content, upper and lower case alike.',
    },
  },
});

const MatchedBy = builder.enumType('KnowledgeMatch', {
  description: 'How an entry was found.',
  values: {
    WORDS: { value: 'words', description: 'By its words.' },
    TITLE: { value: 'title', description: 'By a title that is spelled like it.' },
    TEXT: { value: 'text', description: 'By the very characters.' },
  },
});

/** Several in one tick become one statement. Null when it was deleted meanwhile. */
const entryOf = (query: object, id: bigint, { db }: Context) =>
  db.prisma.knowledgeEntry.findUnique({ ...query, where: { id }, omit: { content: true, embedding: true } }) as never;

const KnowledgeHit = builder.objectRef<Hit>('KnowledgeHit').implement({
  description: 'An entry that a search found.',
  fields: (t) => ({
    entry: t.prismaField({
      type: Entry,
      nullable: true,
      description: 'The entry; null when it was deleted meanwhile.',
      resolve: (query, { entryId }, _args, context) => entryOf(query, entryId, context),
    }),
    matchedBy: t.expose('matchedBy', { type: MatchedBy, description: 'How it was found.' }),
    rank: t.exposeFloat('rank', {
      description: 'How well it matches, among those that were found the same way: above 0, at most 1. By TEXT: 0.',
    }),
    snippet: t.exposeString('snippet', {
      description: 'Where it matches, as plain text, what matches between ** and **; for TITLE the title.',
    }),
  }),
});

const KnowledgeNeighbour = builder.objectRef<Neighbour>('KnowledgeNeighbour').implement({
  description: 'An entry whose embedding is near.',
  fields: (t) => ({
    entry: t.prismaField({
      type: Entry,
      nullable: true,
      description: 'The entry; null when it was deleted meanwhile.',
      resolve: (query, { entryId }, _args, context) => entryOf(query, entryId, context),
    }),
    distance: t.exposeFloat('distance', {
      description: 'Cosine distance: 0 is the same direction, 1 nothing in common, 2 the opposite.',
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
      db.prisma.knowledgeEntry.findUnique({
        ...query,
        where: { id: parseId(id, 'knowledge entry') },
        omit: { embedding: true },
      }) as never,
  }),
  knowledgeEntries: t.connection({
    type: Entry,
    description: 'Entries, newest first; by default those that are current. Errors: BAD_INPUT.',
    authScopes: { read: true },
    args: { filter: t.arg({ type: Filter, description: 'Which entries; by default all that are current.' }) },
    resolve: (_root, { filter, ...args }, context, info) =>
      ENTRIES.connection(
        'knowledge',
        args,
        [knowledgeWhere(filter ?? {})],
        (page) =>
          context.db.prisma.knowledgeEntry.findMany({
            ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
            ...page,
            omit: { embedding: true },
          }) as never,
      ),
  }),
  searchKnowledge: t.connection(
    {
      type: KnowledgeHit,
      description:
        'Searches shared knowledge, best first; a word that is everywhere is looked for in the newest 500 places. Errors: BAD_INPUT.',
      authScopes: { read: true },
      complexity: ({ first, last }) => ({ field: 1, multiplier: (first ?? last ?? 20) / 10 }),
      args: {
        query: t.arg.string({
          required: true,
          description: 'What to look for, for example: "change feed" order -kafka',
          validate: z.string().trim().min(1).max(1_000),
        }),
        mode: t.arg({ type: SearchMode, defaultValue: 'auto', description: 'How to search.' }),
        category: t.arg.string({ description: 'Of this category.', validate: CATEGORY }),
        tags: t.arg.stringList({ description: 'With all of these tags.', validate: TAGS }),
        agent: t.arg.string({ description: 'Recorded by this agent.', validate: NAME }),
        includeSuperseded: t.arg.boolean({ defaultValue: false, description: 'Also those that were superseded.' }),
      },
      resolve: (_root, { query, mode, category, tags, agent, includeSuperseded, ...args }, { db }) =>
        resolveOffsetConnection({ args, defaultSize: 20, maxSize: 100 }, ({ limit, offset }) =>
          searchKnowledge(db, {
            query,
            mode: mode ?? 'auto',
            filter: { category, tags, agent, includeSuperseded },
            limit,
            offset: searchOffset(offset),
          }),
        ),
    },
    { name: 'KnowledgeHitConnection', description: 'A page of what was found.' },
    { name: 'KnowledgeHitEdge', description: 'A hit and its place in the list.' },
  ),
  nearestKnowledge: t.field({
    type: [KnowledgeNeighbour],
    description:
      'The entries whose embeddings are nearest to one, nearest first. With pgvector installed its index finds them, which may miss some; without, all are compared. Errors: BAD_INPUT (also for an embedding of another size than the operator has set, or than any there is; `extensions` have `dimensions`).',
    authScopes: { read: true },
    complexity: ({ first }) => ({ field: 1, multiplier: first ?? 10 }),
    args: {
      embedding: t.arg.floatList({
        required: true,
        description:
          'Where to look: 1 to 2,000 numbers, of the model that made those of the entries. Compared with those that have as many.',
        validate: EMBEDDING,
      }),
      filter: t.arg({ type: NeighbourFilter, description: 'Which entries; by default all that are current.' }),
      first: t.arg.int({
        defaultValue: 10,
        description: 'How many at most: 1 to 100.',
        validate: z.number().int().min(1).max(100),
      }),
    },
    resolve: (_root, { embedding, filter, first }, { db }) =>
      nearestKnowledge(db, embedding, filter ?? {}, first ?? 10),
  }),
}));
