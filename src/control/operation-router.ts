import type { AnyOperation } from './operation.ts';

/** The operations of one path. */
export interface PathMatch {
  readonly params: Readonly<Record<string, string>>;
  /** Id and operation by method. */
  readonly methods: ReadonlyMap<string, { readonly id: string; readonly operation: AnyOperation }>;
}

interface PathEntry {
  readonly segments: readonly string[];
  readonly methods: Map<string, { readonly id: string; readonly operation: AnyOperation }>;
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** The parameters when a path fits the segments of an entry; null when it does not. */
function paramsOf(entry: PathEntry, segments: readonly string[]): Record<string, string> | null {
  if (entry.segments.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (let i = 0; i < segments.length; i++) {
    const expected = entry.segments[i] as string;
    const found = segments[i] as string;
    if (!expected.startsWith('{')) {
      if (expected !== found) return null;
      continue;
    }
    const value = decode(found);
    if (value === null || value === '') return null;
    params[expected.slice(1, -1)] = value;
  }
  return params;
}

const parametersOf = ({ segments }: PathEntry): number =>
  segments.filter((segment) => segment.startsWith('{')).length;

/** Builds a function that finds the operations of a path. */
export function operationRouter(
  operations: ReadonlyMap<string, AnyOperation>,
): (path: string) => PathMatch | null {
  const entries = new Map<string, PathEntry>();
  for (const [id, operation] of operations) {
    const entry = entries.get(operation.path) ?? { segments: operation.path.split('/'), methods: new Map() };
    entry.methods.set(operation.method, { id, operation });
    entries.set(operation.path, entry);
  }
  // Of two entries that fit, the one with fewer parameters is meant: `/v1/keys/leaks` is no key.
  const ordered = [...entries.values()].sort((a, b) => parametersOf(a) - parametersOf(b));
  return (path) => {
    const segments = path.split('/');
    for (const entry of ordered) {
      const params = paramsOf(entry, segments);
      if (params !== null) return { params, methods: entry.methods };
    }
    return null;
  };
}
