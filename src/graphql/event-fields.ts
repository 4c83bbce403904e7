import type { ChangeEvent } from '../feed/event.ts';
import { builder } from './builder.ts';

/** What happened to a record. */
export const ChangeOp = builder.enumType('ChangeOp', {
  description: 'What happened to a record.',
  values: {
    INSERT: { value: 'insert', description: 'It was created.' },
    UPDATE: { value: 'update', description: 'It was changed.' },
    DELETE: { value: 'delete', description: 'It was deleted.' },
  },
});

interface EventType {
  description: string;
  /** What INSERT, UPDATE and DELETE mean here, where the words of ChangeOp don't say it. */
  op?: string;
  /** Whom the actor names. */
  actor?: string;
  /** What the room adds: above all the record, from `fromEvent(model, event)`. */
  fields: Parameters<ReturnType<typeof builder.objectRef<ChangeEvent>>['implement']>[0] extends {
    fields?: infer Fields;
  }
    ? NonNullable<Fields>
    : never;
}

/** The type of a room's events: `cursor`, `op`, `actor` and `at`, as every event has them, around the fields of the room. */
export function eventType(name: string, { description, op, actor, fields }: EventType) {
  return builder.objectRef<ChangeEvent>(name).implement({
    description,
    fields: (t) => ({
      cursor: t.expose('cursor', { type: 'Cursor', description: 'Resume after this.' }),
      op: t.expose('op', { type: ChangeOp, description: op ?? 'What happened.' }),
      ...fields(t),
      actor: t.exposeString('actor', {
        description: actor ?? 'The agent that did it, or the database role of a plain SQL writer.',
      }),
      at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    }),
  });
}

/** The argument `after` of every subscription: `args: { after: t.arg(AFTER) }`. */
export const AFTER = {
  type: 'Cursor',
  description: 'Resume after this cursor; by default from now on.',
} as const;
