import type { Transformation } from '../transformation.ts';
import { inPlace, type Rewrite } from './in-place.ts';

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;

/** Where the byte before `to` and the segment that it ends begin, or rather the slash before them; 0 at the root. */
function segmentStart(bytes: Uint8Array, to: number): number {
  let at = to;
  while (at > 0 && bytes[at] !== SLASH) at--;
  return Math.max(at, 0);
}

/**
 * Takes out empty segments, `.` and, with the segment before it, `..`.
 *
 * As in ModSecurity a segment that only ends in two dots is taken for `..`, and relative paths keep what leads above
 * their start.
 */
const normalize: Rewrite = (bytes, length) => {
  const end = length - 1;
  const isRelative = bytes[0] !== SLASH;
  const hasTrailing = bytes[end] === SLASH;
  let to = 0;
  let at = 0;
  let isAtRoot = false;
  let isDone = false;
  while (!isDone && at <= end && to <= end) {
    isDone = at === end;
    if (isDone || bytes[at + 1] === SLASH) {
      if (bytes[at] === DOT) {
        if (to > 0 && bytes[to - 1] === DOT) {
          if (isRelative && (isAtRoot || to - 2 <= 0)) isAtRoot = true;
          else {
            to = to >= 3 ? segmentStart(bytes, to - 3) : 0;
            if (to === 0) {
              isAtRoot = true;
              if (!isRelative && isDone) to = 1;
            }
            if (isDone) break;
            at++;
          }
        } else if (to === 0 || bytes[to - 1] === SLASH) {
          if (isDone) break;
          if (to > 0) to--;
          at++;
        }
      } else if ((isDone || bytes[at] !== SLASH) && to > 0) isAtRoot = false;
    }
    if (bytes[at] === SLASH) {
      while (at < end && bytes[at + 1] === SLASH) at++;
      if (isRelative && to === 0) {
        at++;
        continue;
      }
    }
    bytes[to++] = bytes[at++] as number;
  }
  return !hasTrailing && to > 0 && bytes[to - 1] === SLASH ? to - 1 : to;
};

export const normalizePath: Transformation = inPlace('/.', normalize);

export const normalizePathWin: Transformation = inPlace('/\\.', (bytes, length) => {
  for (let at = 0; at < length; at++) if (bytes[at] === BACKSLASH) bytes[at] = SLASH;
  return normalize(bytes, length, 0);
});
