import { asRecord, stepsOf } from '../config/pointer.ts';

export type OpenApiObject = Readonly<Record<string, unknown>>;

/** References to references that are followed; a document that needs more goes in a circle. */
const MAX_HOPS = 16;

/** The object itself, or what its `$ref` into the same document leads to; null where there is none. Never throws. */
export function resolveReference(root: OpenApiObject, raw: unknown): OpenApiObject | null {
  let value = asRecord(raw);
  for (let hop = 0; hop < MAX_HOPS; hop++) {
    if (value === null || typeof value.$ref !== 'string') return value;
    value = asRecord(lookUp(root, value.$ref));
  }
  return null;
}

function lookUp(root: OpenApiObject, reference: string): unknown {
  if (!reference.startsWith('#/')) return undefined;
  let found: unknown = root;
  for (const step of stepsOf(decoded(reference.slice(1)))) {
    const parent = asRecord(found);
    if (parent === null || !Object.hasOwn(parent, step)) return undefined;
    found = parent[step];
  }
  return found;
}

/** The pointer of a URI fragment (RFC 6901, section 6). */
function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
