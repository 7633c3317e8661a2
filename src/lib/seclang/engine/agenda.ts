import { LONG_VALUE_BYTES } from '../operator.ts';
import { addBit, hasBit, noBits } from './bits.ts';
import type { InspectedCollection } from './collections.ts';
import type { Courses } from './courses.ts';
import type { Inspected } from './inspected.ts';
import type { PhasePlan, PhaseWatch, WatchedList } from './phase-plan.ts';
import type { CollectionPlan } from './target-list.ts';
import type { TransactionState } from './transaction-state.ts';

/** Work after which the clock is looked at, in bytes of values. */
const SLICE_BYTES = 16_384;
/** What a value costs beside its bytes. */
const VALUE_BYTES = 64;
const DONE = -1;
const NEVER = -1;

/**
 * Which rules of the phase under way are still to be looked at.
 *
 * Safety: a rule is left out only once all values that it looks at have been seen, and none of them meets what it needs.
 */
export class Agenda {
  readonly #plan: PhasePlan;
  /** A bit for each rule that is to be looked at, in words of 32. */
  readonly #rules: number[];
  /** A bit for each rule that no value can match. */
  readonly #left: number[];
  /** That of the transaction when its course was last looked for. */
  #revision = NEVER;
  #isNarrow = false;
  /** A bit for each rule that some value seen so far may match. */
  readonly #candidates: number[];
  /** By watch: how many of its values have been seen, or that all have. */
  readonly #seen: number[];
  /** A bit for each rule of which it is known whether some value may match it. */
  readonly #settled: number[];

  constructor(plan: PhasePlan) {
    this.#plan = plan;
    this.#rules = plan.all.slice();
    this.#left = noBits(plan.rules.length);
    this.#candidates = this.#left.slice();
    this.#seen = new Array<number>(plan.watchCount).fill(0);
    this.#settled = this.#left.slice();
  }

  /**
   * Goes to the next rule that is to be looked at, from where the transaction stands: false when the deadline came first.
   *
   * Safety: where something has changed on which the course depends, all rules are taken up again that values can match.
   */
  advance(state: TransactionState, deadlineMs: number): boolean {
    const { courses, rules } = this.#plan;
    if (this.#isNarrow && this.#revision !== state.revision) this.#widen();
    state.rule = this.#next(state.rule);
    if (state.rule < rules.length && courses !== null && this.#isAtFork(courses, state)) {
      if (!this.#narrow(courses, state, deadlineMs)) return false;
      state.rule = this.#next(state.rule);
    }
    for (let list = this.#unsettled(state.rule); list !== null; list = this.#unsettled(state.rule)) {
      if (!this.#settle(list, state, deadlineMs)) return false;
      state.rule = this.#next(state.rule);
    }
    return true;
  }

  #isAtFork(courses: Courses, { revision, rule }: TransactionState): boolean {
    return this.#revision !== revision && courses.isFork(rule);
  }

  #widen(): void {
    this.#takeUp(this.#plan.all);
    this.#isNarrow = false;
  }

  /** Leaves out what is not on the course, and what no value can match: false when the deadline came first. */
  #narrow(courses: Courses, state: TransactionState, deadlineMs: number): boolean {
    const { revision } = state;
    const course = courses.find(state, state.rule);
    if (course !== null) {
      if (!this.#settle(course.watched, state, deadlineMs)) return false;
      this.#takeUp(course.rules);
      this.#isNarrow = true;
    }
    this.#revision = revision;
    return true;
  }

  #takeUp(rules: readonly number[]): void {
    for (let word = 0; word < rules.length; word++)
      this.#rules[word] = (rules[word] as number) & ~(this.#left[word] as number);
  }

  /** The first rule from this one on that is to be looked at; the number of rules where there is none. */
  #next(rule: number): number {
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
  #unsettled(rule: number): WatchedList | null {
    const list = this.#plan.lists[rule] ?? null;
    return list === null || hasBit(this.#settled, rule) ? null : list;
  }

  /** Sees the values of a list, and leaves out those of its rules that none of them can match: false when the deadline came first. */
  #settle({ watches, rules }: WatchedList, state: TransactionState, deadlineMs: number): boolean {
    let members: InspectedCollection | null = null;
    let collection: CollectionPlan | null = null;
    for (let at = 0; at < watches.length; at++) {
      const watched = watches[at] as PhaseWatch;
      if (this.#seen[watched.place] === DONE) continue;
      if (members === null || collection !== watched.watch.collection) {
        collection = watched.watch.collection;
        members = state.collections.get(collection);
        if (!members.inspect(state.engine.inspector, deadlineMs)) return false;
      }
      if (!this.#see(watched, members, deadlineMs)) return false;
    }
    for (let word = 0; word < rules.length; word++) {
      const left = (rules[word] as number) & ~(this.#candidates[word] as number);
      this.#settled[word] = (this.#settled[word] as number) | (rules[word] as number);
      this.#left[word] = (this.#left[word] as number) | left;
      this.#rules[word] = (this.#rules[word] as number) & ~left;
    }
    return true;
  }

  #see({ place, watch }: PhaseWatch, members: InspectedCollection, deadlineMs: number): boolean {
    const { entries } = members;
    let work = 0;
    for (let at = this.#seen[place] as number; at < entries.length; at++) {
      if (work >= SLICE_BYTES) {
        this.#seen[place] = at;
        if (performance.now() >= deadlineMs) return false;
        work = 0;
      }
      if (watch.selection !== null && !watch.selection.takes(members.key(at))) continue;
      const entry = entries[at] as Inspected;
      if (entry.value.length > LONG_VALUE_BYTES && !watch.prepare(entry, deadlineMs)) {
        this.#seen[place] = at;
        return false;
      }
      this.#note(entry.candidates(watch));
      work += entry.value.length + VALUE_BYTES;
    }
    this.#seen[place] = DONE;
    return true;
  }

  #note(rules: readonly number[]): void {
    for (let at = 0; at < rules.length; at++) addBit(this.#candidates, rules[at] as number);
  }
}
