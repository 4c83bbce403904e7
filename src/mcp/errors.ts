import type { CallToolResult } from '@modelcontextprotocol/server';
import { HubError } from '../client/index.ts';

/** The arguments of a call are not those the tool takes. */
export class BadArguments extends HubError {
  constructor(what: string, issues: readonly { path: readonly PropertyKey[]; message: string }[]) {
    const told = issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`));
    super('BAD_INPUT', `The arguments of ${what} are not right: ${told.join('; ')}.`);
  }
}

/** What to do next, by code: a model that only reads what went wrong often repeats it. */
const NEXT: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'Ask a person to put a valid token into the settings of this MCP server.',
  FORBIDDEN: 'Your token may not do this. Do something else, or ask a person with ask_human.',
  NOT_FOUND: 'Check the id: status, inbox, recall, session and queue list what there is.',
  BAD_INPUT: 'Correct the arguments, then call again.',
  CONFLICT:
    'Look at the present state first (status with the task, session or queue); do not repeat the call unchanged.',
  LEASE_LOST: 'Stop working on it: it is no longer yours, and what you did must not be published. Then claim another.',
  DEPENDENCY_CYCLE: 'Leave out of dependsOn what waits for this task.',
  IDEMPOTENCY_CONFLICT: 'Use a new idempotencyKey: this one belongs to another call.',
  ALREADY_DECIDED: 'It is decided: read the decision with ask_human, action wait.',
  TOO_MANY: 'Wait some seconds, then repeat the call.',
};

const AWAY = 'Wait some seconds, then repeat the call.';
const UNCERTAIN = 'It may have happened. Look first (status, inbox), then repeat the call if it did not.';
const FAULT = 'Not your fault. Try once more; if it fails again, tell a person this message.';

/** An error as a tool answers it: its code, what went wrong, what to do next, and what the hub told besides. */
export function failed(error: unknown): CallToolResult {
  const known = error instanceof HubError ? error : new HubError('INTERNAL', 'This MCP server has a fault.');
  const { code, message, extensions } = known;
  const text = JSON.stringify({ code, message, next: nextFor(known), ...extensions });
  return { isError: true, content: [{ type: 'text', text }] };
}

function nextFor({ code, extensions }: HubError): string {
  if (code in NEXT) return NEXT[code] as string;
  if ('outcome' in extensions) return extensions['outcome'] === 'none' ? AWAY : UNCERTAIN;
  return code === 'GOING_AWAY' ? AWAY : FAULT;
}
