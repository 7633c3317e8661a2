import { hexValue } from '../text/hex.ts';
import { type PathProblem, type PathResult, refuse, type TargetPolicy } from './policy.ts';

const PERCENT = 0x25;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;

/**
 * Characters whose escape is decoded: the unreserved ones (RFC 3986, 2.3), and those that a path may hold raw.
 *
 * Safety: upstreams take `/%40me` for `/@me`, so a rule on one must see the other. `+` stays apart from `%2B`, because
 * some readers take a raw one for a space.
 */
const PLAIN = tableOf("-._~:@!$&'()*,=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
/** Visible ASCII that a path may not hold raw. `[` and `]` are let through, because browsers send them raw. */
const FORBIDDEN = tableOf('"<>^`{|}');

function tableOf(chars: string): Uint8Array {
  const table = new Uint8Array(128);
  for (const char of chars) table[char.charCodeAt(0)] = 1;
  return table;
}

/** Reads the byte that an escape at `at` stands for, or -1 when it is malformed. */
export function escapedByte(text: string, at: number): number {
  if (at + 2 >= text.length) return -1;
  const high = hexValue(text.charCodeAt(at + 1));
  const low = hexValue(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** Decodes the escapes of a path exactly once, or refuses it; dot segments and slashes stay. */
export function decodeEscapes(raw: string, policy: TargetPolicy): PathResult {
  let path = '';
  let copied = 0;
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    const spelled = code === PERCENT ? escapeAt(raw, i, policy) : charAt(code, policy);
    if (spelled === null) continue;
    if (typeof spelled !== 'string') return spelled;
    path += raw.slice(copied, i) + spelled;
    if (code === PERCENT) i += utf8Escapes(raw, i) * 3 - 1;
    copied = i + 1;
  }
  return { ok: true, path: copied === 0 ? raw : path + raw.slice(copied) };
}

/** How a raw character is spelled; null: as it is. */
function charAt(code: number, policy: TargetPolicy): string | null | PathProblem {
  if (code < 0x21 || code > 0x7e || FORBIDDEN[code] === 1) return refuse('characters');
  if (code === 0x23) return refuse('fragment');
  if (code === BACKSLASH) return policy.backslash === 'slash' ? '/' : refuse('backslash');
  return code === SEMICOLON && policy.semicolon === 'reject' ? refuse('semicolon') : null;
}

/** How the escape at `at`, with the rest of its character if it is not ASCII, is spelled. */
function escapeAt(raw: string, at: number, policy: TargetPolicy): string | PathProblem {
  const byte = escapedByte(raw, at);
  if (byte < 0) return refuse('percent');
  if (byte === 0) return refuse('nul');
  if (byte < 0x20 || byte === 0x7f) return refuse('control');
  if (byte >= 0x80) {
    const count = utf8Escapes(raw, at);
    return count === 0 ? refuse('utf8') : raw.slice(at, at + 3 * count).toUpperCase();
  }
  if (PLAIN[byte] === 1) return String.fromCharCode(byte);
  if (byte === BACKSLASH) return policy.backslash === 'slash' ? '/' : refuse('backslash');
  if (byte === SLASH && policy.encodedSlash === 'reject') return refuse('encoded-slash');
  if (byte === SEMICOLON && policy.semicolon === 'reject') return refuse('semicolon');
  return raw.slice(at, at + 3).toUpperCase();
}

/** How many escapes from `at` make one character of well-formed UTF-8 (RFC 3629, 4); 0 when they do not. */
function utf8Escapes(raw: string, at: number): number {
  const first = escapedByte(raw, at);
  if (first < 0x80) return 1;
  const count = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  for (let k = 1; k < count; k++) {
    const byte = raw.charCodeAt(at + 3 * k) === PERCENT ? escapedByte(raw, at + 3 * k) : -1;
    let least = 0x80;
    let most = 0xbf;
    if (k === 1 && first === 0xe0)
      least = 0xa0; // overlong
    else if (k === 1 && first === 0xed)
      most = 0x9f; // surrogates
    else if (k === 1 && first === 0xf0)
      least = 0x90; // overlong
    else if (k === 1 && first === 0xf4) most = 0x8f; // above U+10FFFF
    if (byte < least || byte > most) return 0;
  }
  return count;
}
