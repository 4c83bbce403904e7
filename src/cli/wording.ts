/**
 * The hub's messages say what to do next in the names of its API; whoever is at a shell is told the verb of tq. What has
 * none stays as it is. Most particular first.
 */
export const WORDS: Readonly<Record<string, string>> = {
  'updateTask with reopen': 'tq reopen',
  'updateTask can assign it to you': 'tq assign can give it to you',
  'Complete it with the leaseToken that its claim returned': 'It is finished where it was claimed',
  'Claim it first, then complete it with its leaseToken': 'Claim it first: tq claim',
  'act with editedArguments, and send them here': 'act with what tq ask --id shows, and give that as --arguments',
  cancelRequest: 'tq withdraw',
  joinSession: 'tq session join',
  createQueue: 'tq queue create',
  'this idempotencyKey': 'this --key',
  dependsOn: '--after',
  'subscribe after feedCursor': 'follow without --after',
  'Take one from feedCursor or from an event': 'Take one from an event, or leave --after out',
  'Say for which agent: pass it as an argument, or name yourself with the x-agent header (AGENT_NAME in the tools)':
    'Say who you are: AGENT_NAME=<name>, or --agent <name>',
  'onTimeout: say when, with deadlineSeconds': '--on-timeout: say when, with --deadline',
  answerSchema: '--schema',
  'leave out x-agent': 'leave out --agent and AGENT_NAME',
};

/** What the hub said, in the words of tq. */
export function inVerbsOfTq(message: string): string {
  const text = message
    .replace(
      /^Request (\d+) is not decided yet: awaitRequest/,
      'Request $1 is not decided yet: tq ask --id $1 --wait 10m',
    )
    .replace(/^x-agent must be/, 'The name of an agent must be')
    .replace(/this x-agent/, 'this name of an agent')
    // Where in the arguments something was wrong.
    .replace(/\binput\.(?=\w+(\.\w+)*:)/g, '');
  return Object.entries(WORDS).reduce((said, [there, here]) => said.replace(there, here), text);
}
