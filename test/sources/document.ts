import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import { expect } from 'vitest';
import type { Live } from '../support/sse.ts';

/** A source document's SQL: each statement stands under a comment that names it, and ends with the line that ends in `;`. */
export interface SourceDocument {
  /** Runs a statement as it stands and returns its rows; `values` are for its `$1`, …. */
  run(title: string, values?: unknown[], as?: pg.Client): Promise<Record<string, unknown>[]>;
  /** The statements that were not run yet. */
  left(): string[];
}

export async function openDocument(file: string, client: pg.Client): Promise<SourceDocument> {
  const text = await readFile(new URL(file, import.meta.url), 'utf8');
  const statements = new Map(
    [...text.matchAll(/^-- (.+)\n((?!-- |\n)[\s\S]+?;)$/gm)].map(([, title, sql]) => [title as string, sql as string]),
  );
  const ran = new Set<string>();
  return {
    async run(title, values = [], as = client) {
      const sql = statements.get(title);
      if (sql === undefined) throw new Error(`${file} has no statement "${title}"`);
      ran.add(title);
      return (await as.query(sql, values)).rows;
    },
    left: () => [...statements.keys()].filter((title) => !ran.has(title)),
  };
}

/** The next event of a field that `wanted` knows; a stream that begins now may still carry what was written just before. */
export async function next(
  stream: Live,
  field: string,
  wanted: (event: string) => boolean = () => true,
): Promise<Record<string, unknown>> {
  for (;;) {
    const { data, errors } = await stream.take();
    expect(errors).toBeUndefined();
    const event = (data as Record<string, Record<string, unknown>>)[field] ?? {};
    if (wanted(JSON.stringify(event))) return event;
  }
}
