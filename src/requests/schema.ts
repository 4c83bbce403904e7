import { queryFromInfo } from '@pothos/plugin-prisma';
import { builder } from '../graphql/builder.ts';
import { requireViewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import type { AgentRequest } from '../postgres/generated/client.ts';
import { audiencesOf, visibleTo } from './audiences.ts';
import { RequestFilter, RequestList } from './inputs.ts';
import { type RequestCounts as Counts, countRequests, databaseTime, listed, REQUESTS, readPage } from './listing.ts';
import { Request } from './request.ts';
import './events.ts';
import './mutations.ts';
import './roles.ts';

const RequestCounts = builder.objectRef<Counts>('RequestCounts').implement({
  description: 'How many open requests there are among those you may see; each is counted up to 1,000.',
  fields: (t) => ({
    pending: t.exposeInt('pending', { description: 'Open.' }),
    overdue: t.exposeInt('overdue', { description: 'Open past their deadline.' }),
    forMe: t.exposeInt('forMe', { description: 'Open, and yours to decide.' }),
    mine: t.exposeInt('mine', { description: 'Open, and asked by you.' }),
    unseen: t.exposeInt('unseen', { description: 'Asked by you, decided, and not picked up: awaitRequest does.' }),
  }),
});

builder.queryFields((t) => ({
  request: t.prismaField({
    type: Request,
    nullable: true,
    description: 'One request; null when there is none, or you may not see it. Errors: BAD_INPUT.',
    authScopes: { read: true },
    args: { id: t.arg.id({ required: true, description: 'Its number.' }) },
    resolve: async (query, _root, { id }, context) =>
      context.db.prisma.agentRequest.findFirst({
        ...query,
        where: { AND: [{ id: parseId(id, 'request') }, await visibleTo(context.db, requireViewer(context))] },
      }),
  }),
  requests: t.connection(
    {
      type: Request,
      description: 'Requests: for an agent, its own and those that it may decide; for others, all. Errors: BAD_INPUT.',
      authScopes: { read: true },
      args: {
        list: t.arg({ type: RequestList, defaultValue: 'pending', description: 'Which, and in which order.' }),
        filter: t.arg({ type: RequestFilter, description: 'Which of them; by default all.' }),
      },
      resolve: async (_root, { list, filter, ...args }, context, info) => {
        const which = list ?? 'pending';
        const viewer = requireViewer(context);
        const [now, audiences] = await Promise.all([databaseTime(context.db), audiencesOf(context.db, viewer)]);
        const conditions = listed(which, filter ?? {}, viewer, now);
        return REQUESTS.connection(which, args, conditions, (page) =>
          readPage(
            { viewer, audiences },
            filter ?? {},
            page,
            (part) =>
              context.db.prisma.agentRequest.findMany({
                ...queryFromInfo({ context, info, path: ['edges', 'node'] }),
                ...part,
              }) as Promise<AgentRequest[]>,
          ),
        );
      },
    },
    { name: 'RequestConnection', description: 'A page of requests.' },
    { name: 'RequestEdge', description: 'A request and its place in the list.' },
  ),
  requestCounts: t.field({
    type: RequestCounts,
    description: 'How many requests wait.',
    authScopes: { read: true },
    resolve: (_root, _args, context) => countRequests(context.db, requireViewer(context)),
  }),
}));
