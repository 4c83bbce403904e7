/** A controller that aborts with other signals too; `release` takes its listeners off them again. */
export interface Linked extends AbortController {
  release(): void;
}

export function linked(...signals: (AbortSignal | undefined)[]): Linked {
  const controller = new AbortController();
  const taken: (() => void)[] = [];
  for (const signal of signals) {
    if (signal === undefined) continue;
    const abort = () => controller.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    taken.push(() => signal.removeEventListener('abort', abort));
  }
  return Object.assign(controller, {
    release() {
      for (const take of taken) take();
    },
  });
}

/** Many things that end together. One signal with a listener for each of them would look like a leak to Node, which warns. */
export class Scope {
  private readonly members = new Set<AbortController>();
  private ending: { reason: unknown } | undefined;

  get ended(): boolean {
    return this.ending !== undefined;
  }

  /** A controller that aborts when the scope ends, or one of the signals aborts; to be released. */
  open(...signals: (AbortSignal | undefined)[]): Linked {
    const member = linked(...signals);
    const { release } = member;
    if (this.ending !== undefined) member.abort(this.ending.reason);
    this.members.add(member);
    return Object.assign(member, {
      release: () => {
        this.members.delete(member);
        release();
      },
    });
  }

  end(reason: unknown): void {
    this.ending ??= { reason };
    for (const member of this.members) member.abort(reason);
  }
}
