import type { Bytes } from '../bytes.ts';
import type { Transformation } from '../transformation.ts';
import { bufferOf } from './in-place.ts';

const CASE_BIT = 0x20;

/** Where the first of the 26 letters from `first` on stands; -1 where none does. */
function firstLetter(value: Bytes, first: number): number {
  for (let at = 0; at < value.length; at++) {
    const offset = value.charCodeAt(at) - first;
    if (offset >= 0 && offset < 26) return at;
  }
  return -1;
}

function isAscii(value: Bytes): boolean {
  let all = 0;
  for (let at = 0; at < value.length; at++) all |= value.charCodeAt(at);
  return all < 0x80;
}

function otherCase(value: Bytes, first: number, from: number): Bytes {
  const bytes = bufferOf(value, value.length);
  for (let at = from; at < value.length; at++) {
    const byte = bytes[at] as number;
    if (byte >= first && byte < first + 26) bytes[at] = byte ^ CASE_BIT;
  }
  return bytes.toString('latin1', 0, value.length);
}

/** A value with its ASCII letters, and no others, in lower case. */
export function lowerCase(value: Bytes): Bytes {
  const from = firstLetter(value, 0x41);
  if (from < 0) return value;
  return isAscii(value) ? value.toLowerCase() : otherCase(value, 0x41, from);
}

export const lowercase: Transformation = { apply: lowerCase, touches: '' };

export const uppercase: Transformation = {
  apply(value) {
    const from = firstLetter(value, 0x61);
    if (from < 0) return value;
    return isAscii(value) ? value.toUpperCase() : otherCase(value, 0x61, from);
  },
  touches: '',
};
