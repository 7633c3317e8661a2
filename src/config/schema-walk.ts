import { z } from 'zod';
import type { Path } from './pointer.ts';

type Schema = z.core.$ZodTypes;

/** Takes off what only wraps a schema: defaults, optionality, transforms. Unions stay. */
export function unwrap(schema: z.core.$ZodType): Schema {
  let inner = schema as Schema;
  for (;;) {
    const { def } = inner._zod;
    switch (def.type) {
      case 'optional':
      case 'nullable':
      case 'default':
      case 'prefault':
      case 'nonoptional':
      case 'readonly':
      case 'catch':
        inner = def.innerType as Schema;
        break;
      case 'pipe':
        inner = ((def.in as Schema)._zod.def.type === 'transform' ? def.out : def.in) as Schema;
        break;
      default:
        return inner;
    }
  }
}

/** The schemas a value at the path may be held against: several where unions branch. */
export function schemasAt(root: z.core.$ZodType, path: Path): readonly z.core.$ZodType[] {
  let found: readonly z.core.$ZodType[] = [root];
  for (const step of path) found = found.flatMap((schema) => stepInto(schema, step));
  return found;
}

function stepInto(schema: z.core.$ZodType, step: string | number): readonly z.core.$ZodType[] {
  const { def } = unwrap(schema)._zod;
  switch (def.type) {
    case 'object': {
      const field = Object.hasOwn(def.shape, step) ? def.shape[String(step)] : undefined;
      return field === undefined ? [] : [field];
    }
    case 'array':
      return [def.element];
    case 'tuple':
      return def.items.slice(Number(step), Number(step) + 1);
    case 'record':
      return [def.valueType];
    case 'union':
      return def.options.flatMap((option) => stepInto(option, step));
    default:
      return [];
  }
}

/** Keys that objects of the schema may have. */
export function keysOf(schema: z.core.$ZodType): readonly string[] {
  const { def } = unwrap(schema)._zod;
  if (def.type === 'object') return Object.keys(def.shape);
  return def.type === 'union' ? def.options.flatMap(keysOf) : [];
}

/** Whether the numbers that a schema takes are whole ones. */
export function takesWholeNumbers(schema: z.core.$ZodType): boolean {
  return optionsOf(schema).some((option) => {
    const { def } = unwrap(option)._zod;
    return def.type === 'number' && 'format' in def && String(def.format).includes('int');
  });
}

/** The alternatives of a union, in order; the schema itself when it is none. */
export function optionsOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { def } = unwrap(schema)._zod;
  return def.type === 'union' ? def.options : [schema];
}

/** What the schema at the path says about itself; '' when nothing. */
export function describeAt(root: z.core.$ZodType, path: Path): string {
  for (const schema of schemasAt(root, path)) {
    let inner = schema;
    for (;;) {
      const description = z.globalRegistry.get(inner as z.ZodType)?.description;
      if (description !== undefined) return description;
      const { def } = (inner as Schema)._zod;
      if ('innerType' in def) inner = def.innerType as z.core.$ZodType;
      else if (def.type === 'pipe') inner = def.in as z.core.$ZodType;
      else break;
    }
  }
  return '';
}
