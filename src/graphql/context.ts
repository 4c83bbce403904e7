import { RookeryError } from '../errors.ts';
import type { Feed } from '../feed/feed.ts';
import type { Database } from '../postgres/database.ts';

/** `agent` acts as one agent, `operator` may do everything, `observer` reads everything and writes nothing. */
export type Role = 'agent' | 'operator' | 'observer';

/** Who is asking, as its token (or, in open mode, the `x-agent` header) says. */
export interface Viewer {
  readonly role: Role;
  /** The agent it acts as; null for an operator or observer that named none. */
  readonly agent: string | null;
  /** Which process of that agent: `x-instance`, by default `default`. Leases belong to an instance. */
  readonly instance: string;
  /** The token's id; null in open mode. */
  readonly tokenId: string | null;
}

/** What every resolver receives. */
export interface Context {
  readonly db: Database;
  readonly feed: Feed;
  /** Null when the request carries no valid token; then only fields marked public answer. */
  readonly viewer: Viewer | null;
  /** The position of the feed when the request began; what `Query.feedCursor` answers. */
  readonly feedPosition: number;
  /** The cursor of a reconnecting EventSource (`Last-Event-ID`): it wins over the `after` argument. */
  readonly lastEventId: string | null;
  /** Fires when the caller has gone. */
  readonly signal: AbortSignal | null;
}

/** The viewer of a field whose scope requires one. */
export function requireViewer(context: Context): Viewer {
  if (context.viewer === null)
    throw new RookeryError(
      'UNAUTHENTICATED',
      'Send a token: Authorization: Bearer <token>. `rookery token create` makes one.',
    );
  return context.viewer;
}

/**
 * The agent a call is about: the one it names, else the viewer's own. An `agent` token may name no other
 * (`FORBIDDEN`); an operator or observer without an agent of its own must name one (`BAD_INPUT`).
 */
export function actingAgent(context: Context, named?: string | null): string {
  const viewer = requireViewer(context);
  const agent = named ?? viewer.agent;
  if (agent === null)
    throw new RookeryError(
      'BAD_INPUT',
      'Say for which agent: pass it as an argument, or name yourself with the x-agent header (AGENT_NAME in the tools).',
    );
  if (viewer.role === 'agent' && agent !== viewer.agent)
    throw new RookeryError('FORBIDDEN', `This token acts as ${viewer.agent}, not as ${agent}.`);
  return agent;
}
