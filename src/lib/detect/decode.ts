import type { Bytes } from '../seclang/bytes.ts';
import { type Detector, type Finding, surer } from './finding.ts';

/** Deepest nesting of encodings that is undone. */
const MOST_LAYERS = 3;

/**
 * What a detector finds in a value, or in what is left of it when percent escapes are undone, up to three times.
 *
 * Cost: nothing but a search for `%` where there is none.
 */
export function withDecoded(value: Bytes, detector: Detector): Finding | null {
  let finding = detector(value);
  let text = value;
  for (let layer = 0; layer < MOST_LAYERS && finding?.certainty !== 'sure'; layer++) {
    const decoded = decodePercent(text, layer === 0);
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
