import { ByteSet, POSIX_CLASSES } from './byte-set.ts';
import { readCommonEscape } from './escape.ts';
import type { PatternReader } from './reader.ts';

/** Reads a class from behind its `[`: the set of bytes that it matches, case included. */
export function readClass(reader: PatternReader): ByteSet {
  const start = reader.at - 1;
  const isNegated = reader.eats('^');
  const set = new ByteSet();
  let isFirst = true;
  while (isFirst || reader.isQuoted || reader.ahead(1) !== ']') {
    if (reader.isAtEnd) reader.fail('A class has no ]', start);
    if (!skipMarks(reader)) readItem(reader, set);
    isFirst = false;
  }
  reader.at++;
  const cased = reader.flags.anyCase ? set.bothCases() : set;
  return isNegated ? cased.complement() : cased;
}

/** Reads what is no part of a class: `\Q`, `\E`, and white space under `xx`. */
function skipMarks(reader: PatternReader): boolean {
  if (reader.eats('\\E')) {
    reader.isQuoted = false;
    return true;
  }
  if (reader.isQuoted) return false;
  if (reader.eats('\\Q')) {
    reader.isQuoted = true;
    return true;
  }
  return reader.flags.extendedClasses && (reader.eats(' ') || reader.eats('\t'));
}

/** One byte, range or named class. */
function readItem(reader: PatternReader, set: ByteSet): void {
  const at = reader.at;
  const first = readAtom(reader);
  if (!isRange(reader)) {
    if (typeof first === 'number') set.add(first);
    else set.addAll(first);
    return;
  }
  const dash = reader.at;
  reader.at++;
  while (skipMarks(reader)) {
    // The end of the range may be quoted.
  }
  const last = readAtom(reader);
  if (typeof first !== 'number' || typeof last !== 'number') {
    reader.fail('A range in a class begins or ends with a class', dash);
  }
  if (last < first) reader.fail('A range in a class runs backwards', at);
  set.addRange(first, last);
}

/** Whether a hyphen that makes a range comes next, rather than one that stands for itself. */
function isRange(reader: PatternReader): boolean {
  if (reader.isQuoted || reader.ahead(1) !== '-') return false;
  const after = reader.source.slice(reader.at + 1, reader.at + 3);
  return after !== '' && !after.startsWith(']') && after !== '\\E';
}

function readAtom(reader: PatternReader): number | ByteSet {
  if (reader.isAtEnd) reader.fail('A class has no ]');
  if (reader.isQuoted) return reader.next().charCodeAt(0);
  const named = reader.ahead(1) === '[' ? readNamed(reader) : null;
  if (named !== null) return named;
  const byte = reader.next();
  return byte === '\\' ? readEscape(reader) : byte.charCodeAt(0);
}

function readEscape(reader: PatternReader): number | ByteSet {
  const at = reader.at;
  const common = readCommonEscape(reader);
  if (common !== null) return common;
  const letter = reader.next();
  if (letter === 'b') return 0x08;
  if (letter >= '1' && letter <= '7') {
    reader.at = at;
    const digits = /^[0-7]{1,3}/.exec(reader.ahead(3))?.[0] as string;
    reader.at += digits.length;
    const code = Number.parseInt(digits, 8);
    return code <= 0xff ? code : reader.fail('A code above 255 is no byte', at);
  }
  if (letter === '8' || letter === '9') return letter.charCodeAt(0);
  return reader.fail(`\\${letter} is not supported in a class`, at - 1);
}

/** `[:name:]` from its `[` on; null where that is an ordinary bracket. */
function readNamed(reader: PatternReader): ByteSet | null {
  const at = reader.at;
  const found = /^\[([:.=])(\^?)([^\\\]]*?)\1\]/.exec(reader.source.slice(at, at + 32));
  if (found === null) return null;
  const [whole, mark, caret, name] = found as unknown as [string, string, string, string];
  const set = mark === ':' ? POSIX_CLASSES.get(name) : undefined;
  if (set === undefined) return reader.fail(`The class ${whole} is not supported`, at);
  reader.at += whole.length;
  // Without regard to case, upper and lower case are the letters.
  const cased = reader.flags.anyCase ? set.bothCases() : set;
  return caret === '^' ? cased.complement() : cased;
}
