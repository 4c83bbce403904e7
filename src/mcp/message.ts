import { z } from 'zod';
import { cut, said } from './compact.ts';
import type { MessageFieldsFragment } from './generated/operations.ts';

/** A message in a list; without `to` it went to all. */
export const MESSAGE = z.looseObject({ id: z.string(), from: z.string(), content: z.string() });

const MOST = 2_000;

export function messageLine(message: MessageFieldsFragment) {
  const { id, threadId, content } = message;
  const how = `call inbox with id ${id}`;
  return { ...said({ ...message, threadId: threadId === id ? null : threadId }), content: cut(content, MOST, how) };
}
