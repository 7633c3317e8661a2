import type { ByteSet } from './byte-set.ts';
import type { Assertion, LookNode, Pattern, PatternNode, RepeatNode } from './node.ts';
import { childrenOf, minLength, someNode } from './node.ts';

/** A pattern as a regular expression of JavaScript without flags. */
export interface JavaScriptPattern {
  readonly source: string;
  /** For each group of the pattern, from 0 on, the group of the expression. */
  readonly groups: readonly number[];
  /** Whether the groups of a match are those of PCRE too: JavaScript forgets them at each round of a loop. */
  readonly hasSameGroups: boolean;
}

const ASSERTIONS: Readonly<Record<Assertion, string>> = {
  start: '^',
  end: '$',
  'end or last newline': '(?=\\n?$)',
  'start of line': '(?:^|(?<=\\n)(?!$))',
  'end of line': '(?=\\n|$)',
  'word boundary': '\\b',
  'no word boundary': '\\B',
};

/**
 * Writes a pattern for V8 so that it matches the very same latin1 strings.
 *
 * Shape: null for what JavaScript reads otherwise: references to groups that may not have matched, which match nothing
 * there; references without regard to case to bytes above 0x7F, which it folds; loops with rounds that may match nothing,
 * which it refuses.
 */
export function toJavaScript({ node, captures }: Pattern): JavaScriptPattern | null {
  if (!hasPlainReferences(node) || someNode(node, hasEmptyRounds)) return null;
  const writer = new Writer(captures);
  const source = writer.write(node);
  return { source, groups: writer.groups, hasSameGroups: !hasLoopedCapture(node, false) };
}

class Writer {
  /** Groups of the pattern; those that stand for atomic groups come between them. */
  readonly groups: number[];
  #last = 0;
  #behinds = 0;

  constructor(captures: number) {
    this.groups = new Array<number>(captures + 1).fill(0);
  }

  write(node: PatternNode): string {
    switch (node.kind) {
      case 'bytes':
        return writeSet(node.set);
      case 'sequence':
        return node.nodes.map((child) => this.#inSequence(child)).join('');
      case 'choice':
        return node.nodes.map((child) => this.write(child)).join('|');
      case 'repeat':
        return this.#repeat(node);
      case 'capture':
        this.groups[node.index] = ++this.#last;
        return `(${this.write(node.node)})`;
      case 'atomic':
        return this.#atomic(node.node);
      case 'look':
        return this.#look(node);
      case 'assertion':
        return ASSERTIONS[node.what];
      case 'backreference': {
        const group = `\\${this.groups[node.index]}`;
        return node.anyCase ? `(?i:${group})` : `(?:${group})`;
      }
    }
  }

  #inSequence(node: PatternNode): string {
    const text = this.write(node);
    return node.kind === 'choice' ? `(?:${text})` : text;
  }

  /** A lookahead never goes back into what it matched. */
  #atomic(node: PatternNode): string {
    // JavaScript reads lookbehinds from their end; all in them is of fixed length, so that there is nothing to go back to.
    if (this.#behinds > 0) return `(?:${this.write(node)})`;
    const group = ++this.#last;
    return `(?=(${this.write(node)}))\\${group}(?:)`;
  }

  #look({ isBehind, isNegated, node }: LookNode): string {
    if (isBehind) this.#behinds++;
    const text = this.write(node);
    if (isBehind) this.#behinds--;
    return `(?${isBehind ? '<' : ''}${isNegated ? '!' : '='}${text})`;
  }

  #repeat({ node, min, max, isLazy }: RepeatNode): string {
    const text = this.write(node);
    // JavaScript refuses rounds that match nothing; a choice does not.
    if (min === 0 && max === 1 && minLength(node) === 0) return isLazy ? `(?:|${text})` : `(?:${text}|)`;
    const one = node.kind === 'bytes' || node.kind === 'capture' ? text : `(?:${text})`;
    return `${one}${boundsOf(min, max)}${isLazy ? '?' : ''}`;
  }
}

function boundsOf(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === max) return `{${min}}`;
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`;
}

const WRITTEN = new WeakMap<ByteSet, string>();

function writeSet(set: ByteSet): string {
  const written = WRITTEN.get(set) ?? writeClass(set);
  WRITTEN.set(set, written);
  return written;
}

function writeClass(set: ByteSet): string {
  const codes = set.codes();
  if (codes.length === 256) return '[^]';
  if (codes.length === 1) return writeByte(codes[0] as number);
  const isNegated = codes.length > 128;
  return `[${isNegated ? '^' : ''}${writeRanges(isNegated ? set.complement().codes() : codes)}]`;
}

function writeRanges(codes: readonly number[]): string {
  let text = '';
  for (let at = 0; at < codes.length; at++) {
    const first = codes[at] as number;
    let last = first;
    while (codes[at + 1] === last + 1) last = codes[++at] as number;
    text += writeByte(first);
    if (last > first) text += `${last > first + 1 ? '-' : ''}${writeByte(last)}`;
  }
  return text;
}

function writeByte(code: number): string {
  const char = String.fromCharCode(code);
  return /[0-9A-Za-z_ ]/.test(char) ? char : `\\x${code.toString(16).padStart(2, '0')}`;
}

function hasEmptyRounds(node: PatternNode): boolean {
  return node.kind === 'repeat' && node.max > Math.max(1, node.min) && minLength(node.node) === 0;
}

/** Whether a group stands in a loop, where PCRE keeps what it matched last and JavaScript does not. */
function hasLoopedCapture(node: PatternNode, inLoop: boolean): boolean {
  if (node.kind === 'capture' && inLoop) return true;
  const loops = inLoop || (node.kind === 'repeat' && node.max > 1);
  return childrenOf(node).some((child) => hasLoopedCapture(child, loops));
}

/** Whether all references mean the same in JavaScript. */
function hasPlainReferences(root: PatternNode): boolean {
  const groups = new Map<number, PatternNode>();
  let isPlain = true;
  const visit = (node: PatternNode, isSet: ReadonlySet<number>): ReadonlySet<number> => {
    if (node.kind === 'backreference') {
      const group = groups.get(node.index);
      isPlain &&= group !== undefined && isSet.has(node.index) && !(node.anyCase && hasHighBytes(group));
      return isSet;
    }
    if (node.kind === 'capture') groups.set(node.index, node.node);
    if (node.kind === 'sequence') return node.nodes.reduce((known, child) => visit(child, known), isSet);
    if (node.kind === 'choice') {
      const branches = node.nodes.map((child) => visit(child, isSet));
      return new Set(
        [...(branches[0] as Set<number>)].filter((one) => branches.every((set) => set.has(one))),
      );
    }
    const inside = childrenOf(node).reduce((known, child) => visit(child, known), isSet);
    if (node.kind === 'capture') return new Set([...inside, node.index]);
    return node.kind === 'atomic' || (node.kind === 'repeat' && node.min > 0) ? inside : isSet;
  };
  visit(root, new Set());
  return isPlain;
}

function hasHighBytes(node: PatternNode): boolean {
  return someNode(
    node,
    (child) =>
      child.kind === 'backreference' ||
      (child.kind === 'bytes' && child.set.codes().some((code) => code > 0x7f)),
  );
}
