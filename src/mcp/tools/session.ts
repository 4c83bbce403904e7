import { z } from 'zod';
import { nextOf, said } from '../compact.ts';
import * as operations from '../generated/operations.ts';
import { readSession, sessionLine } from '../session.ts';
import { heard, SIGNALS } from '../signals.ts';
import { type Call, needed, tool } from '../tool.ts';

const MEMORY_TYPES = ['FACT', 'DECISION', 'IDEA', 'QUESTION', 'ACTION_ITEM', 'CONTEXT', 'PREFERENCE', 'RISK'] as const;
const ARTIFACT_TYPES = ['DOCUMENT', 'CODE', 'REPORT', 'RESEARCH', 'PRD'] as const;
const PAGE = 10;

const INPUT = {
  action: z.enum(['list', 'read', 'search', 'create', 'join', 'leave', 'append', 'remember', 'save', 'complete']),
  id: z.string().optional().describe('The session; for all but list and create.'),
  title: z.string().max(500).optional().describe('Of create.'),
  content: z.string().max(900_000).optional().describe('Of append, remember, save.'),
  key: z.string().max(255).optional().describe('Of remember: its name. Of read: this memory, whole.'),
  name: z.string().max(1_000).optional().describe('Of save: its name or path. Of read: this file, whole.'),
  memoryType: z.enum(MEMORY_TYPES).optional().describe('Of remember; default FACT.'),
  artifactType: z.enum(ARTIFACT_TYPES).optional().describe('Of save; default DOCUMENT.'),
  tags: z.array(z.string()).max(100).optional().describe('Of remember.'),
  summary: z.string().max(100_000).optional().describe('Of complete: what came of it.'),
  query: z.string().max(1_000).optional().describe('Of search: words.'),
  from: z.number().int().min(1).optional().describe('Of read: this chunk on; default the last 5.'),
  offset: z.number().int().min(0).optional().describe('Of read with from, key, name: where to read on.'),
  after: z.string().optional().describe('Of list, search: next of the page before.'),
};

const OUTPUT = {
  session: z.looseObject({ id: z.string(), title: z.string(), status: z.string() }).optional(),
  sessions: z.array(z.looseObject({ id: z.string(), title: z.string() })).optional(),
  chunks: z.array(z.looseObject({ number: z.number() })).optional(),
  memories: z.array(z.looseObject({ key: z.string() })).optional(),
  artifacts: z.array(z.looseObject({ name: z.string() })).optional(),
  matches: z.array(z.looseObject({ kind: z.string(), snippet: z.string() })).optional(),
  next: z.string().optional(),
  signals: SIGNALS,
};

type Arguments = z.output<z.ZodObject<typeof INPUT>>;
type Answer = z.input<z.ZodObject<typeof OUTPUT>>;
type Ask = Call['ask'];

const ONCE = { idempotent: true };
/** So that the call may be repeated until it is known to have happened, once. */
const newKey = () => ({ idempotencyKey: crypto.randomUUID() });

const ACTIONS: Record<Arguments['action'], (ask: Ask, args: Arguments) => Promise<Answer>> = {
  async list(ask, { after }) {
    const filter = { statuses: ['ACTIVE' as const, 'PAUSED' as const] };
    const { edges, pageInfo } = (await ask(operations.SomeSessions, { filter, first: PAGE, after })).sessions;
    return { sessions: edges.map(({ node }) => sessionLine(node)), ...nextOf(pageInfo) };
  },

  read: (ask, args) => readSession(ask, { ...args, id: needed(args.id, 'id', 'read') }),

  async search(ask, args) {
    const given = { query: needed(args.query, 'query', 'search'), sessionId: args.id, first: PAGE, after: args.after };
    const { edges, pageInfo } = (await ask(operations.SearchSessions, given)).searchSessions;
    const matches = edges.map(({ node: { kind, snippet, session, chunk, memory, artifact } }) =>
      said({ kind, snippet, id: session?.id, from: chunk?.number, key: memory?.key, name: artifact?.name }),
    );
    return { matches, ...nextOf(pageInfo) };
  },

  async create(ask, { title }) {
    const input = { title: needed(title, 'title', 'create'), ...newKey() };
    const { session, signals } = (await ask(operations.CreateSession, { input }, ONCE)).createSession;
    return { session: sessionLine(session), ...heard(signals) };
  },

  async join(ask, args) {
    const { participant, signals } = (await ask(operations.JoinSession, { input: one(args) }, ONCE)).joinSession;
    return { session: sessionLine(participant.session), ...heard(signals) };
  },

  async leave(ask, args) {
    return heard((await ask(operations.LeaveSession, { input: one(args) })).leaveSession.signals);
  },

  async append(ask, { id, content }) {
    const chunk = { content: needed(content, 'content', 'append') };
    const input = { sessionId: needed(id, 'id', 'append'), chunks: [chunk], ...newKey() };
    const { chunks, signals } = (await ask(operations.Append, { input }, ONCE)).appendChunks;
    return { chunks, ...heard(signals) };
  },

  async remember(ask, { id, key, content, memoryType = 'FACT', tags }) {
    const kept = { key: needed(key, 'key', 'remember'), content: needed(content, 'content', 'remember') };
    const input = { sessionId: needed(id, 'id', 'remember'), ...kept, type: memoryType, tags };
    const { memory, signals } = (await ask(operations.RememberInSession, { input }, ONCE)).rememberInSession;
    return { memories: [memory], ...heard(signals) };
  },

  async save(ask, { id, name, content, artifactType = 'DOCUMENT' }) {
    const file = { name: needed(name, 'name', 'save'), content: needed(content, 'content', 'save') };
    const input = { sessionId: needed(id, 'id', 'save'), ...file, type: artifactType, ...newKey() };
    const { artifact, signals } = (await ask(operations.Save, { input }, ONCE)).saveArtifact;
    return { artifacts: [artifact], ...heard(signals) };
  },

  async complete(ask, args) {
    const input = { ...one(args), summary: args.summary };
    const { session, signals } = (await ask(operations.CompleteSession, { input })).completeSession;
    return { session: sessionLine(session), ...heard(signals) };
  },
};

function one({ action, id }: Arguments) {
  return { id: needed(id, 'id', action) };
}

export const session = tool({
  name: 'session',
  title: 'Shared sessions',
  description:
    'Work of several agents in one place: a conversation in numbered chunks, memories by key, files by name. join before you append, remember or save; complete ends it for all.',
  effect: 'end',
  input: INPUT,
  output: OUTPUT,
  run: (args, { ask }) => ACTIONS[args.action](ask, args),
});
