import { NotFound } from '../client/index.ts';
import { cut, cutJson, LINE, said, textOf, WHOLE } from './compact.ts';
import type { SessionLineFragment } from './generated/operations.ts';
import * as operations from './generated/operations.ts';
import type { Call } from './tool.ts';

const CHUNKS = 5;
const CHUNK = 4_000;

export function sessionLine({ participants, summary, ...session }: SessionLineFragment) {
  return said({
    ...session,
    summary: summary === null ? null : cut(summary, LINE, 'read the session'),
    participants: participants.slice(0, 20).map(({ agentId }) => agentId),
  });
}

interface What {
  readonly id: string;
  /** A memory, or a file, alone and whole. */
  readonly key?: string | undefined;
  readonly name?: string | undefined;
  /** Chunks from this one on. */
  readonly from?: number | undefined;
  /** Where in the memory, the file or the first chunk to read on. */
  readonly offset?: number | undefined;
}

/** A session as a model reads it: what it is, its latest chunks or those asked for, and what else there is, shortened. */
export function readSession(ask: Call['ask'], what: What) {
  if (what.key !== undefined) return readMemory(ask, what.id, what.key, what.offset);
  if (what.name !== undefined) return readArtifact(ask, what.id, what.name, what.offset);
  return readAll(ask, what);
}

async function readMemory(ask: Call['ask'], id: string, key: string, offset?: number) {
  const memory = (await ask(operations.OneMemory, { id, key })).session?.memory;
  if (!memory) throw new NotFound('NOT_FOUND', `There is no memory ${key} in session ${id}.`);
  const content = cut(textOf(memory.content), WHOLE, `call session with action read, id ${id}, key ${key}`, offset);
  return { memories: [{ ...memory, content }] };
}

async function readArtifact(ask: Call['ask'], id: string, name: string, offset?: number) {
  const artifact = (await ask(operations.OneArtifact, { id, name })).session?.artifacts.edges[0]?.node;
  if (!artifact) throw new NotFound('NOT_FOUND', `There is no file ${name} in session ${id}.`);
  const content = cut(artifact.content, WHOLE, `call session with action read, id ${id}, name ${name}`, offset);
  return { artifacts: [{ ...artifact, content }] };
}

async function readAll(ask: Call['ask'], { id, from, offset }: What) {
  const page = from === undefined ? { last: CHUNKS } : { from, chunks: CHUNKS };
  const { session } = await ask(operations.OneSession, { id, ...page });
  if (session === null) throw new NotFound('NOT_FOUND', `There is no session ${id}.`);
  const { chunks, memories, artifacts, counters, ...about } = session;
  return {
    session: { ...sessionLine(about), summary: about.summary ?? undefined, counters },
    chunks: chunks.edges.map(({ node }, i) => {
      const whole = i === 0 && offset !== undefined;
      const how = `call session with action read, id ${id}, from ${node.number}`;
      return { ...node, content: cut(node.content, whole ? WHOLE : CHUNK, how, whole ? offset : 0) };
    }),
    memories: memories.edges.map(({ node }) => {
      const { content, ...memory } = node;
      return { ...memory, content: cutJson(content, `call session with action read, id ${id}, key ${node.key}`) };
    }),
    artifacts: artifacts.edges.map(({ node }) => node),
  };
}
