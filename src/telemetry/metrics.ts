import { resolveCursorConnection } from '@pothos/plugin-relay';
import { z } from 'zod';
import { builder, MAX_PAGE } from '../graphql/builder.ts';
import { actingAgent, requireViewer } from '../graphql/context.ts';
import { newestFirst, within } from './newest-first.ts';
import {
  bucketOf,
  type Point,
  readSeries,
  readSummaries,
  readUnit,
  type Summary,
  summaryCursor,
  type Window,
  windowOf,
} from './series.ts';
import { MAX_METRICS, recordMetrics } from './service.ts';

const NAME = z.string().min(1).max(255);
const HOUR = 3_600;
const YEAR = 31_536_000;

const MetricSample = builder.prismaObject('PerformanceMetric', {
  name: 'MetricSample',
  description: 'One measurement.',
  fields: (t) => ({
    id: t.id({ description: 'Decimal number.', resolve: ({ id }) => String(id) }),
    agentId: t.exposeID('agentId', { description: 'Whom it is about; may be a name that never registered.' }),
    metric: t.exposeString('metricName', { description: 'What was measured, for example cpu_usage.' }),
    value: t.exposeFloat('value', { description: 'The measurement.' }),
    unit: t.exposeString('unit', { nullable: true, description: 'For example percent, ms, bytes.' }),
    at: t.expose('timestamp', { type: 'DateTime', description: 'When it was measured.' }),
    metadata: t.expose('metadata', { type: 'JSON', nullable: true, description: 'Anything else.' }),
    measuredBy: t.exposeString('sourceAgent', {
      nullable: true,
      description: 'Who measured it; null: the agent itself.',
    }),
  }),
});

const MetricPoint = builder.objectRef<Point>('MetricPoint').implement({
  description: 'The samples of one bucket.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'Where the bucket begins.' }),
    avg: t.exposeFloat('avg', { description: 'Their mean.' }),
    min: t.exposeFloat('min', { description: 'The least.' }),
    max: t.exposeFloat('max', { description: 'The greatest.' }),
    p95: t.exposeFloat('p95', {
      description: 'Below it lie 95 of 100, interpolated between the two nearest samples.',
    }),
    count: t.exposeInt('count', { description: 'How many there are.' }),
  }),
});

interface Series extends Window {
  agent: string;
  metric: string;
  bucketSeconds: number;
}

const MetricSeries = builder.objectRef<Series>('MetricSeries').implement({
  description: 'A metric of an agent over time.',
  fields: (t) => ({
    agentId: t.exposeID('agent', { description: 'The agent.' }),
    metric: t.exposeString('metric', { description: 'The metric.' }),
    unit: t.string({
      nullable: true,
      description: 'Of the newest sample.',
      resolve: ({ agent, metric, until }, _args, { db }) => readUnit(db, agent, metric, until),
    }),
    since: t.expose('since', { type: 'DateTime', description: 'From here on.' }),
    until: t.expose('until', { type: 'DateTime', description: 'Before here.' }),
    bucketSeconds: t.exposeInt('bucketSeconds', {
      description: 'Length of a bucket in seconds. Buckets begin at whole multiples of it since 1970, UTC.',
    }),
    points: t.field({
      type: [MetricPoint],
      description: 'The buckets that have samples, in order of time; at most 1000.',
      resolve: (series, _args, { db }) => readSeries(db, series),
    }),
  }),
});

const MetricSummary = builder.objectRef<Summary>('MetricSummary').implement({
  description: 'The samples of one metric of one agent.',
  fields: (t) => ({
    agentId: t.exposeID('agent', { description: 'The agent.' }),
    metric: t.exposeString('metric', { description: 'The metric.' }),
    avg: t.exposeFloat('avg', { description: 'Their mean.' }),
    min: t.exposeFloat('min', { description: 'The least.' }),
    max: t.exposeFloat('max', { description: 'The greatest.' }),
    count: t.exposeInt('count', { description: 'How many there are.' }),
    lastAt: t.expose('lastAt', { type: 'DateTime', description: 'When the newest was measured.' }),
  }),
});

const SAMPLES = newestFirst('metricSamples');

builder.queryFields((t) => ({
  metricSeries: t.field({
    type: MetricSeries,
    description:
      'A metric of one agent over time, downsampled. Everybody may look at every agent. Errors: BAD_INPUT (over 1000 points: the message says what to ask for).',
    authScopes: { read: true },
    args: {
      agent: t.arg.id({ description: "Whose; by default the caller's own.", validate: NAME }),
      metric: t.arg.string({ required: true, description: 'Which, for example cpu_usage.', validate: NAME }),
      since: t.arg({ type: 'DateTime', description: 'From here on; by default an hour before `until`.' }),
      until: t.arg({ type: 'DateTime', description: 'Before here; by default now.' }),
      bucketSeconds: t.arg.int({
        description: 'Length of a bucket in seconds; by default a round one that gives up to 200 points.',
        validate: z.number().int().min(1).max(YEAR),
      }),
    },
    resolve: async (_root, { agent, metric, since, until, bucketSeconds }, context) => {
      const window = await windowOf(context.db, since, until, HOUR);
      return {
        agent: agent ?? actingAgent(context),
        metric,
        ...window,
        bucketSeconds: bucketOf(window, bucketSeconds),
      };
    },
  }),
  metricSummaries: t.connection(
    {
      type: MetricSummary,
      description:
        'Per agent and metric, what was measured in a time; by agent, then metric. Reads every sample of that time: without an agent, keep it to hours. Errors: BAD_INPUT.',
      authScopes: { read: true },
      args: {
        agent: t.arg.id({ description: 'Only of this agent; by default of all.', validate: NAME }),
        metric: t.arg.string({ description: 'Only this metric; by default all.', validate: NAME }),
        since: t.arg({ type: 'DateTime', description: 'From here on; by default an hour before `until`.' }),
        until: t.arg({ type: 'DateTime', description: 'Before here; by default now.' }),
      },
      resolve: async (_root, { agent, metric, since, until, ...args }, { db }) => {
        const window = await windowOf(db, since, until, HOUR);
        return resolveCursorConnection<Promise<Summary[]>>(
          { args, maxSize: MAX_PAGE, defaultSize: 20, toCursor: summaryCursor },
          (page) => readSummaries(db, { agent, metric, ...window, ...page }),
        );
      },
    },
    { name: 'MetricSummaryConnection', description: 'A page of summaries.' },
    { name: 'MetricSummaryEdge', description: 'A summary and its place in the list.' },
  ),
  metricSamples: t.connection(
    {
      type: MetricSample,
      description: 'The single measurements of one metric of one agent, newest first. Errors: BAD_INPUT.',
      authScopes: { read: true },
      args: {
        agent: t.arg.id({ description: "Whose; by default the caller's own.", validate: NAME }),
        metric: t.arg.string({ required: true, description: 'Which.', validate: NAME }),
        since: t.arg({ type: 'DateTime', description: 'From here on.' }),
        until: t.arg({ type: 'DateTime', description: 'Before here.' }),
      },
      resolve: (_root, { agent, metric, since, until, ...args }, context) => {
        const agentId = agent ?? actingAgent(context);
        const wanted = { agentId, metricName: metric, ...within(since, until) };
        return SAMPLES.connection('newest', args, [wanted], (page) =>
          context.db.prisma.performanceMetric.findMany(page),
        );
      },
    },
    { name: 'MetricSampleConnection', description: 'A page of measurements.' },
    { name: 'MetricSampleEdge', description: 'A measurement and its place in the list.' },
  ),
}));

const MetricInput = builder.inputType('MetricInput', {
  description: 'A measurement.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'What was measured, for example cpu_usage.', validate: NAME }),
    value: t.float({
      required: true,
      description: 'The measurement, within 1e150 of zero.',
      validate: z.number().min(-1e150).max(1e150),
    }),
    unit: t.string({ description: 'For example percent, ms, bytes.', validate: z.string().min(1).max(50) }),
    at: t.field({ type: 'DateTime', description: 'When it was measured; by default now.' }),
    metadata: t.field({ type: 'JSON', description: 'Anything else.' }),
  }),
});

const RecordMetricsInput = builder.inputType('RecordMetricsInput', {
  description: 'What was measured.',
  fields: (t) => ({
    agent: t.id({ description: "Whom it is about; by default the caller's own agent.", validate: NAME }),
    metrics: t.field({
      type: [MetricInput],
      required: true,
      description: 'The measurements, 1 to 1000.',
      validate: z.array(z.unknown()).min(1).max(MAX_METRICS),
    }),
    idempotencyKey: t.string({
      description: 'Any text of up to 255 characters that names this call: a repeat records nothing more.',
      validate: NAME,
    }),
  }),
});

const RecordMetricsPayload = builder.objectRef<{ recorded: number }>('RecordMetricsPayload').implement({
  description: 'The result of recordMetrics.',
  fields: (t) => ({ recorded: t.exposeInt('recorded', { description: 'How many measurements the call recorded.' }) }),
});

builder.mutationField('recordMetrics', (t) =>
  t.field({
    type: RecordMetricsPayload,
    description:
      'Records measurements. They make no events: ask for their series. Errors: BAD_INPUT, IDEMPOTENCY_CONFLICT, FORBIDDEN (an agent records about itself only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: RecordMetricsInput, required: true, description: 'What was measured.' }) },
    resolve: async (_root, { input }, context) => ({
      recorded: await recordMetrics(context.db, requireViewer(context), {
        ...input,
        agent: actingAgent(context, input.agent),
      }),
    }),
  }),
);
