import { id, Listing, time } from '../graphql/listing.ts';
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
export function sessionWhere({ statuses, participant, search, activeSince }: SessionFilter): Prisma.SessionWhereInput {
  const where: Prisma.SessionWhereInput = {};
  if (statuses != null) where.status = { in: [...statuses] };
  if (participant != null) where.participants = { some: { agent: participant, leftAt: null } };
  if (search != null) where.title = containsText(search);
  if (activeSince != null) where.lastActivity = { gte: activeSince };
  return where;
}

export const SESSIONS = new Listing<Session, 'newest' | 'lastActivity'>(
  'sessions',
  { column: 'id', as: id },
  {
    newest: { column: 'id', as: id, way: 'desc' },
    lastActivity: { column: 'lastActivity', as: time, way: 'desc' },
  },
);

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
