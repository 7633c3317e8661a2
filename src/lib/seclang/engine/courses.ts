import type { Overrides } from '../transaction.ts';
import { addBit, hasBit, noBits } from './bits.ts';
import type { CompiledLink, CompiledRule } from './compiled-rule.ts';
import { isComparison, isUnmatched } from './number-test.ts';
import { leavesWhole } from './overrides.ts';
import type { PhaseWatch, WatchedList } from './phase-plan.ts';
import type { Standing } from './standing.ts';
import type { TransactionState } from './transaction-state.ts';
import { PRESENCE, VALUE } from './tx-variables.ts';

/** What is left of a phase from one of its rules on, as long as comparisons come out as they do. */
export interface Course {
  /** A bit for each rule that may be reached and has something to do, in words of 32. */
  readonly rules: readonly number[];
  /** What those of them look at that wait for candidates. */
  readonly watched: WatchedList;
}

/** Comparisons of `TX` alone, and those of counts of the request. */
interface Checks {
  readonly ofSettings: readonly number[];
  readonly ofRequest: readonly number[];
}

/** Courses that are kept; a set of rules has few, unless its numbers come from requests. */
const KEPT_COURSES = 256;
/** Fewer rules than this are looked at faster than their course is found. */
const FEW_RULES = 24;
/** Outcomes that go into one character of a key. */
const OUTCOMES_OF_CHARACTER = 16;

/**
 * The courses of a phase. Much of a set of rules does no more than compare settings and skip others: what follows from one
 * outcome of all comparisons is found once.
 *
 * Safety: a comparison is of numbers of `TX`, whose changes make a new course, and of counts that no rule changes.
 */
export class Courses {
  readonly #rules: readonly CompiledRule[];
  readonly #lists: readonly (WatchedList | null)[];
  readonly #skipsGates: boolean;
  /** Links whose comparisons differ. */
  readonly #checks: CompiledLink[] = [];
  /** By rule: its comparison; -1 where that is not known beforehand. */
  readonly #checkOf: readonly number[];
  /** By rule: the comparisons of it and of those behind it. */
  readonly #checksByStart = new Map<number, Checks>();
  readonly #settings = new WeakMap<Standing, Map<number, string>>();
  readonly #courses = new Map<string, Course>();
  /** Whether what overrides take out leaves gates as they are. */
  readonly #leaveGates = new WeakMap<Overrides, boolean>();

  /** `skipsGates`: nothing reads what a gate matched. */
  constructor(rules: readonly CompiledRule[], lists: readonly (WatchedList | null)[], skipsGates: boolean) {
    this.#rules = rules;
    this.#lists = lists;
    this.#skipsGates = skipsGates;
    const known = new Map<string, number>();
    this.#checkOf = rules.map(({ first }) => {
      if (!isComparison(first) || !isForeseeable(first)) return -1;
      const key = checkKey(first);
      const check = known.get(key) ?? this.#checks.push(first) - 1;
      known.set(key, check);
      return check;
    });
  }

  /** Notes by slot of `TX` what the comparisons look at. */
  noteSlots(compared: Uint8Array): void {
    for (const { targets, numbers } of this.#checks) {
      const slots = [...targets.targets.map(({ slot }) => slot), numbers?.slot ?? -1];
      const what = numbers === null ? PRESENCE : VALUE;
      for (const slot of slots) if (slot >= 0) compared[slot] = Math.max(compared[slot] as number, what);
    }
  }

  /** Whether a rule does no more than compare, and lead past others. */
  isGate(rule: number): boolean {
    return this.#skipsGates && (this.#rules[rule] as CompiledRule).isGate && this.#checkOf[rule] !== -1;
  }

  /** Whether it is worth while to look for the course from a rule on. */
  isFork(rule: number): boolean {
    return rule + FEW_RULES < this.#rules.length && this.isGate(rule);
  }

  /** The course from a rule on; null while parts of rules are taken out, so that gates may not be what they are. */
  find(state: TransactionState, from: number): Course | null {
    const { overrides, removedLinks, removedTargets } = state;
    if (removedLinks !== null || removedTargets !== null) return null;
    if (overrides !== null && !this.#areGatesLeft(overrides)) return null;
    const key = this.#outcomes(state, from);
    const known = this.#courses.get(key);
    if (known !== undefined) return known;
    if (this.#courses.size >= KEPT_COURSES) this.#courses.clear();
    const course = this.#explore(state, from);
    this.#courses.set(key, course);
    return course;
  }

  #areGatesLeft(overrides: Overrides): boolean {
    const known = this.#leaveGates.get(overrides);
    if (known !== undefined) return known;
    const areLeft = this.#rules.every(({ id }, rule) => !this.isGate(rule) || leavesWhole(overrides, id));
    this.#leaveGates.set(overrides, areLeft);
    return areLeft;
  }

  /** Where it begins, and how each comparison from there on comes out. */
  #outcomes(state: TransactionState, from: number): string {
    const { ofSettings, ofRequest } = this.#checksFrom(from);
    const { standing } = state.tx;
    const known = standing === null ? null : this.#outcomesOf(standing);
    let settings = known?.get(from);
    if (settings === undefined) {
      settings = `${from} ${this.#read(state, ofSettings)}`;
      known?.set(from, settings);
    }
    return settings + this.#read(state, ofRequest);
  }

  /** By rule: how comparisons of settings from it on come out in a standing. */
  #outcomesOf(standing: Standing): Map<number, string> {
    const known = this.#settings.get(standing);
    if (known !== undefined) return known;
    const outcomes = new Map<number, string>();
    this.#settings.set(standing, outcomes);
    return outcomes;
  }

  #read(state: TransactionState, checks: readonly number[]): string {
    let key = '';
    let bits = 0;
    for (let at = 0; at < checks.length; at++) {
      const check = this.#checks[checks[at] as number] as CompiledLink;
      if (!isUnmatched(state, check)) bits |= 1 << (at % OUTCOMES_OF_CHARACTER);
      if ((at + 1) % OUTCOMES_OF_CHARACTER > 0) continue;
      key += String.fromCharCode(bits);
      bits = 0;
    }
    return key + String.fromCharCode(bits);
  }

  /** Rules lead on only to later ones. */
  #checksFrom(from: number): Checks {
    const known = this.#checksByStart.get(from);
    if (known !== undefined) return known;
    const all = [...new Set(this.#checkOf.slice(from))].filter((check) => check >= 0);
    const isOfSettings = (check: number): boolean =>
      (this.#checks[check] as CompiledLink).targets.collections.length === 0;
    const checks = {
      ofSettings: all.filter(isOfSettings),
      ofRequest: all.filter((check) => !isOfSettings(check)),
    };
    this.#checksByStart.set(from, checks);
    return checks;
  }

  /** Follows all ways that lead on from a rule. */
  #explore(state: TransactionState, from: number): Course {
    const outcomes = this.#checks.map((check) => !isUnmatched(state, check));
    const rules = noBits(this.#rules.length);
    const gates: number[] = [];
    const isReached = new Uint8Array(this.#rules.length);
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at >= this.#rules.length || isReached[at] === 1) continue;
      isReached[at] = 1;
      const check = this.#checkOf[at] as number;
      const { first, links, skip } = this.#rules[at] as CompiledRule;
      if (check >= 0 && outcomes[check] === false) open.push(at + 1);
      else if (this.isGate(at)) {
        gates.push(at);
        open.push(first.skipTo >= 0 ? first.skipTo : at + 1);
      } else {
        addBit(rules, at);
        open.push(at + 1, at + 1 + skip);
        for (const { skipTo } of links) if (skipTo >= 0) open.push(skipTo);
      }
    }
    this.#keepGates(gates, rules);
    return { rules, watched: this.#watched(rules) };
  }

  /** Takes in the gates that lead past rules which another way leads to. */
  #keepGates(gates: number[], rules: number[]): void {
    for (const gate of gates.sort((a, b) => b - a)) {
      const end = (this.#rules[gate] as CompiledRule).first.skipTo;
      for (let at = gate + 1; at < end; at++) {
        if (!hasBit(rules, at)) continue;
        addBit(rules, gate);
        break;
      }
    }
  }

  #watched(rules: readonly number[]): WatchedList {
    const watches = new Set<PhaseWatch>();
    const watched = noBits(this.#rules.length);
    for (const [at, list] of this.#lists.entries()) {
      if (list === null || !hasBit(rules, at)) continue;
      addBit(watched, at);
      for (const watch of list.watches) watches.add(watch);
    }
    // Those of one collection beside each other: it is then read once for all of them.
    const byCollection = [...watches].sort((a, b) => a.watch.collection.index - b.watch.collection.index);
    return { watches: byCollection, rules: watched };
  }
}

/** Whether all that a link compares is in `TX` by its name, or counted in the request. */
function isForeseeable({ targets }: CompiledLink): boolean {
  return targets.targets.every(({ own, slot }) => own === null || slot >= 0);
}

function checkKey({ targets: { index }, numbers, isNegated }: CompiledLink): string {
  if (numbers === null) return `${index}`;
  return `${index} ${numbers.comparison} ${numbers.limit} ${numbers.slot} ${isNegated}`;
}
