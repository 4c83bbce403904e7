import { builder } from '../graphql/builder.ts';
import { requireViewer, type Viewer } from '../graphql/context.ts';
import { checkHealth, type HealthReport } from './health.ts';

const ViewerRole = builder.enumType('ViewerRole', {
  description: 'What a token allows.',
  values: {
    AGENT: {
      value: 'agent',
      description: 'Acts as one agent; sees what is addressed to it, to all, and the shared records.',
    },
    OPERATOR: { value: 'operator', description: 'May do everything.' },
    OBSERVER: { value: 'observer', description: 'Reads everything, writes nothing.' },
  } as const,
});

const ViewerType = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who is asking, as the token (or, in open mode, the x-agent header) says.',
  fields: (t) => ({
    role: t.expose('role', { type: ViewerRole, description: 'What it may do.' }),
    agentId: t.exposeID('agent', { nullable: true, description: 'The agent it acts as; null when it named none.' }),
    instance: t.exposeString('instance', {
      description:
        'Which process of that agent, from the x-instance header; `default` if not given. Leases belong to an instance.',
    }),
    agent: t.prismaField({
      type: 'Agent',
      nullable: true,
      description: 'The record of that agent; null before its first act.',
      resolve: (query, viewer, _args, { db }) =>
        viewer.agent === null ? null : db.prisma.agent.findUnique({ ...query, where: { agentId: viewer.agent } }),
    }),
  }),
});

const HealthStatus = builder.enumType('HealthStatus', {
  description: 'Whether the hub can do its work.',
  values: {
    READY: { description: 'All is well.' },
    DEGRADED: { description: 'Something is missing; see reasons.' },
  } as const,
});

const HealthType = builder.objectRef<HealthReport>('Health').implement({
  description: 'Whether the hub can do its work; the same as /readyz.',
  fields: (t) => ({
    status: t.field({
      type: HealthStatus,
      description: 'The sum of the rest.',
      resolve: ({ ready }) => (ready ? 'READY' : 'DEGRADED'),
    }),
    reasons: t.exposeStringList('reasons', {
      description: 'What is missing, one sentence each; empty when all is well.',
    }),
    database: t.exposeBoolean('database', { description: 'Whether the database answers within 2 s.' }),
    migrated: t.exposeBoolean('migrated', { description: 'Whether the database has every migration of this version.' }),
    listening: t.exposeBoolean('listening', {
      description:
        'Whether changes arrive at once. If not, they arrive by polling, up to a second later; none is lost.',
    }),
    version: t.exposeString('version', { description: 'Version of the hub.' }),
    uptimeSeconds: t.exposeInt('uptimeSeconds', { description: 'Seconds since it started.' }),
  }),
});

builder.queryFields((t) => ({
  viewer: t.field({
    type: ViewerType,
    authScopes: { read: true },
    description: 'Who is asking.',
    resolve: (_root, _args, context) => requireViewer(context),
  }),
  feedCursor: t.field({
    type: 'Cursor',
    authScopes: { read: true },
    description:
      'The place of the change feed when this request began. Ask for it together with a list, then subscribe after it: nothing is missed.',
    resolve: (_root, _args, { feed, feedPosition }) => feed.cursorAt(feedPosition),
  }),
  health: t.field({
    type: HealthType,
    authScopes: { public: true },
    description: 'Whether the hub can do its work. Needs no token.',
    resolve: (_root, _args, context) => checkHealth(context),
  }),
}));
