import { parseQuoted, skipBlanks, tokenEnd } from './fields.ts';

/** A media type; type and parameter names are lower-case, parameter values as written. */
export interface MediaType {
  /** Such as `application/json`. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const NO_PARAMETERS: ReadonlyMap<string, string> = new Map();

/**
 * Reads a Content-Type (RFC 9110, 8.3.1).
 *
 * Safety: a parameter that occurs twice is refused, because readers disagree about which one counts.
 */
export function parseMediaType(value: string): MediaType | null {
  const slash = tokenEnd(value, 0);
  if (slash === 0 || value.charCodeAt(slash) !== 0x2f) return null;
  const end = tokenEnd(value, slash + 1);
  if (end === slash + 1) return null;
  const type = value.slice(0, end).toLowerCase();
  if (end === value.length) return { type, parameters: NO_PARAMETERS };
  const parameters = parseParameters(value, end);
  return parameters === null ? null : { type, parameters };
}

/** Reads `*( OWS ";" OWS [ parameter ] )` (RFC 9110, 5.6.6) up to the end of the text. */
function parseParameters(value: string, from: number): Map<string, string> | null {
  const parameters = new Map<string, string>();
  let i = from;
  while (i < value.length) {
    i = skipBlanks(value, i);
    if (value.charCodeAt(i) !== 0x3b) return null;
    i = skipBlanks(value, i + 1);
    const nameEnd = tokenEnd(value, i);
    if (nameEnd === i) continue;
    const name = value.slice(i, nameEnd).toLowerCase();
    if (parameters.has(name) || value.charCodeAt(nameEnd) !== 0x3d) return null;
    const start = nameEnd + 1;
    const quoted = parseQuoted(value, start);
    i = quoted === null ? tokenEnd(value, start) : quoted.end;
    if (i === start) return null;
    parameters.set(name, quoted === null ? value.slice(start, i) : quoted.text);
  }
  return parameters;
}
