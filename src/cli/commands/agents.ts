import type { Command } from 'commander';
import { type Choice, ENUMS } from '../enums.ts';
import { Beat, ListStandups, type ListStandupsQuery } from '../generated/operations.ts';
import { choiceOption, choicesOption, durationOption } from '../options.ts';
import type { View } from '../output.ts';
import { age, span } from '../time.ts';
import type { Tq } from '../tq.ts';
import { textValue, whole } from '../values.ts';
import { agentView } from '../views.ts';

const DAY = 86_400;

interface AgentsOptions {
  live?: Choice<'AgentLiveness'>[];
  type?: string;
  can?: string;
  search?: string;
  limit: number;
}

export function agents(command: Command, tq: Tq): void {
  command
    .addOption(choicesOption('-l, --live <words>', 'of this liveness', ENUMS.AgentLiveness))
    .option('-t, --type <word>', 'of this type')
    .option('--can <capability>', 'with this capability')
    .option('--search <text>', 'with this text in the name')
    .option('-n, --limit <number>', 'show at most so many', whole(1, 200), 50)
    .action(async ({ live, type, can, search, limit }: AgentsOptions) => {
      const filter = { liveness: live, type, capability: can, search };
      const page = await (await tq.hub()).agents.list({ filter, first: limit }, tq.call);
      await tq.out.list(page.items, agentView(tq.out), 'No agents.');
      if (page.next !== null) tq.out.say('There are more: --limit 200, or narrow it down.');
    });
}

interface StandupOptions {
  next?: string;
  blockers?: string;
  status?: Choice<'AgentStatus'>;
  since: number;
}

export function standup(command: Command, tq: Tq): void {
  command
    .option('--next <text>', 'what you will do next', textValue)
    .option('--blockers <text>', 'what keeps you from going on', textValue)
    .addOption(choiceOption('-s, --status <word>', 'how you are', ENUMS.AgentStatus))
    .addOption(
      durationOption('--since <duration>', 'of the list: how far back', { least: 1, most: 3_650 * DAY, initial: DAY }),
    )
    .action(async (doing: string | undefined, { next, blockers, status, since }: StandupOptions) => {
      const hub = await tq.hub();
      if (doing === undefined && next === undefined && blockers === undefined && status === undefined)
        return list(tq, since);
      const posted = await hub.standup({ currentTask: doing, nextActions: next, blockers, status }, tq.call);
      await tq.out.record(posted, posted.id, () => `Standup ${posted.id} posted.`);
    });
}

type Standup = ListStandupsQuery['standups']['edges'][number]['node'];

const standupView: View<Standup> = {
  id: ({ id }) => id,
  columns: [
    { head: 'AGENT', cell: ({ agentId }) => agentId },
    { head: 'AGE', cell: ({ createdAt }) => age(createdAt), right: true },
    { head: 'STATUS', cell: ({ status }) => status?.toLowerCase() },
    { head: 'WORKS ON', cell: ({ currentTask }) => currentTask, flexible: true },
    { head: 'NEXT', cell: ({ nextActions }) => nextActions, flexible: true },
    { head: 'BLOCKERS', cell: ({ blockers }) => blockers, flexible: true },
  ],
};

async function list(tq: Tq, sinceSeconds: number): Promise<void> {
  const since = new Date(Date.now() - sinceSeconds * 1_000).toISOString();
  const { standups } = await (await tq.hub()).request(ListStandups, { since, first: 100 }, tq.call);
  await tq.out.list(
    standups.edges.map(({ node }) => node),
    standupView,
    'No standups.',
  );
}

interface BeatOptions {
  task?: string;
  status?: Choice<'AgentStatus'>;
  message?: string;
  every?: number;
}

export function beat(command: Command, tq: Tq): void {
  command
    .option('--task <text>', 'what you work on')
    .addOption(choiceOption('-s, --status <word>', 'how you are', ENUMS.AgentStatus))
    .option('-m, --message <text>', 'a remark')
    .addOption(durationOption('--every <duration>', 'how often you will beat from now on', { least: 1, most: DAY }))
    .action(async ({ task, status, message, every }: BeatOptions) => {
      const input = { currentTask: task, status, message, intervalSeconds: every };
      const options = { ...tq.call, idempotent: true };
      const { heartbeat } = await (await tq.hub()).request(Beat, { input }, options);
      await tq.out.record(heartbeat, String(heartbeat.nextBeatInSeconds), () => signalsText(heartbeat));
    });
}

type Heard = {
  readonly nextBeatInSeconds: number;
  readonly signals: {
    readonly unread: number;
    readonly urgent: number;
    readonly answers: number;
    readonly cancelled: readonly string[];
    readonly leasesLost: readonly string[];
  } | null;
};

/** What waits for the agent, in a line each. */
function signalsText({ nextBeatInSeconds, signals }: Heard): string {
  const lines = [`Beat again within ${span(nextBeatInSeconds)}.`];
  if (signals === null) return lines[0]!;
  const { unread, urgent, answers, cancelled, leasesLost } = signals;
  if (unread > 0) lines.push(`${unread} unread${urgent > 0 ? `, ${urgent} urgent` : ''}: tq inbox`);
  if (answers > 0) lines.push(`${answers} of your requests decided: tq ask --list`);
  if (cancelled.length > 0) lines.push(`Cancelled, stop working on them: ${cancelled.join(', ')}`);
  if (leasesLost.length > 0) lines.push(`No longer yours, stop working on them: ${leasesLost.join(', ')}`);
  return lines.join('\n');
}
