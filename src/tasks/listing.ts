import { parseId } from '../graphql/ids.ts';
import { id, integer, Listing, time } from '../graphql/listing.ts';
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

export const TASKS = new Listing<AgentTask, 'newest' | 'oldest' | 'priority' | 'queue' | 'due'>(
  'tasks',
  { column: 'id', as: id },
  {
    newest: { column: 'id', as: id, way: 'desc' },
    oldest: { column: 'id', as: id, way: 'asc' },
    priority: { column: 'priority', as: integer, way: 'asc' },
    queue: { column: 'claimOrder', as: time, way: 'asc' },
    // Of those that have a date.
    due: { column: 'dueDate', as: time, way: 'asc' },
  },
);

/** What an order asks of its tasks besides. */
export function orderWhere(order: string, filter: TaskFilter): Prisma.AgentTaskWhereInput {
  if (order === 'due') return { dueDate: { not: null } };
  // What is ready is open: said here, the index by status and priority has them in order.
  if (order === 'priority' && filter.ready === true) return { status: 'open' };
  return {};
}
