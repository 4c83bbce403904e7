import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

const SESSION = 'mcp-session-id';

interface Message {
  readonly method?: unknown;
  readonly id?: unknown;
  readonly params?: { readonly requestId?: unknown } | null;
}

/**
 * By the revisions of 2025 a client that gives a call up says so in a request of its own. What tells its calls from
 * those of others is the session id: it is given out here, remembered nowhere, and any hub takes any. Ending the answer
 * ends the call as if the client had hung up. Calls of a batch, and those that another hub answers, go on.
 */
export function createCancelling(): (req: IncomingMessage, res: ServerResponse, body: string) => void {
  const answers = new Map<string, ServerResponse>();

  return (req, res, body) => {
    const { method, id, params } = messageOf(body);
    if (method === 'initialize') return void res.setHeader(SESSION, randomUUID());
    const session = req.headers[SESSION];
    if (session === undefined) return;
    const key = (call: unknown) => JSON.stringify([session, req.headers.authorization, call]);
    if (method === 'notifications/cancelled') return end(answers.get(key(params?.requestId)));
    if (typeof id !== 'string' && typeof id !== 'number') return;
    const own = key(id);
    answers.set(own, res);
    res.once('close', () => {
      if (answers.get(own) === res) answers.delete(own);
    });
  };
}

/** What is none is not ours to refuse. */
function messageOf(body: string): Message {
  try {
    return (JSON.parse(body) as Message | null) ?? {};
  } catch {
    return {};
  }
}

/** Before its headers there is nothing to end well. */
function end(res: ServerResponse | undefined): void {
  if (res?.headersSent) res.end();
  else res?.destroy();
}
