import { z } from 'zod';
import type { ChangeEvent } from '../feed/event.ts';
import { builder } from '../graphql/builder.ts';
import { AFTER, ChangeOp, eventType } from '../graphql/event-fields.ts';
import { liveEvents } from '../graphql/live.ts';
import { fromEvent } from '../graphql/row.ts';
import { Task, TaskStatus } from './task.ts';

const TaskEventFilter = builder.inputType('TaskEventFilter', {
  description: 'All given conditions must hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'Of these tasks.', validate: z.array(z.string()).max(1_000) }),
    ops: t.field({ type: [ChangeOp], description: 'Only such changes.' }),
    statuses: t.field({ type: [TaskStatus], description: 'Tasks that have one of these statuses now.' }),
    types: t.stringList({ description: 'Of one of these types.', validate: z.array(z.string()).max(100) }),
    assignedTo: t.string({ description: 'Assigned to this agent now, or until this change.' }),
    createdBy: t.string({ description: 'Created by this agent.' }),
    sessionId: t.id({ description: 'Of this session.' }),
  }),
});

const TaskEvent = eventType('TaskEvent', {
  description: 'A change of a task. The renewal of a lease is none.',
  actor: 'Who did it: an agent, `operator`, `hub` for a lease that ran out; the database role of a plain SQL writer.',
  fields: (t) => ({
    task: t.field({
      type: Task,
      description: 'The task as it was right after the change; before it, when it was deleted.',
      resolve: (event) => fromEvent('AgentTask', event),
    }),
    previousStatus: t.field({
      type: TaskStatus,
      nullable: true,
      description: 'What the status was before; null when it did not change.',
      resolve: ({ previous }) => previous?.['status'] as typeof TaskStatus.$inferType | undefined,
    }),
    previousAssignedTo: t.string({
      nullable: true,
      description: 'Whom it was assigned to before; null when that did not change, or was nobody.',
      resolve: ({ previous }) => previous?.['assigned_to'] as string | null | undefined,
    }),
  }),
});

builder.subscriptionField('taskEvents', (t) =>
  t.field({
    type: TaskEvent,
    description:
      'Tasks that are created, claimed, reported on, given back, finished, changed or deleted, by whomever. Errors: CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: {
      filter: t.arg({ type: TaskEventFilter, description: 'Which changes; by default all.' }),
      after: t.arg(AFTER),
    },
    subscribe: (_root, { filter, after }, context) =>
      liveEvents(context, after, { topics: ['tasks'], matches: filter ? wanted(filter) : undefined }),
    resolve: (event) => event as ChangeEvent,
  }),
);

function wanted(filter: typeof TaskEventFilter.$inferInput): (event: ChangeEvent) => boolean {
  const { createdBy, assignedTo, sessionId } = filter;
  const ids = filter.ids && new Set(filter.ids.map(String));
  const ops = filter.ops && new Set<string>(filter.ops);
  const statuses = filter.statuses && new Set<unknown>(filter.statuses);
  const types = filter.types && new Set<unknown>(filter.types);
  return ({ entityId, op, data, previous }) =>
    (ids?.has(entityId) ?? true) &&
    (ops?.has(op) ?? true) &&
    (statuses?.has(data['status']) ?? true) &&
    (types?.has(data['type']) ?? true) &&
    (createdBy == null || data['created_by'] === createdBy) &&
    (assignedTo == null || data['assigned_to'] === assignedTo || previous?.['assigned_to'] === assignedTo) &&
    (sessionId == null || String(data['session_id']) === String(sessionId));
}
