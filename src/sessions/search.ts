import { resolveOffsetConnection } from '@pothos/plugin-relay';
import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { parseId } from '../graphql/ids.ts';
import { searchOffset } from '../graphql/offset.ts';
import type { Database } from '../postgres/database.ts';
import { Artifact, byPageSize, Chunk, Memory } from './records.ts';
import { Session } from './session.ts';

const SearchKind = builder.enumType('SessionSearchKind', {
  description: 'Where to search.',
  values: {
    CHUNK: { value: 'chunk', description: 'The conversation.' },
    MEMORY: { value: 'memory', description: 'Memories: key, tags and content.' },
    ARTIFACT: { value: 'artifact', description: 'Artifacts: name and content of the latest version.' },
  },
});

interface Match {
  readonly kind: typeof SearchKind.$inferType;
  readonly id: bigint;
  readonly sessionId: bigint;
  readonly rank: number;
  readonly snippet: string;
}

const SessionMatch = builder.objectRef<Match>('SessionMatch').implement({
  description: 'A record that a search found; the field of its kind is set.',
  fields: (t) => ({
    kind: t.expose('kind', { type: SearchKind, description: 'What was found.' }),
    rank: t.exposeFloat('rank', { description: 'How well it matches: above 0, below 1; best first.' }),
    snippet: t.exposeString('snippet', {
      description: 'Where it matches: up to two fragments of plain text, the words that match between ** and **.',
    }),
    session: t.prismaField({
      type: Session,
      nullable: true,
      description: 'The session it is of; null when that was deleted meanwhile.',
      resolve: (query, { sessionId }, _args, { db }) =>
        db.prisma.session.findUnique({ ...query, where: { id: sessionId } }),
    }),
    chunk: t.prismaField({
      type: Chunk,
      nullable: true,
      description: 'Set for CHUNK.',
      resolve: (query, { kind, id }, _args, { db }) =>
        kind === 'chunk'
          ? (db.prisma.conversationChunk.findUnique({ ...query, where: { id }, omit: { content: true } }) as never)
          : null,
    }),
    memory: t.prismaField({
      type: Memory,
      nullable: true,
      description: 'Set for MEMORY.',
      resolve: (query, { kind, id }, _args, { db }) =>
        kind === 'memory' ? db.prisma.memory.findUnique({ ...query, where: { id } }) : null,
    }),
    artifact: t.prismaField({
      type: Artifact,
      nullable: true,
      description: 'Set for ARTIFACT.',
      resolve: (query, { kind, id }, _args, { db }) =>
        kind === 'artifact'
          ? (db.prisma.artifact.findUnique({ ...query, where: { id }, omit: { content: true } }) as never)
          : null,
    }),
  }),
});

builder.queryField('searchSessions', (t) =>
  t.connection(
    {
      type: SessionMatch,
      description:
        'Full-text search in all sessions, or one: words, "a phrase", or, -not. English words match by their stem. Best first; a word that is everywhere is looked for in the newest 500 places.',
      authScopes: { read: true },
      complexity: byPageSize,
      args: {
        query: t.arg.string({
          required: true,
          description: 'What to look for, for example: parser "error recovery" -yacc',
          validate: z.string().trim().min(1).max(1_000),
        }),
        kinds: t.arg({ type: [SearchKind], description: 'Where to search; by default everywhere.' }),
        sessionId: t.arg.id({ description: 'Only in this session.' }),
      },
      resolve: (_root, { query, kinds, sessionId, ...args }, { db }) =>
        resolveOffsetConnection({ args, defaultSize: 20, maxSize: 100 }, ({ limit, offset }) =>
          search(
            db,
            query,
            kinds ?? null,
            sessionId == null ? null : parseId(sessionId, 'session'),
            limit,
            searchOffset(offset),
          ),
        ),
    },
    { name: 'SessionMatchConnection', description: 'A page of what was found.' },
    { name: 'SessionMatchEdge', description: 'A match and its place in the list.' },
  ),
);

async function search(
  db: Database,
  query: string,
  kinds: readonly string[] | null,
  sessionId: bigint | null,
  limit: number,
  offset: number,
): Promise<Match[]> {
  const rows = await db.query<{ kind: Match['kind']; id: string; session_id: string; rank: number; snippet: string }>(
    '/* search sessions */ select * from rookery.search_sessions($1, $2, $3, $4, $5)',
    [query, kinds, sessionId, limit, offset],
  );
  return rows.map(({ kind, id, session_id, rank, snippet }) => ({
    kind,
    id: BigInt(id),
    sessionId: BigInt(session_id),
    rank,
    snippet,
  }));
}
