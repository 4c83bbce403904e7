import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { requireViewer } from '../graphql/context.ts';
import {
  type Cleaned,
  cleanUp,
  HISTORY,
  type RetainedTable,
  type RetentionRule,
  readRetention,
  setRetention,
} from './service.ts';

const RetainedTableRef = builder.enumType('RetainedTable', {
  description:
    'A table whose rows grow old. Sessions, knowledge and shared state are kept until somebody deletes them.',
  values: {
    AGENT_HEARTBEATS: { value: 'agent_heartbeats', description: 'The history of beats, by when they came.' },
    AGENT_STATE_TRANSITIONS: {
      value: 'agent_state_transitions',
      description: "The history of agents' lifecycles, by when each transition happened.",
    },
    PERFORMANCE_METRICS: { value: 'performance_metrics', description: 'Measurements, by when they were taken.' },
    SYSTEM_EVENTS: { value: 'system_events', description: 'The log, by when it was written.' },
    LLM_CONVERSATIONS: { value: 'llm_conversations', description: 'Calls of language models, by when they were made.' },
    AGENT_TASKS: {
      value: 'agent_tasks',
      description:
        'Tasks, by when they were finished; not while anything unfinished waits for them, or an open request names them. With their history.',
    },
    AGENT_MESSAGES: {
      value: 'agent_messages',
      description:
        'Messages, by when they were read, answers before what they answer; broadcasts by when they were sent, once every agent that has beaten since has read them.',
    },
    AGENT_STANDUPS: { value: 'agent_standups', description: 'Standups, by when they were posted.' },
    AGENT_REQUESTS: {
      value: 'agent_requests',
      description:
        'Requests, by when they were decided, expired or cancelled, an approval by when it was used. One that was not used stays, unless its deadline is as long past. With what was said to them.',
    },
    QUEUE_ARCHIVE: {
      value: 'queue_archive',
      description: 'Archived messages of queues, by when they were archived, in whole days.',
    },
    IDEMPOTENCY_RECEIPTS: {
      value: 'idempotency_receipts',
      description: 'What each idempotencyKey made: how long a repeat is known as one.',
    },
  } as const satisfies Record<string, { value: RetainedTable; description: string }>,
});

const RetentionRuleRef = builder.objectRef<RetentionRule>('RetentionRule').implement({
  description: 'How long the rows of a table are kept. What is still open is kept whatever its age.',
  fields: (t) => ({
    table: t.expose('table', { type: RetainedTableRef, description: 'The table.' }),
    days: t.exposeInt('days', { nullable: true, description: 'In days; null: for ever.' }),
    updatedBy: t.exposeString('updatedBy', { description: 'Who last set it: an agent, operator, or a database role.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When.' }),
  }),
});

const DAYS = z.number().int().min(1).max(36_500);

const SetRetentionInput = builder.inputType('SetRetentionInput', {
  description: 'How long to keep the rows of a table.',
  fields: (t) => ({
    table: t.field({ type: RetainedTableRef, required: true, description: 'The table.' }),
    days: t.int({ description: '1 to 36,500 days; null or left out: for ever.', validate: DAYS }),
  }),
});

const SetRetentionPayload = builder.objectRef<{ rule: RetentionRule }>('SetRetentionPayload').implement({
  description: 'The result of setRetention.',
  fields: (t) => ({ rule: t.expose('rule', { type: RetentionRuleRef, description: 'The rule from now on.' }) }),
});

const TableCleanup = builder.objectRef<Cleaned>('TableCleanup').implement({
  description: 'What became of the old rows of a table.',
  fields: (t) => ({
    table: t.expose('table', { type: RetainedTableRef, description: 'The table.' }),
    rows: t.exposeInt('rows', {
      description:
        'How many rows were removed; in a dry run, how many there are to remove. Receipts of broadcasts count.',
    }),
    done: t.exposeBoolean('done', {
      description:
        'False when there are more: a call removes at most 50,000 rows of a table, and counts at most 1,000,000.',
    }),
  }),
});

const CleanupOldDataInput = builder.inputType('CleanupOldDataInput', {
  description: 'What to clean up.',
  fields: (t) => ({
    daysToKeep: t.int({
      required: true,
      description: 'Rows older than so many days go, whatever the rule of the table says; at least 1.',
      validate: DAYS,
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'Only count; by default rows are removed.' }),
    tables: t.field({
      type: [RetainedTableRef],
      description:
        'From which tables; by default AGENT_HEARTBEATS, PERFORMANCE_METRICS and SYSTEM_EVENTS. Not QUEUE_ARCHIVE, which goes by its rule alone.',
      validate: z.array(z.string()).min(1).max(20),
    }),
  }),
});

const CleanupOldDataPayload = builder.objectRef<{ tables: Cleaned[] }>('CleanupOldDataPayload').implement({
  description: 'The result of cleanupOldData.',
  fields: (t) => ({
    tables: t.expose('tables', { type: [TableCleanup], description: 'Table by table.' }),
    done: t.boolean({
      description: 'Whether there is nothing more to remove: if false, call again.',
      resolve: ({ tables }) => tables.every(({ done }) => done),
    }),
  }),
});

builder.queryField('retention', (t) =>
  t.field({
    type: [RetentionRuleRef],
    description: 'How long rows are kept, by table. The hub removes what is older by itself, a little at a time.',
    authScopes: { oversee: true },
    resolve: (_root, _args, { db }) => readRetention(db),
  }),
);

builder.mutationFields((t) => ({
  setRetention: t.field({
    type: SetRetentionPayload,
    description: 'Changes how long the rows of a table are kept. What is too old by then goes soon. Errors: BAD_INPUT.',
    authScopes: { operate: true },
    args: { input: t.arg({ type: SetRetentionInput, required: true, description: 'The rule.' }) },
    resolve: async (_root, { input: { table, days } }, context) => {
      const { agent, role } = requireViewer(context);
      return { rule: await setRetention(context.db, { table, days: days ?? null, updatedBy: agent ?? role }) };
    },
  }),
  cleanupOldData: t.field({
    type: CleanupOldDataPayload,
    description:
      'Removes old rows now, for good and without change events; never what is still open. Bounded: see done. Errors: BAD_INPUT.',
    authScopes: { operate: true },
    args: { input: t.arg({ type: CleanupOldDataInput, required: true, description: 'What to clean up.' }) },
    resolve: async (_root, { input: { daysToKeep, dryRun, tables } }, { db }) => ({
      tables: await cleanUp(db, { daysToKeep, dryRun: dryRun ?? false, tables: tables ?? HISTORY }),
    }),
  }),
}));
