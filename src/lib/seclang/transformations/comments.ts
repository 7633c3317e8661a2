import type { Transformation } from '../transformation.ts';
import { inPlace } from './in-place.ts';

const SPACE = 0x20;
const HASH = 0x23;
const STAR = 0x2a;
const DASH = 0x2d;
const SLASH = 0x2f;
const LESS = 0x3c;
const GREATER = 0x3e;
const EXCLAMATION = 0x21;

function isPair(bytes: Uint8Array, at: number, length: number, first: number, second: number): boolean {
  return at + 1 < length && bytes[at] === first && bytes[at + 1] === second;
}

/** Whether `<!--` stands at a place. */
function isHtmlStart(bytes: Uint8Array, at: number, length: number): boolean {
  return isPair(bytes, at, length, LESS, EXCLAMATION) && isPair(bytes, at + 2, length, DASH, DASH);
}

/** Whether `-->` stands at a place. */
function isHtmlEnd(bytes: Uint8Array, at: number, length: number): boolean {
  return isPair(bytes, at, length, DASH, DASH) && at + 2 < length && bytes[at + 2] === GREATER;
}

/** One space in place of each C comment, and of one that does not end. */
export const replaceComments: Transformation = inPlace('/', (bytes, length, from) => {
  let to = from;
  let at = from;
  let isInside = false;
  while (at < length) {
    if (!isInside && isPair(bytes, at, length, SLASH, STAR)) {
      isInside = true;
      at += 2;
    } else if (isInside && isPair(bytes, at, length, STAR, SLASH)) {
      isInside = false;
      bytes[to++] = SPACE;
      at += 2;
    } else {
      if (!isInside) bytes[to++] = bytes[at] as number;
      at++;
    }
  }
  if (isInside) bytes[to++] = SPACE;
  return to;
});

/** How long the mark of a comment at a place is: 0 where there is none. */
function markLength(bytes: Uint8Array, at: number, length: number): number {
  const byte = bytes[at];
  if (byte === HASH) return 1;
  if (isPair(bytes, at, length, SLASH, STAR) || isPair(bytes, at, length, STAR, SLASH)) return 2;
  if (isHtmlStart(bytes, at, length)) return 4;
  if (isHtmlEnd(bytes, at, length)) return 3;
  return isPair(bytes, at, length, DASH, DASH) ? 2 : 0;
}

/** Takes away what comments begin and end with, and leaves what they hold. */
export const removeCommentsChar: Transformation = inPlace('/<-#', (bytes, length, from) => {
  // A mark can begin one byte before the first that is looked for: `*/`.
  let at = Math.max(0, from - 1);
  let to = at;
  while (at < length) {
    const mark = markLength(bytes, at, length);
    if (mark === 0) bytes[to++] = bytes[at++] as number;
    else at += mark;
  }
  return to;
});

/** How much the end of a comment of either kind takes at a place: 0 where there is none. */
function endLength(bytes: Uint8Array, at: number, length: number): number {
  if (isPair(bytes, at, length, STAR, SLASH)) return 2;
  return isHtmlEnd(bytes, at, length) ? 3 : 0;
}

/** How much the start of a comment that can end takes at a place: 0 where there is none. */
function startLength(bytes: Uint8Array, at: number, length: number): number {
  if (isPair(bytes, at, length, SLASH, STAR)) return 2;
  return isHtmlStart(bytes, at, length) ? 4 : 0;
}

/**
 * Takes comments of C and HTML out, and everything behind `--` or `#`.
 *
 * As in ModSecurity the byte behind a comment is never looked at, and one that ends the value leaves a NUL.
 */
export const removeComments: Transformation = inPlace('/<-#', (bytes, length, from) => {
  let to = from;
  let at = from;
  let isInside = false;
  while (at < length) {
    const mark = isInside ? endLength(bytes, at, length) : startLength(bytes, at, length);
    if (mark > 0) {
      at += mark;
      isInside = !isInside;
      if (!isInside) {
        bytes[to++] = at < length ? (bytes[at] as number) : 0;
        at++;
      }
    } else if (isInside) at++;
    else if (bytes[at] === HASH || isPair(bytes, at, length, DASH, DASH)) return to;
    else bytes[to++] = bytes[at++] as number;
  }
  if (isInside) bytes[to++] = SPACE;
  return to;
});
