import type { agentVerbs, presenceVerbs } from './agents.ts';
import { backoffMs } from './backoff.ts';
import { Holdings as HoldingsDocument, Viewer } from './generated/operations.ts';
import { Holding, type TaskNews } from './holding.ts';
import type { Request } from './request.ts';
import type { Follow } from './stream.ts';
import type { Claimed } from './tasks.ts';

/** What this process holds, and the one loop that keeps it: beats for all leases together, and an ear for their loss. */
export interface Presence {
  /** Beats from now on, until as many have left as came. The last to leave tells the hub that this process stops. */
  enter(): void;
  leave(): Promise<void>;
  /** What was asked for at `askedAt` was given. */
  hold(claimed: Claimed, leaseMs: number, askedAt: number): Holding;
  drop(holding: Holding): void;
}

/** Of an idle process. A busy one beats at a third of its shortest lease. */
const IDLE_MS = 20_000;
const FAREWELL_MS = 5_000;
const MAX_NEWS = 1_000;

export function createPresence(hub: {
  readonly request: Request;
  readonly subscribe: Follow;
  readonly agent: string | undefined;
  readonly instance: string;
  readonly beat: ReturnType<typeof presenceVerbs>['beat'];
  readonly stop: ReturnType<typeof agentVerbs>['stop'];
}): Presence {
  /** By task. */
  const held = new Map<string, Holding>();
  /** Of tasks not held here: the news of a loss may overtake the reply that gave the lease. */
  const news = new Map<string, TaskNews>();
  let inside = 0;
  let ending = new AbortController();
  let wake = () => {};

  const everyMs = () => Math.min(IDLE_MS, ...[...held.values()].map(({ leaseMs }) => leaseMs / 3));
  /** Of what may still be lost. */
  const untilExpiryMs = () =>
    Math.min(...[...held.values()].filter(({ losable }) => losable).map(({ remainingMs }) => Math.max(0, remainingMs)));

  async function beatOn(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      const every = everyMs();
      const sentAt = performance.now();
      const holdings = [...held.values()];
      try {
        // No longer than until the first loss that it could prevent: that must be told in time.
        const timeoutMs = Math.max(10, Math.min(every, untilExpiryMs()));
        await hub.beat({ intervalSeconds: Math.ceil(every / 1_000) }, { signal, timeoutMs, patienceMs: 0 });
        for (const holding of holdings) holding.renewed(sentAt);
        failures = 0;
      } catch {
        failures++; // Whoever claims meets the same failure, and says so; what is held expires below.
      }
      for (const holding of held.values()) holding.loseIfExpired();
      if (!signal.aborted) await rest(failures === 0 ? every : Math.min(every, backoffMs(failures)));
    }
  }

  /** Woken by a lease that is shorter than those before it. */
  function rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, Math.max(untilExpiryMs(), 10)));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function listen(signal: AbortSignal): Promise<void> {
    const agent = hub.agent ?? (await hub.request(Viewer, {}, { signal })).viewer.agentId ?? '';
    const stream = hub.subscribe(HoldingsDocument, { agent }, ({ taskEvents }) => taskEvents.task, {
      signal,
      onGap: 'restart',
    });
    for await (const task of stream) {
      const holding = held.get(task.id);
      if (holding !== undefined) holding.hear(task);
      else news.delete(task.id);
      if (holding === undefined) news.set(task.id, task);
      if (news.size > MAX_NEWS) news.delete(news.keys().next().value as string);
    }
  }

  return {
    enter() {
      if (inside++ > 0) return;
      ending = new AbortController();
      void beatOn(ending.signal);
      // Without it a loss is learnt of at the next call that names the lease.
      listen(ending.signal).catch(() => {});
    },
    async leave() {
      if (--inside > 0) return;
      ending.abort();
      wake();
      news.clear();
      await hub.stop({ instance: hub.instance }, { timeoutMs: FAREWELL_MS, patienceMs: FAREWELL_MS }).catch(() => {});
    },
    hold(claimed, leaseMs, askedAt) {
      const shorter = leaseMs / 3 < everyMs();
      const holding = new Holding(claimed, leaseMs, askedAt);
      held.set(claimed.task.id, holding);
      const heard = news.get(claimed.task.id);
      if (heard !== undefined) holding.hear(heard);
      if (shorter) wake();
      return holding;
    },
    drop(holding) {
      if (held.get(holding.task.id) === holding) held.delete(holding.task.id);
    },
  };
}
