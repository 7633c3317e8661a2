import type { Bytes } from '../bytes.ts';
import { ALL_BYTES, ByteSet, literalSet, NEWLINE } from './byte-set.ts';
import { readClass } from './class.ts';
import { readCommonEscape, readNumber, readOctal } from './escape.ts';
import { namedReference, readGroup } from './group.ts';
import {
  type Assertion,
  bytesNode,
  choiceOf,
  EMPTY,
  type Pattern,
  type PatternNode,
  sequenceOf,
} from './node.ts';
import { PatternReader } from './reader.ts';

/** Most that a counted repeat may ask for, as in PCRE. */
const MAX_COUNT = 65_535;

/**
 * Takes a pattern apart as PCRE reads it with DOTALL and DOLLAR_ENDONLY, on bytes.
 *
 * Errors: RangeError that names what is wrong or not supported, and where it stands.
 */
export function readPattern(source: Bytes): Pattern {
  const reader = new PatternReader(source);
  const node = readChoice(reader);
  if (!reader.isAtEnd) reader.fail('A ) has no group');
  for (const { index, at } of reader.uses) {
    if (index > reader.captures) reader.fail(`There is no group ${index}`, at);
  }
  return { node, captures: reader.captures };
}

function readChoice(reader: PatternReader): PatternNode {
  const nodes = [readSequence(reader)];
  while (reader.eats('|')) nodes.push(readSequence(reader));
  return choiceOf(nodes);
}

function readSequence(reader: PatternReader): PatternNode {
  const nodes: PatternNode[] = [];
  for (;;) {
    skipIgnored(reader);
    const next = reader.ahead(1);
    if (reader.isAtEnd || (!reader.isQuoted && (next === '|' || next === ')'))) break;
    const at = reader.at;
    const node = readAtom(reader);
    skipIgnored(reader);
    if (node !== null) nodes.push(reader.isQuoted ? node : readRepeat(reader, node));
    else if (!reader.isQuoted && readBounds(reader) !== null)
      reader.fail('A quantifier has nothing to repeat', at);
  }
  return sequenceOf(nodes);
}

/** Reads what stands for nothing: `\Q`, `\E`, comments, and white space under `x`. */
function skipIgnored(reader: PatternReader): void {
  for (;;) {
    const next = reader.ahead(1);
    if (next !== '\\' && next !== '(' && !reader.flags.extended) return;
    if (reader.eats('\\E')) reader.isQuoted = false;
    else if (reader.isQuoted) return;
    else if (reader.eats('\\Q')) reader.isQuoted = true;
    else if (reader.eats('(?#')) reader.until(')', 'A comment');
    else if (reader.flags.extended && /^[\t-\r ]/.test(reader.ahead(1))) reader.at++;
    else if (reader.flags.extended && reader.eats('#')) reader.run((byte) => byte !== '\n');
    else return;
  }
}

function readAtom(reader: PatternReader): PatternNode | null {
  const at = reader.at;
  if (!reader.isQuoted && readBounds(reader) !== null) reader.fail('A quantifier has nothing to repeat', at);
  const byte = reader.next();
  if (reader.isQuoted) return literal(reader, byte.charCodeAt(0));
  switch (byte) {
    case '(':
      return readGroup(reader, readChoice);
    case '[':
      return { kind: 'bytes', set: readClass(reader) };
    case '.':
      return { kind: 'bytes', set: reader.flags.dotAll ? ALL_BYTES : NEWLINE.complement() };
    case '^':
      return assertion(reader.flags.lines ? 'start of line' : 'start');
    case '$':
      return assertion(reader.flags.lines ? 'end of line' : 'end');
    case '\\':
      return readEscape(reader);
    default:
      return literal(reader, byte.charCodeAt(0));
  }
}

function literal(reader: PatternReader, code: number): PatternNode {
  return { kind: 'bytes', set: literalSet(code, reader.flags.anyCase) };
}

function assertion(what: Assertion): PatternNode {
  return { kind: 'assertion', what };
}

const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map([
  ['A', 'start'],
  ['G', 'start'],
  ['z', 'end'],
  ['Z', 'end or last newline'],
  ['b', 'word boundary'],
  ['B', 'no word boundary'],
]);

/** `\R`: one line ending, whole. */
const LINE_ENDING: PatternNode = {
  kind: 'atomic',
  node: choiceOf([
    sequenceOf([bytesNode(0x0d), bytesNode(0x0a)]),
    { kind: 'bytes', set: ByteSet.ranges([0x0a, 0x0d], [0x85, 0x85]) },
  ]),
};

function readEscape(reader: PatternReader): PatternNode {
  const common = readCommonEscape(reader);
  if (typeof common === 'number') return literal(reader, common);
  if (common !== null) return { kind: 'bytes', set: common };
  const at = reader.at - 1;
  const letter = reader.next();
  const what = ASSERTIONS.get(letter);
  if (what !== undefined) return assertion(what);
  if (letter === 'N') return { kind: 'bytes', set: NEWLINE.complement() };
  if (letter === 'R') return LINE_ENDING;
  if (letter === 'C') return { kind: 'bytes', set: ALL_BYTES };
  if (letter === 'k') return readNamedReference(reader, at);
  if (letter === 'g') return readNumberedReference(reader, at);
  if (letter >= '1' && letter <= '9') {
    reader.at = at + 1;
    return readDigits(reader);
  }
  return reader.fail(`\\${letter} is not supported`, at);
}

/** `\1`: a reference where it is one digit or there are as many groups before it, else an octal code. */
function readDigits(reader: PatternReader): PatternNode {
  const at = reader.at;
  const index = readNumber(reader) as number;
  const first = reader.source.charAt(at);
  if (index < 10 || first >= '8' || index <= reader.captures) return reference(reader, index, at);
  reader.at = at;
  return literal(reader, readOctal(reader, 3, at));
}

function reference(reader: PatternReader, index: number, at: number): PatternNode {
  reader.uses.push({ index, at });
  return { kind: 'backreference', index, anyCase: reader.flags.anyCase };
}

function readNamedReference(reader: PatternReader, at: number): PatternNode {
  if (reader.eats('{')) return namedReference(reader, '}');
  if (reader.eats('<')) return namedReference(reader, '>');
  if (reader.eats("'")) return namedReference(reader, "'");
  return reader.fail('\\k is not followed by the name of a group', at);
}

/** `\g1`, `\g{1}`, `\g{-1}`, `\g{name}`. */
function readNumberedReference(reader: PatternReader, at: number): PatternNode {
  const inBraces = reader.eats('{');
  if (inBraces && /^[A-Za-z_]/.test(reader.ahead(1))) return namedReference(reader, '}');
  const isRelative = reader.eats('-');
  const number = readNumber(reader);
  const index = number === null ? 0 : isRelative ? reader.captures + 1 - number : number;
  if (index < 1 || (inBraces && !reader.eats('}')))
    reader.fail('\\g is not followed by a group before it', at);
  return reference(reader, index, at);
}

function readRepeat(reader: PatternReader, node: PatternNode): PatternNode {
  const at = reader.at;
  const bounds = readBounds(reader);
  if (bounds === null) return node;
  if (node.kind === 'assertion') reader.fail('A quantifier has nothing to repeat', at);
  skipIgnored(reader);
  const [min, max] = bounds;
  const isPossessive = reader.eats('+');
  const isLazy = !isPossessive && reader.eats('?') !== reader.flags.swapsGreed;
  skipIgnored(reader);
  const again = reader.at;
  if (!reader.isQuoted && readBounds(reader) !== null)
    reader.fail('A quantifier repeats a quantifier', again);
  if (max === 0) return EMPTY;
  const repeat: PatternNode = { kind: 'repeat', node, min, max, isLazy: isLazy && !isPossessive };
  return isPossessive ? { kind: 'atomic', node: repeat } : repeat;
}

/** `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`: least and most; null where none of them comes next. */
function readBounds(reader: PatternReader): readonly [number, number] | null {
  if (reader.eats('*')) return [0, Number.POSITIVE_INFINITY];
  if (reader.eats('+')) return [1, Number.POSITIVE_INFINITY];
  if (reader.eats('?')) return [0, 1];
  if (reader.ahead(1) !== '{') return null;
  const found = /^\{(\d+)(,?)(\d*)\}/.exec(reader.ahead(32));
  if (found === null || (found[2] === '' && found[3] !== '')) return null;
  const min = Number(found[1]);
  const open = found[2] === ',' && found[3] === '';
  const max = open ? Number.POSITIVE_INFINITY : found[2] === '' ? min : Number(found[3]);
  if (min > MAX_COUNT || (!open && max > MAX_COUNT)) reader.fail(`A quantifier is above ${MAX_COUNT}`);
  if (max < min) reader.fail('The bounds of a quantifier run backwards');
  reader.at += found[0].length;
  return [min, max];
}
