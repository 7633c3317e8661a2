import type { Transformation } from '../transformation.ts';
import {
  areHexAt,
  HEX_VALUE,
  hexByteAt,
  isFfAt,
  isHexAt,
  narrowed,
  octalDigitsAt,
  octalValueAt,
} from './digits.ts';
import { inPlace } from './in-place.ts';
import { isSpace } from './whitespace.ts';

const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
const LOWER_X = 0x78;
const UPPER_X = 0x58;
const NEWLINE = 0x0a;
const ZERO = 0x30;

/** What the letters behind a backslash stand for in C; everything else stands for itself. */
const LETTER_ESCAPES = Uint8Array.from({ length: 256 }, (_, code) => code);
for (const [letter, byte] of Object.entries({ a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 }))
  LETTER_ESCAPES[letter.charCodeAt(0)] = byte;

/** Escapes of C: letters, `\xHH` and up to three octal digits. A backslash before anything else falls away. */
export const escapeSeqDecode: Transformation = inPlace('\\', (bytes, length, from) => {
  let to = from;
  let at = from;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte !== BACKSLASH || at + 1 >= length) {
      bytes[to++] = byte;
      at++;
      continue;
    }
    const escaped = bytes[at + 1] as number;
    const octals = octalDigitsAt(bytes, at + 1, length);
    if ((escaped === LOWER_X || escaped === UPPER_X) && areHexAt(bytes, at + 2, 2, length)) {
      bytes[to++] = hexByteAt(bytes, at + 2);
      at += 4;
    } else if (octals > 0) {
      bytes[to++] = octalValueAt(bytes, at + 1, octals);
      at += 1 + octals;
    } else {
      bytes[to++] = LETTER_ESCAPES[escaped] as number;
      at += 2;
    }
  }
  return to;
});

/** Octal digits of an escape of JavaScript: a third only where the value stays below 256. */
function jsOctalDigits(bytes: Uint8Array, at: number, length: number): number {
  const digits = octalDigitsAt(bytes, at, length);
  return digits === 3 && (bytes[at] as number) > 0x33 ? 2 : digits;
}

/** Escapes of JavaScript: `\uHHHH`, of which the lower half counts, `\xHH`, octal digits and letters. */
export const jsDecode: Transformation = inPlace('\\', (bytes, length, from) => {
  let to = from;
  let at = from;
  while (at < length) {
    const byte = bytes[at] as number;
    if (byte !== BACKSLASH || at + 1 >= length) {
      bytes[to++] = byte;
      at++;
      continue;
    }
    const escaped = bytes[at + 1] as number;
    const octals = jsOctalDigits(bytes, at + 1, length);
    if (escaped === LOWER_U && areHexAt(bytes, at + 2, 4, length)) {
      bytes[to++] = narrowed(hexByteAt(bytes, at + 4), isFfAt(bytes, at + 2));
      at += 6;
    } else if (escaped === LOWER_X && areHexAt(bytes, at + 2, 2, length)) {
      bytes[to++] = hexByteAt(bytes, at + 2);
      at += 4;
    } else if (octals > 0) {
      bytes[to++] = octalValueAt(bytes, at + 1, octals);
      at += 1 + octals;
    } else {
      bytes[to++] = LETTER_ESCAPES[escaped] as number;
      at += 2;
    }
  }
  return to;
});

/** The byte of the 1 to 6 hexadecimal digits of an escape of CSS: that of the last two. */
function cssByte(bytes: Uint8Array, at: number, digits: number): number {
  if (digits === 1) return HEX_VALUE[bytes[at] as number] as number;
  const low = hexByteAt(bytes, at + digits - 2);
  if (digits < 4) return low;
  for (let each = at; each < at + digits - 4; each++) if (bytes[each] !== ZERO) return low;
  return narrowed(low, isFfAt(bytes, at + digits - 4));
}

/** Escapes of CSS: up to six hexadecimal digits and one white space behind them; an escaped line break is nothing. */
export const cssDecode: Transformation = inPlace('\\', (bytes, length, from) => {
  let to = from;
  let at = from;
  while (at < length) {
    const byte = bytes[at++] as number;
    if (byte !== BACKSLASH) {
      bytes[to++] = byte;
      continue;
    }
    let digits = 0;
    while (digits < 6 && isHexAt(bytes, at + digits, length)) digits++;
    if (digits > 0) {
      bytes[to++] = cssByte(bytes, at, digits);
      at += digits;
      if (at < length && isSpace(bytes[at] as number)) at++;
    } else if (at < length) {
      const escaped = bytes[at++] as number;
      if (escaped !== NEWLINE) bytes[to++] = escaped;
    }
  }
  return to;
});
