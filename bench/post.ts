import { type Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** One GraphQL request of an agent over a connection that is kept; gives the text of the answer. */
export function post(port: number, connection: Agent, name: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json', 'x-agent': name };
  const options = { host: '127.0.0.1', port, path: '/graphql', method: 'POST', agent: connection, headers };
  return new Promise((resolve, reject) => {
    const call = request(options, (response) => text(response).then(resolve, reject));
    call.on('error', reject).end(JSON.stringify(body));
  });
}
