import { isFixedLength } from './lookbehind.ts';
import type { PatternNode } from './node.ts';
import { type Flags, isWordByte, type PatternReader } from './reader.ts';

/** Groups inside groups, as many as PCRE takes. */
const MAX_DEPTH = 250;

/** How the inside of a group is read: up to its `)`. */
export type ReadInside = (reader: PatternReader) => PatternNode;

/** Reads a group from behind its `(`; null for one that only sets flags. */
export function readGroup(reader: PatternReader, inside: ReadInside): PatternNode | null {
  const at = reader.at - 1;
  if (++reader.depth > MAX_DEPTH) reader.fail(`Groups are nested more than ${MAX_DEPTH} deep`, at);
  const outer = reader.flags;
  const node = readKind(reader, inside, at);
  reader.depth--;
  // Flags that were set for the rest of the group around stay.
  if (node !== null) reader.flags = outer;
  return node;
}

function readKind(reader: PatternReader, inside: ReadInside, at: number): PatternNode | null {
  if (reader.ahead(1) === '*') {
    const verb = /^\*[^):]*/.exec(reader.ahead(24))?.[0] ?? '*';
    reader.fail(`The verb (${verb}) is not supported`, at);
  }
  if (!reader.eats('?')) return capture(reader, inside, at);
  if (reader.eats(':')) return close(reader, inside, at);
  if (reader.eats('>')) return { kind: 'atomic', node: close(reader, inside, at) };
  if (reader.eats('=')) return look(reader, inside, at, false, false);
  if (reader.eats('!')) return look(reader, inside, at, false, true);
  if (reader.eats('<=')) return look(reader, inside, at, true, false);
  if (reader.eats('<!')) return look(reader, inside, at, true, true);
  if (reader.eats('P=')) return namedReference(reader, ')');
  if (reader.eats('P<') || reader.eats('<')) return namedCapture(reader, inside, at, '>');
  if (reader.eats("'")) return namedCapture(reader, inside, at, "'");
  return setFlags(reader, inside, at);
}

function close(reader: PatternReader, inside: ReadInside, at: number): PatternNode {
  const node = inside(reader);
  if (!reader.eats(')')) reader.fail('A group has no )', at);
  // An assertion cannot be repeated, a group that holds one can.
  return node.kind === 'assertion' ? { kind: 'sequence', nodes: [node] } : node;
}

function capture(reader: PatternReader, inside: ReadInside, at: number): PatternNode {
  reader.captures++;
  const index = reader.captures;
  return { kind: 'capture', index, node: close(reader, inside, at) };
}

function look(
  reader: PatternReader,
  inside: ReadInside,
  at: number,
  isBehind: boolean,
  isNegated: boolean,
): PatternNode {
  const node = close(reader, inside, at);
  if (isBehind && !isFixedLength(node)) reader.fail('A lookbehind has a branch of no fixed length', at);
  return { kind: 'look', isBehind, isNegated, node };
}

function namedCapture(reader: PatternReader, inside: ReadInside, at: number, end: string): PatternNode {
  const name = readName(reader, end);
  if (reader.names.has(name)) reader.fail(`Two groups are named ${name}`, at);
  reader.names.set(name, reader.captures + 1);
  return capture(reader, inside, at);
}

function readName(reader: PatternReader, end: string): string {
  const at = reader.at;
  const name = reader.run(isWordByte);
  if (!/^[A-Za-z_]\w{0,31}$/.test(name) || !reader.eats(end)) {
    reader.fail('The name of a group is not made of at most 32 letters, digits and underscores', at);
  }
  return name;
}

/** A reference to a group that stands before it, from behind what opens its name. */
export function namedReference(reader: PatternReader, end: string): PatternNode {
  const at = reader.at;
  const name = readName(reader, end);
  const index = reader.names.get(name);
  if (index === undefined) return reader.fail(`No group before is named ${name}`, at);
  return { kind: 'backreference', index, anyCase: reader.flags.anyCase };
}

/** `(?i)`, `(?i-s:…)`, `(?^x)`. */
function setFlags(reader: PatternReader, inside: ReadInside, at: number): PatternNode | null {
  const letters = reader.run((byte) => /[imsxU^-]/.test(byte));
  const end = reader.next();
  const found = /^(\^?)([imsxU]*)(?:-([imsxU]*))?$/.exec(letters);
  if (found === null || (end !== ')' && end !== ':') || (found[1] === '^' && found[3] !== undefined)) {
    const construct = reader.source.slice(at, Math.max(reader.at, at + 3));
    reader.fail(`A group that begins with ${construct} is not supported`, at);
  }
  const start: Flags =
    found[1] === '^'
      ? {
          ...reader.flags,
          anyCase: false,
          lines: false,
          dotAll: false,
          extended: false,
          extendedClasses: false,
        }
      : reader.flags;
  reader.flags = withFlags(withFlags(start, found[2] ?? '', true), found[3] ?? '', false);
  return end === ')' ? null : close(reader, inside, at);
}

function withFlags(flags: Flags, letters: string, value: boolean): Flags {
  return {
    anyCase: letters.includes('i') ? value : flags.anyCase,
    lines: letters.includes('m') ? value : flags.lines,
    dotAll: letters.includes('s') ? value : flags.dotAll,
    extended: letters.includes('x') ? value : flags.extended,
    extendedClasses: letters.includes('x') ? value && letters.includes('xx') : flags.extendedClasses,
    swapsGreed: letters.includes('U') ? value : flags.swapsGreed,
  };
}
