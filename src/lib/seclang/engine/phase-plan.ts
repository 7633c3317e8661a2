import { addBit, noBits } from './bits.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { Courses } from './courses.ts';
import type { Inspector } from './inspector.ts';
import { refKey, type Target, type TargetList } from './target-list.ts';
import { Watch } from './watch.ts';

/** Watches of a list of variables, and the rules that can match only what those watches tell of. */
export interface WatchedList {
  readonly watches: readonly PhaseWatch[];
  /** A bit for each rule, in words of 32. */
  readonly rules: number[];
}

export interface PhaseWatch {
  /** Among those of its phase. */
  readonly place: number;
  readonly watch: Watch;
}

/** The rules of a phase in order, and what tells which of them need not be looked at. */
export interface PhasePlan {
  readonly rules: readonly CompiledRule[];
  /** By rule: its list; null for one that is always looked at. */
  readonly lists: readonly (WatchedList | null)[];
  readonly watchCount: number;
  /** null where every rule is looked at. */
  readonly courses: Courses | null;
  /** A bit for each rule, in words of 32. */
  readonly all: readonly number[];
}

/** Builds the plans of all phases. */
export class PhasePlanner {
  readonly #inspector: Inspector;
  readonly #skips: boolean;
  readonly #skipsGates: boolean;
  #watches = 0;

  /** `skips`: whether any rule is passed over. `skipsGates`: nothing reads what a comparison matched that leads past rules. */
  constructor(inspector: Inspector, skips: boolean, skipsGates: boolean) {
    this.#inspector = inspector;
    this.#skips = skips;
    this.#skipsGates = skipsGates;
  }

  plan(rules: readonly CompiledRule[]): PhasePlan {
    const watches = new Map<string, PhaseWatch>();
    const lists = new Map<TargetList, WatchedList>();
    const all = noBits(rules.length);
    const byRule = rules.map((rule, number): WatchedList | null => {
      addBit(all, number);
      const { awaits } = rule;
      if (awaits === null || !this.#skips) return null;
      const { targets } = rule.first;
      const known = lists.get(targets);
      const list = known ?? this.#list(targets, watches, rules.length);
      lists.set(targets, list);
      addBit(list.rules, number);
      for (const { watch } of list.watches) watch.add(number, awaits, this.#inspector);
      return list;
    });
    const courses = this.#skips ? new Courses(rules, byRule, this.#skipsGates) : null;
    return { rules, lists: byRule, watchCount: watches.size, courses, all };
  }

  #list(targets: TargetList, watches: Map<string, PhaseWatch>, rules: number): WatchedList {
    const watched = targets.targets.flatMap((target) => this.#watch(target, watches) ?? []);
    return { watches: watched, rules: noBits(rules) };
  }

  /** Exclusions are not heeded: what they take out is only looked at in vain. */
  #watch(
    { ref, collection, selection, isWhole }: Target,
    watches: Map<string, PhaseWatch>,
  ): PhaseWatch | null {
    if (collection === null || ref.isExclusion) return null;
    const key = `${collection.index} ${isWhole ? '' : refKey(ref)}`;
    const known = watches.get(key);
    if (known !== undefined) return known;
    const watch = {
      place: watches.size,
      watch: new Watch(this.#watches++, collection, isWhole ? null : selection),
    };
    watches.set(key, watch);
    return watch;
  }
}
