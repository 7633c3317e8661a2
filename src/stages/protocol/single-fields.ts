import type { FieldLines } from '../../lib/http/field-lines.ts';

/**
 * Request fields that have one value; of two lines some readers take the first and some the last.
 *
 * Source: RFC 9110 (fields whose grammar is no list, 5.3), RFC 6454, 7.3. Host and Content-Length are read before any
 * stage.
 */
export const SINGLE_FIELDS: readonly string[] = [
  'authorization',
  'content-disposition',
  'content-location',
  'content-range',
  'content-type',
  'date',
  'from',
  'if-modified-since',
  'if-range',
  'if-unmodified-since',
  'max-forwards',
  'origin',
  'proxy-authorization',
  'range',
  'referer',
  'user-agent',
];

const BITS = new Map(SINGLE_FIELDS.map((name, at) => [name, 1 << at]));

/** Finds a single-valued field that has several lines: its lower-case name, or ''. */
export function findRepeatedField(headers: FieldLines): string {
  const names = headers.names;
  let seen = 0;
  for (let i = 0; i < names.length; i++) {
    const bit = BITS.get(names[i] as string);
    if (bit === undefined) continue;
    if ((seen & bit) !== 0) return names[i] as string;
    seen |= bit;
  }
  return '';
}
