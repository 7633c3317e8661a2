import type { Bytes } from '../bytes.ts';

const MAX = 2_147_483_647;
const MIN = -2_147_483_648;

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** The whole number that a text begins with, as C's `atoi` reads it: 0 where there is none, held within 32 bits. */
export function toInteger(text: Bytes): number {
  let at = 0;
  while (isSpace(text.charCodeAt(at))) at++;
  const sign = text.charCodeAt(at);
  if (sign === 43 || sign === 45) at++;
  const size = toDigits(text, at);
  if (sign === 45) return size > MAX ? MIN : -size;
  return Math.min(size, MAX);
}

/** The digits at a place as a number; 0 where there are none. */
export function toDigits(text: Bytes, from: number): number {
  let value = 0;
  for (let at = from; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
    if (value > MAX) return MAX + 1;
  }
  return value;
}
