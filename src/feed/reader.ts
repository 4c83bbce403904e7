import { RookeryError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Database } from '../postgres/database.ts';
import { encodeCursor } from './cursor.ts';
import type { ChangeEvent, Selection } from './event.ts';

/** A live taker of events. Both callbacks run synchronously, in order of position. */
export interface Tap {
  readonly topics: readonly string[];
  onEvent(event: ChangeEvent): void;
  /** The order was broken (new epoch, or this process was away longer than retention): the tap gets no more events. */
  onBreak(error: RookeryError): void;
}

export interface Reader {
  readonly epoch: string;
  readonly position: number;
  readonly lagMs: number;
  tap(tap: Tap): () => void;
  page(selection: Selection, after: number, limit: number): Promise<{ events: ChangeEvent[]; upTo: number }>;
  /** Reads on from its position to the head; returns how many events it handed out. Calls must not overlap. */
  read(): Promise<number>;
  /** The oldest position that can be resumed from. */
  oldest(): Promise<number>;
  /** Compares with the database's epoch; renews it first if the database is a restored copy. */
  checkEpoch(): Promise<void>;
}

const PAGE = 1_000;

const COLUMNS = `f.position, f.event_id, e.id, e.topic, e.entity_id, e.op, e.recipients, e.data, e.previous, e.omitted, e.actor, e.created_at`;
/** Lateral with a limit: always one index probe per event, also in a partition that was never analysed. */
const EVENT = `left join lateral (
    select * from rookery.change_events c where c.id = f.event_id and c.created_at = f.event_at limit 1) e on true`;

const TAIL = '/* feed tail */ select * from rookery.feed_tail($1, $2)';
/** The past of some topics: one index range of each. As one `topic = any (…)` the planner reads all topics instead. */
const TOPICS = `/* feed page */ select ${COLUMNS}
  from (select p.* from unnest($1::text[]) t (topic) cross join lateral (
          select position, event_id, event_at from rookery.feed f
           where f.topic = t.topic and f.position > $2 and f.position <= $3 order by f.position limit $4) p
         order by p.position limit $4) f ${EVENT} order by f.position`;
const OLDEST =
  '/* feed oldest */ select greatest(0, position - 1) as oldest from rookery.feed order by position limit 1';
const STATE = '/* feed state */ select epoch, head, restored from rookery.feed_state()';

interface FeedRow {
  position: string;
  event_id: string | null;
  id: string | null;
  topic: string;
  entity_id: string;
  op: ChangeEvent['op'];
  recipients: string[] | null;
  data: Record<string, unknown>;
  previous: Record<string, unknown> | null;
  omitted: string[] | null;
  actor: string;
  created_at: Date;
}

interface FeedState {
  epoch: string;
  head: string;
  restored: boolean;
}

/** Starts at the head: a process hands out what is committed from now on, and reads the past only when asked to. */
export async function createReader(db: Database, log: Logger): Promise<Reader> {
  const taps = new Map<string, Set<Tap>>();
  let { epoch, head: position } = await currentState();
  let lagMs = 0;

  async function currentState(): Promise<{ epoch: string; head: number }> {
    let [state] = await db.query<FeedState>(STATE);
    if (state?.restored) {
      await db.upkeep('select rookery.feed_rebase()');
      [state] = await db.query<FeedState>(STATE);
      log.warn(
        { epoch: state?.epoch },
        'this database is a restored copy: the feed begins a new epoch, older cursors are refused',
      );
    }
    if (state === undefined) throw new Error('rookery.feed_state() returned nothing');
    return { epoch: state.epoch, head: Number(state.head) };
  }

  function toEvent(row: FeedRow): ChangeEvent {
    const place = Number(row.position);
    return {
      position: place,
      cursor: encodeCursor(epoch, place),
      topic: row.topic,
      entityId: row.entity_id,
      op: row.op,
      recipients: row.recipients,
      data: row.data,
      previous: row.previous,
      omitted: row.omitted,
      actor: row.actor,
      at: row.created_at,
    };
  }

  async function oldest(): Promise<number> {
    const [row] = await db.query<{ oldest: string }>(OLDEST);
    return Number(row?.oldest ?? 0);
  }

  function breakAll(error: RookeryError): void {
    const all = new Set([...taps.values()].flatMap((set) => [...set]));
    taps.clear();
    for (const tap of all) tap.onBreak(error);
  }

  async function checkEpoch(): Promise<void> {
    const state = await currentState();
    if (state.epoch === epoch) return;
    ({ epoch, head: position } = state);
    breakAll(
      new RookeryError(
        'CURSOR_INVALID',
        'The feed began a new epoch (the database was restored). Read the list again and subscribe after feedCursor.',
      ),
    );
  }

  /** Positions are dense, so a hole means that retention dropped what this process had not read yet. */
  function handOut(row: FeedRow): void {
    const place = Number(row.position);
    if (place !== position + 1 || (row.event_id !== null && row.id === null)) {
      log.error({ expected: position + 1, found: place }, 'the feed was dropped before this process had read it');
      position = place - 1;
      breakAll(
        new RookeryError(
          'CURSOR_EXPIRED',
          'This stream fell behind what is kept. Read the list again and subscribe after feedCursor.',
        ),
      );
    }
    position = place;
    if (row.id === null) return;
    const interested = taps.get(row.topic);
    if (interested === undefined) return;
    const event = toEvent(row);
    lagMs = Math.max(0, Date.now() - event.at.getTime());
    for (const tap of interested) tap.onEvent(event);
  }

  return {
    get epoch() {
      return epoch;
    },
    get position() {
      return position;
    },
    get lagMs() {
      return lagMs;
    },
    checkEpoch,
    tap(tap) {
      for (const topic of tap.topics) {
        const set = taps.get(topic) ?? new Set();
        taps.set(topic, set.add(tap));
      }
      return () => {
        for (const topic of tap.topics) {
          const set = taps.get(topic);
          set?.delete(tap);
          if (set?.size === 0) taps.delete(topic);
        }
      };
    },
    async read() {
      const start = position;
      for (;;) {
        const rows = await db.query<FeedRow>(TAIL, [position, PAGE]);
        for (const row of rows) handOut(row);
        if (rows.length < PAGE) return position - start;
      }
    },
    async page(selection, after, limit) {
      const until = position;
      const rows = await db.query<FeedRow>(TOPICS, [selection.topics, after, until, limit]);
      const upTo = rows.length < limit ? Math.max(until, after) : Number(rows.at(-1)?.position);
      // Asked after the page was read: what is still there now was there then, so nothing was dropped before the reader.
      if (rows.some((row) => row.id === null) || (await oldest()) > after)
        throw new RookeryError(
          'CURSOR_EXPIRED',
          'Retention dropped a part of what this cursor still had to read. Read the list again and subscribe after feedCursor.',
        );
      const events = rows.map(toEvent);
      return { events: selection.matches ? events.filter(selection.matches) : events, upTo };
    },
    oldest,
  };
}
