import { RookeryError } from '../errors.ts';
import { containsText } from '../postgres/contains.ts';
import type { Prisma, Session } from '../postgres/generated/client.ts';

type Maybe<Value> = Value | null | undefined;

export interface SessionFilter {
  statuses?: Maybe<readonly string[]>;
  participant?: Maybe<string>;
  search?: Maybe<string>;
  activeSince?: Maybe<Date>;
}

/** All given conditions must hold. `search` finds the text in the title, upper and lower case alike. */
function sessionWhere({ statuses, participant, search, activeSince }: SessionFilter): Prisma.SessionWhereInput {
  const where: Prisma.SessionWhereInput = {};
  if (statuses != null) where.status = { in: [...statuses] };
  if (participant != null) where.participants = { some: { agent: participant, leftAt: null } };
  if (search != null) where.title = containsText(search);
  if (activeSince != null) where.lastActivity = { gte: activeSince };
  return where;
}

/** The ways to order sessions: by one column, newest first, then by id. */
const ORDERS = { newest: 'id', lastActivity: 'lastActivity' } as const;

export type SessionOrder = keyof typeof ORDERS;

export interface SessionPage {
  readonly order: SessionOrder;
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
  /** Backwards from the end, or from `before`. */
  readonly inverted: boolean;
}

/** What Prisma needs to read a page: the rows past a cursor, which holds the values of the row it stands for. */
export function pageOf(filter: SessionFilter, { order, after, before, limit, inverted }: SessionPage) {
  const conditions = [sessionWhere(filter)];
  if (after !== undefined) conditions.push(beyond(order, after, false));
  if (before !== undefined) conditions.push(beyond(order, before, true));
  const way = inverted ? ('asc' as const) : ('desc' as const);
  return {
    where: { AND: conditions },
    orderBy: order === 'newest' ? [{ id: way }] : [{ lastActivity: way }, { id: way }],
    take: limit,
  } satisfies Prisma.SessionFindManyArgs;
}

/** Opaque text. */
export function cursorOf(order: SessionOrder, { id, lastActivity }: Session): string {
  const time = order === 'newest' ? '' : lastActivity.toISOString();
  return Buffer.from(`${order} ${time} ${id}`).toString('base64url');
}

function beyond(order: SessionOrder, cursor: string, newer: boolean): Prisma.SessionWhereInput {
  const [kind, text, key] = Buffer.from(cursor, 'base64url').toString().split(' ');
  const time = new Date(text ?? '');
  if (kind !== order || !/^[1-9]\d{0,18}$/.test(key ?? '') || (order !== 'newest' && Number.isNaN(time.valueOf())))
    throw new RookeryError('BAD_INPUT', 'This is not a cursor of this list in this order: take one from its pageInfo.');
  const id = newer ? { gt: BigInt(key!) } : { lt: BigInt(key!) };
  if (order === 'newest') return { id };
  // The first condition alone is what an index range can be; the second takes the rest of the same time out.
  return newer
    ? { lastActivity: { gte: time }, OR: [{ lastActivity: { gt: time } }, { id }] }
    : { lastActivity: { lte: time }, OR: [{ lastActivity: { lt: time } }, { id }] };
}

export interface MemoryFilter {
  types?: Maybe<readonly string[]>;
  tags?: Maybe<readonly string[]>;
  keyPrefix?: Maybe<string>;
}

/** All given conditions must hold; of `tags`, every one. */
export function memoryWhere({ types, tags, keyPrefix }: MemoryFilter): Prisma.MemoryWhereInput {
  const where: Prisma.MemoryWhereInput = {};
  if (types != null) where.type = { in: [...types] };
  if (tags != null) where.tags = { hasEvery: [...tags] };
  if (keyPrefix != null) where.key = { startsWith: keyPrefix };
  return where;
}

export interface ArtifactFilter {
  types?: Maybe<readonly string[]>;
  name?: Maybe<string>;
  format?: Maybe<string>;
  /** Older versions too; otherwise the latest of each name. */
  allVersions?: Maybe<boolean>;
}

/** All given conditions must hold. */
export function artifactWhere({ types, name, format, allVersions }: ArtifactFilter): Prisma.ArtifactWhereInput {
  const where: Prisma.ArtifactWhereInput = {};
  if (types != null) where.type = { in: [...types] };
  if (name != null) where.name = name;
  if (format != null) where.format = format;
  if (allVersions !== true) where.latest = true;
  return where;
}
