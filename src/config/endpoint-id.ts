import type { Path } from './pointer.ts';
import { asList, asRecord, pointerOf } from './pointer.ts';

/** The id of an endpoint that was given none: its methods and the words of its path, as in `get-orders-id`. */
export function derivedEndpointId(methods: readonly string[] | null, path: string): string {
  const words = [...(methods ?? []), ...path.split('/')]
    .map((word) =>
      word
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, ''),
    )
    .filter((word) => word !== '');
  return words.slice(0, 63).join('-').slice(0, 63).replace(/-$/, '') || 'root';
}

/** An endpoint as far as it can be told from a document that may have mistakes. */
export interface EndpointSketch {
  readonly pointer: string;
  readonly id: string;
  readonly hasOwnId: boolean;
  readonly path: string;
  readonly methods: readonly string[] | null;
}

/** Reads the endpoints of an API without trusting their shape; those without a path are left out. */
export function sketchEndpoints(api: unknown, at: Path): EndpointSketch[] {
  return asList(asRecord(api)?.endpoints).flatMap((entry, index) => {
    const endpoint = asRecord(entry);
    if (typeof endpoint?.path !== 'string') return [];
    const methods = Array.isArray(endpoint.methods)
      ? endpoint.methods.filter((m) => typeof m === 'string')
      : null;
    const hasOwnId = typeof endpoint.id === 'string';
    const id = hasOwnId ? (endpoint.id as string) : derivedEndpointId(methods, endpoint.path);
    return [{ pointer: pointerOf([...at, 'endpoints', index]), id, hasOwnId, path: endpoint.path, methods }];
  });
}
