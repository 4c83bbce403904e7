import { z } from 'zod';
import { RookeryError } from '../errors.ts';
import type { ChangeEvent, Selection } from '../feed/event.ts';
import { builder } from '../graphql/builder.ts';
import { AFTER, eventType } from '../graphql/event-fields.ts';
import { parseId } from '../graphql/ids.ts';
import { liveEvents } from '../graphql/live.ts';
import { fromEvent } from '../graphql/row.ts';
import { Artifact, Chunk, Memory } from './records.ts';
import { Session, SessionParticipant } from './session.ts';

const EventKind = builder.enumType('SessionEventKind', {
  description: 'What a session event is about.',
  values: {
    SESSION: { value: 'sessions', description: 'The session itself: created, status, title, summary, metadata.' },
    PARTICIPANT: { value: 'participants', description: 'Somebody joined, left, or got another role.' },
    CHUNK: { value: 'chunks', description: 'Something was said.' },
    MEMORY: { value: 'memories', description: 'Something was remembered, revised or forgotten.' },
    ARTIFACT: { value: 'artifacts', description: 'A version was saved.' },
    TASK: { value: 'tasks', description: 'One of its tasks changed, as in taskEvents.' },
  } as const,
});

type Kind = typeof EventKind.$inferType;

/** Topics are `sessions` and `tasks`, which all sessions share, and e.g. `chunks:8`, which a session has for itself. */
function kindOf({ topic }: ChangeEvent): Kind {
  return topic.split(':', 1)[0] as Kind;
}

const SessionEvent = eventType('SessionEvent', {
  description: 'A change of a session or of what is in it; the field of its kind is set.',
  actor: 'Who did it: an agent, `operator`, or the database role of a plain SQL writer.',
  fields: (t) => ({
    kind: t.field({ type: EventKind, description: 'What it is about.', resolve: kindOf }),
    sessionId: t.id({
      description: 'The session.',
      resolve: (event) => (kindOf(event) === 'sessions' ? event.entityId : String(event.data['session_id'])),
    }),
    session: t.field({
      type: Session,
      nullable: true,
      description: 'Set for SESSION: as it was right after the change; before it, when it was deleted.',
      resolve: (event) => (kindOf(event) === 'sessions' ? fromEvent('Session', event) : null),
    }),
    participant: t.field({
      type: SessionParticipant,
      nullable: true,
      description: 'Set for PARTICIPANT, likewise.',
      resolve: (event) => (kindOf(event) === 'participants' ? fromEvent('SessionParticipant', event) : null),
    }),
    chunk: t.field({
      type: Chunk,
      nullable: true,
      description: 'Set for CHUNK, likewise. A content over 16 kB is read when it is asked for.',
      resolve: (event) => (kindOf(event) === 'chunks' ? fromEvent('ConversationChunk', event) : null),
    }),
    memory: t.field({
      type: Memory,
      nullable: true,
      description: 'Set for MEMORY, likewise.',
      resolve: (event) => (kindOf(event) === 'memories' ? fromEvent('Memory', event) : null),
    }),
    artifact: t.field({
      type: Artifact,
      nullable: true,
      description: 'Set for ARTIFACT, likewise. A content over 16 kB is read when it is asked for.',
      resolve: (event) => (kindOf(event) === 'artifacts' ? fromEvent('Artifact', event) : null),
    }),
    task: t.prismaField({
      type: 'AgentTask',
      nullable: true,
      description: 'Set for TASK, likewise.',
      resolve: (_query, event) => (kindOf(event) === 'tasks' ? fromEvent('AgentTask', event) : null),
    }),
  }),
});

builder.subscriptionField('sessionEvents', (t) =>
  t.field({
    type: SessionEvent,
    description:
      'What happens in a session, in one order; without sessionId, what sessions there are. Errors: NOT_FOUND, BAD_INPUT, CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: {
      sessionId: t.arg.id({
        description: 'The session; by default all of them, and then only events of kind SESSION.',
      }),
      kinds: t.arg({
        type: [EventKind],
        description: 'Only these kinds; by default all there are.',
        validate: z.array(z.any()).min(1),
      }),
      after: t.arg(AFTER),
    },
    subscribe: async (_root, { sessionId, kinds, after }, context) => {
      if (sessionId == null) return liveEvents(context, after, inAll(kinds));
      const id = parseId(sessionId, 'session');
      const known = await context.db.prisma.session.findUnique({ where: { id }, select: { id: true } });
      // Whoever resumes may be about to read how it was deleted.
      if (known === null && after == null && context.lastEventId === null)
        throw new RookeryError('NOT_FOUND', `There is no session ${id}.`, { id: String(id) });
      return liveEvents(context, after, within(String(id), kinds));
    },
    resolve: (event) => event as ChangeEvent,
  }),
);

function inAll(kinds: readonly Kind[] | null | undefined): Selection {
  if (kinds?.some((kind) => kind !== 'sessions'))
    throw new RookeryError(
      'BAD_INPUT',
      'Say of which session: sessionId. Without it there are events of kind SESSION only.',
    );
  return { topics: ['sessions'] };
}

const KINDS: readonly Kind[] = ['sessions', 'participants', 'chunks', 'memories', 'artifacts', 'tasks'];

function within(id: string, kinds: readonly Kind[] | null | undefined): Selection {
  return {
    topics: [...new Set(kinds ?? KINDS)].map((kind) =>
      kind === 'sessions' || kind === 'tasks' ? kind : `${kind}:${id}`,
    ),
    matches: ({ topic, entityId, data }) =>
      topic === 'sessions' ? entityId === id : topic !== 'tasks' || String(data['session_id']) === id,
  };
}
