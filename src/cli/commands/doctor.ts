import type { Command } from 'commander';
import { type Hub, HubError, operations } from '../../client/index.ts';
import { EXIT, Failure } from '../exit-codes.ts';
import { Health } from '../generated/operations.ts';
import type { View } from '../output.ts';
import { roughly } from '../time.ts';
import type { Tq } from '../tq.ts';
import { ownVersion } from '../version.ts';

/** One thing that was looked at. */
interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'bad';
  readonly text: string;
}

/** A hub whose clock is further off would make times and leases look wrong. The Date header has whole seconds. */
const SKEW_SECONDS = 3;
const ROUND_TRIP_MS = 4_000;

/** Looks at what can be seen from here; what needs the database is for `rookery doctor`, beside the hub. */
export function doctor(command: Command, tq: Tq): void {
  command.action(async () => {
    const hub = await tq.hub();
    const findings = [...(await reach(tq, hub)), await identity(tq, hub)];
    findings.push(await origins(hub), await clock(hub), await roundTrip(tq, hub), await leases(tq));
    await tq.out.list(findings, findingView(tq), '');
    const bad = findings.filter(({ result }) => result === 'bad').length;
    if (bad > 0) throw new Failure(EXIT.unexpected, `${bad} of ${findings.length} checks found something wrong.`);
  });
}

function findingView(tq: Tq): View<Finding> {
  const colours = { ok: 32, warning: 33, bad: 31 };
  return {
    id: ({ check }) => check,
    columns: [
      {
        head: 'RESULT',
        cell: ({ result }) => result,
        paint: (text, { result }) => tq.out.paint(colours[result], text),
      },
      { head: 'CHECK', cell: ({ check }) => check },
      { head: 'FOUND', cell: ({ text }) => text },
    ],
  };
}

/** Without a hub there is nothing else to look at: this one throws. */
async function reach(tq: Tq, hub: Hub): Promise<Finding[]> {
  const begun = performance.now();
  const { health } = await hub.request(Health, {}, tq.call);
  const took = Math.round(performance.now() - begun);
  const version = ownVersion();
  const sees = (good: boolean, check: string, text: string, otherwise: string): Finding => ({
    check,
    result: good ? 'ok' : 'bad',
    text: good ? text : otherwise,
  });
  return [
    {
      check: 'connection',
      result: 'ok',
      text: `${hub.url} answered in ${took} ms; up for ${roughly(health.uptimeSeconds)}`,
    },
    health.version === version
      ? { check: 'version', result: 'ok', text: `hub and tq are ${version}` }
      : { check: 'version', result: 'warning', text: `the hub is ${health.version}, tq is ${version}` },
    sees(health.database, 'database', 'it answers', 'the hub cannot reach its database'),
    sees(health.migrated, 'migrations', 'all applied', health.reasons.join(' ') || 'not known'),
    sees(
      health.listening,
      'listener',
      'changes arrive at once',
      'it is down: changes arrive by polling, up to 1 s later',
    ),
  ];
}

async function identity(tq: Tq, hub: Hub): Promise<Finding> {
  const check = 'identity';
  try {
    const { viewer } = await hub.request(operations.Viewer, {}, tq.call);
    const how = tq.settings.token === undefined ? 'without a token (the hub is in open mode)' : 'by token';
    if (viewer.agentId === null)
      return { check, result: 'warning', text: `${viewer.role.toLowerCase()} ${how}, no name: set AGENT_NAME to act` };
    return { check, result: 'ok', text: `${viewer.agentId}, ${viewer.role.toLowerCase()} ${how}` };
  } catch (error) {
    return { check, result: 'bad', text: (error as Error).message };
  }
}

/** A web page must not be able to drive a hub: a foreign origin has to be refused. */
async function origins(hub: Hub): Promise<Finding> {
  const check = 'origins';
  const response = await post(hub.url, { origin: 'https://stranger.invalid' });
  return response.status === 403
    ? { check, result: 'ok', text: 'requests of foreign web pages are refused' }
    : { check, result: 'bad', text: `a request of a foreign web page was answered with ${response.status}` };
}

async function clock(hub: Hub): Promise<Finding> {
  const check = 'clock';
  const date = (await post(hub.url, {})).headers.get('date');
  if (date === null) return { check, result: 'warning', text: 'the hub does not say its time' };
  const seconds = Math.round((new Date(date).getTime() + 500 - Date.now()) / 1_000);
  const text =
    seconds === 0
      ? 'the same here and there'
      : `the hub's is ${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}`;
  return { check, result: Math.abs(seconds) > SKEW_SECONDS ? 'warning' : 'ok', text };
}

function post(url: string, headers: Record<string, string>): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ health { status } }' }),
    signal: AbortSignal.timeout(ROUND_TRIP_MS),
  });
}

/** From a write through database and feed back to a stream, as a subscriber has it. Leaves a line in the system's log. */
async function roundTrip(tq: Tq, hub: Hub): Promise<Finding> {
  const check = 'round trip';
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ROUND_TRIP_MS);
  try {
    const { feedCursor: after } = await hub.request(operations.FeedCursor, {}, tq.call);
    const begun = performance.now();
    const { id } = await hub.log({ type: 'doctor', severity: 'DEBUG', data: { by: 'tq doctor' } }, tq.call);
    for await (const { event } of hub.events.system({ types: ['doctor'] }, { after, signal: abort.signal }))
      if (event.id === id)
        return {
          check,
          result: 'ok',
          text: `a change came back over a stream in ${Math.round(performance.now() - begun)} ms`,
        };
    return { check, result: 'bad', text: `a change did not come back over a stream within ${ROUND_TRIP_MS / 1_000} s` };
  } catch (error) {
    const mayNot = error instanceof HubError && (error.code === 'FORBIDDEN' || error.code === 'UNAUTHENTICATED');
    return { check, result: mayNot ? 'warning' : 'bad', text: `not tried: ${(error as Error).message}` };
  } finally {
    clearTimeout(timer);
  }
}

async function leases(tq: Tq): Promise<Finding> {
  const folder = await tq.leases();
  const over = folder.all().filter(({ expiresAt }) => new Date(expiresAt).getTime() < Date.now());
  const text = `${folder.all().length} kept in ${folder.path}${over.length > 0 ? `; ${over.length} have run out` : ''}`;
  return { check: 'leases', result: over.length > 0 ? 'warning' : 'ok', text };
}
