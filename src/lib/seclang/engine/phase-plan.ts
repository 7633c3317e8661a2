import type { CompiledRule } from './compiled-rule.ts';
import type { Inspector } from './inspector.ts';
import { refKey, type Target, type TargetList } from './target-list.ts';
import { Watch } from './watch.ts';

/** Watches of a list of variables, and the rules that can match only what those watches tell of. */
export interface WatchedList {
  /** Among those of its phase. */
  readonly index: number;
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
  readonly listCount: number;
  readonly watchCount: number;
  /** A bit for each rule, in words of 32. */
  readonly all: readonly number[];
}

/** Builds the plans of all phases. */
export class PhasePlanner {
  readonly #inspector: Inspector;
  readonly #skips: boolean;
  #watches = 0;

  /** `skips`: whether any rule is passed over. */
  constructor(inspector: Inspector, skips: boolean) {
    this.#inspector = inspector;
    this.#skips = skips;
  }

  plan(rules: readonly CompiledRule[]): PhasePlan {
    const words = (rules.length + 31) >>> 5;
    const watches = new Map<string, PhaseWatch>();
    const lists = new Map<TargetList, WatchedList>();
    const all = new Array<number>(words).fill(0);
    const byRule = rules.map((rule, number): WatchedList | null => {
      addBit(all, number);
      if (rule.needed === null || !this.#skips) return null;
      const { targets } = rule.first;
      const known = lists.get(targets);
      const list = known ?? this.#list(targets, lists.size, watches, words);
      lists.set(targets, list);
      addBit(list.rules, number);
      for (const { watch } of list.watches) {
        for (const unit of rule.needed) watch.add(number, unit, this.#inspector.groupOf(unit.pipeline));
      }
      return list;
    });
    return { rules, lists: byRule, listCount: lists.size, watchCount: watches.size, all };
  }

  #list(targets: TargetList, index: number, watches: Map<string, PhaseWatch>, words: number): WatchedList {
    const watched = targets.targets.flatMap((target) => this.#watch(target, watches) ?? []);
    return { index, watches: watched, rules: new Array<number>(words).fill(0) };
  }

  /** Exclusions are not heeded: what they take out is only looked at in vain. */
  #watch({ ref, collection, selection }: Target, watches: Map<string, PhaseWatch>): PhaseWatch | null {
    if (collection === null || ref.isExclusion) return null;
    const key = `${collection.index} ${collection.xml === null ? refKey(ref) : ''}`;
    const known = watches.get(key);
    if (known !== undefined) return known;
    const watch = { place: watches.size, watch: new Watch(this.#watches++, collection, selection) };
    watches.set(key, watch);
    return watch;
  }
}

const addBit = (words: number[], bit: number): void => {
  words[bit >>> 5] = (words[bit >>> 5] as number) | (1 << (bit & 31));
};
