import type { ToolAnnotations } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Request } from '../client/index.ts';
import { BadArguments } from './errors.ts';

/** What a tool has besides its arguments. */
export interface Call {
  /** Asks the hub as the caller; ends when the client gives the call up. */
  readonly ask: Request;
}

/** A tool as the server offers it. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  /** Says to a model when to use it. */
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly output: JsonSchema;
  /** What it takes; where the caller is not known otherwise, `agent` besides. */
  input(agentKnown: boolean): JsonSchema;
  /** Checks the arguments and performs it. Errors: `BadArguments`, and those of the client. */
  run(given: unknown, call: { agent: string | null; ask(agent: string | undefined): Request }): Promise<object>;
}

export type JsonSchema = Record<string, unknown>;

/** What a tool does to the world: `read` nothing, `add` something new, `set` the same again if repeated, `end` something. */
type Effect = 'read' | 'add' | 'set' | 'end';

/** Of a tool that changes nothing, the protocol asks no more. */
const EFFECTS: Record<Effect, ToolAnnotations> = {
  read: { readOnlyHint: true, openWorldHint: false },
  add: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  set: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  end: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false },
};

/** The hub says which names it takes. */
const AGENT = z.string().min(1).max(255).describe('Your name.');

export interface Definition<Input extends z.ZodRawShape, Output extends z.ZodRawShape> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly effect: Effect;
  /** False for a tool that anybody may call without saying who it is. */
  readonly acts?: boolean;
  readonly input: Input;
  readonly output: Output;
  run(args: z.output<z.ZodObject<Input>>, call: Call): Promise<z.input<z.ZodObject<Output>>>;
}

export function tool<Input extends z.ZodRawShape, Output extends z.ZodRawShape>(
  definition: Definition<Input, Output>,
): Tool {
  const { name, title, description, effect, acts = true, run } = definition;
  const named = z.strictObject(definition.input);
  const unnamed = acts ? z.strictObject({ agent: AGENT, ...definition.input }) : named;
  const schemas = { named: jsonSchema(named, 'input'), unnamed: jsonSchema(unnamed, 'input') };
  return {
    name,
    title,
    description,
    annotations: EFFECTS[effect],
    output: jsonSchema(z.object(definition.output), 'output'),
    input: (agentKnown) => (agentKnown ? schemas.named : schemas.unnamed),
    async run(given, { agent: known, ask }) {
      const asks = acts && known === null;
      const { success, data, error } = (asks ? unnamed : named).safeParse(given ?? {});
      if (!success) throw new BadArguments(name, error.issues);
      const { agent, ...rest } = data as { agent?: string };
      return run((asks ? rest : data) as z.output<z.ZodObject<Input>>, { ask: ask(asks ? agent : undefined) });
    },
  };
}

/** An argument that this action of a tool can't do without. Errors: `BadArguments`. */
export function needed<Value>(value: Value | undefined, argument: string, action: string): Value {
  if (value === undefined) throw new BadArguments(action, [{ path: [argument], message: 'needed for this' }]);
  return value;
}

/**
 * The JSON Schema of a shape, without what tells a model nothing: each word is paid for in every conversation. Lengths are
 * told to those who exceed them.
 */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    override({ jsonSchema: part }) {
      for (const key of ['maxLength', 'minLength', 'maxItems', 'minItems'] as const) delete part[key];
      if (io === 'output' || typeof part.additionalProperties === 'object') delete part.additionalProperties;
      if (part.properties !== undefined && Object.keys(part.properties).length === 0) delete part.properties;
    },
  });
  return json;
}
