import type { ChangeEvent } from '../feed/event.ts';
import type PrismaTypes from './generated/pothos.ts';
import { getDatamodel } from './generated/pothos.ts';

type ModelName = keyof PrismaTypes;
type Shape<Model extends ModelName> = PrismaTypes[Model]['Shape'];
type Field = { name: string; column: string; type: string };

const fields = new Map<string, Field[]>();

/**
 * A row as `to_jsonb` gives it (column names, text for times, numbers for bigints) in the shape Prisma would have read
 * it, so that a Prisma object type resolves it without another query. Columns the row does not have stay undefined.
 *
 * Relies on every field being mapped to its snake_case name.
 */
export function fromRow<Model extends ModelName>(model: Model, row: Readonly<Record<string, unknown>>): Shape<Model> {
  const shape: Record<string, unknown> = {};
  for (const field of fieldsOf(model)) {
    const value = row[field.column];
    if (value === undefined) continue;
    shape[field.name] = value === null ? null : convert(field.type, value);
  }
  return shape as Shape<Model>;
}

/** The row an event carries, in the shape of its Prisma model. */
export function fromEvent<Model extends ModelName>(model: Model, event: ChangeEvent): Shape<Model> {
  return fromRow(model, event.data);
}

function convert(type: string, value: unknown): unknown {
  if (type === 'DateTime') return value instanceof Date ? value : new Date(value as string);
  if (type === 'BigInt') return BigInt(value as string | number);
  return value;
}

function fieldsOf(model: string): Field[] {
  let known = fields.get(model);
  if (known === undefined) {
    const description = getDatamodel().datamodel.models[model];
    if (description === undefined) throw new Error(`No Prisma model ${model}`);
    known = description.fields
      .filter((field) => field.kind === 'scalar' || field.kind === 'enum')
      .map((field) => ({ name: field.name, column: columnName(field.name), type: field.type }));
    fields.set(model, known);
  }
  return known;
}

function columnName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
