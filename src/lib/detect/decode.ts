import type { Bytes } from '../seclang/bytes.ts';
import { type Detector, type Finding, surer } from './finding.ts';

/** Deepest nesting of encodings that is undone. */
const MOST_LAYERS = 3;

/** What escapes begin with that are undone, in lower case: of URLs, of JSON and of script. */
export const ESCAPES: readonly Bytes[] = ['%', '\\u', '\\x'];

/** Whether something in a value may be undone. */
export function mayHoldEscapes(value: Bytes): boolean {
  return value.includes('%') || value.includes('\\');
}

/**
 * What a detector finds in a value, or in what is left of it when escapes are undone, up to three times: those of URLs and those of JSON
 * and script, which a server may undo whatever the type of a body says.
 *
 * Cost: nothing but a search for `%` and `\` where there is none.
 */
export function withDecoded(value: Bytes, detector: Detector): Finding | null {
  let finding = detector(value);
  let text = value;
  for (let layer = 0; layer < MOST_LAYERS && finding?.certainty !== 'sure'; layer++) {
    const decoded = decodeBackslashes(decodePercent(text, layer === 0));
    if (decoded === text) break;
    finding = surer(finding, detector(decoded));
    text = decoded;
  }
  return finding;
}

/** A value with `%HH` and `%uHHHH` undone; the value itself where there are none. `hasPlus`: `+` is a space where no space is. */
export function decodePercent(value: Bytes, hasPlus: boolean): Bytes {
  let at = value.indexOf('%');
  const isPlus = hasPlus && value.includes('+') && !value.includes(' ');
  if (at < 0 && !isPlus) return value;
  let out = '';
  let from = 0;
  let changed = isPlus;
  for (; at >= 0; at = value.indexOf('%', at)) {
    const isWide = (value.charCodeAt(at + 1) | 0x20) === 0x75;
    const start = at + (isWide ? 2 : 1);
    const digits = isWide ? 4 : 2;
    const code = hexNumber(value, start, digits);
    if (code < 0) {
      at++;
      continue;
    }
    out += value.slice(from, at) + narrow(code);
    at = start + digits;
    from = at;
    changed = true;
  }
  if (!changed) return value;
  out += value.slice(from);
  return isPlus ? out.replaceAll('+', ' ') : out;
}

/** What single letters behind a backslash are in JSON. */
const LETTERS: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '/': '/',
  '"': '"',
  '\\': '\\',
};

interface Undone {
  readonly character: string;
  readonly end: number;
}

/** A value with `\uHHHH`, `\u{H}` and `\xHH` undone, and where it may be JSON the letters of that as well; itself where there are none. */
export function decodeBackslashes(value: Bytes): Bytes {
  let at = value.indexOf('\\');
  if (at < 0) return value;
  const isJson = /^[\s\xef\xbb\xbf]{0,8}[{["]/.test(value);
  let out = '';
  let from = 0;
  for (; at >= 0; at = value.indexOf('\\', at)) {
    const undone = backslashed(value, at + 1, isJson);
    if (undone === null) {
      at++;
      continue;
    }
    out += value.slice(from, at) + undone.character;
    at = undone.end;
    from = at;
  }
  return from === 0 ? value : out + value.slice(from);
}

/** The escape whose backslash stands before `at`; null where it is none. */
function backslashed(value: Bytes, at: number, isJson: boolean): Undone | null {
  const kind = value[at] ?? '';
  if (kind === 'x' || kind === 'X') return fixed(value, at + 1, 2);
  if (kind === 'u' || kind === 'U')
    return value[at + 1] === '{' ? braced(value, at + 2) : fixed(value, at + 1, 4);
  const letter = isJson ? LETTERS[kind] : undefined;
  return letter === undefined ? null : { character: letter, end: at + 1 };
}

function fixed(value: Bytes, start: number, digits: number): Undone | null {
  const code = hexNumber(value, start, digits);
  return code < 0 ? null : { character: narrow(code), end: start + digits };
}

function braced(value: Bytes, start: number): Undone | null {
  const digits = /^[0-9a-fA-F]{1,6}(?=\})/.exec(value.slice(start, start + 7))?.[0];
  if (digits === undefined) return null;
  return { character: narrow(Number.parseInt(digits, 16)), end: start + digits.length + 1 };
}

/** A code point as one byte: full-width forms as what they are folded to, others cut. */
function narrow(code: number): string {
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0);
  return String.fromCharCode(code & 0xff);
}

/** Number of so many hexadecimal digits; -1 where other characters stand. */
export function hexNumber(value: Bytes, start: number, digits: number): number {
  if (start + digits > value.length) return -1;
  let number = 0;
  for (let at = start; at < start + digits; at++) {
    const code = value.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) number = number * 16 + code - 0x30;
    else if ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66) number = number * 16 + (code | 0x20) - 0x57;
    else return -1;
  }
  return number;
}
