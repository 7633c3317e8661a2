import type { Bytes } from '../bytes.ts';
import type { CompileOperator } from '../operator.ts';
import { toJavaScript } from '../patterns/javascript.ts';
import { needsOf } from '../patterns/needs.ts';
import { readPattern } from '../patterns/read.ts';

/** Groups that a rule can use. */
const MAX_GROUPS = 10;
/** What is longer is no number: the search goes on behind it, not inside it, so that it stays linear. */
const LONGEST_NUMBER = 64;

function digitsOf(text: Bytes): number[] {
  return Array.from(text.replace(/[^0-9]/g, ''), Number);
}

function numberOf(digits: readonly number[], from: number, to: number): number {
  return digits.slice(from, to).reduce((number, digit) => number * 10 + digit, 0);
}

/** Whether the last digit of a card number is the one that the others ask for (Luhn). */
export function isCardNumber(text: Bytes): boolean {
  const digits = digitsOf(text);
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits[digits.length - 1 - at] as number;
    const doubled = digit * 2;
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum > 0 && sum % 10 === 0;
}

/** The digit that a Brazilian taxpayer number has behind `digits`. */
function cpfDigit(digits: readonly number[]): number {
  const sum = digits.reduce((total, digit, at) => total + digit * (digits.length + 1 - at), 0);
  return sum % 11 < 2 ? 0 : 11 - (sum % 11);
}

/** Whether a Brazilian taxpayer number has the two digits at its end that the others ask for. */
export function isCpf(text: Bytes): boolean {
  const digits = digitsOf(text);
  if (digits.length !== 11 || digits.every((digit) => digit === digits[0])) return false;
  return digits[9] === cpfDigit(digits.slice(0, 9)) && digits[10] === cpfDigit(digits.slice(0, 10));
}

/** Whether a number of the social security of the United States can have been given out. */
export function isSsn(text: Bytes): boolean {
  const digits = digitsOf(text);
  if (digits.length !== 9) return false;
  const steps = digits.slice(1).map((digit, at) => digit - (digits[at] as number));
  if (steps.every((step) => step === 0) || steps.every((step) => step === 1)) return false;
  const area = numberOf(digits, 0, 3);
  return area > 0 && area < 740 && area !== 666 && numberOf(digits, 3, 5) > 0 && numberOf(digits, 5, 9) > 0;
}

/** Matches values in which what a pattern finds, anywhere, is a number that can be. */
function verifying(isNumber: (text: Bytes) => boolean): CompileOperator {
  return (argument) => {
    const pattern = readPattern(argument);
    const expression = toJavaScript(pattern);
    if (expression === null) throw new RangeError('The pattern refers to a group that may not have matched.');
    const search = new RegExp(expression.source, 'g');
    const groups = expression.groups.slice(0, MAX_GROUPS);
    const test = (value: Bytes, captures: Bytes[] | null): boolean => {
      search.lastIndex = 0;
      for (let found = search.exec(value); found !== null; found = search.exec(value)) {
        if (isNumber(found[0])) {
          captures?.push(...groups.map((group) => found?.[group] ?? ''));
          return true;
        }
        if (found[0].length <= LONGEST_NUMBER) search.lastIndex = found.index + 1;
      }
      return false;
    };
    return { test, needs: needsOf(pattern.node) };
  };
}

export const verifyCc: CompileOperator = verifying(isCardNumber);
export const verifyCpf: CompileOperator = verifying(isCpf);
export const verifySsn: CompileOperator = verifying(isSsn);
