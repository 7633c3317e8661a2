import type { Bytes } from '../../seclang/bytes.ts';
import { type Finding, found } from '../finding.ts';

/** Digits in groups or in one row, as numbers of payment cards are written. */
const ROW = /(?<![\w.+/=-])(?:\d[ -]?){12,18}\d(?![\w+/=-]|\.\d)/g;
/** Digits that the networks of payment cards give out, by length. */
const ISSUED =
  /^(?:4\d{12}(?:\d{3}){0,2}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12})$/;

/**
 * Numbers of payment cards in text: digits that a network gives out, with a check digit that is right. One row of digits
 * may be an identifier that happens to be one; groups of digits, or two numbers, are none.
 */
export function findCardNumber(text: Bytes): Finding | null {
  let count = 0;
  let first: RegExpExecArray | null = null;
  for (const match of text.matchAll(ROW)) {
    const digits = match[0].replace(/[ -]/g, '');
    if (!ISSUED.test(digits) || !hasCheckDigit(digits)) continue;
    first ??= match;
    count++;
    if (count >= 2 || /^\d{4}([ -])\d{4,6}\1\d{4,5}/.test(match[0])) {
      return found('sure', 'number of a payment card', text, match.index, match.index + match[0].length);
    }
  }
  if (first === null) return null;
  return found('likely', 'number of a payment card', text, first.index, first.index + first[0].length);
}

/** Source: ISO/IEC 7812-1, annex B. */
export function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let at = digits.length - 1, double = false; at >= 0; at--, double = !double) {
    const digit = digits.charCodeAt(at) - 0x30;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
  }
  return sum % 10 === 0 && !/^(\d)\1+$/.test(digits);
}
