import { skipBlanks, tokenEnd } from '../../lib/http/fields.ts';

/** More than any page of a browser names. */
const MAX_NAMES = 64;
const MAX_LENGTH = 4096;

/**
 * Whether an Access-Control-Request-Headers field names only allowed fields; `allowed` holds lower-case names.
 *
 * Safety: browsers write a plain list of names, so empty elements, parameters and long lists are refused.
 */
export function areHeadersAllowed(value: string, allowed: ReadonlySet<string>): boolean {
  if (value === '') return true;
  if (value.length > MAX_LENGTH) return false;
  let i = 0;
  for (let count = 0; count < MAX_NAMES; count++) {
    const start = skipBlanks(value, i);
    const end = tokenEnd(value, start);
    if (end === start || !allowed.has(value.slice(start, end).toLowerCase())) return false;
    i = skipBlanks(value, end);
    if (i === value.length) return true;
    if (value.charCodeAt(i) !== 0x2c) return false;
    i++;
  }
  return false;
}
