import type { Transformation } from '../transformation.ts';
import { HEX_VALUE, isHexAt } from './digits.ts';
import { inPlace } from './in-place.ts';

const AMPERSAND = 0x26;
const HASH = 0x23;
const SEMICOLON = 0x3b;
const NAMED = new Map([
  ['quot', 0x22],
  ['amp', AMPERSAND],
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['nbsp', 0xa0],
]);
const LONGEST_NAME = 4;
/** Numbers from here on do not fit into the integers of C, and become the largest of them. */
const MAX_LONG = 2n ** 63n - 1n;
/** So many digits of either base are exact numbers here. */
const EXACT_DIGITS = 12;

function isDigit(code: number | undefined): boolean {
  return code !== undefined && code >= 0x30 && code <= 0x39;
}

function isAlphanumeric(code: number | undefined): boolean {
  return isDigit(code) || (code !== undefined && (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
}

/** The lower eight bits of a number. */
function lowByte(bytes: Buffer, from: number, to: number, base: 10 | 16): number {
  let start = from;
  while (start < to && bytes[start] === 0x30) start++;
  if (to - start > EXACT_DIGITS) {
    if (to - start > 20) return 0xff;
    const number = BigInt((base === 16 ? '0x' : '') + bytes.toString('latin1', start, to));
    return Number((number > MAX_LONG ? MAX_LONG : number) & 0xffn);
  }
  let number = 0;
  for (let at = start; at < to; at++) number = number * base + (HEX_VALUE[bytes[at] as number] as number);
  return number % 256;
}

/** Where the last entity that was read ends, without its semicolon; entities are read one at a time. */
let entityEnd = 0;

/** The byte of the number behind `&#`; -1 where there is none. */
function numberedByte(bytes: Buffer, at: number, length: number): number {
  const isHex = at < length && ((bytes[at] as number) | 0x20) === 0x78;
  const start = isHex ? at + 1 : at;
  let end = start;
  while (isHex ? isHexAt(bytes, end, length) : end < length && isDigit(bytes[end])) end++;
  if (end === start) return -1;
  entityEnd = end;
  return lowByte(bytes, start, end, isHex ? 16 : 10);
}

/** The byte of the name behind `&`; -1 where there is none that is known. */
function namedByte(bytes: Buffer, at: number, length: number): number {
  let end = at;
  while (end < length && end - at <= LONGEST_NAME && isAlphanumeric(bytes[end])) end++;
  if (end === at || end - at > LONGEST_NAME) return -1;
  entityEnd = end;
  return NAMED.get(bytes.toString('latin1', at, end).toLowerCase()) ?? -1;
}

/** Entities by number, of which the lower eight bits count, and the five names `quot`, `amp`, `lt`, `gt` and `nbsp`. */
export const htmlEntityDecode: Transformation = inPlace('&', (bytes, length, from) => {
  let to = from;
  let at = from;
  while (at < length) {
    const byte = bytes[at] as number;
    let decoded = -1;
    if (byte === AMPERSAND && at + 1 < length)
      decoded =
        bytes[at + 1] === HASH ? numberedByte(bytes, at + 2, length) : namedByte(bytes, at + 1, length);
    if (decoded < 0) {
      bytes[to++] = byte;
      at++;
    } else {
      bytes[to++] = decoded;
      at = entityEnd < length && bytes[entityEnd] === SEMICOLON ? entityEnd + 1 : entityEnd;
    }
  }
  return to;
});
