import type { Bytes } from '../../seclang/bytes.ts';
import { hexNumber } from '../decode.ts';

/** Names of characters that hide markup and script. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['amp', '&'],
  ['colon', ':'],
  ['tab', '\t'],
  ['newline', '\n'],
  ['lpar', '('],
  ['rpar', ')'],
  ['sol', '/'],
  ['equals', '='],
  ['grave', '`'],
  ['nbsp', ' '],
]);

const LONGEST_ENTITY = 12;

/** Which character references are undone: all, or those that nobody writes who is not hiding something. */
export type Entities = 'all' | 'numeric';

/** A value with its character references undone; the value itself where there are none. */
export function decodeEntities(value: Bytes, which: Entities): Bytes {
  let at = value.indexOf('&');
  if (at < 0) return value;
  let out = '';
  let from = 0;
  for (; at >= 0; at = value.indexOf('&', at + 1)) {
    const undone = reference(value.slice(at + 1, at + 1 + LONGEST_ENTITY), which);
    if (undone === null) continue;
    out += value.slice(from, at) + undone.character;
    from = at + 1 + undone.length;
    if (value[from] === ';') from++;
    at = from - 1;
  }
  return from === 0 ? value : out + value.slice(from);
}

interface Undone {
  readonly character: string;
  readonly length: number;
}

/** The reference that text behind a `&` begins with. */
function reference(text: Bytes, which: Entities): Undone | null {
  if (text[0] !== '#') {
    const name = which === 'all' ? (/^[a-z]+/i.exec(text)?.[0] ?? '') : '';
    const character = NAMED.get(name.toLowerCase());
    return character === undefined ? null : { character, length: name.length };
  }
  const digits = /^#(?:[xX]([0-9a-fA-F]{1,8})|(\d{1,8}))/.exec(text);
  if (digits === null) return null;
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  return { character: code < 256 ? String.fromCharCode(code) : '\xff', length: digits[0].length };
}

/** A value with `\uHHHH`, `\u{H}`, `\xHH` and octal escapes undone; the value itself where there are none. */
export function decodeScriptEscapes(value: Bytes): Bytes {
  let at = value.indexOf('\\');
  if (at < 0) return value;
  let out = '';
  let from = 0;
  for (; at >= 0; at = value.indexOf('\\', at + 1)) {
    const escaped = scriptEscape(value, at + 1);
    if (escaped === null) continue;
    out += value.slice(from, at) + String.fromCharCode(escaped.code & 0xff);
    from = escaped.end;
    at = from - 1;
  }
  return from === 0 ? value : out + value.slice(from);
}

function scriptEscape(value: Bytes, at: number): { code: number; end: number } | null {
  const kind = value[at];
  if (kind === 'x') return fixed(value, at + 1, 2);
  if (kind !== 'u') return null;
  if (value[at + 1] !== '{') return fixed(value, at + 1, 4);
  const digits = /^[0-9a-fA-F]{1,6}/.exec(value.slice(at + 2, at + 8))?.[0];
  if (digits === undefined || value[at + 2 + digits.length] !== '}') return null;
  return { code: Number.parseInt(digits, 16), end: at + 3 + digits.length };
}

function fixed(value: Bytes, start: number, digits: number): { code: number; end: number } | null {
  const code = hexNumber(value, start, digits);
  return code < 0 ? null : { code, end: start + digits };
}
