import type { Bytes } from '../bytes.ts';
import type { CompileOperator } from '../operator.ts';
import { isSpace } from '../transformations/whitespace.ts';

/** So many digits are exact as a double. */
const EXACT_DIGITS = 15;
const MAX_LONG = 2n ** 63n - 1n;
const MIN_LONG = -(2n ** 63n);

/**
 * The number that `atoi` of C sees at the start of a value: 0 where there is none, and what is left of 64 bits in 32 where it
 * is too large.
 */
export function leadingInteger(value: Bytes): number {
  let at = 0;
  while (at < value.length && isSpace(value.charCodeAt(at))) at++;
  const sign = value.charCodeAt(at);
  const isNegative = sign === 0x2d;
  if (isNegative || sign === 0x2b) at++;
  const from = at;
  let number = 0;
  for (; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  if (at - from <= EXACT_DIGITS) return (isNegative ? -number : number) | 0;
  return saturated(value.slice(from, at), isNegative);
}

function saturated(digits: Bytes, isNegative: boolean): number {
  const significant = digits.replace(/^0+/, '');
  // More digits than any number of 64 bits has: no need to reckon with all of them.
  const size = significant.length > 20 ? 2n ** 64n : BigInt(significant === '' ? '0' : significant);
  const number = isNegative ? -size : size;
  if (number > MAX_LONG) return Number(BigInt.asIntN(32, MAX_LONG));
  return Number(BigInt.asIntN(32, number < MIN_LONG ? MIN_LONG : number));
}

function comparing(holds: (value: number, argument: number) => boolean): CompileOperator {
  return (argument) => {
    const other = leadingInteger(argument);
    return { test: (value) => holds(leadingInteger(value), other), needs: null };
  };
}

export const eq: CompileOperator = comparing((value, argument) => value === argument);
export const ge: CompileOperator = comparing((value, argument) => value >= argument);
export const gt: CompileOperator = comparing((value, argument) => value > argument);
export const le: CompileOperator = comparing((value, argument) => value <= argument);
export const lt: CompileOperator = comparing((value, argument) => value < argument);
