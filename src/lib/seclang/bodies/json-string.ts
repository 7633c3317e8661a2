import { hexValue } from '../../text/hex.ts';
import type { Bytes } from '../bytes.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const SHORT: ReadonlyMap<number, Bytes> = new Map(
  Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(
    ([letter, byte]) => [letter.charCodeAt(0), byte],
  ),
);

/** Reads one string of JSON (RFC 8259, 7) piece by piece: bytes of UTF-8 stay, escapes become such bytes. */
export class JsonString {
  readonly #text: Bytes;
  /** Where the next byte is read. */
  at: number;
  /** What is wrong with it; '' while nothing is. */
  problem: string;
  #value: Bytes;
  /** Where what is not yet in the value begins. */
  #start: number;

  constructor(text: Bytes) {
    this.#text = text;
    this.at = 0;
    this.problem = '';
    this.#value = '';
    this.#start = 0;
  }

  /** Begins behind the quote. */
  open(at: number): void {
    this.at = at;
    this.#start = at;
    this.#value = '';
  }

  /** Reads up to `until`; null while the string goes on, or has a problem. Behind the last byte it goes on for ever. */
  read(until: number): Bytes | null {
    const text = this.#text;
    const end = Math.min(until, text.length);
    let at = this.at;
    while (at < end) {
      const code = text.charCodeAt(at);
      if (code >= 0x20 && code < 0x80 && code !== QUOTE && code !== BACKSLASH) {
        at++;
        continue;
      }
      this.at = at;
      if (code === QUOTE) {
        const value = this.#taken();
        this.at++;
        return value;
      }
      if (code === BACKSLASH) this.#escape();
      else if (code < 0x20) this.problem = 'a control character stands in a string';
      else this.#character(code);
      if (this.problem !== '') return null;
      at = this.at;
    }
    this.at = at;
    return null;
  }

  #taken(): Bytes {
    const rest = this.#text.slice(this.#start, this.at);
    return this.#value === '' ? rest : this.#value + rest;
  }

  /** A character above ASCII: its form is looked at, not which one it is. */
  #character(first: number): void {
    const count = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf8 ? 3 : 0;
    let next = this.at + 1;
    while (next <= this.at + count && (this.#text.charCodeAt(next) & 0xc0) === 0x80) next++;
    if (count === 0 || next !== this.at + count + 1) this.problem = 'a string is not UTF-8';
    this.at = next;
  }

  #escape(): void {
    const letter = this.#text.charCodeAt(this.at + 1);
    if (Number.isNaN(letter)) {
      this.at++;
      return;
    }
    if (letter === 0x75) {
      this.#unicode();
      return;
    }
    const byte = SHORT.get(letter);
    if (byte === undefined) this.problem = 'a backslash stands before a character that needs none';
    else this.#add(byte, 2);
  }

  #unicode(): void {
    const unit = this.#unit(this.at);
    if (unit < 0) {
      this.problem = 'an escape has no four hexadecimal digits';
      return;
    }
    if (unit < 0xd800 || unit > 0xdbff) {
      this.#add(utf8(unit), 6);
      return;
    }
    const low = this.#text.charCodeAt(this.at + 6) === BACKSLASH ? this.#unit(this.at + 6) : -1;
    if (low >= 0xdc00 && low <= 0xdfff)
      this.#add(utf8(0x10000 + (unit - 0xd800) * 0x400 + (low - 0xdc00)), 12);
    // Safety: what follows half a pair is read by itself, because other readers do so.
    else this.#add('?', 6);
  }

  /** The unit of the escape at `at`, or -1. */
  #unit(at: number): number {
    if (this.#text.charCodeAt(at + 1) !== 0x75) return -1;
    let unit = 0;
    for (let i = at + 2; i < at + 6; i++) {
      const digit = i < this.#text.length ? hexValue(this.#text.charCodeAt(i)) : -1;
      if (digit < 0) return -1;
      unit = unit * 16 + digit;
    }
    return unit;
  }

  #add(bytes: Bytes, length: number): void {
    this.#value = this.#taken() + bytes;
    this.at += length;
    this.#start = this.at;
  }
}

/** A code point as bytes of UTF-8; half a pair as three of them. */
function utf8(point: number): Bytes {
  if (point < 0x80) return String.fromCharCode(point);
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
  const tail = [0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f)];
  if (point < 0x10000) return String.fromCharCode(0xe0 | (point >> 12), ...tail);
  return String.fromCharCode(0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), ...tail);
}
