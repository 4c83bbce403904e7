import { builder } from '../graphql/builder.ts';
import { actingAgent, type Context, requireViewer } from '../graphql/context.ts';
import { parseId } from '../graphql/ids.ts';
import {
  AppendChunksInput,
  CompleteSessionInput,
  CreateSessionInput,
  ForgetMemoryInput,
  JoinSessionInput,
  LeaveSessionInput,
  PauseSessionInput,
  RememberInSessionInput,
  ResumeSessionInput,
  SaveArtifactInput,
} from './inputs.ts';
import { Artifact, Chunk, Memory } from './records.ts';
import {
  appendChunks,
  createSession,
  forgetMemory,
  joinSession,
  leaveSession,
  type Move,
  moveSession,
  remember,
  saveArtifact,
} from './service.ts';
import { Session, SessionParticipant } from './session.ts';

const sessionPayload = (mutation: string) =>
  builder.objectRef<{ session: typeof Session.$inferType }>(`${capital(mutation)}Payload`).implement({
    description: `The result of ${mutation}.`,
    fields: (t) => ({ session: t.expose('session', { type: Session, description: 'The session as it is now.' }) }),
  });

const participantPayload = (mutation: string) =>
  builder.objectRef<{ participant: typeof SessionParticipant.$inferType }>(`${capital(mutation)}Payload`).implement({
    description: `The result of ${mutation}.`,
    fields: (t) => ({
      participant: t.expose('participant', { type: SessionParticipant, description: 'The participant as it is now.' }),
    }),
  });

const memoryPayload = (mutation: string, description: string) =>
  builder.objectRef<{ memory: typeof Memory.$inferType }>(`${capital(mutation)}Payload`).implement({
    description: `The result of ${mutation}.`,
    fields: (t) => ({ memory: t.expose('memory', { type: Memory, description }) }),
  });

function capital(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

const AppendChunksPayload = builder
  .objectRef<{ chunks: (typeof Chunk.$inferType)[] }>('AppendChunksPayload')
  .implement({
    description: 'The result of appendChunks.',
    fields: (t) => ({
      chunks: t.expose('chunks', { type: [Chunk], description: 'The chunks as appended, in their order.' }),
    }),
  });

const SaveArtifactPayload = builder
  .objectRef<{ artifact: typeof Artifact.$inferType }>('SaveArtifactPayload')
  .implement({
    description: 'The result of saveArtifact.',
    fields: (t) => ({
      artifact: t.expose('artifact', {
        type: Artifact,
        description: 'The new version; the latest one, when it has this very content.',
      }),
    }),
  });

async function move(
  context: Context,
  step: Move,
  input: { id: string | number | bigint; summary?: string | null | undefined },
) {
  const { id, summary } = input;
  return {
    session: await moveSession(context.db, requireViewer(context), { id: parseId(id, 'session'), move: step, summary }),
  };
}

builder.mutationFields((t) => ({
  createSession: t.field({
    type: sessionPayload('createSession'),
    description:
      'Creates a session; the calling agent takes part as its owner. Errors: BAD_INPUT, IDEMPOTENCY_CONFLICT.',
    authScopes: { act: true },
    args: { input: t.arg({ type: CreateSessionInput, required: true, description: 'The session.' }) },
    resolve: async (_root, { input }, context) => ({
      session: await createSession(context.db, requireViewer(context), input),
    }),
  }),
  joinSession: t.field({
    type: participantPayload('joinSession'),
    description:
      'Takes part in a session that is active or paused, again if it had left; a role that is given replaces the present one. Errors: NOT_FOUND, CONFLICT (completed), FORBIDDEN (an agent joins as itself only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: JoinSessionInput, required: true, description: 'Who and where.' }) },
    resolve: async (_root, { input: { id, agent, role } }, context) => ({
      participant: await joinSession(context.db, requireViewer(context), {
        id: parseId(id, 'session'),
        agent: actingAgent(context, agent),
        role,
      }),
    }),
  }),
  leaveSession: t.field({
    type: participantPayload('leaveSession'),
    description:
      'Takes part no longer; leaving twice is no error. Errors: NOT_FOUND (never took part), FORBIDDEN (an agent leaves as itself only).',
    authScopes: { act: true },
    args: { input: t.arg({ type: LeaveSessionInput, required: true, description: 'Who and where.' }) },
    resolve: async (_root, { input: { id, agent } }, context) => ({
      participant: await leaveSession(context.db, requireViewer(context), {
        id: parseId(id, 'session'),
        agent: actingAgent(context, agent),
      }),
    }),
  }),
  pauseSession: t.field({
    type: sessionPayload('pauseSession'),
    description:
      'Nothing may be added until it is resumed. Errors: NOT_FOUND, FORBIDDEN (takes no part), CONFLICT (not active; says what is allowed).',
    authScopes: { act: true },
    args: { input: t.arg({ type: PauseSessionInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, context) => move(context, 'pauseSession', input),
  }),
  resumeSession: t.field({
    type: sessionPayload('resumeSession'),
    description: 'Goes on with a paused session. Errors: NOT_FOUND, FORBIDDEN (takes no part), CONFLICT (not paused).',
    authScopes: { act: true },
    args: { input: t.arg({ type: ResumeSessionInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, context) => move(context, 'resumeSession', input),
  }),
  completeSession: t.field({
    type: sessionPayload('completeSession'),
    description: 'Ends a session for good. Errors: NOT_FOUND, FORBIDDEN (takes no part), CONFLICT (completed already).',
    authScopes: { act: true },
    args: { input: t.arg({ type: CompleteSessionInput, required: true, description: 'Which, and what came of it.' }) },
    resolve: (_root, { input }, context) => move(context, 'completeSession', input),
  }),
  appendChunks: t.field({
    type: AppendChunksPayload,
    description:
      'Appends to the conversation of an active session. Errors: BAD_INPUT, NOT_FOUND, FORBIDDEN (takes no part), CONFLICT (not active; or `busy`: some transaction holds the session), IDEMPOTENCY_CONFLICT.',
    authScopes: { act: true },
    args: { input: t.arg({ type: AppendChunksInput, required: true, description: 'What, and where to.' }) },
    resolve: async (_root, { input }, context) => ({
      chunks: await appendChunks(context.db, requireViewer(context), withSession(input)),
    }),
  }),
  rememberInSession: t.field({
    type: memoryPayload('rememberInSession', 'The memory as it is stored.'),
    description:
      'Stores a memory of an active session, or the next version of it. What is stored already succeeds and changes nothing, so a call may be repeated. Errors: BAD_INPUT, NOT_FOUND, FORBIDDEN (takes no part), CONFLICT (not active, `busy`, or another version than expected).',
    authScopes: { act: true },
    args: { input: t.arg({ type: RememberInSessionInput, required: true, description: 'What, and where.' }) },
    resolve: async (_root, { input }, context) => ({
      memory: await remember(context.db, requireViewer(context), withSession(input)),
    }),
  }),
  forgetMemory: t.field({
    type: memoryPayload('forgetMemory', 'The memory as it was.'),
    description:
      'Deletes a memory of an active session. Errors: NOT_FOUND, FORBIDDEN (takes no part), CONFLICT (not active, or another version than expected).',
    authScopes: { act: true },
    args: { input: t.arg({ type: ForgetMemoryInput, required: true, description: 'Which.' }) },
    resolve: async (_root, { input: { sessionId, ...input } }, context) => ({
      memory: await forgetMemory(context.db, requireViewer(context), {
        sessionId: parseId(sessionId, 'session'),
        ...input,
      }),
    }),
  }),
  saveArtifact: t.field({
    type: SaveArtifactPayload,
    description:
      'Saves the next version of an artifact of an active session; the content of the latest version once more gives that version, as it is. Errors: BAD_INPUT, NOT_FOUND, FORBIDDEN (takes no part), CONFLICT (not active, or `busy`), IDEMPOTENCY_CONFLICT.',
    authScopes: { act: true },
    args: { input: t.arg({ type: SaveArtifactInput, required: true, description: 'What, and where.' }) },
    resolve: async (_root, { input }, context) => ({
      artifact: await saveArtifact(context.db, requireViewer(context), withSession(input)),
    }),
  }),
}));

function withSession<Input extends { sessionId: string | number | bigint }>(input: Input) {
  return { ...input, sessionId: String(parseId(input.sessionId, 'session')) };
}
