import { RookeryError } from '../errors.ts';
import type { Viewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import type { Database } from '../postgres/database.ts';
import type { AgentRequest, Prisma } from '../postgres/generated/client.ts';
import { actorOf, audiencesOf } from './audiences.ts';
import { COUNTED, pendingFor } from './service.ts';

type Maybe<Value> = Value | null | undefined;
type Where = Prisma.AgentRequestWhereInput;

export interface RequestFilter {
  kinds?: Maybe<readonly string[]>;
  statuses?: Maybe<readonly string[]>;
  decisions?: Maybe<readonly string[]>;
  mine?: Maybe<boolean>;
  forMe?: Maybe<boolean>;
  from?: Maybe<string | number | bigint>;
  to?: Maybe<string | number | bigint>;
  taskId?: Maybe<string | number | bigint>;
  sessionId?: Maybe<string | number | bigint>;
  maxPriority?: Maybe<number>;
}

/** Who reads, and as whom it is asked. */
export interface Reader {
  readonly viewer: Viewer;
  readonly audiences: readonly string[];
}

/** All given conditions must hold; `me` is the caller. */
function requestWhere(filter: RequestFilter, viewer: Viewer): Where[] {
  const where: Where[] = [];
  const me = actorOf(viewer);
  if (filter.kinds != null) where.push({ kind: { in: [...filter.kinds] } });
  if (filter.statuses != null) where.push({ status: { in: [...filter.statuses] } });
  if (filter.decisions != null) where.push({ decision: { in: [...filter.decisions] } });
  if (filter.mine === true) where.push({ fromAgent: me });
  if (filter.from != null) where.push({ fromAgent: String(filter.from) });
  if (filter.to != null) where.push({ toAgent: filter.to === '*' ? null : String(filter.to) });
  if (filter.taskId != null) where.push({ taskId: parseId(filter.taskId, 'task') });
  if (filter.sessionId != null) where.push({ sessionId: parseId(filter.sessionId, 'session') });
  if (filter.maxPriority != null) where.push({ priority: { lte: filter.maxPriority } });
  return where;
}

/** The lists there are: which requests, and in which order, so that each is a walk along an index. */
const LISTS = {
  pending: { only: { status: 'open' }, column: 'priority', way: 'asc' },
  overdue: { only: { status: 'open' }, column: 'deadlineAt', way: 'asc' },
  all: { only: {}, column: 'id', way: 'desc' },
} as const satisfies Record<string, { only: Where; column: keyof AgentRequest; way: 'asc' | 'desc' }>;

export type RequestList = keyof typeof LISTS;

/** A stretch of a list. */
export interface Stretch {
  readonly list: RequestList;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  /** Backwards from the end, or from `before`. */
  readonly inverted: boolean;
  /** The database's clock. */
  readonly now: Date;
}

/**
 * Reads a page of what the reader may see. An agent's list has several parts (asked of it, of each of its roles, of all,
 * by it), of which each is a walk along an index of its own; they are merged here. `read` reads a part.
 */
export async function readPage(
  reader: Reader,
  filter: RequestFilter,
  stretch: Stretch,
  read: (page: ReturnType<typeof pageOf>) => Promise<AgentRequest[]>,
): Promise<AgentRequest[]> {
  const pages = await Promise.all(
    partsOf(reader, filter).map((part) => read(pageOf(part, filter, reader.viewer, stretch))),
  );
  const { column, way } = LISTS[stretch.list];
  const sign = (way === 'asc') === stretch.inverted ? -1 : 1;
  const found = new Map(pages.flat().map((request) => [request.id, request]));
  return [...found.values()]
    .sort((a, b) => sign * (compare(a[column], b[column]) || compare(a.id, b.id)))
    .slice(0, stretch.limit);
}

function compare<Value>(a: Value, b: Value): number {
  return a! < b! ? -1 : a! > b! ? 1 : 0;
}

/** Conditions of which at least one must hold. */
function partsOf({ viewer, audiences }: Reader, { forMe, mine }: RequestFilter): Where[] {
  const me = actorOf(viewer);
  const asked: Where[] = [...audiences, null].map((toAgent) => ({ toAgent }));
  if (forMe === true) return asked.map((part) => ({ ...part, NOT: { fromAgent: me } }));
  if (viewer.role === 'agent' && mine !== true) return [...asked, { fromAgent: me }];
  return [{}];
}

/** What Prisma needs to read one part of a page: rows past a cursor, which holds the values of the row it stands for. */
export function pageOf(
  part: Where,
  filter: RequestFilter,
  viewer: Viewer,
  { list, after, before, limit, inverted, now }: Stretch,
) {
  const { only, column, way } = LISTS[list];
  const conditions: Where[] = [part, only, ...requestWhere(filter, viewer)];
  if (list === 'overdue') conditions.push({ deadlineAt: { lt: now } });
  if (after !== undefined) conditions.push(beyond(list, after, way === 'asc'));
  if (before !== undefined) conditions.push(beyond(list, before, way !== 'asc'));
  const direction = (way === 'asc') === inverted ? ('desc' as const) : ('asc' as const);
  return {
    where: { AND: conditions },
    orderBy: column === 'id' ? [{ id: direction }] : [{ [column]: direction }, { id: direction }],
    take: limit,
  } satisfies Prisma.AgentRequestFindManyArgs;
}

/** Opaque text; Dates have the milliseconds that the column has. */
export function cursorOf(list: RequestList, request: AgentRequest): string {
  const value = request[LISTS[list].column];
  return Buffer.from(`${list} ${value instanceof Date ? value.toISOString() : value} ${request.id}`).toString(
    'base64url',
  );
}

/** What a cursor holds of each column: nothing that the column could not. */
const PLACES = { priority: /^\d{1,2}$/, deadlineAt: /^\d{4}-[-\d]{5}T[\d:.]{12}Z$/, id: /^\d{1,18}$/ };

function beyond(list: RequestList, cursor: string, ascending: boolean): Where {
  const { column } = LISTS[list];
  const [kind, text = '', key = ''] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const value = column === 'deadlineAt' ? new Date(text) : Number(text);
  if (kind !== list || !/^[1-9]\d{0,17}$/.test(key) || !PLACES[column].test(text) || Number.isNaN(value.valueOf()))
    throw new RookeryError('BAD_INPUT', 'This is not a cursor of this list: take one from its pageInfo.');
  const past = (bound: unknown) => (ascending ? { gt: bound } : { lt: bound }) as object;
  if (column === 'id') return { id: past(BigInt(key)) };
  // The first condition alone is what an index range can be; the second takes the rest of the same value out.
  return {
    [column]: ascending ? { gte: value } : { lte: value },
    OR: [{ [column]: past(value) }, { id: past(BigInt(key)) }],
  };
}

/** How many there are; each is counted up to 1,000. */
export interface RequestCounts {
  readonly pending: number;
  readonly overdue: number;
  readonly forMe: number;
  readonly mine: number;
  readonly unseen: number;
}

/**
 * Counts by index, and only as far as 1,000, however many there are; an agent's overdue ones are looked for among its open
 * ones or among all that are overdue, whichever are fewer.
 */
export async function countRequests(db: Database, viewer: Viewer): Promise<RequestCounts> {
  const me = actorOf(viewer);
  const count = (...parts: string[]) => `least(${COUNTED}, ${parts.map(counted).join(' + ')})`;
  // Each part has an index of its own, and no request is in two.
  const seen =
    viewer.role === 'agent'
      ? ['to_agent = any ($2)', 'to_agent is null', 'from_agent = $1 and to_agent <> all ($2)']
      : ['true'];
  const [row] = await db.query<Omit<RequestCounts, 'unseen'>>(
    `/* count requests */ select ${count(...seen)} as pending,
      ${count(...seen.map((part) => `${part} and deadline_at < (select clock_timestamp())`))} as overdue,
      ${count('to_agent = any ($2) and from_agent <> $1', 'to_agent is null and from_agent <> $1')} as "forMe",
      ${count('from_agent = $1')} as mine`,
    [me, await audiencesOf(db, viewer)],
  );
  return { ...row!, unseen: await pendingFor(db, me) };
}

function counted(part: string): string {
  return `(select count(*)::integer from (
    select from agent_requests where status = 'open' and ${part} limit ${COUNTED}) counted)`;
}

/** The database's clock. */
export async function databaseTime(db: Database): Promise<Date> {
  const [row] = await db.query<{ now: Date }>('/* time */ select clock_timestamp() as now');
  return row!.now;
}
