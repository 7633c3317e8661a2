import type { Bytes } from '../../seclang/bytes.ts';

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
