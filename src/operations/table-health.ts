import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { type Advice, adviceFor, analyzeTables, type IndexFigures, type TableFigures } from './tables.ts';

const AdviceAction = builder.enumType('MaintenanceAction', {
  description: 'What a table needs.',
  values: {
    ANALYZE: { description: 'Its statistics are missing or old: plans may be bad.' },
    VACUUM: { description: 'It holds many dead rows.' },
    FREEZE: { description: 'Its transaction ids grow old: in the end the server stops taking writes.' },
  } as const,
});

const AdviceRef = builder.objectRef<Advice>('MaintenanceAdvice').implement({
  description: 'What a table needs that autovacuum should have done by now.',
  fields: (t) => ({
    action: t.expose('action', { type: AdviceAction, description: 'What.' }),
    reason: t.exposeString('reason', { description: 'Why, and what to do.' }),
  }),
});

export const TableHealth = builder.objectRef<TableFigures>('TableHealth').implement({
  description: 'A table, as the statistics of the server have it: rows are estimates, and no table is read for them.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'With its schema, unless that is public.' }),
    totalBytes: t.exposeFloat('totalBytes', { description: 'With its indexes.' }),
    tableBytes: t.exposeFloat('tableBytes', { description: 'Without.' }),
    indexBytes: t.exposeFloat('indexBytes', { description: 'Its indexes.' }),
    liveRows: t.exposeFloat('liveRows', { description: 'How many rows, about.' }),
    deadRows: t.exposeFloat('deadRows', {
      description: 'How many deleted or replaced ones that no vacuum has cleared, about.',
    }),
    bloatBytes: t.float({
      description: 'The share of tableBytes that dead rows are, supposing that all are of one size.',
      resolve: ({ tableBytes, liveRows, deadRows }) =>
        deadRows === 0 ? 0 : Math.round((tableBytes * deadRows) / (liveRows + deadRows)),
    }),
    changedSinceAnalyze: t.exposeFloat('changedSinceAnalyze', {
      description: 'Rows changed since it was last analysed, about.',
    }),
    lastVacuum: t.expose('lastVacuum', { type: 'DateTime', nullable: true, description: 'By whomever; null: never.' }),
    lastAnalyze: t.expose('lastAnalyze', {
      type: 'DateTime',
      nullable: true,
      description: 'By whomever; null: never.',
    }),
    transactionIdAge: t.exposeInt('transactionIdAge', {
      description: 'Age of its oldest transaction id, in transactions.',
    }),
    advice: t.field({
      type: [AdviceRef],
      description: 'What it needs; empty when all is well.',
      resolve: (table) => adviceFor(table),
    }),
  }),
});

export const IndexHealth = builder.objectRef<IndexFigures>('IndexHealth').implement({
  description: 'An index.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'With its schema, unless that is public.' }),
    table: t.exposeString('table', { description: 'Of which table.' }),
    bytes: t.exposeFloat('bytes', { description: 'Its size.' }),
    scans: t.exposeFloat('scans', { description: 'How often it was used since statistics were last reset.' }),
    unique: t.exposeBoolean('unique', {
      description: 'Whether it also keeps a rule; then it is needed even if never used.',
    }),
  }),
});

const AnalyzeTablesInput = builder.inputType('AnalyzeTablesInput', {
  description: 'What to analyse.',
  fields: (t) => ({
    tables: t.stringList({
      description: 'Tables by the names that databaseHealth gives; left out: those whose advice says so.',
      validate: z.array(z.string()).min(1).max(100),
    }),
  }),
});

const AnalyzeTablesPayload = builder.objectRef<{ tables: string[] }>('AnalyzeTablesPayload').implement({
  description: 'The result of analyzeTables.',
  fields: (t) => ({ tables: t.exposeStringList('tables', { description: 'What was analysed.' }) }),
});

builder.mutationField('analyzeTables', (t) =>
  t.field({
    type: AnalyzeTablesPayload,
    description:
      'Gathers the statistics of tables anew, from a sample of each; readers and writers go on meanwhile. Errors: BAD_INPUT.',
    authScopes: { operate: true },
    args: { input: t.arg({ type: AnalyzeTablesInput, required: true, description: 'What to analyse.' }) },
    resolve: async (_root, { input }, { db }) => ({ tables: await analyzeTables(db, input.tables ?? null) }),
  }),
);
