import { z } from 'zod';
import { cut, cutJson, LINE, said, WHOLE } from './compact.ts';
import type { TaskLineFragment, TaskWholeFragment } from './generated/operations.ts';

/** A task in a list; what else there is to say of it comes as further fields. */
export const TASK = z.looseObject({ id: z.string(), title: z.string(), status: z.string() });

/** A task with what is needed to work on it. */
export const WHOLE_TASK = TASK.extend({
  description: z.string().optional(),
  input: z.unknown().optional(),
  checkpoint: z.unknown().optional(),
  error: z.string().optional(),
});

/** Fields that may be long, and so are read one by one. */
export const LONG_FIELDS = ['description', 'input', 'output', 'checkpoint', 'error'] as const;

export function taskLine({ title, ...task }: TaskLineFragment) {
  return { ...said(task), title: cut(title, LINE, 'call status with this task') };
}

export function wholeTask(task: TaskWholeFragment) {
  const { description, input, output, checkpoint, error } = task;
  const how = (field: (typeof LONG_FIELDS)[number]) => `call status with task ${task.id}, field ${field}`;
  return said({
    ...task,
    description: description === null ? null : cut(description, WHOLE, how('description')),
    input: cutJson(input, how('input')),
    output: cutJson(output, how('output')),
    checkpoint: cutJson(checkpoint, how('checkpoint')),
    error: error === null ? null : cut(error, WHOLE, how('error')),
  });
}
