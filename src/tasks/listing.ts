import { RookeryError } from '../errors.ts';
import { parseId } from '../graphql/ids.ts';
import { containsText } from '../postgres/contains.ts';
import type { AgentTask, Prisma } from '../postgres/generated/client.ts';

type Maybe<Value> = Value | null | undefined;

export interface TaskFilter {
  ids?: Maybe<readonly string[]>;
  statuses?: Maybe<readonly string[]>;
  types?: Maybe<readonly string[]>;
  assignedTo?: Maybe<string>;
  unassigned?: Maybe<boolean>;
  createdBy?: Maybe<string>;
  sessionId?: Maybe<string>;
  ready?: Maybe<boolean>;
  maxPriority?: Maybe<number>;
  dueBefore?: Maybe<Date>;
  githubRepo?: Maybe<string>;
  githubIssue?: Maybe<number>;
  search?: Maybe<string>;
}

/** All given conditions must hold. */
export function taskWhere(filter: TaskFilter): Prisma.AgentTaskWhereInput {
  const where: Prisma.AgentTaskWhereInput = {};
  if (filter.ids != null) where.id = { in: filter.ids.map((id) => parseId(id, 'task')) };
  if (filter.statuses != null) where.status = { in: [...filter.statuses] };
  if (filter.types != null) where.type = { in: [...filter.types] };
  if (filter.assignedTo != null) where.assignedTo = filter.assignedTo;
  if (filter.unassigned === true) where.assignedTo = null;
  if (filter.createdBy != null) where.createdBy = filter.createdBy;
  if (filter.sessionId != null) where.sessionId = parseId(filter.sessionId, 'session');
  if (filter.ready != null) where.ready = filter.ready;
  if (filter.maxPriority != null) where.priority = { lte: filter.maxPriority };
  if (filter.dueBefore != null) where.dueDate = { lt: filter.dueBefore };
  if (filter.githubRepo != null) where.githubRepo = filter.githubRepo;
  if (filter.githubIssue != null) where.githubIssue = filter.githubIssue;
  if (filter.search != null)
    where.OR = [{ title: containsText(filter.search) }, { description: containsText(filter.search) }];
  return where;
}

/** The ways to order a list: by one column, then by id, so that no two tasks are equal. */
const ORDERS = {
  newest: { column: 'id', direction: 'desc' },
  oldest: { column: 'id', direction: 'asc' },
  priority: { column: 'priority', direction: 'asc' },
  queue: { column: 'claimOrder', direction: 'asc' },
  due: { column: 'dueDate', direction: 'asc' },
} as const;

export type TaskOrder = keyof typeof ORDERS;

export interface TaskPage {
  readonly order: TaskOrder;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  /** Backwards from the end, or from `before`. */
  readonly inverted: boolean;
}

/**
 * What Prisma needs to read a page: the rows past a cursor, which holds the values of the row it stands for. So pages
 * neither skip nor repeat a row when others change, and the hundredth costs what the first does.
 */
export function pageOf(filter: TaskFilter, { order, after, before, limit, inverted }: TaskPage) {
  const { column, direction } = ORDERS[order];
  const conditions = [taskWhere(filter)];
  if (order === 'due') conditions.push({ dueDate: { not: null } });
  if (after !== undefined) conditions.push(beyond(order, after, direction === 'asc'));
  if (before !== undefined) conditions.push(beyond(order, before, direction !== 'asc'));
  const way = (direction === 'asc') === inverted ? ('desc' as const) : ('asc' as const);
  return {
    where: { AND: conditions },
    orderBy: column === 'id' ? [{ id: way }] : [{ [column]: way }, { id: way }],
    take: limit,
  } satisfies Prisma.AgentTaskFindManyArgs;
}

/** Opaque text; Dates have the milliseconds that the columns have. */
export function cursorOf(order: TaskOrder, task: AgentTask): string {
  const value = task[ORDERS[order].column];
  const text = value instanceof Date ? value.toISOString() : String(value);
  return Buffer.from(`${order} ${text} ${task.id}`).toString('base64url');
}

function beyond(order: TaskOrder, cursor: string, ascending: boolean): Prisma.AgentTaskWhereInput {
  const { column } = ORDERS[order];
  const [kind, text, id] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (kind !== order || text === undefined || !/^[1-9]\d{0,18}$/.test(id ?? ''))
    throw new RookeryError('BAD_INPUT', 'This is not a cursor of this list in this order: take one from its pageInfo.');
  const past = (value: unknown) => (ascending ? { gt: value } : { lt: value });
  if (column === 'id') return { id: past(BigInt(id!)) as Prisma.BigIntFilter };
  const value = column === 'priority' ? Number(text) : new Date(text);
  if (Number.isNaN(value.valueOf())) throw new RookeryError('BAD_INPUT', 'This is not a cursor of this list.');
  // The first condition alone is what an index range can be; the second takes the rest of the same value out.
  return {
    [column]: ascending ? { gte: value } : { lte: value },
    OR: [{ [column]: past(value) }, { id: past(BigInt(id!)) as Prisma.BigIntFilter }],
  };
}
