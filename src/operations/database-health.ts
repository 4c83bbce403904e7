import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { IndexHealth, TableHealth } from './table-health.ts';
import { readIndexes, readTables } from './tables.ts';
import {
  type BlockedSession,
  type Connections,
  type Replica,
  readBlocked,
  readConnections,
  readLongQueries,
  readReplicas,
  readStatementStatistics,
  readVitals,
  type Session,
  type StatementStatistics,
  type Vitals,
} from './vitals.ts';

const PAGE = z.number().int().min(1).max(200);

const ConnectionsRef = builder.objectRef<Connections>('DatabaseConnections').implement({
  description: 'The sessions of clients of the whole PostgreSQL server: all its databases share its limit.',
  fields: (t) => ({
    max: t.exposeInt('max', { description: 'How many there may be.' }),
    reserved: t.exposeInt('reserved', { description: 'Of these, kept for superusers.' }),
    total: t.exposeInt('total', { description: 'How many there are.' }),
    active: t.exposeInt('active', { description: 'Of these, running a statement.' }),
    idle: t.exposeInt('idle', { description: 'Doing nothing.' }),
    idleInTransaction: t.exposeInt('idleInTransaction', {
      description: 'Doing nothing with a transaction open: what these have locked, others wait for.',
    }),
  }),
});

const PoolRef = builder
  .objectRef<{ max: number; size: number; idle: number; waiting: number }>('ConnectionPool')
  .implement({
    description: 'The connections of the hub that answers.',
    fields: (t) => ({
      max: t.exposeInt('max', { description: 'How many it may open: POOL_SIZE.' }),
      size: t.exposeInt('size', { description: 'How many are open.' }),
      idle: t.exposeInt('idle', { description: 'Of these, free.' }),
      waiting: t.exposeInt('waiting', { description: 'Callers that wait for one.' }),
    }),
  });

const SessionRef = builder.objectRef<Session>('DatabaseSession').implement({
  description:
    'What a session of this database is doing. A role without pg_read_all_stats sees little of those of others.',
  fields: (t) => ({
    pid: t.exposeInt('pid', { description: 'Its process; pg_terminate_backend(pid) ends it.' }),
    user: t.exposeString('user', { nullable: true, description: 'The database role.' }),
    application: t.exposeString('application', {
      nullable: true,
      description: 'Its application_name; a hub is rookery.',
    }),
    state: t.exposeString('state', { nullable: true, description: 'For example active, or idle in transaction.' }),
    waitsFor: t.exposeString('waitsFor', {
      nullable: true,
      description: 'For example Lock tuple; null when it does not wait.',
    }),
    seconds: t.exposeFloat('seconds', {
      nullable: true,
      description:
        'How long its statement has been running; of one idle in a transaction, how long that has been open.',
    }),
    query: t.string({
      nullable: true,
      description:
        'The beginning of its statement, or its last one. For operators, since it may hold data; null to others.',
      resolve: ({ query }, _args, { viewer }) => (viewer?.role === 'operator' ? query : null),
    }),
  }),
});

const BlockedRef = builder.objectRef<BlockedSession>('BlockedSession').implement({
  description: 'A session that waits for a lock, and for whom.',
  fields: (t) => ({
    session: t.expose('session', { type: SessionRef, description: 'Who waits.' }),
    mode: t.exposeString('mode', { description: 'The lock it wants, for example ShareLock.' }),
    relation: t.exposeString('relation', {
      nullable: true,
      description: 'On which table; null when on a row or transaction.',
    }),
    waitedSeconds: t.exposeFloat('waitedSeconds', { description: 'For how long by now.' }),
    blockedBy: t.expose('blockedBy', { type: [SessionRef], description: 'Who holds it, or is before it in line.' }),
  }),
});

const ReplicaRef = builder.objectRef<Replica>('Replica').implement({
  description: 'A standby that is fed by this server.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its application_name.' }),
    state: t.exposeString('state', { nullable: true, description: 'For example streaming.' }),
    lagBytes: t.exposeFloat('lagBytes', { nullable: true, description: 'Log that it has not replayed.' }),
  }),
});

const SlowStatement = builder.objectRef<StatementStatistics['slowest'][number]>('SlowStatement').implement({
  description: 'A statement as pg_stat_statements has it, whoever runs it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Its queryid.' }),
    calls: t.exposeFloat('calls', { description: 'How often it ran.' }),
    meanMs: t.exposeFloat('meanMs', { description: 'Mean time on the server, in milliseconds.' }),
    totalMs: t.exposeFloat('totalMs', { description: 'All of them, in milliseconds.' }),
    rows: t.exposeFloat('rows', { description: 'Rows it returned or changed in all.' }),
    query: t.string({
      nullable: true,
      description: 'The beginning of its text, with constants left out. For operators; null to others.',
      resolve: ({ query }, _args, { viewer }) => (viewer?.role === 'operator' ? query : null),
    }),
  }),
});

const StatementStatisticsRef = builder.objectRef<StatementStatistics>('StatementStatistics').implement({
  description: 'What pg_stat_statements has collected about this database.',
  fields: (t) => ({
    since: t.expose('since', { type: 'DateTime', nullable: true, description: 'Since when.' }),
    slowest: t.expose('slowest', { type: [SlowStatement], description: 'The slowest on the mean first.' }),
  }),
});

const DatabaseHealthRef = builder.objectRef<Vitals>('DatabaseHealth').implement({
  description: 'How the database is. Each part is read when it is selected, out of what the server keeps anyway.',
  fields: (t) => ({
    asOf: t.expose('asOf', { type: 'DateTime', description: 'When it was read.' }),
    version: t.exposeString('version', { description: 'Of PostgreSQL.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When the server was started.' }),
    bytes: t.exposeFloat('bytes', { description: 'Size of this database.' }),
    cacheHitRatio: t.exposeFloat('cacheHitRatio', {
      nullable: true,
      description: 'Blocks found in shared buffers, of all that were wanted, since statistics were last reset: 0 to 1.',
    }),
    commits: t.exposeFloat('commits', { description: 'Transactions committed, since statistics were last reset.' }),
    rollbacks: t.exposeFloat('rollbacks', { description: 'Transactions rolled back, likewise.' }),
    deadlocks: t.exposeFloat('deadlocks', { description: 'Deadlocks, likewise. The hub repeats what it lost in one.' }),
    temporaryBytes: t.exposeFloat('temporaryBytes', {
      description: 'Written to temporary files, likewise: sorts too big for work_mem.',
    }),
    notificationQueueUsage: t.exposeFloat('notificationQueueUsage', {
      description: 'Share of the notification queue in use, 0 to 1: at 1, writers that notify fail.',
    }),
    transactionIdAge: t.exposeInt('transactionIdAge', {
      description:
        'Age of the oldest transaction id, in transactions; at about 2 billion the server stops taking writes.',
    }),
    transactionIdLimit: t.exposeInt('transactionIdLimit', {
      description: 'The age at which autovacuum must freeze: autovacuum_freeze_max_age.',
    }),
    oldestTransactionSeconds: t.exposeFloat('oldestTransactionSeconds', {
      nullable: true,
      description:
        'How long the oldest transaction has been open: what died since then cannot be vacuumed away. Null: none is.',
    }),
    walBytes: t.exposeFloat('walBytes', { description: 'Log written since statistics were last reset.' }),
    connections: t.field({
      type: ConnectionsRef,
      description: 'Sessions of the server.',
      resolve: (_vitals, _args, { db }) => readConnections(db),
    }),
    pool: t.field({
      type: PoolRef,
      description: 'Connections of this hub.',
      resolve: (_vitals, _args, { db: { pool } }) => ({
        max: pool.options.max,
        size: pool.totalCount,
        idle: pool.idleCount,
        waiting: pool.waitingCount,
      }),
    }),
    longQueries: t.field({
      type: [SessionRef],
      description: 'Statements, and transactions left open, that take long; the longest first, at most 50.',
      args: {
        overSeconds: t.arg.float({
          defaultValue: 300,
          description: 'Longer than so many seconds.',
          validate: z.number().min(0).max(86_400),
        }),
      },
      resolve: (_vitals, { overSeconds }, { db }) => readLongQueries(db, overSeconds ?? 300),
    }),
    blocked: t.field({
      type: [BlockedRef],
      description: 'Who waits for whom; those who wait longest first, at most 50.',
      resolve: (_vitals, _args, { db }) => readBlocked(db),
    }),
    tables: t.field({
      type: [TableHealth],
      description: 'Tables, the largest first.',
      args: { first: t.arg.int({ defaultValue: 50, description: 'At most so many, up to 200.', validate: PAGE }) },
      resolve: (_vitals, { first }, { db }) => readTables(db, first ?? 50),
    }),
    indexes: t.field({
      type: [IndexHealth],
      description: 'Indexes, the largest first.',
      args: { first: t.arg.int({ defaultValue: 50, description: 'At most so many, up to 200.', validate: PAGE }) },
      resolve: (_vitals, { first }, { db }) => readIndexes(db, first ?? 50),
    }),
    replicas: t.field({
      type: [ReplicaRef],
      description: 'Standbys.',
      resolve: (_vitals, _args, { db }) => readReplicas(db),
    }),
    statementStatistics: t.field({
      type: StatementStatisticsRef,
      nullable: true,
      description: 'Slow statements; null where pg_stat_statements is not loaded, or not created in this database.',
      args: { first: t.arg.int({ defaultValue: 10, description: 'At most so many, up to 200.', validate: PAGE }) },
      resolve: (_vitals, { first }, { db }) => readStatementStatistics(db, first ?? 10),
    }),
  }),
});

builder.queryField('databaseHealth', (t) =>
  t.field({
    type: DatabaseHealthRef,
    description:
      'How the database is: connections, locks, sizes, slow statements, and what needs maintenance. Errors: BAD_INPUT.',
    authScopes: { oversee: true },
    resolve: (_root, _args, { db }) => readVitals(db),
  }),
);
