import type { Transformation } from '../transformation.ts';
import { inPlace } from './in-place.ts';

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

/** Where the byte before `to` and the segment that it ends begin, or rather the slash before them; 0 at the root. */
function segmentStart(bytes: Uint8Array, to: number): number {
  let at = to;
  while (at > 0 && bytes[at] !== SLASH) at--;
  return Math.max(at, 0);
}

/** A slash, or what Windows takes for one. */
function isSeparator(byte: number | undefined, isWindows: boolean): boolean {
  return byte === SLASH || (isWindows && byte === BACKSLASH);
}

/** Makes slashes of backslashes at a place and behind it. */
function turnSlashes(bytes: Uint8Array, at: number, end: number): void {
  if (bytes[at] === BACKSLASH) bytes[at] = SLASH;
  if (at < end && bytes[at + 1] === BACKSLASH) bytes[at + 1] = SLASH;
}

/**
 * Takes out empty segments, `.` and, with the segment before it, `..`.
 *
 * As in ModSecurity a segment that only ends in two dots is taken for `..`, relative paths keep what leads above their
 * start, and of several backslashes in a row the last stays one.
 */
function normalize(bytes: Uint8Array, length: number, isWindows: boolean): number {
  const end = length - 1;
  const isRelative = !isSeparator(bytes[0], isWindows);
  const hasTrailing = isSeparator(bytes[end], isWindows);
  let to = 0;
  let at = 0;
  let isAtRoot = false;
  let isDone = false;
  while (!isDone && at <= end && to <= end) {
    if (isWindows) turnSlashes(bytes, at, end);
    isDone = at === end;
    if (isDone || bytes[at + 1] === SLASH) {
      const before = to > 0 ? bytes[to - 1] : -1;
      if (bytes[at] === DOT && before === DOT && !(isRelative && (isAtRoot || to <= 2))) {
        to = to >= 3 ? segmentStart(bytes, to - 3) : 0;
        if (to === 0) isAtRoot = true;
        if (to === 0 && !isRelative && isDone) to = 1;
        if (isDone) break;
        at++;
      } else if (bytes[at] === DOT && before === DOT) {
        isAtRoot = true;
      } else if (bytes[at] === DOT && (to === 0 || before === SLASH)) {
        if (isDone) break;
        if (to > 0) to--;
        at++;
      } else if (bytes[at] !== DOT && (isDone || bytes[at] !== SLASH) && to > 0) {
        isAtRoot = false;
      }
    }
    if (bytes[at] === SLASH) {
      while (at < end && isSeparator(bytes[at + 1], isWindows)) at++;
      if (isRelative && to === 0) {
        at++;
        continue;
      }
    }
    bytes[to++] = bytes[at++] as number;
  }
  return !hasTrailing && to > 0 && bytes[to - 1] === SLASH ? to - 1 : to;
}

export const normalizePath: Transformation = inPlace('/.', (bytes, length) =>
  normalize(bytes, length, false),
);

export const normalizePathWin: Transformation = inPlace('/\\.', (bytes, length) =>
  normalize(bytes, length, true),
);
