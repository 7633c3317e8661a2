import type { Bytes } from '../bytes.ts';
import { BudgetReached } from '../operator.ts';
import { holds, sideAfter, sideBefore } from './assertion.ts';
import type { BacktrackingProgram } from './backtracking-program.ts';
import { INSIDE, OP } from './program.ts';
import { Visited } from './visited.ts';

/** Most numbers on the stack of one match. */
const MAX_STACK = 6_291_456;

/** What an entry of the stack is: its first number; two more follow. */
const ENTRY = {
  /** Another way: instruction, position. */
  way: 0,
  /** What a slot held before: slot, position. */
  slot: 1,
  /** An inside begins: instruction, position. */
  inside: 2,
  /** Belongs to the one before: the inside around it, and what had been visited. */
  around: 3,
} as const;

/**
 * A match as PCRE makes it: from the first start, and of the ways from there the first.
 *
 * Cost: no way is gone twice from one place of pattern and value, so that it is linear in both, but for patterns with
 * back references, and for insides (atomic or looking around) that match and are come to again.
 * Errors: BudgetReached where it would take too much memory.
 */
export class Backtracker {
  readonly #code: BacktrackingProgram;
  readonly #value: Bytes;
  readonly #visited: Visited | null;
  /** Where groups and loops begin and end; -1 for those that have not matched. */
  readonly #slots: Int32Array;
  #start: number;
  #pc: number;
  #at: number;
  #stack = new Int32Array(96);
  #height = 0;
  /** Where on the stack the innermost inside stands that is being matched; -1 for none. */
  #inside = -1;
  #left = 0;

  /** @param remembers whether no way is gone twice; without, it takes as many steps as other engines take. */
  constructor(code: BacktrackingProgram, value: Bytes, start: number, remembers = true) {
    this.#code = code;
    this.#value = value;
    this.#start = start;
    this.#at = start;
    this.#pc = code.start;
    this.#slots = new Int32Array(code.slots).fill(-1);
    this.#visited = code.hasReferences || !remembers ? null : new Visited(code.forkCount);
  }

  /** Goes on for some steps: null while it is not known whether there is a match. */
  run(steps: number): boolean | null {
    const { ops } = this.#code;
    this.#left = steps;
    while (this.#left-- > 0) {
      const op = ops[this.#pc] as number;
      if (op === OP.match) return true;
      if (!this.#step(op) && !this.#retreat() && !this.#startNext()) return false;
    }
    return null;
  }

  /** How many steps the last run did not need. */
  get unusedSteps(): number {
    return this.#left;
  }

  /** Groups 0 to 9 of a match; empty for those that took no part. */
  groups(): Bytes[] {
    const groups = [this.#value.slice(this.#start, this.#at)];
    for (let group = 1; group < Math.min(this.#code.groups, 10); group++) {
      const start = this.#slots[2 * group] as number;
      const end = this.#slots[2 * group + 1] as number;
      groups.push(end < 0 ? '' : this.#value.slice(start, end));
    }
    return groups;
  }

  /** The next start that a match can have; false where there is none. */
  #startNext(): boolean {
    const { first, start } = this.#code;
    let at = this.#start + 1;
    if (first !== null) while (at < this.#value.length && first[this.#value.charCodeAt(at)] === 0) at++;
    if (at > this.#value.length) return false;
    this.#start = at;
    this.#at = at;
    this.#pc = start;
    return true;
  }

  /** One instruction; false where this way ends. */
  #step(op: number): boolean {
    const pc = this.#pc;
    const x = this.#code.xs[pc] as number;
    switch (op) {
      case OP.bytes:
        if (this.#at >= this.#value.length) return false;
        if ((this.#code.members[x] as Uint8Array)[this.#value.charCodeAt(this.#at)] === 0) return false;
        this.#at++;
        break;
      case OP.split:
        if (this.#wasHere(pc)) return false;
        this.#push(ENTRY.way, this.#code.ys[pc] as number, this.#at);
        break;
      case OP.save:
        this.#save(x, this.#at);
        break;
      case OP.close:
        this.#save(2 * x, this.#slots[this.#code.ys[pc] as number] as number);
        this.#save(2 * x + 1, this.#at);
        break;
      default:
        return this.#rareStep(op, x);
    }
    this.#pc = this.#code.nexts[pc] as number;
    return true;
  }

  #rareStep(op: number, x: number): boolean {
    const pc = this.#pc;
    switch (op) {
      case OP.assert:
        if (!holds(x, sideBefore(this.#value, this.#at), sideAfter(this.#value, this.#at))) return false;
        break;
      case OP.inside:
        if (this.#wasHere(pc)) return false;
        this.#enter(pc);
        return true;
      case OP.endInside:
        return this.#leave();
      case OP.back:
        if (this.#at < x) return false;
        this.#at -= x;
        break;
      case OP.reference:
        if (!this.#refer(x, this.#code.ys[pc] === 1)) return false;
        break;
      default:
        this.#pc = (this.#slots[x] === this.#at ? this.#code.nexts : this.#code.ys)[pc] as number;
        return true;
    }
    this.#pc = this.#code.nexts[pc] as number;
    return true;
  }

  #wasHere(pc: number): boolean {
    const visited = this.#visited;
    return visited !== null && !visited.add(this.#code.forks[pc] as number, this.#at, this.#inside >= 0);
  }

  #save(slot: number, at: number): void {
    this.#push(ENTRY.slot, slot, this.#slots[slot] as number);
    this.#slots[slot] = at;
  }

  #enter(pc: number): void {
    const inside = this.#height;
    this.#push(ENTRY.inside, pc, this.#at);
    this.#push(ENTRY.around, this.#inside, this.#visited?.logged ?? 0);
    this.#inside = inside;
    this.#pc = this.#code.xs[pc] as number;
  }

  /** The innermost inside has matched; false where that is just what must not be. */
  #leave(): boolean {
    const inside = this.#inside;
    const pc = this.#stack[inside + 1] as number;
    const at = this.#stack[inside + 2] as number;
    this.#inside = this.#stack[inside + 4] as number;
    // Ways that led here are not dead ends; come to again, they lead here again.
    this.#visited?.forget(this.#stack[inside + 5] as number);
    const kind = this.#code.ys[pc] as number;
    if (kind === INSIDE.notAhead) {
      this.#undo(inside);
      return false;
    }
    this.#keepSlots(inside);
    if (kind === INSIDE.ahead) this.#at = at;
    this.#pc = this.#code.nexts[pc] as number;
    return true;
  }

  /** Takes ways off the stack, and leaves what slots held before. */
  #keepSlots(floor: number): void {
    let height = floor;
    for (let entry = floor; entry < this.#height; entry += 3) {
      if (this.#stack[entry] !== ENTRY.slot) continue;
      this.#stack.copyWithin(height, entry, entry + 3);
      height += 3;
    }
    this.#height = height;
  }

  /** Takes everything off the stack, and gives slots back what they held. */
  #undo(floor: number): void {
    while (this.#height > floor) {
      this.#height -= 3;
      if (this.#stack[this.#height] === ENTRY.slot) this.#restore();
    }
  }

  #restore(): void {
    this.#slots[this.#stack[this.#height + 1] as number] = this.#stack[this.#height + 2] as number;
  }

  /** Takes the last other way; false where there is none. */
  #retreat(): boolean {
    while (this.#height > 0) {
      this.#height -= 3;
      const entry = this.#stack[this.#height];
      if (entry === ENTRY.slot) this.#restore();
      else if (entry === ENTRY.around) this.#giveUp();
      else if (entry === ENTRY.way) {
        this.#pc = this.#stack[this.#height + 1] as number;
        this.#at = this.#stack[this.#height + 2] as number;
        return true;
      } else if (this.#hasNotMatched()) return true;
    }
    return false;
  }

  #giveUp(): void {
    this.#inside = this.#stack[this.#height + 1] as number;
    if (this.#inside < 0) this.#visited?.keep();
  }

  /** An inside has no way left: true where that is what it should have. */
  #hasNotMatched(): boolean {
    const pc = this.#stack[this.#height + 1] as number;
    if (this.#code.ys[pc] !== INSIDE.notAhead) return false;
    this.#pc = this.#code.nexts[pc] as number;
    this.#at = this.#stack[this.#height + 2] as number;
    return true;
  }

  #refer(group: number, anyCase: boolean): boolean {
    const start = this.#slots[2 * group] as number;
    const end = this.#slots[2 * group + 1] as number;
    if (end < 0) return false;
    this.#left -= (end - start) >>> 4;
    for (let at = start; at < end; at++, this.#at++) {
      if (this.#at >= this.#value.length) return false;
      const one = this.#value.charCodeAt(at);
      const other = this.#value.charCodeAt(this.#at);
      if (one !== other && !(anyCase && isSameLetter(one, other))) return false;
    }
    return true;
  }

  #push(kind: number, one: number, other: number): void {
    if (this.#height + 3 > this.#stack.length) this.#grow();
    this.#stack[this.#height] = kind;
    this.#stack[this.#height + 1] = one;
    this.#stack[this.#height + 2] = other;
    this.#height += 3;
  }

  #grow(): void {
    if (this.#stack.length >= MAX_STACK)
      throw new BudgetReached('A pattern took too much memory for a value.');
    const grown = new Int32Array(this.#stack.length * 2);
    grown.set(this.#stack);
    this.#stack = grown;
  }
}

function isSameLetter(one: number, other: number): boolean {
  const lower = one | 0x20;
  return (one ^ other) === 0x20 && lower >= 0x61 && lower <= 0x7a;
}
