import type { Transformation } from '../transformation.ts';
import { areHexAt, hexByteAt } from './digits.ts';
import { bufferOf, inPlace, textOf } from './in-place.ts';

/** What a character is worth as a digit, as C code reckons that expects one: never refused, often nonsense. */
function looseDigit(code: number): number {
  return code >= 0x41 ? (code & 0xdf) - 0x41 + 10 : code - 0x30;
}

/** Two characters for each byte. What is no digit is taken for one, and a single character at the end is dropped. */
export const hexDecode: Transformation = {
  apply(value) {
    const bytes = bufferOf(value, value.length);
    const count = value.length >> 1;
    for (let at = 0; at < count; at++)
      bytes[at] = looseDigit(bytes[2 * at] as number) * 16 + looseDigit(bytes[2 * at + 1] as number);
    return textOf(bytes, count, value);
  },
  touches: null,
};

export const hexEncode: Transformation = {
  apply: (value) => (value === '' ? value : Buffer.from(value, 'latin1').toString('hex')),
  touches: null,
};

const LOWER_X = 0x78;
const ZERO = 0x30;

/**
 * Decodes `0x414243` as SQL has it.
 *
 * As in ModSecurity the value ends at the first NUL, be it there or decoded, and the byte behind digits is not looked at.
 */
export const sqlHexDecode: Transformation = inPlace('xX\0', (bytes, length) => {
  let to = 0;
  let at = 0;
  while (at < length && bytes[at] !== 0) {
    const isStart =
      bytes[at] === ZERO &&
      at + 1 < length &&
      ((bytes[at + 1] as number) | 0x20) === LOWER_X &&
      areHexAt(bytes, at + 2, 2, length);
    if (isStart) {
      at += 2;
      while (areHexAt(bytes, at, 2, length)) {
        bytes[to++] = hexByteAt(bytes, at);
        at += 2;
      }
    }
    if (at < length) bytes[to++] = bytes[at++] as number;
  }
  const end = bytes.subarray(0, to).indexOf(0);
  return end < 0 ? to : end;
});
