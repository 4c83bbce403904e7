import { expect } from 'vitest';
import type { Caller, TestHub } from '../support/hub.ts';
import type { Data } from '../support/live.ts';

/** The sessions room as its callers have it: each verb one mutation, its answer the payload's record. */
export function openRoom(hub: TestHub) {
  const verb =
    (mutation: string, field: string, selection: string) =>
    async (input: object, caller: Caller): Promise<Data> => {
      const Input = `${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input`;
      const query = `mutation ($input: ${Input}!) { ${mutation}(input: $input) { ${field} { ${selection} } } }`;
      return (await hub.data(query, { input }, caller))[mutation]![field];
    };
  const SESSION = 'id title status summary createdBy completedAt';
  return {
    create: verb('createSession', 'session', SESSION),
    pause: verb('pauseSession', 'session', SESSION),
    resume: verb('resumeSession', 'session', SESSION),
    complete: verb('completeSession', 'session', SESSION),
    join: verb('joinSession', 'participant', 'agentId role leftAt session { id }'),
    leave: verb('leaveSession', 'participant', 'agentId role leftAt'),
    append: verb('appendChunks', 'chunks', 'id number size format author extractedItems') as unknown as (
      input: object,
      caller: Caller,
    ) => Promise<Data[]>,
    remember: verb('rememberInSession', 'memory', 'key type content tags version createdBy changedBy'),
    forget: verb('forgetMemory', 'memory', 'key version'),
    save: verb('saveArtifact', 'artifact', 'id name type version latest contentHash size format createdBy'),
    /** A field of a session, e.g. `read('8', 'chunks(last: 2) { nodes { number } }')`. */
    async read(id: string, selection: string, caller: Caller = { agent: 'reader' }): Promise<Data> {
      const { session } = await hub.data(`query ($id: ID!) { session(id: $id) { ${selection} } }`, { id }, caller);
      return session as unknown as Data;
    },
  };
}

/** Expects the call to be refused with this code; returns what it said. */
export async function refused(call: Promise<unknown>, code: string): Promise<string> {
  const error = await call.then(
    () => new Error('It was not refused.'),
    (reason: Error) => reason,
  );
  expect(error.message).toMatch(new RegExp(`^${code}: `));
  return error.message;
}
