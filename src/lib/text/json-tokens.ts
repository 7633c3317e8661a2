import { hexValue } from './hex.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;

/** Bytes that a string passes over without a second look. */
const PLAIN = new Uint8Array(256).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;
/** What may follow a backslash, but for `u`. */
const ESCAPES = new Uint8Array(256);
for (const char of '"\\/bfnrt') ESCAPES[char.charCodeAt(0)] = 1;
const LITERALS = ['true', 'false', 'null'].map((word) => Uint8Array.from(word, (char) => char.charCodeAt(0)));

/** Where JSON whitespace that starts at `from` ends. */
export function spaceEnd(body: Uint8Array, from: number): number {
  let i = from;
  while (i < body.length) {
    const byte = body[i] as number;
    if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
    i++;
  }
  return i;
}

/** Where the unescaped part of a string ends: at a quote, a backslash, a control character or the end. */
export function plainEnd(body: Uint8Array, from: number): number {
  let i = from;
  while (i < body.length && PLAIN[body[i] as number] === 1) i++;
  return i;
}

/** Where the string whose quote is at `from` ends, after its closing quote; -1 minus the offset of its fault. */
export function stringEnd(body: Uint8Array, from: number): number {
  let i = plainEnd(body, from + 1);
  while (i < body.length && body[i] === BACKSLASH) {
    const next = escapeEnd(body, i);
    if (next < 0) return -1 - i;
    i = plainEnd(body, next);
  }
  return i < body.length && body[i] === QUOTE ? i + 1 : -1 - i;
}

/** Where the escape at `from` ends, a surrogate pair being one; -1 if malformed. */
function escapeEnd(body: Uint8Array, from: number): number {
  if (from + 1 >= body.length) return -1;
  const letter = body[from + 1] as number;
  if (letter !== 0x75) return ESCAPES[letter] === 1 ? from + 2 : -1;
  const code = hex4(body, from + 2);
  if (code < 0xd800 || code > 0xdfff) return code < 0 ? -1 : from + 6;
  // RFC 8259, 8.2: half of a pair is read differently everywhere
  if (code > 0xdbff || from + 12 > body.length || body[from + 6] !== BACKSLASH || body[from + 7] !== 0x75)
    return -1;
  const low = hex4(body, from + 8);
  return low >= 0xdc00 && low <= 0xdfff ? from + 12 : -1;
}

/** Value of four hexadecimal digits, or -1. */
export function hex4(body: Uint8Array, from: number): number {
  if (from + 4 > body.length) return -1;
  let code = 0;
  for (let i = from; i < from + 4; i++) {
    const digit = hexValue(body[i] as number);
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

/** Where the number or literal at `from` ends; -1 minus the offset of its fault. */
export function bareEnd(body: Uint8Array, from: number): number {
  const byte = from < body.length ? (body[from] as number) : 0;
  if (byte === 0x2d || isDigit(byte)) return numberEnd(body, from);
  for (const literal of LITERALS) {
    if (literal[0] !== byte) continue;
    for (let k = 1; k < literal.length; k++) if (body[from + k] !== literal[k]) return -1 - from;
    return from + literal.length;
  }
  return -1 - from;
}

function numberEnd(body: Uint8Array, from: number): number {
  let i = body[from] === 0x2d ? from + 1 : from;
  const whole = i;
  i = digitsEnd(body, i);
  if (i === whole || (i > whole + 1 && body[whole] === ZERO)) return -1 - whole;
  if (i < body.length && body[i] === 0x2e) {
    const start = i + 1;
    i = digitsEnd(body, start);
    if (i === start) return -1 - i;
  }
  if (i < body.length && ((body[i] as number) | 0x20) === 0x65) {
    i++;
    if (i < body.length && (body[i] === 0x2b || body[i] === 0x2d)) i++;
    const start = i;
    i = digitsEnd(body, start);
    if (i === start) return -1 - i;
  }
  return i;
}

function digitsEnd(body: Uint8Array, from: number): number {
  let i = from;
  while (i < body.length && isDigit(body[i] as number)) i++;
  return i;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}
