import type { Bytes } from '../bytes.ts';

/** How much of a value libinjection is given at once. */
export const PARTS_BYTES = 4_096;
/** How far parts overlap: more than any attack needs to be told from what stands around it. */
const OVERLAP_BYTES = 1_024;
/** What is SQL behind anything that has not said all it can. */
const PROBES: readonly Bytes[] = [' union select 1 from x', "' or 1=1 -- ", '" or 1=1 -- '];
const LONGEST_PROBE = 32;

const BLANKS = /[\s\0]{2,}/g;
const LONG_WORDS = /[A-Za-z0-9_]{65,}/g;

/** A value without what makes it long for nothing: runs of white space, and the middle of words that are no keyword. */
function shortened(value: Bytes): Bytes {
  return value
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
  for (const part of partsBehind(value)) yield isSql(part);
}

/** Looks at all of a long value in parts; each answer is whether one is cross-site scripting. */
export function* xssParts(value: Bytes, isXss: (part: Bytes) => boolean): Generator<boolean> {
  yield isXss(value.slice(0, PARTS_BYTES));
  for (const part of partsBehind(value)) yield /[<=]/.test(part) && isXss(part);
}

/** The parts behind the first, each of which begins inside the one before. */
function* partsBehind(value: Bytes): Generator<Bytes> {
  const stride = PARTS_BYTES - OVERLAP_BYTES;
  for (let from = stride; from + OVERLAP_BYTES < value.length; from += stride)
    yield value.slice(from, from + PARTS_BYTES);
}
