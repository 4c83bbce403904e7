/** What a subscriber to tasks is told. */
export interface TaskEvent {
  readonly cursor: string;
  readonly op: string;
  readonly at: Date;
  readonly task: { readonly id: string; readonly title: string; readonly status: string; readonly priority: number };
}

let count = 0;

/** New tasks, as the hub would tell of them, out of nothing: the peers need no database. */
export function* eventsOf(events: number): Generator<TaskEvent> {
  for (let n = 0; n < events; n++) {
    count++;
    yield {
      cursor: `0123456789ab.${count}`,
      op: 'insert',
      at: new Date(),
      task: { id: String(count), title: `Task ${count}`, status: 'open', priority: 5 },
    };
  }
}
