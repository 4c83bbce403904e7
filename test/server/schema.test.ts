import { readFile } from 'node:fs/promises';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import {
  buildSchema,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { schema } from '../../src/server/schema.ts';

const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);
const objects = types.filter(isObjectType);
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

/** Everything a caller can see, with its place. */
function* everything(): Generator<{ place: string; description: string | null | undefined }> {
  for (const type of types) {
    yield { place: type.name, description: type.description };
    for (const { place, part } of partsOf(type)) yield { place, description: part.description };
  }
}

function* partsOf(
  type: GraphQLNamedType,
): Generator<{ place: string; part: { description?: string | null | undefined } }> {
  if (isEnumType(type))
    for (const value of type.getValues()) yield { place: `${type.name}.${value.name}`, part: value };
  if (isInputObjectType(type))
    for (const field of Object.values(type.getFields())) yield { place: `${type.name}.${field.name}`, part: field };
  if (!isObjectType(type)) return;
  for (const field of Object.values(type.getFields())) {
    yield { place: `${type.name}.${field.name}`, part: field };
    for (const arg of field.args) yield { place: `${type.name}.${field.name}(${arg.name})`, part: arg };
  }
}

describe('everything public', () => {
  test('is described', () => {
    const all = [...everything()];
    expect(all.length).toBeGreaterThan(200);
    expect(all.filter(({ description }) => !description?.trim()).map(({ place }) => place)).toEqual([]);
  });

  test('that is an enum value is in capitals', () => {
    const values = types
      .filter(isEnumType)
      .flatMap((type) => type.getValues().map(({ name }) => `${type.name}.${name}`));
    expect(values.filter((name) => !/^\w+\.[A-Z][A-Z0-9_]*$/.test(name))).toEqual([]);
  });
});

describe('a list', () => {
  test('is never null and holds no null', () => {
    const wrong: string[] = [];
    for (const type of objects)
      for (const field of Object.values(type.getFields()))
        if (hasNullableList(field.type)) wrong.push(`${type.name}.${field.name}: ${field.type}`);
    expect(wrong).toEqual([]);
  });

  test('that goes on is a connection, of 20 by default and 200 at most', () => {
    const pages = objects.flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => /Connection!$/.test(String(field.type)))
        .map((field) => ({ type, field })),
    );
    expect(pages.length).toBeGreaterThan(3);
    for (const { type, field } of pages)
      expect(argumentNames(field), `${type.name}.${field.name}`).toEqual(expect.arrayContaining(['first', 'after']));
  });
});

describe('a mutation', () => {
  test.each(mutations.map((field) => [field.name, field] as const))(
    '%s takes an input and gives a payload',
    (name, field) => {
      const Name = name[0]?.toUpperCase() + name.slice(1);
      expect(String(field.type)).toBe(`${Name}Payload!`);
      expect(field.args).toHaveLength(1);
      const [argument] = field.args;
      if (argument?.name === 'inputs') expect(String(argument.type)).toBe(`[${Name.replace(/s$/, '')}Input!]!`);
      else expect([argument?.name, String(argument?.type)]).toEqual(['input', `${Name}Input!`]);
    },
  );
});

describe('the contract', () => {
  test('has every name that was promised', () => {
    const promised = buildSchema(PROMISED);
    const missing: string[] = [];
    for (const root of ['Query', 'Mutation', 'Subscription']) {
      const fields = (schema.getType(root) as (typeof objects)[number]).getFields();
      for (const field of Object.values((promised.getType(root) as (typeof objects)[number]).getFields())) {
        const actual = fields[field.name];
        if (actual === undefined || String(actual.type) !== String(field.type))
          missing.push(`${root}.${field.name}: ${field.type}`);
        for (const arg of field.args) {
          const same = actual?.args.find(({ name }) => name === arg.name);
          if (String(same?.type) !== String(arg.type)) missing.push(`${root}.${field.name}(${arg.name}: ${arg.type})`);
        }
      }
    }
    expect(missing).toEqual([]);
  });

  test('as it is checked in is not broken by the code', async () => {
    const committed = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'));
    const changes = await diff(committed, schema);
    const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
    // To break it on purpose: say so in CHANGELOG.md, then `npm run generated:write`.
    expect(breaking.map(({ message }) => message)).toEqual([]);
  });
});

function hasNullableList(type: GraphQLOutputType, nullable = true): boolean {
  if (isNonNullType(type)) return hasNullableList(type.ofType, false);
  if (!isListType(type)) return false;
  return nullable || !isNonNullType(type.ofType) || hasNullableList(type.ofType);
}

function argumentNames({ args }: GraphQLField<unknown, unknown>): string[] {
  return args.map(({ name }) => name);
}

/** The core of the contract, as it was promised to clients. Fields may be added; these stay. */
const PROMISED = `
scalar Cursor  scalar DateTime
type Viewer { _: Int }  type Health { _: Int }  type Agent { _: Int }  type Task { _: Int }  type Message { _: Int }
type AgentConnection { _: Int }  type TaskConnection { _: Int }  type InboxConnection { _: Int }  type StandupConnection { _: Int }
type InboxEvent { _: Int }  type TaskEvent { _: Int }  type AgentEvent { _: Int }
input AgentFilter { _: Int }  input TaskFilter { _: Int }  input TaskEventFilter { _: Int }  enum TaskOrder { _ }
type Query {
  viewer: Viewer!  feedCursor: Cursor!  health: Health!
  agent(id: ID!): Agent  agents(filter: AgentFilter, first: Int, after: String): AgentConnection!
  task(id: ID!): Task  tasks(filter: TaskFilter, orderBy: TaskOrder, first: Int, after: String): TaskConnection!
  message(id: ID!): Message  inbox(agent: ID, unreadOnly: Boolean, first: Int, after: String): InboxConnection!
  standups(agent: ID, since: DateTime, first: Int, after: String): StandupConnection!
}
${[
  'RegisterAgent',
  'Heartbeat',
  'StopAgent',
  'PostStandup',
  'CreateTask',
  'ClaimTask',
  'RenewLease',
  'ReportProgress',
  'CompleteTask',
  'FailTask',
  'ReleaseTask',
  'CancelTask',
  'UpdateTask',
  'SendMessage',
  'MarkRead',
  'Acknowledge',
]
  .map((name) => `input ${name}Input { _: Int }  type ${name}Payload { _: Int }`)
  .join('\n')}
type CreateTasksPayload { _: Int }  type SendMessagesPayload { _: Int }
type Mutation {
  registerAgent(input: RegisterAgentInput!): RegisterAgentPayload!  heartbeat(input: HeartbeatInput!): HeartbeatPayload!
  stopAgent(input: StopAgentInput!): StopAgentPayload!  postStandup(input: PostStandupInput!): PostStandupPayload!
  createTask(input: CreateTaskInput!): CreateTaskPayload!  createTasks(inputs: [CreateTaskInput!]!): CreateTasksPayload!
  claimTask(input: ClaimTaskInput!): ClaimTaskPayload!
  renewLease(input: RenewLeaseInput!): RenewLeasePayload!  reportProgress(input: ReportProgressInput!): ReportProgressPayload!
  completeTask(input: CompleteTaskInput!): CompleteTaskPayload!  failTask(input: FailTaskInput!): FailTaskPayload!
  releaseTask(input: ReleaseTaskInput!): ReleaseTaskPayload!  cancelTask(input: CancelTaskInput!): CancelTaskPayload!
  updateTask(input: UpdateTaskInput!): UpdateTaskPayload!
  sendMessage(input: SendMessageInput!): SendMessagePayload!  sendMessages(inputs: [SendMessageInput!]!): SendMessagesPayload!
  markRead(input: MarkReadInput!): MarkReadPayload!  acknowledge(input: AcknowledgeInput!): AcknowledgePayload!
}
type Subscription {
  inbox(agent: ID, after: Cursor): InboxEvent!
  taskEvents(filter: TaskEventFilter, after: Cursor): TaskEvent!
  agentEvents(agents: [ID!], after: Cursor): AgentEvent!
}
`;
