import type { Bytes } from '../bytes.ts';
import type { Transformation } from '../transformation.ts';
import { bufferOf, byteTable, firstOf, textOf } from './in-place.ts';
import { lowerCase } from './letter-case.ts';

/** What shells take away. */
const REMOVED: Bytes = '"\'\\^';
/** What separates words. */
const SEPARATORS: Bytes = ' ,;\t\r\n';
/** What needs no space before it. */
const SLASH = 0x2f;
const PARENTHESIS = 0x28;
const SPACE = 0x20;
const IS_REMOVED = byteTable(REMOVED);
const IS_SEPARATOR = byteTable(SEPARATORS);
const TOUCHES = `${REMOVED + SEPARATORS}\0`;
const IS_TOUCHED = byteTable(TOUCHES);

/**
 * Undoes what hides a command in a shell: quotes and escapes, separators of all kinds, upper case.
 *
 * As in ModSecurity the value ends at the first NUL.
 */
export const cmdLine: Transformation = {
  apply(value) {
    if (firstOf(value, IS_TOUCHED) < 0) return lowerCase(value);
    const bytes = bufferOf(value, value.length);
    let to = 0;
    let isSpaced = false;
    for (let at = 0; at < value.length; at++) {
      const byte = bytes[at] as number;
      if (byte === 0) break;
      if (IS_REMOVED[byte] === 1) continue;
      if (IS_SEPARATOR[byte] === 1) {
        if (!isSpaced) bytes[to++] = SPACE;
        isSpaced = true;
        continue;
      }
      if (isSpaced && (byte === SLASH || byte === PARENTHESIS)) to--;
      isSpaced = false;
      bytes[to++] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    }
    return textOf(bytes, to, value);
  },
  touches: TOUCHES,
};
