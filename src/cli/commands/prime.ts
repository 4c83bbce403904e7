import type { Command } from 'commander';
import { briefing, type Ways } from '../../client/briefing.ts';
import { operations } from '../../client/index.ts';
import { Prime, type PrimeQuery } from '../generated/operations.ts';
import { age } from '../time.ts';
import type { Tq } from '../tq.ts';

/** How each thing is done with this command. */
const WAYS: Ways = {
  start: '`tq prime`',
  beat: '`tq beat`',
  claim: '`tq claim [id] --type code --wait 60s`',
  progress: '`tq progress <id> 40% -m "…" --checkpoint \'{…}\'`',
  done: '`tq done <id> -o \'{"pr":7}\'`',
  fail: '`tq fail <id> -e "why"`',
  release: '`tq release <id>`',
  create: '`tq add "title" -d "…" --type code --after 3,4`',
  send: '`tq send <agent|all> "text" --reply-to 5`',
  inbox: '`tq inbox`',
  read: '`tq read <ids>`',
  ask: "`tq ask \"subject\" --kind question|approval|help --arguments '{…}'`, later `tq ask --id <id> --wait 10m`, then `tq ask --use <id> --arguments '{…}'`",
  learn: '`tq learn "title" "text" --tag x`',
  recall: '`tq recall words`',
  session: '`tq session`',
  queue: '`tq queue`',
  why: '`tq show <id>`',
  lease: 'tq keeps the secret of each lease for you; a later call in another process finds it.',
  leaseLasts: 'an hour (`--lease 2h`)',
};

const COMMANDLINE = `
## The command line
Data is on stdout, words on stderr. \`--json\` for one document, \`-q\` for ids only, \`tq help <command>\` for the rest. Exit codes: 0 done,
2 usage, 3 nothing to claim, 4 lease lost, 5 not found, 6 not allowed, 7 cannot connect, 8 conflict, 9 rejected, 10 undecided.
`;

export function prime(command: Command, tq: Tq): void {
  command
    .option('-t, --type <type>', 'the type of task you do, for what is shown as ready')
    .action(async ({ type }: { type?: string }) => {
      const hub = await tq.hub();
      const { viewer } = await hub.request(operations.Viewer, {}, tq.call);
      // It is here: from now on broadcasts reach it, and others see it. An observer can't be.
      if (viewer.agentId !== null && viewer.role !== 'OBSERVER') await hub.beat({}, tq.call);
      const ready = { ready: true, types: type === undefined ? null : [type] };
      const now = await hub.request(Prime, { me: viewer.agentId, ready }, tq.call);
      const text = `${briefing(WAYS)}${COMMANDLINE}\n${present(now, tq.settings.url)}`;
      await tq.out.record({ ...now, briefing: text }, now.viewer.agentId ?? '', () => text);
    });
}

/** What is the case at this moment. Titles are cut: the whole is to stay short. */
function present({ viewer, requestCounts, held, ready }: PrimeQuery, url: string): string {
  const nodes = <Node>({ edges }: { edges: readonly { node: Node }[] }) => edges.map(({ node }) => node);
  const mine = viewer.agentId === null ? [] : nodes(held);
  const offered = nodes(ready);
  const lines = [
    '## Right now',
    viewer.agentId === null
      ? `- You have no name at ${url}: set AGENT_NAME before anything else.`
      : `- You are ${viewer.agentId} (${viewer.role.toLowerCase()}) at ${url}.`,
    `- Unread messages: ${viewer.agent?.unreadCount ?? 0}. Requests for you to decide: ${requestCounts.forMe}; decisions to fetch: ${requestCounts.unseen}.`,
    `- You hold ${mine.length === 0 ? 'nothing' : 'these; go on with them first'}.`,
    ...mine.map(
      ({ id, title, leaseExpiresAt }) => `  - ${id} ${short(title)} (lease ends ${age(leaseExpiresAt) || 'never'})`,
    ),
    `- Ready to claim${offered.length === 0 ? ': nothing.' : ', among others:'}`,
    ...offered.map(({ id, title, type, priority }) => `  - ${id} ${short(title)} (${type}, priority ${priority})`),
  ];
  return `${lines.join('\n')}\n`;
}

function short(title: string): string {
  return title.length > 60 ? `${title.slice(0, 59)}…` : title;
}
