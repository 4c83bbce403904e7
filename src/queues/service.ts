import { ensureAgent } from '../agents/service.ts';
import { RookeryError } from '../errors.ts';
import type { Viewer } from '../graphql/context.ts';
import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { Prisma, Queue, QueueGrant } from '../postgres/generated/client.ts';

type Row = Record<string, unknown>;

/** What a caller may do with a queue; `view` is to look without receiving. */
export type Deed = 'send' | 'read' | 'view';

/** The agent whose grants bind the caller; null for operators and observers, who are bound by their role alone. */
export function boundAgent(viewer: Viewer): string | null {
  // Asked only of agents, so that all others share what they subscribe to.
  return viewer.role === 'agent' ? viewer.agent : null;
}

/** The name that stands behind a call: its agent, else `operator`. */
export function actorOf({ agent }: Viewer): string {
  return agent ?? 'operator';
}

/** Registers the agent behind a call that acts, if there is one. */
export async function registerCaller(db: Database, { agent }: Viewer): Promise<void> {
  if (agent !== null) await ensureAgent(db, agent);
}

/** The queue's name as it is stored, if the caller may do that with it. Errors: `NOT_FOUND`, `FORBIDDEN`. */
export async function requireQueue(db: Database, viewer: Viewer, queue: string, deed: Deed): Promise<string> {
  const [row] = await db.query<{
    name: string | null;
    refusal: { code: 'NOT_FOUND' | 'FORBIDDEN'; message: string } | null;
  }>(
    `/* queue right */ select q.name, rookery.queue_refusal($1, $2, q, $3) as refusal
       from (select 1) one left join public.queues q on lower(q.name) = lower($1)`,
    [queue, boundAgent(viewer), deed],
  );
  if (row?.refusal) {
    const { code, message, ...details } = row.refusal;
    throw new RookeryError(code, message, details);
  }
  return row?.name as string;
}

/** The queue's name as it is stored, for a name in any case; null when there is none. */
export async function storedName(db: Database, queue: string): Promise<string | null> {
  const [row] = await db.query<{ name: string }>(
    '/* queue name */ select name from public.queues where lower(name) = lower($1)',
    [queue],
  );
  return row?.name ?? null;
}

/** Which queues the caller sees: an agent those that are open to all, and those it has a grant for. */
export function visibleQueues(viewer: Viewer): Prisma.QueueWhereInput {
  const agent = boundAgent(viewer);
  if (agent === null) return {};
  const right = { OR: [{ canSend: true }, { canRead: true }, { canView: true }] };
  return { OR: [{ restricted: false }, { grants: { some: { agent: { in: [agent, '*'] }, ...right } } }] };
}

export interface NewQueue {
  name: string;
  maxReads?: number | null | undefined;
  /** `<name>_dead` unless given. */
  deadLetterQueue?: string | null | undefined;
}

/**
 * Makes a queue, and its dead letter queue if `maxReads` is given; one that is there with the same settings is returned
 * as it is. Errors: `BAD_INPUT` (name), `CONFLICT` (other settings).
 */
export async function createQueue(db: Database, viewer: Viewer, input: NewQueue): Promise<Queue> {
  const [row] = await db.write<{ queue: Row }>(
    '/* create queue */ select to_jsonb(rookery.create_queue($1, $2, $3, $4)) as queue',
    [input.name, input.maxReads ?? null, input.deadLetterQueue ?? null, actorOf(viewer)],
  );
  return fromRow('Queue', row?.queue ?? {});
}

/** Messages of one round of a purge: the rows a transaction holds, and the time it takes, stay bounded. */
const PURGE_ROUND = 5_000;

/** Deletes every message that was there when it began, in flight or not, in rounds; returns how many. Errors: `NOT_FOUND`. */
export async function purgeQueue(db: Database, viewer: Viewer, queue: string): Promise<number> {
  const name = await requireQueue(db, viewer, queue, 'read');
  const [last] = await db.query<{ id: string | null }>(
    'select msg_id as id from public.queue_messages where queue = $1 order by msg_id desc limit 1',
    [name],
  );
  let purged = 0;
  for (let round = PURGE_ROUND; last?.id != null && round === PURGE_ROUND; purged += round) {
    const [row] = await db.write<{ purged: string }>(
      '/* purge queue */ select rookery.purge_messages($1, $2, $3) as purged',
      [name, last.id, PURGE_ROUND],
    );
    round = Number(row?.purged);
  }
  return purged;
}

/** Drops a queue and all that is in it. Errors: `NOT_FOUND`, `CONFLICT` while another sends its dead letters there. */
export async function dropQueue(
  db: Database,
  viewer: Viewer,
  queue: string,
): Promise<{ name: string; purged: number }> {
  const name = await requireQueue(db, viewer, queue, 'read');
  const [dependent] = await db.query<{ name: string }>(
    'select name from public.queues where dead_letter_queue = $1 limit 1',
    [name],
  );
  // Asked for before the messages are gone; drop_queue() asks again, under its lock.
  if (dependent !== undefined)
    throw new RookeryError(
      'CONFLICT',
      `Queue ${dependent.name} sends its dead letters to ${name}: drop that one first.`,
      {
        queue: dependent.name,
      },
    );
  const purged = await purgeQueue(db, viewer, name);
  await db.write("/* drop queue */ select rookery.drop_queue($1) from set_config('rookery.actor', $2, true)", [
    name,
    actorOf(viewer),
  ]);
  return { name, purged };
}

/** Sends dead letters again, in their first order; returns how many. Errors: `NOT_FOUND`. */
export async function redriveQueue(
  db: Database,
  viewer: Viewer,
  { queue, to, limit }: { queue: string; to?: string | null | undefined; limit: number },
): Promise<number> {
  const name = await requireQueue(db, viewer, queue, 'read');
  const target = to == null ? null : await requireQueue(db, viewer, to, 'send');
  const [row] = await db.write<{ moved: number }>(
    '/* redrive queue */ select rookery.redrive_messages($1, $2, $3) as moved',
    [name, target, limit],
  );
  return row?.moved ?? 0;
}

export interface Grant {
  queue: string;
  /** `*` stands for every agent. */
  agent: string;
  send: boolean;
  read: boolean;
  view: boolean;
}

/**
 * Says what an agent may do; replaces what was said before, and closes the queue, and where its dead letters go, to agents
 * without a grant.
 */
export async function grantQueue(db: Database, viewer: Viewer, grant: Grant): Promise<QueueGrant> {
  const name = await requireQueue(db, viewer, grant.queue, 'view');
  const [row] = await db.write<{ granted: Row }>(
    `/* grant queue */ with recursive closing (name) as (
         select $1 union select q.dead_letter_queue from closing c join public.queues q using (name) where q.dead_letter_queue is not null),
       closed as (update public.queues set restricted = true where name in (select name from closing) and not restricted),
       granted as (
         insert into public.queue_grants as g (queue, agent, can_send, can_read, can_view, granted_by) values ($1, $2, $3, $4, $5, $6)
         on conflict (queue, agent) do update set can_send = excluded.can_send, can_read = excluded.can_read,
           can_view = excluded.can_view, granted_by = excluded.granted_by
         returning g.*)
     select to_jsonb(granted) as granted from granted`,
    [name, grant.agent, grant.send, grant.read, grant.view, actorOf(viewer)],
  );
  return fromRow('QueueGrant', row?.granted ?? {});
}

/** Takes a grant back; false when there was none. The queue stays closed to agents without one. */
export async function revokeQueue(
  db: Database,
  viewer: Viewer,
  { queue, agent }: { queue: string; agent: string },
): Promise<boolean> {
  const name = await requireQueue(db, viewer, queue, 'view');
  const rows = await db.write(
    `/* revoke queue */ delete from public.queue_grants using set_config('rookery.actor', $3, true)
      where queue = $1 and agent = $2 returning 1`,
    [name, agent, actorOf(viewer)],
  );
  return rows.length > 0;
}

/** One message to be sent. */
export interface NewMessage {
  message: unknown;
  headers?: unknown;
  group?: string | null | undefined;
  /** Not to be read before that many seconds have passed. Default 0. */
  delaySeconds?: number | null | undefined;
}

/**
 * Sends messages to one queue, all or none; returns their ids in order. Joins concurrent calls. With an idempotency key a
 * repeat returns the ids of the first call. Errors: `NOT_FOUND`, `FORBIDDEN`, `IDEMPOTENCY_CONFLICT`.
 */
export async function sendToQueue(
  db: Database,
  viewer: Viewer,
  input: { queue: string; messages: readonly NewMessage[]; idempotencyKey?: string | null | undefined },
): Promise<string[]> {
  await registerCaller(db, viewer);
  const { ids } = await db.join<{ ids: string[] }>(
    '/* send to queue */ select * from rookery.send_to_queues($1::jsonb)',
    {
      agent: boundAgent(viewer),
      actor: actorOf(viewer),
      ...input,
    },
  );
  return ids;
}

/** Whose the schema `pgmq` is: `rookery`, `extension`, `foreign` or `none`. */
export async function pgmqProvider(db: Database): Promise<string> {
  const [row] = await db.query<{ provider: string }>('select rookery.pgmq_provider() as provider');
  return row?.provider ?? 'none';
}

/** Adds the counters' latest changes to the totals: it keeps figures cheap. For the sweeper, about once a second. */
export async function foldQueueCounts(db: Database): Promise<void> {
  await db.query('/* fold queue counts */ select rookery.fold_queue_counts()');
}

/** Makes the archive's next partitions and drops those over the given age. For the sweeper, about once an hour. */
export async function maintainQueues(db: Database, archiveDays = 30): Promise<void> {
  await db.query('/* maintain queues */ select rookery.queues_maintain(make_interval(days => $1))', [archiveDays]);
}

/** How many messages each queue holds, waiting or in flight; the longest first, at most 100. Out of kept counts: no queue is read. */
export function queueLengths(db: Database): Promise<{ queue: string; length: number }[]> {
  return db.query(`/* queue lengths */
    select q.name as queue, greatest(0, coalesce(t.sent - t.removed, 0) + coalesce(d.added, 0))::float8 as length
      from public.queues q
      left join rookery.queue_totals t on t.queue = q.name
      left join (select queue, sum(sent) - sum(removed) as added from rookery.queue_deltas group by queue) d on d.queue = q.name
     order by length desc, q.name limit 100`);
}
