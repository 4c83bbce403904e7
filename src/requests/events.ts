import { z } from 'zod';
import type { ChangeEvent } from '../feed/event.ts';
import { builder } from '../graphql/builder.ts';
import { AFTER, eventType } from '../graphql/event-fields.ts';
import { liveEvents } from '../graphql/live.ts';
import { fromEvent } from '../graphql/row.ts';
import { Request, RequestKind, RequestStatus } from './request.ts';

const RequestEventFilter = builder.inputType('RequestEventFilter', {
  description: 'All given conditions must hold for the request as it was right after the change.',
  fields: (t) => ({
    ids: t.idList({ description: 'These requests, at most 200.', validate: z.array(z.string()).max(200) }),
    kinds: t.field({ type: [RequestKind], description: 'Any of these kinds.' }),
    statuses: t.field({ type: [RequestStatus], description: 'Any of these statuses.' }),
    from: t.id({ description: 'Asked by this agent.' }),
    to: t.id({
      description:
        'Asked of this agent or person, of role:<name>, of operator, or of * (any agent); now, or before it was escalated.',
    }),
  }),
});

const RequestEvent = eventType('RequestEvent', {
  description: 'A request that was asked, taken, answered, decided, reminded of, escalated, used or cancelled.',
  actor:
    'The agent that did it, `operator`, `hub` for a deadline or a reminder; the database role of a plain SQL writer.',
  fields: (t) => ({
    request: t.field({
      type: Request,
      description: 'The request as it was right after the change; before it, when it was deleted.',
      resolve: (event) => fromEvent('AgentRequest', event),
    }),
    previousStatus: t.field({
      type: RequestStatus,
      nullable: true,
      description: 'What the status was before; null when it did not change.',
      resolve: ({ previous }) => previous?.['status'] as typeof RequestStatus.$inferType | undefined,
    }),
  }),
});

builder.subscriptionField('requestEvents', (t) =>
  t.field({
    type: RequestEvent,
    description:
      'Requests as they change, by whomever: for an agent, its own and those that it might decide when they changed, or could before they were escalated; for others, all. Errors: CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: {
      filter: t.arg({ type: RequestEventFilter, description: 'Which; by default all.' }),
      after: t.arg(AFTER),
    },
    subscribe: (_root, { filter, after }, context) =>
      liveEvents(context, after, { topics: ['requests'], matches: filter ? wanted(filter) : undefined }),
    resolve: (event) => event as ChangeEvent,
  }),
);

function wanted(filter: typeof RequestEventFilter.$inferInput): (event: ChangeEvent) => boolean {
  const ids = filter.ids && new Set(filter.ids.map(String));
  const kinds = filter.kinds && new Set<unknown>(filter.kinds);
  const statuses = filter.statuses && new Set<unknown>(filter.statuses);
  const from = filter.from == null ? undefined : String(filter.from);
  const to = filter.to == null ? undefined : String(filter.to);
  return ({ entityId, data }) =>
    (ids?.has(entityId) ?? true) &&
    (kinds?.has(data['kind']) ?? true) &&
    (statuses?.has(data['status']) ?? true) &&
    (from === undefined || data['from_agent'] === from) &&
    (to === undefined || (data['to_agent'] ?? '*') === to || data['escalated_from'] === to);
}
