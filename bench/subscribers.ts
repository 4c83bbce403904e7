import { once } from 'node:events';
import { request } from 'node:http';
import pg from 'pg';
import WebSocket from 'ws';

/** Calls `onContent` with whatever it is told, at the moment it is told. */
export type Subscriber = (options: { onContent: (content: string) => void }) => Promise<{ close(): Promise<void> }>;

export const AGENT = 'reader';
const QUERY = 'subscription { inbox { cursor message { id from content createdAt } } }';

/** graphql-transport-ws, by hand: a client library would add its own time. */
export function overWebSocket(port: number): Subscriber {
  return async ({ onContent }) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { 'x-agent': AGENT } }));
    await once(socket, 'message');
    socket.on('message', (data) => onContent(contentOf(String(data))));
    socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: QUERY } }));
    return {
      close: async () => {
        socket.close();
        await once(socket, 'close');
      },
    };
  };
}

/** Server-sent events in answer to a POST. */
export function overEvents(port: number): Subscriber {
  return async ({ onContent }) => {
    const headers = { 'content-type': 'application/json', accept: 'text/event-stream', 'x-agent': AGENT };
    const call = request({ host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers });
    call.end(JSON.stringify({ query: QUERY }));
    const [answer] = await once(call, 'response');
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      const events = (text + chunk).split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)?.[1];
        if (data !== undefined) onContent(contentOf(data));
      }
    });
    return {
      close: async () => {
        call.destroy();
        await once(call, 'close');
      },
    };
  };
}

/** What the least could be: a client of PostgreSQL that listens, told by a trigger of the table. */
export function overListen(url: string): Subscriber {
  return async ({ onContent }) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    client.on('notification', ({ payload }) => onContent(payload ?? ''));
    await client.query('listen plain_messages');
    return { close: () => client.end() };
  };
}

export const NOTIFY_OF_PLAIN_MESSAGES = `
create function bench.notify_plain_message() returns trigger language plpgsql as $$
begin
  perform pg_notify('plain_messages', new.content);
  return null;
end
$$;
create trigger notify after insert on bench.plain_messages for each row execute function bench.notify_plain_message();
`;

function contentOf(text: string): string {
  const content = /"content":"([^"]*)"/.exec(text)?.[1];
  if (content === undefined && /"errors"|"type":"error"/.test(text)) throw new Error(`a subscriber was told: ${text}`);
  return content ?? '';
}
