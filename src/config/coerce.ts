import type { z } from 'zod';
import { asRecord, type Path, pointerOf, stepsOf, valueAt } from './pointer.ts';
import type { ParsedRoot, RootSchema } from './schema.ts';
import type { Issue } from './union-issues.ts';

export interface Coerced {
  readonly document: unknown;
  readonly parsed: z.ZodSafeParseResult<ParsedRoot>;
}

/**
 * Parses a document in which references may stand for numbers and booleans: an environment variable is always a text.
 *
 * Safety: only values that came from a reference and that the schema refuses as texts are turned, so a secret of
 * digits stays a text.
 */
export function coerceReferences(
  schema: RootSchema,
  input: unknown,
  references: ReadonlyMap<string, string>,
): Coerced {
  const first = schema.safeParse(input);
  if (first.success || references.size === 0) return { document: input, parsed: first };
  const turned = wantedValues(first.error.issues, [], input, references);
  if (turned.size === 0) return { document: input, parsed: first };
  let document = input;
  for (const [pointer, value] of turned) document = withValue(document, stepsOf(pointer), value);
  return { document, parsed: schema.safeParse(document) };
}

function wantedValues(
  issues: readonly Issue[],
  base: Path,
  document: unknown,
  references: ReadonlyMap<string, string>,
): Map<string, number | boolean> {
  const found = new Map<string, number | boolean>();
  for (const issue of issues) {
    const path = [...base, ...(issue.path as Path)];
    if (issue.code === 'invalid_union') {
      for (const branch of issue.errors) {
        for (const [pointer, value] of wantedValues(branch, path, document, references))
          found.set(pointer, value);
      }
    } else if (issue.code === 'invalid_type') {
      const pointer = pointerOf(path);
      const value = references.has(pointer) ? turn(valueAt(document, path), issue.expected) : null;
      if (value !== null) found.set(pointer, value);
    }
  }
  return found;
}

function turn(value: unknown, expected: string): number | boolean | null {
  if (typeof value !== 'string') return null;
  if (expected === 'boolean') return value === 'true' ? true : value === 'false' ? false : null;
  if (expected !== 'number' && expected !== 'int') return null;
  return /^-?\d{1,15}(?:\.\d{1,6})?$/.test(value) ? Number(value) : null;
}

/** A copy of the document with one value replaced. */
function withValue(document: unknown, steps: readonly string[], value: unknown): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if (Array.isArray(document))
    return document.map((entry, at) => (String(at) === step ? withValue(entry, rest, value) : entry));
  const record = asRecord(document);
  return record === null ? document : { ...record, [step]: withValue(record[step], rest, value) };
}
