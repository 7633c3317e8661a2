import type { Transformation } from '../transformation.ts';
import { areHexAt, hexByteAt, isFfAt, narrowed } from './digits.ts';
import { bufferOf, bytesWhere, byteTable, firstOf, inPlace } from './in-place.ts';

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;

/** Decodes `%HH` and `+`; what is no escape stays. */
export const urlDecode: Transformation = inPlace('%+', (bytes, length, from) => {
  let to = from;
  let at = from;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte === PERCENT && areHexAt(bytes, at + 1, 2, length)) {
      bytes[to++] = hexByteAt(bytes, at + 1);
      at += 3;
    } else {
      bytes[to++] = byte === PLUS ? SPACE : byte;
      at++;
    }
  }
  return to;
});

function isLetterU(byte: number | undefined): boolean {
  return byte === 0x75 || byte === 0x55;
}

/** `urlDecode` that also knows `%uHHHH`, whose character becomes the byte that the map has for it, or else its lower half. */
export function urlDecodeUniWith(unicodeMap: ReadonlyMap<number, number>): Transformation {
  const byteFor = (bytes: Uint8Array, at: number): number => {
    const low = hexByteAt(bytes, at + 2);
    const mapped = unicodeMap.get((hexByteAt(bytes, at) << 8) | low);
    return mapped ?? narrowed(low, isFfAt(bytes, at));
  };
  return inPlace('%+', (bytes, length, from) => {
    let to = from;
    let at = from;
    while (at < length) {
      const byte = bytes[at] as number;
      if (byte !== PERCENT) {
        bytes[to++] = byte === PLUS ? SPACE : byte;
        at++;
      } else if (isLetterU(bytes[at + 1]) && at + 1 < length) {
        if (areHexAt(bytes, at + 2, 4, length)) {
          bytes[to++] = byteFor(bytes, at + 2);
          at += 6;
        } else {
          bytes[to++] = PERCENT;
          bytes[to++] = bytes[at + 1] as number;
          at += 2;
        }
      } else if (areHexAt(bytes, at + 1, 2, length)) {
        bytes[to++] = hexByteAt(bytes, at + 1);
        at += 3;
      } else {
        bytes[to++] = PERCENT;
        at++;
      }
    }
    return to;
  });
}

const UNESCAPED = /[a-zA-Z0-9*]/;
const ESCAPED = bytesWhere((byte) => !UNESCAPED.test(String.fromCharCode(byte)));
const IS_ESCAPED = byteTable(ESCAPED);
const ESCAPES = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).padStart(2, '0')}`);

export const urlEncode: Transformation = {
  apply(value) {
    if (firstOf(value, IS_ESCAPED) < 0) return value;
    const bytes = bufferOf(value, value.length * 3);
    let to = 0;
    for (let at = 0; at < value.length; at++) {
      const byte = value.charCodeAt(at);
      if (byte === SPACE) bytes[to++] = PLUS;
      else if (IS_ESCAPED[byte] === 0) bytes[to++] = byte;
      else to += bytes.write(ESCAPES[byte] as string, to, 'latin1');
    }
    return bytes.toString('latin1', 0, to);
  },
  touches: ESCAPED,
};
