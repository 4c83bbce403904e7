import { fromRow } from '../graphql/row.ts';
import type { Database } from '../postgres/database.ts';
import type { AgentMessage } from '../postgres/generated/client.ts';
import { asRead } from './facts.ts';

export interface InboxPage {
  agent: string;
  /** Only messages the agent has not said to have read. */
  unreadOnly: boolean;
  /** By default the oldest come first: the order to work them off. */
  newestFirst: boolean;
  /** Only messages of these types. */
  types: readonly string[] | null;
  /** Continue after the message with this key. */
  after: bigint | null;
  limit: number;
}

/**
 * One page of an agent's inbox: what was sent to it, and the broadcasts since it registered, but for its own. Each
 * message tells what became of it for that agent. Cost: two index ranges of the page's length, however long the inbox
 * is; with `types`, as far as such messages are to be found.
 */
export async function readInbox(db: Database, page: InboxPage): Promise<AgentMessage[]> {
  const from = page.after ?? (page.newestFirst ? 2n ** 63n - 1n : 0n);
  const rows = await db.query<Record<string, unknown>>(inboxStatement(page), [
    page.agent,
    from,
    page.limit,
    page.types,
  ]);
  return rows.map((row) => asRead(fromRow('AgentMessage', row)));
}

/** The text of the statement for `unreadOnly` and `newestFirst`: each keeps the plan that fits it. */
function inboxStatement({ unreadOnly, newestFirst }: Pick<InboxPage, 'unreadOnly' | 'newestFirst'>): string {
  const unread = unreadOnly ? 'read_at is null' : 'true';
  const [beyond, order] = newestFirst ? ['<', 'desc'] : ['>', 'asc'];
  return `/* inbox */
    select m.id, m.from_agent, m.to_agent, m.message_type, m.content, m.metadata, m.reply_to, m.thread_id, m.created_at,
           page.delivered_at, page.read_at, page.acknowledged_at
      from (
        (select id, delivered_at, read_at, acknowledged_at
           from agent_messages
          where to_agent = $1 and id ${beyond} $2 and ${unread}
            and ($4::text[] is null or message_type = any ($4))
          order by id ${order} limit $3)
        union all
        (select message_id, delivered_at, read_at, acknowledged_at
           from agent_message_receipts
          where agent_id = $1 and message_id ${beyond} $2 and ${unread}
            and ($4::text[] is null or message_id in (select id from agent_messages b where b.id = message_id and b.message_type = any ($4)))
          order by message_id ${order} limit $3)
      ) page
      join agent_messages m on m.id = page.id
     order by page.id ${order} limit $3`;
}

/**
 * Records that the agent's own inbox query hands these messages out, which is what `deliveredAt` means. Only the first
 * time costs a write. Joins concurrent calls.
 */
export async function deliver(db: Database, agent: string, messages: readonly AgentMessage[]): Promise<void> {
  const fresh = messages.filter(({ deliveredAt }) => deliveredAt === null);
  if (fresh.length === 0) return;
  const { at } = await db.join<{ at: Date }>('/* deliver */ select * from rookery.mark_delivered($1::jsonb)', {
    agent,
    ids: fresh.map(({ id }) => String(id)),
  });
  for (const message of fresh) message.deliveredAt = at;
}
