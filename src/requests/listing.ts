import type { Viewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import { id, integer, Listing, type Page, time } from '../graphql/listing.ts';
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

/** The lists there are, in an order each that makes it a walk along an index. */
export const REQUESTS = new Listing<AgentRequest, 'pending' | 'overdue' | 'all'>(
  'requests',
  { column: 'id', as: id },
  {
    pending: { column: 'priority', as: integer, way: 'asc' },
    overdue: { column: 'deadlineAt', as: time, way: 'asc' },
    all: { column: 'id', as: id, way: 'desc' },
  },
);

export type RequestList = Parameters<typeof REQUESTS.page>[0];

/** Which requests a list has, of those that the filter finds; `now` is the database's clock. */
export function listed(list: RequestList, filter: RequestFilter, viewer: Viewer, now: Date): Where[] {
  return [
    list === 'all' ? {} : { status: 'open' },
    list === 'overdue' ? { deadlineAt: { lt: now } } : {},
    ...requestWhere(filter, viewer),
  ];
}

/**
 * Reads a page of what the reader may see. An agent's list has several parts (asked of it, of each of its roles, of all,
 * by it), of which each is a walk along an index of its own; they are merged here. `read` reads a part.
 */
export async function readPage(
  reader: Reader,
  filter: RequestFilter,
  { where, ...page }: Page,
  read: (page: Page) => Promise<AgentRequest[]>,
): Promise<AgentRequest[]> {
  const parts = partsOf(reader, filter).map((part) => read({ ...page, where: { AND: [part, ...where.AND] } }));
  const found = new Map((await Promise.all(parts)).flat().map((request) => [request.id, request]));
  return [...found.values()].sort(inOrder(page.orderBy)).slice(0, page.take);
}

/** Compares as the database does. */
function inOrder(orderBy: Page['orderBy']): (a: AgentRequest, b: AgentRequest) => number {
  const columns = orderBy.flatMap(Object.entries) as [keyof AgentRequest, 'asc' | 'desc'][];
  return (a, b) => {
    for (const [column, way] of columns) {
      const [x, y] = [a[column]!, b[column]!];
      if (x < y || x > y) return x < y === (way === 'asc') ? -1 : 1;
    }
    return 0;
  };
}

/** Conditions of which at least one must hold. */
function partsOf({ viewer, audiences }: Reader, { forMe, mine }: RequestFilter): Where[] {
  const me = actorOf(viewer);
  const asked: Where[] = [...audiences, null].map((toAgent) => ({ toAgent }));
  if (forMe === true) return asked.map((part) => ({ ...part, NOT: { fromAgent: me } }));
  if (viewer.role === 'agent' && mine !== true) return [...asked, { fromAgent: me }];
  return [{}];
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
