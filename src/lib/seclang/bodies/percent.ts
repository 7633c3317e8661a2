import { hexValue } from '../../text/hex.ts';
import type { Bytes } from '../bytes.ts';

const PERCENT = 0x25;

/** A text without its escapes, and how many there were that stand for nothing. */
export interface Unescaped {
  readonly text: Bytes;
  readonly invalid: number;
}

/** The byte of the escape at `at`; -1 where two hexadecimal digits are missing. */
function escapedByte(text: Bytes, at: number): number {
  if (at + 2 >= text.length) return -1;
  const high = hexValue(text.charCodeAt(at + 1));
  const low = hexValue(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** Decodes `%HH`, and `+` to a space; an escape that is not one stays as it is and is counted. */
export function unescapeArgument(text: Bytes): Unescaped {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  return text.includes('%') ? decodePercent(spaced) : { text: spaced, invalid: 0 };
}

/** Decodes `%HH`; an escape that is not one stays as it is and is counted. Cost: linear. */
export function decodePercent(text: Bytes): Unescaped {
  let at = text.indexOf('%');
  if (at < 0) return { text, invalid: 0 };
  const out: string[] = [];
  let copied = 0;
  let invalid = 0;
  while (at >= 0) {
    const byte = text.charCodeAt(at) === PERCENT ? escapedByte(text, at) : -1;
    if (byte < 0) {
      invalid++;
      at = text.indexOf('%', at + 1);
      continue;
    }
    out.push(text.slice(copied, at), String.fromCharCode(byte));
    copied = at + 3;
    at = text.indexOf('%', copied);
  }
  out.push(text.slice(copied));
  return { text: out.join(''), invalid };
}
