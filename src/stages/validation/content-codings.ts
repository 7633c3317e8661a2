import { parseListTokens } from '../../lib/http/fields.ts';

/** RFC 9110, 8.4.1: names that mean the same. */
const ALIASES = new Map([
  ['x-gzip', 'gzip'],
  ['x-compress', 'compress'],
]);

/** Whether a Content-Encoding field names allowed codings only; `identity` is no coding. */
export function areCodingsAllowed(value: string, allowed: ReadonlySet<string>): boolean {
  const codings = parseListTokens(value);
  if (codings === null || codings.length === 0) return false;
  return codings.every((coding) => {
    const lower = coding.toLowerCase();
    return lower === 'identity' || allowed.has(ALIASES.get(lower) ?? lower);
  });
}
