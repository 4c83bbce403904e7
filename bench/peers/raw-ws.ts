// The least a server can do: the event is made into text once, and written to every socket of `ws`.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { eventsOf } from './task-events.ts';

const server = createServer();
const sockets = new WebSocketServer({ server, path: '/graphql' });
server.listen(0, '127.0.0.1');

process.on('message', ({ publish }: { publish?: number }) => {
  for (const { task, ...event } of eventsOf(publish ?? 0)) {
    const payload = { data: { taskEvents: { ...event, task } } };
    const text = JSON.stringify({ id: '1', type: 'next', payload });
    for (const socket of sockets.clients) socket.send(text);
  }
  const address = server.address();
  process.send!({ port: typeof address === 'object' ? address?.port : 0 });
});
