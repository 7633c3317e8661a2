import type { Bytes } from '../bytes.ts';

/** How much of a value libinjection is given at once to tell SQL. */
export const PARTS_BYTES = 4_096;
/** How far parts overlap: more than any attack needs to be told from what stands around it. */
const OVERLAP_BYTES = 1_024;
/** What is SQL behind anything that has not said all it can. */
const PROBES: readonly Bytes[] = [' union select 1 from x', "' or 1=1 -- ", '" or 1=1 -- '];
const LONGEST_PROBE = 32;

const BLANKS = /[\s\0]{2,}/g;
const LONG_WORDS = /[A-Za-z0-9_]{65,}/g;

const NESTED = '/* /* */';

/**
 * A value with a space for each C comment that something follows, which is all that such a comment is to SQL. Comments whose text
 * MySQL carries out stay; of those that hold the start of another that is left.
 */
function withoutComments(value: Bytes): Bytes {
  const last = value.trimEnd().length;
  let left = '';
  let kept = 0;
  let end = 0;
  let start = value.indexOf('/*');
  while (start >= 0) {
    if (end < start + 2) end = value.indexOf('*/', start + 2);
    if (end < 0 || end + 2 >= last) break;
    const next = value.indexOf('/*', start + 2);
    if (value[start + 2] !== '!') {
      const isNested = next >= 0 && next < end;
      left += value.slice(kept, start) + (isNested ? NESTED : ' ');
      kept = end + 2;
    }
    start = next >= 0 && next < kept ? value.indexOf('/*', kept) : next;
  }
  return left + value.slice(kept);
}

/** A value without what makes it long for nothing: comments, runs of white space, and the middle of words that are no keyword. */
function shortened(value: Bytes): Bytes {
  return withoutComments(value)
    .replace(BLANKS, (run) => (run.includes('\n') ? '\n' : ' '))
    .replace(LONG_WORDS, (word) => word.slice(0, 32) + word.slice(-32));
}

/**
 * Looks at the parts of a long value that decide whether it is SQL injected; each answer is whether one was.
 *
 * libinjection judges by the first five tokens. So the start decides, read as it is and from within a string; and only where
 * the start leaves room for more tokens, which one long sum or string does, all the rest is looked at as well.
 */
export function* sqlParts(whole: Bytes, isSql: (part: Bytes) => boolean): Generator<boolean> {
  const value = whole.length > PARTS_BYTES ? shortened(whole) : whole;
  const head = value.slice(0, PARTS_BYTES);
  yield isSql(head);
  if (value.length <= PARTS_BYTES) return;
  for (const quote of ["'", '"']) {
    const at = value.indexOf(quote);
    if (at > 0) yield isSql(`x${value.slice(at, at + PARTS_BYTES - 1)}`);
  }
  const start = value.slice(0, PARTS_BYTES - LONGEST_PROBE);
  if (!PROBES.some((probe) => isSql(start + probe))) return;
  for (const part of partsBehind(value, PARTS_BYTES)) yield isSql(part);
}

/** How much of a value is read at once to tell scripting, so that no step takes long. */
export const XSS_PARTS_BYTES = 65_536;

/** Looks at all of a long value in parts; each answer is whether one is cross-site scripting. */
export function* xssParts(value: Bytes, isXss: (part: Bytes) => boolean): Generator<boolean> {
  yield isXss(value.slice(0, XSS_PARTS_BYTES));
  for (const part of partsBehind(value, XSS_PARTS_BYTES)) yield isXss(part);
}

/** The parts behind the first, each of which begins inside the one before. */
function* partsBehind(value: Bytes, bytes: number): Generator<Bytes> {
  const stride = bytes - OVERLAP_BYTES;
  for (let from = stride; from + OVERLAP_BYTES < value.length; from += stride)
    yield value.slice(from, from + bytes);
}
