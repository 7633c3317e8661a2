import { canHold, mayHold, SIDE } from './assertion.ts';
import { type ByteClasses, classesOf } from './byte-classes.ts';
import { OP, type Program } from './program.ts';

/** Instructions that a value can be at, all at once. */
export interface Place {
  /** In ascending order: such that take a byte, ask what is around them, or end a match. */
  readonly instructions: Uint16Array;
  /** What stands in front of the place; a `SIDE`. */
  readonly side: number;
}

/**
 * All ways through a program at once, with a match that can begin anywhere.
 *
 * Shape: the program is one for automata, read from the end of values where it is reversed.
 * Safety: a newline counts as the last one, so that `\Z` holds more often than it does; programs that have it are not exact.
 * Cost: each call looks at every instruction once at most.
 */
export class Ways {
  readonly classes: ByteClasses;
  /** Whether a match can only begin where the value does. */
  readonly isAnchored: boolean;
  /** How many instructions have been looked at, all in all. */
  work = 0;
  /** Whether a match has ended in front of the last `after` or `hasEnded`. */
  hasMatched = false;
  readonly #program: Program;
  readonly #isReversed: boolean;
  /** For each set and class of bytes whether it is in the set. */
  readonly #inSet: readonly Uint8Array[];
  readonly #seen: Uint32Array;
  #stamp = 0;
  readonly #open: number[] = [];
  /** What is being found, and what was found before it. */
  #found: Uint16Array;
  #foundBefore: Uint16Array;
  #foundCount = 0;

  constructor(program: Program, isReversed: boolean) {
    this.#program = program;
    this.#isReversed = isReversed;
    this.classes = classesOf(program);
    this.#inSet = program.sets.map((set) =>
      Uint8Array.from(this.classes.samples, (code) => Number(set.has(code))),
    );
    this.#seen = new Uint32Array(program.ops.length);
    this.#found = new Uint16Array(program.ops.length);
    this.#foundBefore = new Uint16Array(program.ops.length);
    this.isAnchored = this.classes.sides.every((side) => this.#startAt(side).instructions.length === 0);
  }

  /** Where every value begins. */
  first(): Place {
    return this.#startAt(SIDE.edge);
  }

  /** Where a byte of a class leads. */
  after(place: Place, byteClass: number): Place {
    const side = this.classes.sides[byteClass] as number;
    const from = this.#resolve(place, side);
    this.#startFinding();
    const { ops, xs, nexts } = this.#program;
    for (let index = 0; index < from.length; index++) {
      const at = from[index] as number;
      if (ops[at] !== OP.bytes) continue;
      const inSet = this.#inSet[xs[at] as number] as Uint8Array;
      if (inSet[byteClass] === 1) this.#find(nexts[at] as number, side);
    }
    this.#find(this.#program.start, side);
    return this.#takeFound(side);
  }

  /** Whether a match ends where the value ends. */
  hasEnded(place: Place): boolean {
    this.#resolve(place, SIDE.edge);
    return this.hasMatched;
  }

  /** The instructions of a place with those behind assertions that hold. */
  #resolve({ instructions, side }: Place, next: number): Uint16Array {
    const { ops, xs, nexts } = this.#program;
    this.work += instructions.length;
    if (!this.classes.hasAssertions) {
      this.hasMatched = this.#holdsMatch(instructions);
      return instructions;
    }
    this.#startFinding();
    this.hasMatched = false;
    for (const at of instructions) this.#find(at, -1);
    // What is found grows while it is gone through.
    for (let index = 0; index < this.#foundCount; index++) {
      const at = this.#found[index] as number;
      if (ops[at] === OP.match) this.hasMatched = true;
      if (ops[at] === OP.assert && mayHold(xs[at] as number, side, next, this.#isReversed))
        this.#find(nexts[at] as number, -1);
    }
    return this.#found.subarray(0, this.#foundCount);
  }

  #holdsMatch(instructions: Uint16Array): boolean {
    const { ops } = this.#program;
    for (let index = 0; index < instructions.length; index++) {
      if (ops[instructions[index] as number] === OP.match) return true;
    }
    return false;
  }

  #startAt(side: number): Place {
    this.#startFinding();
    this.#find(this.#program.start, side);
    return this.#takeFound(side);
  }

  #startFinding(): void {
    this.#stamp++;
    const found = this.#found;
    this.#found = this.#foundBefore;
    this.#foundBefore = found;
    this.#foundCount = 0;
  }

  /** Finds the instructions that an instruction leads to without a byte. Assertions that cannot hold behind `side` end. */
  #find(start: number, side: number): void {
    const { ops, xs, ys, nexts } = this.#program;
    const open = this.#open;
    open.push(start);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.#seen[at] === this.#stamp) continue;
      this.#seen[at] = this.#stamp;
      this.work++;
      const op = ops[at];
      if (op === OP.split) open.push(ys[at] as number, nexts[at] as number);
      else if (op !== OP.assert || side < 0 || canHold(xs[at] as number, side, this.#isReversed))
        this.#found[this.#foundCount++] = at;
    }
  }

  #takeFound(side: number): Place {
    return { instructions: this.#found.slice(0, this.#foundCount).sort(), side };
  }
}
