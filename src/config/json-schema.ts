import { z } from 'zod';
import { STAGES, type StageRow } from '../stages/index.ts';
import { blockStages } from './blocks.ts';
import { rootSchema } from './schema.ts';

/** A schema as JSON Schema writes it. */
export type JsonSchema = { [key: string]: unknown };

export const SCHEMA_ID = 'https://portcullis.dev/schema/portcullis.schema.json';
const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const REFERENCE: JsonSchema = {
  type: 'string',
  pattern: '\\$\\{(env|file):[^}]+\\}',
  description: 'A reference to an environment variable or a file: `${env:NAME}` or `${file:path}`.',
};
const REFERENCE_REF = { $ref: '#/$defs/reference' };

/** The JSON Schema (draft 2020-12) of a configuration, for editors; stage blocks are definitions of their own. */
export function configJsonSchema(rows: readonly StageRow[] = STAGES): JsonSchema {
  const blocks = [...blockStages(rows)].map(([key, stage]): [string, JsonSchema] => [
    key,
    convert(stage.schema),
  ]);
  const root = convert(rootSchema(rows));
  const keys = new Set(blocks.map(([key]) => key));
  const properties = root.properties as Record<string, JsonSchema>;
  const api = (properties.apis as JsonSchema).items as JsonSchema;
  const endpoint = ((api.properties as Record<string, JsonSchema>).endpoints as JsonSchema)
    .items as JsonSchema;
  for (const holder of [properties.defaults as JsonSchema, api, endpoint]) {
    const fields = holder.properties as Record<string, JsonSchema>;
    for (const key of keys) fields[key] = { $ref: `#/$defs/${key}` };
  }
  const $defs = { reference: REFERENCE, ...Object.fromEntries(blocks) };
  return { $schema: DIALECT, $id: SCHEMA_ID, title: 'Portcullis configuration', ...root, $defs };
}

function convert(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...converted } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return allowReferences(converted as JsonSchema) as JsonSchema;
}

/** Lets a reference stand where a number, a boolean or a text of a certain form is wanted. */
function allowReferences(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(allowReferences);
  if (typeof node !== 'object' || node === null) return node;
  const schema = node as JsonSchema;
  const walked = Object.fromEntries(
    Object.entries(schema)
      // Zod writes the largest safe integer where there is no bound.
      .filter(([key, value]) => !(key === 'maximum' && value === Number.MAX_SAFE_INTEGER))
      .map(([key, value]) => [key, keepsAsIs(key) ? value : allowReferences(value)]),
  );
  if (Array.isArray(walked.anyOf)) return { ...walked, anyOf: flatten(walked.anyOf) };
  if (!isNarrow(schema)) return walked;
  const { description, default: fallback, ...narrow } = walked as JsonSchema;
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [narrow, REFERENCE_REF],
  };
}

/** Puts the alternatives of alternatives beside each other, the reference once and last. */
function flatten(options: readonly JsonSchema[]): JsonSchema[] {
  const flat = options.flatMap((option) => {
    const { anyOf, description, ...rest } = option;
    if (!Array.isArray(anyOf) || Object.keys(rest).length > 0) return [option];
    return anyOf.map((inner, at) =>
      at === 0 && description !== undefined ? { description, ...inner } : inner,
    );
  });
  const others = flat.filter((option) => option.$ref !== REFERENCE_REF.$ref);
  return others.length === flat.length ? others : [...others, REFERENCE_REF];
}

function keepsAsIs(key: string): boolean {
  return (
    key === 'default' || key === 'enum' || key === 'const' || key === 'required' || key === 'propertyNames'
  );
}

/** Whether a schema takes single values, but not every text. */
function isNarrow({ type, pattern, format, enum: options, const: only }: JsonSchema): boolean {
  if (only !== undefined) return false;
  if (type === 'integer' || type === 'number' || type === 'boolean') return true;
  return options !== undefined || (type === 'string' && (pattern !== undefined || format !== undefined));
}
