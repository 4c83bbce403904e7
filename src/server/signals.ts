import { builder } from '../graphql/builder.ts';
import { requireViewer } from '../graphql/context.ts';

const TEN_MINUTES = 600_000;
const DAY = 86_400_000;

interface Signals {
  unread: number;
  urgent: number;
  answers: number;
  cancelled: string[];
  leases_lost: string[];
}

const SignalsType = builder.objectRef<Signals>('Signals').implement({
  description: 'What waits for the calling agent.',
  fields: (t) => ({
    unread: t.exposeInt('unread', { description: 'Messages in its inbox that it has not read; counted up to 10,000.' }),
    urgent: t.exposeInt('urgent', { description: 'Those of them of type alert or urgent.' }),
    answers: t.exposeInt('answers', {
      description: 'Its requests that have been decided and whose decision it has not fetched; counted up to 10,000.',
    }),
    cancelled: t.exposeIDList('cancelled', {
      description: 'Tasks that were cancelled while this process held them: stop working on them.',
    }),
    leasesLost: t.exposeIDList('leases_lost', {
      description: 'Tasks that were taken from this process, or whose lease ran out: stop working on them.',
    }),
  }),
});

/** Every payload of a mutation gets them; this is called when those of all rooms are known, which is when the schema is built. */
builder.mutationFields(() => {
  for (const { name } of [...builder.configStore.typeConfigs.values()])
    if (name.endsWith('Payload'))
      builder.objectField(name as never, 'signals', (t) =>
        t.field({
          type: SignalsType,
          nullable: true,
          complexity: 50,
          description:
            'What else waits for the caller: an agent that cannot hold a stream hears of it here. Costs a query, and only when selected. Null for a caller that is no agent.',
          args: {
            since: t.arg({
              type: 'DateTime',
              description: 'From when on `cancelled` and `leasesLost` tell; by default ten minutes ago, at most a day.',
            }),
          },
          resolve: async (_payload, { since }, context) => {
            const { agent, instance } = requireViewer(context);
            if (agent === null) return null;
            const oldest = new Date(Math.max(since?.getTime() ?? Date.now() - TEN_MINUTES, Date.now() - DAY));
            const [signals] = await context.db.query<Signals>(
              '/* signals */ select * from rookery.signals($1, $2, $3)',
              [agent, instance, oldest],
            );
            return signals!;
          },
        }),
      );
  return {};
});
