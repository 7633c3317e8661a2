import type { Transformation } from '../transformation.ts';
import { bufferOf, bytesWhere, byteTable, firstOf, textOf } from './in-place.ts';

const TOUCHES = bytesWhere((byte) => byte >= 0x80 || byte === 0);
const IS_TOUCHED = byteTable(TOUCHES);
/** No character of Unicode begins with this byte or a higher one. */
const FIRST_UNUSED = 0xf5;

/** How many bytes a first byte announces; 0 where it is no first byte of several. */
function sequenceLength(first: number): number {
  if ((first & 0xe0) === 0xc0) return 2;
  if ((first & 0xf0) === 0xe0) return 3;
  return (first & 0xf8) === 0xf0 ? 4 : 0;
}

/** The character of a sequence of `size` bytes; -1 where one is missing or does not continue it. */
function characterAt(value: string, at: number, size: number): number {
  let character = value.charCodeAt(at) & (0x7f >> size);
  if (at + size > value.length) return -1;
  for (let each = at + 1; each < at + size; each++) {
    const next = value.charCodeAt(each);
    if ((next & 0xc0) !== 0x80) return -1;
    character = (character << 6) | (next & 0x3f);
  }
  return character;
}

const SMALLEST = [0, 0, 0x80, 0x800, 0x1_0000];

/**
 * `%uHHHH` for every character of several bytes.
 *
 * As in ModSecurity a NUL and a first byte without those that belong to it are dropped, and a character that UTF-8 does not allow has its
 * first byte beside it.
 */
export const utf8toUnicode: Transformation = {
  apply(value) {
    if (firstOf(value, IS_TOUCHED) < 0) return value;
    const bytes = bufferOf(value, value.length * 4);
    let to = 0;
    let at = 0;
    while (at < value.length) {
      const byte = value.charCodeAt(at);
      const size = sequenceLength(byte);
      if ((size === 0 && byte !== 0) || byte >= FIRST_UNUSED) bytes[to++] = byte;
      if (size === 0) {
        at++;
        continue;
      }
      const character = characterAt(value, at, size);
      if (character < 0) {
        at++;
        continue;
      }
      to += bytes.write(`%u${character.toString(16).padStart(4, '0')}`, to, 'latin1');
      if (character >= 0xd800 && character <= 0xdfff) bytes[to++] = byte;
      if (character < (SMALLEST[size] as number)) bytes[to++] = byte;
      at += size;
    }
    return textOf(bytes, to, value);
  },
  touches: TOUCHES,
};
