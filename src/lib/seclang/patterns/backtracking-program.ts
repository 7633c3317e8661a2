import type { ByteSet } from './byte-set.ts';
import type { Pattern } from './node.ts';
import { assemble, firstBytesOf, OP } from './program.ts';

/** A program with what its matcher asks for at each step. */
export class BacktrackingProgram {
  readonly ops: Uint8Array;
  readonly xs: Int32Array;
  readonly ys: Int32Array;
  readonly nexts: Int32Array;
  readonly start: number;
  readonly slots: number;
  /** The whole match counted. */
  readonly groups: number;
  readonly hasReferences: boolean;
  /** For each set of bytes a 1 for those that are in it. */
  readonly members: readonly Uint8Array[];
  /** For each byte a 1 where a match can begin with it; null where a match can be empty. */
  readonly first: Uint8Array | null;
  /** For instructions where ways part, their number among those; -1 for others. */
  readonly forks: Int32Array;
  readonly forkCount: number;

  constructor(pattern: Pattern) {
    const program = assemble(pattern, { forAutomaton: false, isReversed: false });
    this.ops = program.ops;
    this.xs = program.xs;
    this.ys = program.ys;
    this.nexts = program.nexts;
    this.start = program.start;
    this.slots = program.slots;
    this.groups = pattern.captures + 1;
    this.hasReferences = program.hasReferences;
    this.members = program.sets.map(membersOf);
    const first = firstBytesOf(program);
    this.first = first === null ? null : membersOf(first);
    this.forks = new Int32Array(program.ops.length).fill(-1);
    let count = 0;
    for (const [at, op] of program.ops.entries()) {
      if (op === OP.split || op === OP.inside) this.forks[at] = count++;
    }
    this.forkCount = count;
  }
}

const membersOf = (set: ByteSet): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, code) => Number(set.has(code)));
