import { z } from 'zod';
import type { ChangeEvent } from '../feed/event.ts';
import { builder } from '../graphql/builder.ts';
import { actingAgent, requireViewer } from '../graphql/context.ts';
import { AFTER, eventType } from '../graphql/event-fields.ts';
import { parseId } from '../graphql/ids.ts';
import { liveEvents } from '../graphql/live.ts';
import { fromEvent } from '../graphql/row.ts';
import { eventMatches, eventWhere, readEventData } from './log.ts';
import { newestFirst, within } from './newest-first.ts';
import { logEvent } from './service.ts';

const NAME = z.string().min(1).max(255);
const TYPE = z.string().min(1).max(100);

const Severity = builder.enumType('Severity', {
  description: 'How much something matters, from least to most.',
  values: {
    DEBUG: { description: 'For whoever looks for a fault.' },
    INFO: { description: 'As it should be.' },
    WARNING: { description: 'Not as it should be, and nothing is lost yet.' },
    ERROR: { description: 'Something failed.' },
    CRITICAL: { description: 'The system as a whole is in danger.' },
  } as const,
});

const SystemEvent = builder.prismaObject('SystemEvent', {
  description: 'An entry of the log.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    type: t.exposeString('eventType', { description: 'What happened, for example heartbeat_missed; any word.' }),
    severity: t.field({
      type: Severity,
      description: 'How much it matters.',
      resolve: ({ severity }) => severity as typeof Severity.$inferType,
    }),
    data: t.field({
      type: 'JSON',
      nullable: true,
      description: 'What there is to know of it.',
      resolve: ({ id, eventData }, _args, { db }) => (eventData === undefined ? readEventData(db, id) : eventData),
    }),
    agentId: t.exposeID('agentId', {
      nullable: true,
      description: 'Whom it is about; null: the system itself. May be a name that never registered.',
    }),
    at: t.expose('timestamp', { type: 'DateTime', description: 'When.' }),
  }),
});

const SystemEventFilter = builder.inputType('SystemEventFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    types: t.stringList({ description: 'Any of these types.', validate: z.array(TYPE).min(1).max(50) }),
    minSeverity: t.field({ type: Severity, description: 'As severe as this, or more.' }),
    agent: t.id({ description: 'About this agent.', validate: NAME }),
  }),
});

const EVENTS = newestFirst('systemEvents');

builder.queryFields((t) => ({
  systemEvent: t.prismaField({
    type: SystemEvent,
    nullable: true,
    description: 'One entry of the log; null when there is none.',
    authScopes: { read: true },
    args: { id: t.arg.id({ required: true, description: 'The entry.' }) },
    resolve: (query, _root, { id }, { db }) =>
      db.prisma.systemEvent.findUnique({ ...query, where: { id: parseId(id, 'system event') } }),
  }),
  systemEvents: t.connection(
    {
      type: SystemEvent,
      description: 'The log, newest first. Errors: BAD_INPUT.',
      authScopes: { read: true },
      args: {
        filter: t.arg({ type: SystemEventFilter, description: 'Which entries; by default all.' }),
        since: t.arg({ type: 'DateTime', description: 'From here on.' }),
        until: t.arg({ type: 'DateTime', description: 'Before here.' }),
      },
      resolve: (_root, { filter, since, until, ...args }, { db }) =>
        EVENTS.connection('newest', args, [eventWhere(filter ?? {}), within(since, until)], (page) =>
          db.prisma.systemEvent.findMany(page),
        ),
    },
    { name: 'SystemEventConnection', description: 'A page of the log.' },
    { name: 'SystemEventEdge', description: 'An entry and its place in the log.' },
  ),
}));

const LogEventInput = builder.inputType('LogEventInput', {
  description: 'What to log.',
  fields: (t) => ({
    type: t.string({ required: true, description: 'What happened; any word.', validate: TYPE }),
    severity: t.field({ type: Severity, defaultValue: 'INFO', description: 'How much it matters.' }),
    data: t.field({ type: 'JSON', description: 'What there is to know of it.' }),
    agent: t.id({
      description:
        "Whom it is about; by default the caller's own agent; of an operator without one, the system itself.",
      validate: NAME,
    }),
    idempotencyKey: t.string({
      description: 'Any text of up to 255 characters that names this call: a repeat gets the entry of the first.',
      validate: NAME,
    }),
  }),
});

const LogEventPayload = builder.objectRef<{ event: typeof SystemEvent.$inferType }>('LogEventPayload').implement({
  description: 'The result of logEvent.',
  fields: (t) => ({ event: t.expose('event', { type: SystemEvent, description: 'The entry as it was written.' }) }),
});

builder.mutationField('logEvent', (t) =>
  t.field({
    type: LogEventPayload,
    description:
      'Writes an entry of the log. Errors: BAD_INPUT, IDEMPOTENCY_CONFLICT, FORBIDDEN (an agent logs about itself only), NOT_FOUND (what the idempotencyKey logged has been deleted since).',
    authScopes: { act: true },
    args: { input: t.arg({ type: LogEventInput, required: true, description: 'What to log.' }) },
    resolve: async (_root, { input }, context) => {
      const viewer = requireViewer(context);
      const unnamed = input.agent == null && viewer.agent === null;
      const agent = unnamed ? null : actingAgent(context, input.agent);
      return { event: await logEvent(context.db, viewer, { ...input, agent }) };
    },
  }),
);

const LoggedEvent = eventType('LoggedEvent', {
  description: 'A new entry of the log.',
  fields: (t) => ({
    event: t.field({
      type: SystemEvent,
      description: 'The entry.',
      resolve: (event) => fromEvent('SystemEvent', event),
    }),
  }),
});

builder.subscriptionField('systemEvents', (t) =>
  t.field({
    type: LoggedEvent,
    description: 'The log as it is written, whoever writes. Errors: CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: {
      filter: t.arg({ type: SystemEventFilter, description: 'Which entries; by default all.' }),
      after: t.arg(AFTER),
    },
    subscribe: (_root, { filter, after }, context) =>
      liveEvents(context, after, { topics: ['system_events'], matches: eventMatches(filter ?? {}) }),
    resolve: (event) => event as ChangeEvent,
  }),
);
