import type { InspectedCollection } from './collections.ts';
import type { Inspected } from './inspected.ts';
import type { PhasePlan, PhaseWatch, WatchedList } from './phase-plan.ts';
import type { TransactionState } from './transaction-state.ts';

/** Work after which the clock is looked at, in bytes of values. */
const SLICE_BYTES = 16_384;
/** What a value costs beside its bytes. */
const VALUE_BYTES = 64;
const DONE = -1;

/**
 * Which rules of the phase under way are still to be looked at.
 *
 * Safety: a rule is left out only once all values that it looks at have been seen, and none of them meets what it needs.
 */
export class Agenda {
  readonly #plan: PhasePlan;
  /** A bit for each rule that is to be looked at, in words of 32. */
  readonly #rules: number[];
  /** A bit for each rule that some value seen so far may match. */
  readonly #candidates: number[];
  /** By watch: how many of its values have been seen, or that all have. */
  readonly #seen: number[];
  /** By list: whether its rules without candidates have been left out. */
  readonly #isSettled: boolean[];

  constructor(plan: PhasePlan) {
    this.#plan = plan;
    this.#rules = plan.all.slice();
    this.#candidates = new Array<number>(plan.all.length).fill(0);
    this.#seen = new Array<number>(plan.watchCount).fill(0);
    this.#isSettled = new Array<boolean>(plan.listCount).fill(false);
  }

  /** The first rule from this one on that is to be looked at; the number of rules where there is none. */
  next(rule: number): number {
    const rules = this.#rules;
    let word = rule >>> 5;
    if (word >= rules.length) return this.#plan.rules.length;
    let bits = (rules[word] as number) & (-1 << (rule & 31));
    while (bits === 0) {
      if (++word >= rules.length) return this.#plan.rules.length;
      bits = rules[word] as number;
    }
    return word * 32 + 31 - Math.clz32(bits & -bits);
  }

  /** The list whose values must be seen before it is known whether a rule can be left out; null where that is known. */
  unsettled(rule: number): WatchedList | null {
    const list = this.#plan.lists[rule] as WatchedList | null;
    return list === null || this.#isSettled[list.index] === true ? null : list;
  }

  /** Sees the values of a list, and leaves out those of its rules that none of them can match: false when the deadline came first. */
  settle(list: WatchedList, state: TransactionState, deadlineMs: number): boolean {
    const { watches, rules, index } = list;
    for (let at = 0; at < watches.length; at++) {
      if (!this.#see(watches[at] as PhaseWatch, state, deadlineMs)) return false;
    }
    for (let word = 0; word < rules.length; word++) {
      const left = (rules[word] as number) & ~(this.#candidates[word] as number);
      this.#rules[word] = (this.#rules[word] as number) & ~left;
    }
    this.#isSettled[index] = true;
    return true;
  }

  #see({ place, watch }: PhaseWatch, state: TransactionState, deadlineMs: number): boolean {
    if (this.#seen[place] === DONE) return true;
    const members = state.collections.get(watch.collection);
    if (!members.inspect(state.engine.inspector, deadlineMs)) return false;
    return this.#seeMembers(members, { place, watch }, deadlineMs);
  }

  #seeMembers(members: InspectedCollection, { place, watch }: PhaseWatch, deadlineMs: number): boolean {
    const { entries } = members;
    let work = 0;
    for (let at = this.#seen[place] as number; at < entries.length; at++) {
      if (work >= SLICE_BYTES) {
        this.#seen[place] = at;
        if (performance.now() >= deadlineMs) return false;
        work = 0;
      }
      if (!watch.selection.takes(members.key(at))) continue;
      const entry = entries[at] as Inspected;
      this.#note(entry.candidates(watch));
      work += entry.value.length + VALUE_BYTES;
    }
    this.#seen[place] = DONE;
    return true;
  }

  #note(rules: readonly number[]): void {
    const candidates = this.#candidates;
    for (let at = 0; at < rules.length; at++) {
      const rule = rules[at] as number;
      candidates[rule >>> 5] = (candidates[rule >>> 5] as number) | (1 << (rule & 31));
    }
  }
}
