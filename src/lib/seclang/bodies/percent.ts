import { Buffer } from 'node:buffer';
import { hexValue } from '../../text/hex.ts';
import type { Bytes } from '../bytes.ts';

const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
/** Texts longer than this are decoded byte by byte, which is faster for many escapes. */
const SHORT_BYTES = 128;

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
  const hasEscapes = text.includes('%');
  if (!hasEscapes && !text.includes('+')) return { text, invalid: 0 };
  if (text.length > SHORT_BYTES) return decodeLong(text, SPACE);
  const spaced = text.replaceAll('+', ' ');
  return hasEscapes ? decodeShort(spaced) : { text: spaced, invalid: 0 };
}

/** Decodes `%HH`; an escape that is not one stays as it is and is counted. Cost: linear. */
export function decodePercent(text: Bytes): Unescaped {
  if (!text.includes('%')) return { text, invalid: 0 };
  return text.length > SHORT_BYTES ? decodeLong(text, PLUS) : decodeShort(text);
}

function decodeShort(text: Bytes): Unescaped {
  let decoded = '';
  let copied = 0;
  let invalid = 0;
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at)) {
    const byte = escapedByte(text, at);
    if (byte < 0) {
      invalid++;
      at++;
      continue;
    }
    decoded += text.slice(copied, at) + String.fromCharCode(byte);
    at += 3;
    copied = at;
  }
  return { text: decoded + text.slice(copied), invalid };
}

function decodeLong(text: Bytes, plus: number): Unescaped {
  const bytes = Buffer.from(text, 'latin1');
  let length = 0;
  let invalid = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    const escaped = byte === PERCENT ? escapedByte(text, at) : -1;
    if (escaped >= 0) at += 2;
    else if (byte === PERCENT) invalid++;
    bytes[length++] = escaped >= 0 ? escaped : byte === PLUS ? plus : byte;
  }
  return { text: bytes.toString('latin1', 0, length), invalid };
}

/** A long part of an argument that is decoded piece by piece. */
export class LongArgument {
  text: Bytes = '';
  invalid = 0;
  readonly #source: Bytes;
  readonly #end: number;
  #at: number;

  constructor(source: Bytes, start: number, end: number) {
    this.#source = source;
    this.#at = start;
    this.#end = end;
  }

  /** Decodes about `bytes` more; true when all is decoded. */
  step(bytes: number): boolean {
    let to = Math.min(this.#end, this.#at + Math.max(3, bytes));
    // No escape is cut in two.
    if (to < this.#end) {
      if (this.#source.charCodeAt(to - 1) === PERCENT) to--;
      else if (this.#source.charCodeAt(to - 2) === PERCENT) to -= 2;
      if (to <= this.#at) to = this.#at + 3;
    }
    const { text, invalid } = unescapeArgument(this.#source.slice(this.#at, to));
    this.text += text;
    this.invalid += invalid;
    this.#at = to;
    return to >= this.#end;
  }
}
