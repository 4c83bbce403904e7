import type { Command } from 'commander';
import type { Hub, Stream, StreamOptions } from '../../client/index.ts';
import { EXIT, Failure } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { KnowledgeEvents, StandupEvents, StateEvents } from '../generated/operations.ts';
import type { Tq } from '../tq.ts';
import { words } from '../values.ts';

interface EventsOptions {
  after?: string;
  type?: string[];
  session?: string;
  queue?: string[];
  prefix?: string;
}

/** What every event has. */
interface AnyEvent {
  readonly cursor: string;
  readonly op: string;
  readonly actor: string;
  readonly at: string;
}

type Open = (hub: Hub, options: EventsOptions, stream: StreamOptions) => Stream<AnyEvent>;

/** Each kind of events, and what is followed for it. */
const KINDS: Readonly<Record<string, Open>> = {
  tasks: (hub, { type, session }, stream) => hub.events.tasks({ types: type, sessionId: session }, stream),
  agents: (hub, _, stream) => hub.events.agents(undefined, stream),
  inbox: (hub, _, stream) => hub.events.inbox(undefined, stream),
  requests: (hub, _, stream) => hub.events.requests(undefined, stream),
  knowledge: (hub, _, stream) => hub.subscribe(KnowledgeEvents, {}, (data) => data.knowledgeEvents, stream),
  standups: (hub, _, stream) => hub.subscribe(StandupEvents, {}, (data) => data.standupEvents, stream),
  sessions: (hub, { session }, stream) => hub.events.sessions({ sessionId: session }, stream),
  queues: (hub, { queue = [] }, stream) => hub.events.queues(queue, stream),
  state: (hub, { prefix }, stream) => hub.subscribe(StateEvents, { prefix }, (data) => data.stateEvents, stream),
  system: (hub, { type }, stream) => hub.events.system({ types: type }, stream),
};

export function events(command: Command, tq: Tq): void {
  command
    .usage(`[${Object.keys(KINDS).join('|')}] [options]`)
    .option('-f, --follow', 'until Ctrl-C; it always does')
    .option('--after <cursor>', 'every event after this one, then what comes; by default from now on')
    .option('-t, --type <types>', 'tasks, system: of these types', words)
    .option('--session <id>', 'tasks, sessions: of this session')
    .option('--queue <names>', 'queues: these', words)
    .option('--prefix <text>', 'state: keys that begin so')
    .action(async (kind: string | undefined, options: EventsOptions) => {
      const open = Object.hasOwn(KINDS, kind ?? 'tasks') ? KINDS[kind ?? 'tasks'] : undefined;
      if (open === undefined) throw new Failure(EXIT.usage, `There are events of ${Object.keys(KINDS).join(', ')}.`);
      if (kind === 'queues' && !options.queue) throw new Failure(EXIT.usage, 'Say which: --queue <names>.');
      const hub = await tq.hub();
      await follow(
        tq,
        (stream) => open(hub, options, { ...stream, after: options.after }),
        (event) => tq.out.event(event, event.cursor, () => asText(event)),
      );
    });
}

/** Time, what was done by whom, and the record in short. */
function asText({ cursor: _, op, actor, at, ...rest }: AnyEvent): string {
  const facts = Object.entries(rest).flatMap(([name, value]) =>
    value === null ? [] : [typeof value === 'object' ? inShort(value) : shown(name, value)],
  );
  return `${at}  ${op.toLowerCase().padEnd(6)}  ${actor}  ${facts.join('  ')}`;
}

const TELLING = [
  'id',
  'key',
  'name',
  'status',
  'state',
  'liveness',
  'assignedTo',
  'from',
  'to',
  'title',
  'subject',
  'content',
  'type',
];

function inShort(record: object): string {
  const facts = TELLING.flatMap((name) => {
    const value: unknown = Reflect.get(record, name);
    return typeof value === 'string' ? shown(name, value) : [];
  });
  return facts.join(' ').replace(/\s+/g, ' ');
}

/** The words of closed sets are shown as everywhere else: IN_PROGRESS is in_progress. */
const WORDS = /(status|state|liveness|kind)$/i;

function shown(name: string, value: unknown): string {
  const text = WORDS.test(name) ? String(value).toLowerCase() : String(value);
  return `${name}=${text.length > 60 ? `${text.slice(0, 59)}…` : text}`;
}
