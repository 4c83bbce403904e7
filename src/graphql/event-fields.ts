import { builder } from './builder.ts';

/** What happened to a record. */
export const ChangeOp = builder.enumType('ChangeOp', {
  description: 'What happened to a record.',
  values: {
    INSERT: { value: 'insert', description: 'It was created.' },
    UPDATE: { value: 'update', description: 'It was changed.' },
    DELETE: { value: 'delete', description: 'It was deleted.' },
  },
});
