// Plain graphql-ws on `ws`, as its documentation shows it: every subscription runs the operation for itself.
import { createServer } from 'node:http';
import {
  GraphQLEnumType,
  GraphQLID,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { eventsOf, type TaskEvent } from './task-events.ts';

const text = { type: new GraphQLNonNull(GraphQLString) };
const enumOf = (name: string, ...words: string[]) => ({
  type: new GraphQLNonNull(
    new GraphQLEnumType({
      name,
      values: Object.fromEntries(words.map((word) => [word, { value: word.toLowerCase() }])),
    }),
  ),
});
const Task = new GraphQLObjectType({
  name: 'Task',
  fields: {
    id: { type: new GraphQLNonNull(GraphQLID) },
    title: text,
    status: enumOf('TaskStatus', 'OPEN', 'IN_PROGRESS', 'DONE'),
    priority: { type: new GraphQLNonNull(GraphQLInt) },
  },
});
const TaskEventType = new GraphQLObjectType<TaskEvent>({
  name: 'TaskEvent',
  fields: {
    cursor: text,
    op: enumOf('ChangeOp', 'INSERT', 'UPDATE', 'DELETE'),
    at: { type: new GraphQLNonNull(GraphQLString), resolve: ({ at }) => at.toISOString() },
    task: { type: new GraphQLNonNull(Task) },
  },
});

/** Who subscribes gets what is published from then on, through a queue of its own. */
const queues = new Set<(event: TaskEvent) => void>();

async function* taskEvents(): AsyncGenerator<TaskEvent> {
  const waiting: TaskEvent[] = [];
  let wake = () => {};
  const push = (event: TaskEvent) => {
    waiting.push(event);
    wake();
  };
  queues.add(push);
  try {
    for (;;) {
      for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) yield event;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    queues.delete(push);
  }
}

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { nothing: { type: GraphQLString } } }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: {
      taskEvents: { type: new GraphQLNonNull(TaskEventType), subscribe: taskEvents, resolve: (event) => event },
    },
  }),
});

const server = createServer();
useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }));
server.listen(0, '127.0.0.1');

process.on('message', ({ publish }: { publish?: number }) => {
  for (const event of eventsOf(publish ?? 0)) for (const push of queues) push(event);
  const address = server.address();
  process.send!({ port: typeof address === 'object' ? address?.port : 0 });
});
