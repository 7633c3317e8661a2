import { ASSERTIONS } from './assertion.ts';
import { ALL_BYTES, ByteSet } from './byte-set.ts';
import { branchesOf } from './lookbehind.ts';
import {
  type LookNode,
  minLength,
  type Pattern,
  type PatternNode,
  type RepeatNode,
  someNode,
} from './node.ts';

/** Most instructions of a program; PCRE has a bound of the same order. */
const MAX_INSTRUCTIONS = 16_384;

/** Instructions: what `xs` and `ys` hold for each, and where it goes on stands in `nexts`. */
export const OP = {
  /** `x`: number of a set of bytes. */
  bytes: 0,
  /** Goes on at `next`, and at `y` if that fails. */
  split: 1,
  /** `x`: slot that takes the position. */
  save: 2,
  /** `x`: number of an assertion. */
  assert: 3,
  match: 4,
  /** `x`: where the inside begins; `y`: a kind of `INSIDE`. */
  inside: 5,
  /** The inside has matched. */
  endInside: 6,
  /** `x`: how many bytes to go back. */
  back: 7,
  /** `x`: group; `y`: 1 for either case. */
  reference: 8,
  /** End of a round: on at `next` if it has matched nothing since slot `x`, else at `y`. */
  round: 9,
  /** Group `x` has matched, since the position in slot `y`. */
  close: 10,
} as const;

export const INSIDE = { atomic: 0, ahead: 1, notAhead: 2 } as const;

/** A pattern as instructions for the matchers. */
export interface Program {
  readonly ops: Uint8Array;
  readonly xs: Int32Array;
  readonly ys: Int32Array;
  readonly nexts: Int32Array;
  readonly start: number;
  readonly sets: readonly ByteSet[];
  /** Positions that are kept: two for each group, one for each that is open, one for each loop that can match nothing. */
  readonly slots: number;
  /** Whether it matches just what the pattern matches, rather than more. */
  readonly isExact: boolean;
  readonly hasReferences: boolean;
}

export interface ProgramOptions {
  /** Leaves out groups and what no automaton can do: it matches all that the pattern matches, and perhaps more. */
  readonly forAutomaton: boolean;
  /** Reads values from their end. */
  readonly isReversed: boolean;
}

/** Errors: RangeError for a pattern that repeats so much that its program would be too long. */
export function assemble(pattern: Pattern, options: ProgramOptions): Program {
  return new Assembler(pattern, options).program();
}

class Assembler {
  readonly #pattern: Pattern;
  readonly #options: ProgramOptions;
  readonly #ops: number[] = [];
  readonly #xs: number[] = [];
  readonly #ys: number[] = [];
  readonly #nexts: number[] = [];
  readonly #sets: ByteSet[] = [];
  readonly #setNumbers = new Map<string, number>();
  #slots: number;
  #isExact = true;

  constructor(pattern: Pattern, options: ProgramOptions) {
    this.#pattern = pattern;
    this.#options = options;
    this.#slots = 2 * (pattern.captures + 1);
  }

  program(): Program {
    const end = this.#add(OP.match, 0, 0, -1);
    const start = this.#node(this.#pattern.node, end);
    return {
      ops: Uint8Array.from(this.#ops),
      xs: Int32Array.from(this.#xs),
      ys: Int32Array.from(this.#ys),
      nexts: Int32Array.from(this.#nexts),
      start,
      sets: this.#sets,
      slots: this.#slots,
      isExact: this.#isExact,
      hasReferences: someNode(this.#pattern.node, ({ kind }) => kind === 'backreference'),
    };
  }

  #add(op: number, x: number, y: number, next: number): number {
    if (this.#ops.length >= MAX_INSTRUCTIONS) {
      throw new RangeError(`The pattern repeats so much that it takes more than ${MAX_INSTRUCTIONS} steps.`);
    }
    this.#ops.push(op);
    this.#xs.push(x);
    this.#ys.push(y);
    return this.#nexts.push(next) - 1;
  }

  /** Instructions for a node, in front of those that follow it: where they begin. */
  #node(node: PatternNode, next: number): number {
    switch (node.kind) {
      case 'bytes':
        return this.#add(OP.bytes, this.#setNumber(node.set), 0, next);
      case 'sequence':
        return this.#sequence(node.nodes, next);
      case 'choice':
        return this.#choice(node.nodes, next);
      case 'repeat':
        return this.#repeat(node, next);
      case 'capture':
        return this.#capture(node.index, node.node, next);
      case 'atomic':
        return this.#atomic(node.node, next);
      case 'look':
        return this.#look(node, next);
      case 'assertion':
        if (node.what === 'end or last newline' && this.#options.forAutomaton) this.#isExact = false;
        return this.#add(OP.assert, ASSERTIONS.indexOf(node.what), 0, next);
      case 'backreference':
        return this.#reference(node.index, node.anyCase, next);
    }
  }

  #sequence(nodes: readonly PatternNode[], next: number): number {
    let at = next;
    for (const node of this.#options.isReversed ? nodes : nodes.toReversed()) at = this.#node(node, at);
    return at;
  }

  #choice(nodes: readonly PatternNode[], next: number): number {
    let at = this.#node(nodes.at(-1) as PatternNode, next);
    for (const node of nodes.slice(0, -1).reverse()) at = this.#add(OP.split, 0, at, this.#node(node, next));
    return at;
  }

  #repeat(repeat: RepeatNode, next: number): number {
    const { node, min, max, isLazy } = repeat;
    let at = next;
    let copies = min;
    if (max === Number.POSITIVE_INFINITY) {
      at = this.#loop(repeat, next);
      if (min > 0) copies--;
    } else {
      for (let time = min; time < max; time++) at = this.#either(this.#node(node, at), next, isLazy);
    }
    for (; copies > 0; copies--) at = this.#node(node, at);
    return at;
  }

  /** A split that prefers one more round, or none. */
  #either(round: number, next: number, isLazy: boolean): number {
    return isLazy ? this.#add(OP.split, 0, round, next) : this.#add(OP.split, 0, next, round);
  }

  #loop({ node, min, isLazy }: RepeatNode, next: number): number {
    const split = this.#either(-1, next, isLazy);
    const canBeEmpty = !this.#options.forAutomaton && minLength(node) === 0;
    const slot = canBeEmpty ? this.#slots++ : 0;
    const end = canBeEmpty ? this.#add(OP.round, slot, split, next) : split;
    const inside = this.#node(node, end);
    const round = canBeEmpty ? this.#add(OP.save, slot, 0, inside) : inside;
    if (isLazy) this.#ys[split] = round;
    else this.#nexts[split] = round;
    return min === 0 ? split : round;
  }

  #capture(index: number, node: PatternNode, next: number): number {
    if (this.#options.forAutomaton) return this.#node(node, next);
    const slot = this.#slots++;
    return this.#add(OP.save, slot, 0, this.#node(node, this.#add(OP.close, index, slot, next)));
  }

  #atomic(node: PatternNode, next: number): number {
    if (this.#options.forAutomaton) {
      if (this.#options.isReversed || !this.#neverGivesBack(node, next)) this.#isExact = false;
      return this.#node(node, next);
    }
    return this.#inside(INSIDE.atomic, [this.#node(node, this.#add(OP.endInside, 0, 0, -1))], next);
  }

  #inside(kind: number, branches: readonly number[], next: number): number {
    const start = branches.reduceRight((rest, branch) => this.#add(OP.split, 0, rest, branch));
    return this.#add(OP.inside, start, kind, next);
  }

  #look({ isBehind, isNegated, node }: LookNode, next: number): number {
    if (this.#options.forAutomaton) {
      this.#isExact = false;
      return next;
    }
    const end = this.#add(OP.endInside, 0, 0, -1);
    const branches = isBehind
      ? branchesOf(node).map((one) => this.#add(OP.back, minLength(one), 0, this.#node(one, end)))
      : [this.#node(node, end)];
    return this.#inside(isNegated ? INSIDE.notAhead : INSIDE.ahead, branches, next);
  }

  #reference(index: number, anyCase: boolean, next: number): number {
    if (!this.#options.forAutomaton) return this.#add(OP.reference, index, anyCase ? 1 : 0, next);
    this.#isExact = false;
    return this.#loop(
      {
        kind: 'repeat',
        node: { kind: 'bytes', set: ALL_BYTES },
        min: 0,
        max: Number.POSITIVE_INFINITY,
        isLazy: true,
      },
      next,
    );
  }

  #setNumber(set: ByteSet): number {
    const known = this.#setNumbers.get(set.key);
    if (known !== undefined) return known;
    this.#setNumbers.set(set.key, this.#sets.length);
    return this.#sets.push(set) - 1;
  }

  /** Whether an atomic node matches the same without being atomic: bytes of a set, and then something else. */
  #neverGivesBack(node: PatternNode, next: number): boolean {
    if (node.kind !== 'repeat' || node.node.kind !== 'bytes') return false;
    const first = this.#firstBytes(next);
    return first !== null && !first.meets(node.node.set);
  }

  /** With what a match can go on; null where that is not known yet. */
  #firstBytes(start: number): ByteSet | null {
    const first = new ByteSet();
    const seen = new Set<number>();
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at < 0) return null;
      if (seen.has(at)) continue;
      seen.add(at);
      const op = this.#ops[at];
      if (op === OP.bytes) first.addAll(this.#sets[this.#xs[at] as number] as ByteSet);
      else if (op === OP.split) open.push(this.#nexts[at] as number, this.#ys[at] as number);
      else if (op === OP.assert) open.push(this.#nexts[at] as number);
    }
    return first;
  }
}

/** The bytes with which a match of a whole program can begin; null where it can be empty or that is not known. */
export function firstBytesOf({ ops, xs, ys, nexts, sets, start }: Program): ByteSet | null {
  const first = new ByteSet();
  const seen = new Set<number>();
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const op = ops[at] as number;
    if (op === OP.match || op === OP.endInside || op === OP.reference) return null;
    if (op === OP.bytes) first.addAll(sets[xs[at] as number] as ByteSet);
    else open.push((op === OP.inside && ys[at] === INSIDE.atomic ? xs : nexts)[at] as number);
    if (op === OP.split || op === OP.round) open.push(ys[at] as number);
  }
  return first;
}
