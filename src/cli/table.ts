import { stripVTControlCharacters } from 'node:util';

/** One column of a table: its heading, and what stands in it for a row. */
export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => string | number | null | undefined;
  /** It gives way when the terminal is too narrow. */
  readonly flexible?: boolean;
  readonly right?: boolean;
  /** Applied to the padded text, when there is colour. */
  readonly paint?: (text: string, row: Row) => string;
}

const GAP = '  ';
/** A flexible column keeps at least this much. */
const NARROWEST = 8;

/** Lines of aligned columns, the first being the headings. With `width`, flexible columns are cut so that lines fit. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width, colour = false }: { width?: number | undefined; colour?: boolean } = {},
): string[] {
  const texts = rows.map((row) => columns.map((column) => oneLine(String(column.cell(row) ?? ''))));
  const widths = columns.map(({ head }, i) => Math.max(widthOf(head), ...texts.map((line) => widthOf(line[i]!))));
  if (width !== undefined) shrink(widths, columns, width);
  const line = (cells: readonly string[], paint: (text: string, column: Column<Row>) => string) =>
    cells
      .map((cell, i) => {
        const column = columns[i]!;
        const last = i === columns.length - 1;
        return paint(padded(cell, widths[i]!, { right: column.right, bare: last && !column.right }), column);
      })
      .join(GAP)
      .trimEnd();
  const heads = columns.map(({ head }) => head);
  const dim = (text: string) => (colour ? `\u001b[2m${text}\u001b[22m` : text);
  return [
    line(heads, dim),
    ...rows.map((row, r) => line(texts[r]!, (text, { paint }) => (colour && paint ? paint(text, row) : text))),
  ];
}

function shrink(widths: number[], columns: readonly Column<never>[], width: number): void {
  const total = () => widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
  for (let excess = total() - width; excess > 0; excess = total() - width) {
    // The widest of those that give way.
    const i = columns.reduce(
      (best, { flexible }, at) => (flexible && (best < 0 || widths[at]! > widths[best]!) ? at : best),
      -1,
    );
    if (i < 0 || widths[i]! <= NARROWEST) return;
    widths[i] = Math.max(NARROWEST, widths[i]! - excess);
  }
}

function padded(text: string, width: number, { right, bare }: { right?: boolean | undefined; bare: boolean }): string {
  const cut = widthOf(text) > width ? `${take(text, width - 1)}…` : text;
  if (bare) return cut;
  const padding = ' '.repeat(Math.max(0, width - widthOf(cut)));
  return right ? padding + cut : cut + padding;
}

function take(text: string, width: number): string {
  let taken = '';
  let used = 0;
  for (const { segment } of graphemesOf(text)) {
    used += graphemeWidth(segment);
    if (used > width) break;
    taken += segment;
  }
  return taken;
}

let segmenter: Intl.Segmenter | undefined;
/** Made when it is needed: most of what there is, is ASCII. */
function graphemesOf(text: string): Iterable<{ readonly segment: string }> {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

/** Characters that take two columns on a terminal. */
const WIDE =
  /\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|[\uff01-\uff60]/u;

/** How many columns a text takes on a terminal. */
export function widthOf(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: plain ASCII is most of what there is, and quickly counted.
  if (/^[\u0000-\u007f]*$/.test(text)) return text.length;
  return [...graphemesOf(text)].reduce((sum, { segment }) => sum + graphemeWidth(segment), 0);
}

function graphemeWidth(segment: string): number {
  return WIDE.test(segment) ? 2 : 1;
}

/** What steers a terminal: control characters, but for line ends and tabs, and those that turn the direction of a text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** What others wrote must not steer the terminal: without what could. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text).replace(STEERING, '');
}

/** JSON in which what could steer a terminal is escaped: the values are the same. */
export function harmlessJson(value: unknown, indent?: number): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, undefined, indent).replace(STEERING, escaped);
}

function oneLine(text: string): string {
  return harmless(text).replace(/\s+/g, ' ').trim();
}
