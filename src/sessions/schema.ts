import { queryFromInfo } from '@pothos/plugin-prisma';
import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { parseId } from '../graphql/ids.ts';
import type { Session as SessionRow } from '../postgres/generated/client.ts';
import { SESSIONS, sessionWhere } from './listing.ts';
import { Session, SessionStatus } from './session.ts';
import './events.ts';
import './mutations.ts';
import './search.ts';

const SessionFilter = builder.inputType('SessionFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    statuses: t.field({ type: [SessionStatus], description: 'Of one of these statuses.' }),
    participant: t.string({ description: 'In which this agent takes part now.' }),
    search: t.string({
      description: 'Text anywhere in the title, upper and lower case alike. What is in sessions: searchSessions.',
      validate: z.string().min(1).max(1_000),
    }),
    activeSince: t.field({
      type: 'DateTime',
      description: 'To which somebody added since then, to within ten seconds.',
    }),
  }),
});

const SessionOrder = builder.enumType('SessionOrder', {
  description: 'In which order sessions are listed.',
  values: {
    NEWEST: { value: 'newest', description: 'The one created last comes first.' },
    LAST_ACTIVITY: { value: 'lastActivity', description: 'The one last added to comes first, to within ten seconds.' },
  } as const,
});

builder.queryFields((t) => ({
  session: t.prismaField({
    type: Session,
    nullable: true,
    description: 'One session; null when there is none of this number.',
    authScopes: { read: true },
    args: { id: t.arg.id({ required: true, description: 'The session.' }) },
    resolve: (query, _root, { id }, { db }) =>
      db.prisma.session.findUnique({ ...query, where: { id: parseId(id, 'session') } }),
  }),
  sessions: t.connection(
    {
      type: Session,
      description: 'Sessions.',
      authScopes: { read: true },
      args: {
        filter: t.arg({ type: SessionFilter, description: 'Which sessions; by default all.' }),
        orderBy: t.arg({ type: SessionOrder, defaultValue: 'newest', description: 'In which order.' }),
      },
      resolve: (_root, { filter, orderBy, ...args }, context, info) =>
        SESSIONS.connection(
          orderBy ?? 'newest',
          args,
          [sessionWhere(filter ?? {})],
          (page) =>
            context.db.prisma.session.findMany({
              ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
              ...page,
            }) as Promise<SessionRow[]>,
        ),
    },
    { name: 'SessionConnection', description: 'A page of sessions.' },
    { name: 'SessionEdge', description: 'A session and its place in the list.' },
  ),
}));
