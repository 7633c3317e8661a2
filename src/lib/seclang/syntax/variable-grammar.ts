import type { Bytes } from '../bytes.ts';
import { VARIABLES } from '../variables/table.ts';

/** Other names of variables. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  // ModSecurity 3 calls it so, and its recommended file as well.
  ['MULTIPART_SEMICOLON_MISSING', 'MULTIPART_MISSING_SEMICOLON'],
]);

/** Collections that rules write to and that outlive a transaction. */
export const PERSISTENT_COLLECTIONS: readonly string[] = ['GLOBAL', 'IP', 'RESOURCE', 'SESSION', 'USER'];

/** Collections of which a rule must name what it wants. */
const MAPS: ReadonlySet<string> = new Set(['ENV', 'RULE', 'TX', ...PERSISTENT_COLLECTIONS]);

/** Single values that ModSecurity 2 has as collections of one, so that `&` counts them. */
const COUNTED: ReadonlySet<string> = new Set([
  'ARGS_COMBINED_SIZE',
  'FILES_COMBINED_SIZE',
  'WEBSERVER_ERROR_LOG',
]);

/** Collections that are always empty here, and that rules may select from all the same. */
const EMPTY_COLLECTIONS: ReadonlySet<string> = new Set(['FILES_TMPNAMES', 'PERF_RULES']);

/** Every variable, in upper case. */
export const VARIABLE_NAMES: readonly string[] = [...VARIABLES.keys()].sort();
const NAMES: ReadonlySet<string> = new Set(VARIABLE_NAMES);

/** How a variable may be written. */
export interface VariableGrammar {
  /** Whether `&` may stand before it. */
  readonly isCountable: boolean;
  /** Whether a name may follow behind a colon. */
  readonly isSelectable: boolean;
  /** Whether one must. */
  readonly wantsName: boolean;
}

/** Finds a variable by its name in any case, under the name of the table. */
export function findVariableName(name: Bytes): string | null {
  const upper = name.toUpperCase();
  const known = ALIASES.get(upper) ?? upper;
  return NAMES.has(known) ? known : null;
}

/** How a variable of the table may be written. */
export function grammarOf(name: string): VariableGrammar {
  const variable = VARIABLES.get(name);
  const isCollection =
    EMPTY_COLLECTIONS.has(name) ||
    variable?.kind === 'collection' ||
    variable?.kind === 'xml' ||
    (variable?.kind === 'engine' && variable.isCollection);
  return {
    isCountable: isCollection || COUNTED.has(name),
    isSelectable: isCollection,
    wantsName: MAPS.has(name),
  };
}
