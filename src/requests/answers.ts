import { Ajv2020 } from 'ajv/dist/2020.js';
import { RookeryError } from '../errors.ts';

/** Longest schema, in characters of JSON: the worst of that length takes some 20 ms. */
const MAX_SCHEMA = 8_192;

/**
 * What a schema may not use: what makes a check cost more than schema times answer (references, of which twenty that
 * double make a million; regular expressions; comparing all items with each other), names that reach beyond it, and
 * checks that end later.
 */
const REFUSED = [
  '$ref',
  '$dynamicRef',
  '$id',
  '$anchor',
  '$dynamicAnchor',
  '$async',
  'pattern',
  'patternProperties',
  'uniqueItems',
  'unevaluatedItems',
  'unevaluatedProperties',
];

const OPTIONS = { logger: false, strictTypes: false, strictTuples: false, validateFormats: false } as const;

/** Knows the schema of schemas, which needs much of the above itself. */
const judge = new Ajv2020({ ...OPTIONS, strict: false });

/** `BAD_INPUT` unless it is a JSON Schema (2020-12) within the limits. */
export function checkSchema(schema: unknown): void {
  compile(schema);
}

/** `BAD_INPUT`, with what is wrong in `issues`, unless the answer is what the schema says. */
export function checkAnswer(schema: unknown, answer: unknown): void {
  const validate = compile(schema);
  if (validate(answer)) return;
  const issues = (validate.errors ?? []).map(({ instancePath, message }) => ({
    path: `answer${instancePath}`,
    message,
  }));
  const told = issues.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new RookeryError('BAD_INPUT', `The answer is not what answerSchema asks for: ${told}.`, { issues });
}

/** For one use: a validator kept would be kept for ever, and most requests are answered once. */
function compile(schema: unknown) {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw refused('it must be an object');
  if (JSON.stringify(schema).length > MAX_SCHEMA) throw refused(`it may have ${MAX_SCHEMA} characters`);
  const { $schema, ...rules } = schema as Record<string, unknown>;
  const ajv = new Ajv2020({ ...OPTIONS, strict: true, meta: false, validateSchema: false, code: { optimize: false } });
  for (const keyword of REFUSED) ajv.removeKeyword(keyword);
  try {
    if (!judge.validateSchema(rules)) throw new Error(judge.errorsText(judge.errors, { dataVar: 'it' }));
    return ajv.compile(rules);
  } catch (error) {
    // Also what is nested so deep that the stack ends.
    throw refused((error as Error).message);
  }
}

function refused(why: string): RookeryError {
  return new RookeryError('BAD_INPUT', `answerSchema is not a JSON Schema (2020-12) that is taken here: ${why}.`);
}
