import type { ConfigProblem } from '../core/errors.ts';
import { readablePointer } from './pointer.ts';

/** Finds values that something before them has already. */
export function uniqueProblems(
  noun: string,
  entries: readonly { readonly pointer: string; readonly value: unknown; readonly suggestion?: string }[],
): ConfigProblem[] {
  const first = new Map<string, string>();
  return entries.flatMap(({ pointer, value, suggestion = 'Give it another name.' }) => {
    if (typeof value !== 'string') return [];
    const earlier = first.get(value);
    if (earlier === undefined) {
      first.set(value, pointer);
      return [];
    }
    const message = `Another ${noun} is called \`${value}\` already: ${readablePointer(earlier)}.`;
    return [{ pointer, message, suggestion }];
  });
}
