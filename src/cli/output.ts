import { type Column, harmless, harmlessJson, table } from './table.ts';

/** Where a command's data and words go, and in which form. */
export interface OutputOptions {
  readonly format: 'text' | 'json' | 'jsonl' | 'ids';
  readonly colour: boolean;
  /** Columns of the terminal; undefined if it is none: then nothing is cut. */
  readonly width?: number | undefined;
  readonly stdout: Sink;
  readonly stderr: Sink;
}

/** What is used of a stream to write to. */
export interface Sink {
  write(text: string, done?: (error?: Error | null) => void): boolean;
}

/** How records of one kind are shown. */
export interface View<Row> {
  readonly id: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
}

/** Data goes to standard output, words to standard error. */
export class Output {
  readonly format: OutputOptions['format'];
  private readonly options: OutputOptions;

  constructor(options: OutputOptions) {
    this.options = options;
    this.format = options.format;
  }

  /** Many records: a table, a JSON array, a line of JSON each, or ids. `none` is said when there are none. */
  list<Row>(rows: readonly Row[], view: View<Row>, none: string): Promise<void> {
    const { format, colour, width } = this.options;
    if (format === 'json') return this.write(`${harmlessJson(rows, 2)}\n`);
    if (format === 'jsonl') return this.lines(rows.map((row) => harmlessJson(row)));
    if (format === 'ids') return this.lines(rows.map(view.id));
    if (rows.length > 0) return this.lines(table(rows, view.columns, { width, colour }));
    this.say(none);
    return Promise.resolve();
  }

  /** One record: `text` for people, or a JSON document, or its id. */
  record<Row>(row: Row, id: string, text: () => string): Promise<void> {
    const { format } = this.options;
    if (format === 'ids') return this.lines([id]);
    if (format === 'text') return this.write(`${harmless(text()).trimEnd()}\n`);
    return this.write(`${harmlessJson(row, format === 'json' ? 2 : undefined)}\n`);
  }

  /** Several records, each at length. */
  records<Row>(rows: readonly Row[], id: (row: Row) => string, text: (row: Row) => string): Promise<void> {
    const { format } = this.options;
    if (format === 'json') return this.write(`${harmlessJson(rows, 2)}\n`);
    if (format === 'jsonl') return this.lines(rows.map((row) => harmlessJson(row)));
    if (format === 'ids') return this.lines(rows.map(id));
    return this.lines([rows.map((row) => harmless(text(row)).trimEnd()).join('\n\n')]);
  }

  /** One of a stream: a line, whatever the format. Resolves when more can be taken, so a slow reader slows the stream. */
  event<Event>(event: Event, id: string, text: () => string): Promise<void> {
    const { format } = this.options;
    const line = format === 'ids' ? id : format === 'text' ? harmless(text()) : harmlessJson(event);
    return this.lines([line]);
  }

  /** A text that is data in itself, whatever the format. */
  plain(text: string): Promise<void> {
    return this.write(text);
  }

  /** What was done, for people; nothing of it is data. */
  say(text: string): void {
    if (this.options.format !== 'ids') this.options.stderr.write(`${harmless(text)}\n`);
  }

  paint(code: number, text: string): string {
    return this.options.colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  private lines(lines: readonly string[]): Promise<void> {
    return lines.length === 0 ? Promise.resolve() : this.write(`${lines.join('\n')}\n`);
  }

  private write(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.options.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    });
  }
}
