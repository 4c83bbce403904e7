import { z } from 'zod';
import { builder } from '../graphql/builder.ts';
import { ArtifactType, ChunkFormat, MemoryType } from './records.ts';

const NAME = z.string().min(1).max(255);
/** What fits into a request of 1 MiB beside the rest of it. */
const CONTENT = z.string().min(1).max(900_000, 'Too long: append it in pieces of at most 900,000 characters.');
const KEY = 'Any text of your own: a repeat with the same key and arguments returns the first result.';

const ParticipantInput = builder.inputType('SessionParticipantInput', {
  description: 'Who takes part.',
  fields: (t) => ({
    agent: t.string({ required: true, description: 'The agent.', validate: NAME }),
    role: t.string({ description: 'For example member, reviewer; any word. Default member.', validate: NAME }),
  }),
});

export const CreateSessionInput = builder.inputType('CreateSessionInput', {
  description: 'A session as you want it.',
  fields: (t) => ({
    title: t.string({
      required: true,
      description: 'What it is about, in a line of 1 to 500 characters.',
      validate: z.string().min(1).max(500),
    }),
    participants: t.field({
      type: [ParticipantInput],
      description: 'Who takes part beside you, at most 100.',
      validate: z.array(z.unknown()).max(100) as never,
    }),
    metadata: t.field({ type: 'JSON', description: 'Anything else. Default {}.' }),
    idempotencyKey: t.string({ description: KEY, validate: NAME }),
  }),
});

export const JoinSessionInput = builder.inputType('JoinSessionInput', {
  description: 'Who joins which session.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The session.' }),
    agent: t.string({ description: 'Who joins; by default the caller. Operators may say another.', validate: NAME }),
    role: t.string({ description: 'For example member, reviewer; any word. Default member.', validate: NAME }),
  }),
});

export const LeaveSessionInput = builder.inputType('LeaveSessionInput', {
  description: 'Who leaves which session.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The session.' }),
    agent: t.string({ description: 'Who leaves; by default the caller. Operators may say another.', validate: NAME }),
  }),
});

export const PauseSessionInput = builder.inputType('PauseSessionInput', {
  description: 'Which session to pause.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The session.' }) }),
});

export const ResumeSessionInput = builder.inputType('ResumeSessionInput', {
  description: 'Which session to resume.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The session.' }) }),
});

export const CompleteSessionInput = builder.inputType('CompleteSessionInput', {
  description: 'Which session to complete.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The session.' }),
    summary: t.string({ description: 'What came of it.', validate: z.string().max(100_000) }),
  }),
});

const ChunkInput = builder.inputType('ChunkInput', {
  description: 'A piece of conversation.',
  fields: (t) => ({
    content: t.string({
      required: true,
      description: 'What was said: 1 to 900,000 characters. A request may have 1 MiB in all.',
      validate: CONTENT,
    }),
    format: t.field({ type: ChunkFormat, description: 'What it is. Default DIALOGUE.' }),
    extractedItems: t.field({
      type: 'JSON',
      description: 'What was found in it, for example {"ideas": ["…"], "decisions": ["…"]}. Default {}.',
    }),
  }),
});

export const AppendChunksInput = builder.inputType('AppendChunksInput', {
  description: 'What to append to the conversation.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The session.' }),
    chunks: t.field({
      type: [ChunkInput],
      required: true,
      description: '1 to 100 chunks, which get consecutive numbers.',
      validate: z.array(z.unknown()).min(1).max(100) as never,
    }),
    idempotencyKey: t.string({ description: KEY, validate: NAME }),
  }),
});

export const RememberInSessionInput = builder.inputType('RememberInSessionInput', {
  description: 'What to remember.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The session.' }),
    key: t.string({ required: true, description: 'Its name, one in the session.', validate: NAME }),
    type: t.field({ type: MemoryType, required: true, description: 'What kind of thing it is.' }),
    content: t.field({ type: 'JSON', required: true, description: 'What is remembered: text, or any JSON.' }),
    tags: t.stringList({
      description: 'Words to find it by, at most 100. Left out: as they are, none for a new memory.',
      validate: z.array(NAME).max(100),
    }),
    expectedVersion: t.int({
      description: 'Store it only over this version; 0: only if there is none of this key. Else CONFLICT.',
      validate: z.number().int().min(0),
    }),
  }),
});

export const ForgetMemoryInput = builder.inputType('ForgetMemoryInput', {
  description: 'Which memory to forget.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The session.' }),
    key: t.string({ required: true, description: 'The key of the memory.', validate: NAME }),
    expectedVersion: t.int({
      description: 'Forget it only if it has this version. Else CONFLICT.',
      validate: z.number().int().min(1),
    }),
  }),
});

export const SaveArtifactInput = builder.inputType('SaveArtifactInput', {
  description: 'What to save.',
  fields: (t) => ({
    sessionId: t.id({ required: true, description: 'The session.' }),
    name: t.string({
      required: true,
      description: 'Its name, for example a path; its versions share it.',
      validate: NAME,
    }),
    type: t.field({ type: ArtifactType, required: true, description: 'What it is.' }),
    content: t.string({
      required: true,
      description: 'The thing itself: 1 to 900,000 characters.',
      validate: CONTENT,
    }),
    format: t.string({
      description: 'markdown, python, json, or any other word. Default markdown.',
      validate: z.string().min(1).max(100),
    }),
    metadata: t.field({ type: 'JSON', description: 'Anything else. Default {}.' }),
    idempotencyKey: t.string({ description: KEY, validate: NAME }),
  }),
});
