import type { Request } from '../client/index.ts';

/** How a client of the MCP server reaches the hub: with its own rights, and no others. */
export interface Door {
  /** Who it is, by its token or its settings; null when only its arguments can say. */
  readonly agent: string | null;
  /** Asks the hub as this agent; undefined: as whoever the token or the settings say. */
  as(agent: string | undefined): Request;
}
