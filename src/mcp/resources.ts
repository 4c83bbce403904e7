import { type McpServer, ProtocolError, ProtocolErrorCode, ResourceTemplate } from '@modelcontextprotocol/server';
import { HubError, NotFound, type Request } from '../client/index.ts';
import type { Door } from './door.ts';
import * as operations from './generated/operations.ts';

const INBOX = 50;
const CHUNKS = 20;

type Read = (ask: Request, id: string) => Promise<unknown>;

/** What has an address of its own: whole, as JSON, for clients that attach it to a conversation. */
const RECORDS: Record<string, { readonly path: string; readonly description: string; readonly read: Read }> = {
  task: {
    path: 'tasks',
    description: 'A task: what is to be done, how it goes, why it waits.',
    read: async (ask, id) => (await ask(operations.OneTask, { id })).task,
  },
  message: {
    path: 'messages',
    description: 'A message.',
    read: async (ask, id) => (await ask(operations.OneMessage, { id })).message,
  },
  knowledge: {
    path: 'knowledge',
    description: 'An entry of the shared knowledge.',
    read: async (ask, id) => (await ask(operations.OneEntry, { id })).knowledge,
  },
  session: {
    path: 'sessions',
    description: 'A session: its latest chunks, its memories and files.',
    read: async (ask, id) => (await ask(operations.OneSession, { id, last: CHUNKS })).session,
  },
};

export function registerResources(server: McpServer, door: Door): void {
  const ask = door.as(undefined);
  server.registerResource(
    'inbox',
    'rookery://inbox',
    {
      title: 'Inbox',
      description: `Your unread messages, oldest first, at most ${INBOX}.`,
      mimeType: 'application/json',
    },
    ({ href }) => contents(href, async () => (await ask(operations.SomeMessages, { first: INBOX })).inbox),
  );
  for (const [name, { path, description, read }] of Object.entries(RECORDS))
    server.registerResource(
      name,
      new ResourceTemplate(`rookery://${path}/{id}`, { list: undefined }),
      { title: name, description, mimeType: 'application/json' },
      ({ href }, { id }) => contents(href, () => found(name, String(id), read(ask, String(id)))),
    );
}

async function found(name: string, id: string, reading: Promise<unknown>): Promise<unknown> {
  const record = await reading;
  if (record === null) throw new NotFound('NOT_FOUND', `There is no ${name} ${id}, or you may not see it.`);
  return record;
}

/** Errors: what the hub says, as an error of the protocol with its code in the data. */
async function contents(uri: string, read: () => Promise<unknown>) {
  try {
    return { contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(await read()) }] };
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, error.message, { code: error.code });
  }
}
