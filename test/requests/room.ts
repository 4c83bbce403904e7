import { type Caller, type TestHub, testHub } from '../support/hub.ts';

const SHOWN = `id kind status decision answer editedArguments argumentsHash approvedHash decidedBy approvals to from
  takenBy escalatedFrom onTimeout reminders`;

/** What a test does in the room: each is the mutation of that name, and gives the request, or throws. */
export async function requestsRoom(options: Parameters<typeof testHub>[0] = {}) {
  const hub: TestHub = await testHub(options);
  const text = (mutation: string) =>
    `mutation ($input: ${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input!) { ${mutation}(input: $input) { request { ${SHOWN} } } }`;
  const act = async (mutation: string, input: object, caller: Caller) =>
    (await hub.data(text(mutation), { input }, caller))[mutation].request;
  /** What the caller is told, when it fails: message and extensions. */
  const failure = async (mutation: string, input: object, caller: Caller) => {
    const { errors } = await hub.graphql(text(mutation), { input }, caller);
    return { message: errors?.[0]?.message, ...errors?.[0]?.extensions } as Record<string, unknown>;
  };
  const ask = (input: object, caller: Caller) =>
    act('createRequest', { kind: 'APPROVAL', subject: 'Deploy', ...input }, caller);
  return { hub, act, ask, failure };
}
