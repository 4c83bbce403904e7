import type { ChangeEvent } from '../feed/event.ts';
import { builder } from '../graphql/builder.ts';
import { AFTER, eventType } from '../graphql/event-fields.ts';
import { liveEvents } from '../graphql/live.ts';
import { fromEvent } from '../graphql/row.ts';
import { CATEGORY, Entry, TAGS } from './entry.ts';
import './mutations.ts';
import './queries.ts';
import { eventMatches } from './service.ts';

const KnowledgeEvent = eventType('KnowledgeEvent', {
  description:
    'A change of the shared knowledge. To supersede an entry makes two: INSERT of the new one, UPDATE of the old one.',
  op: 'What happened to the entry.',
  fields: (t) => ({
    entry: t.field({
      type: Entry,
      description: 'The entry as it was right after the change; before it, when it was deleted.',
      resolve: (event) => fromEvent('KnowledgeEntry', event),
    }),
  }),
});

const KnowledgeEventFilter = builder.inputType('KnowledgeEventFilter', {
  description: 'All given conditions must hold of the entry, before the change or after it.',
  fields: (t) => ({
    category: t.string({ description: 'Of this category.', validate: CATEGORY }),
    tags: t.stringList({ description: 'With all of these tags.', validate: TAGS }),
  }),
});

builder.subscriptionField('knowledgeEvents', (t) =>
  t.field({
    type: KnowledgeEvent,
    description: 'Changes of the shared knowledge, those of an entry in order. Errors: CURSOR_INVALID, CURSOR_EXPIRED.',
    authScopes: { read: true },
    args: {
      filter: t.arg({ type: KnowledgeEventFilter, description: 'Of which entries; by default of all.' }),
      after: t.arg(AFTER),
    },
    subscribe: (_root, { filter, after }, context) =>
      liveEvents(context, after, { topics: ['knowledge'], matches: (event) => eventMatches(filter ?? {}, event) }),
    resolve: (event) => event as ChangeEvent,
  }),
);
