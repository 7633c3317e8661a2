import { CandidateUnion } from './candidate-union.ts';
import type { Collections, InspectedCollection } from './collections.ts';
import { type Inspected, uninspected } from './inspected.ts';
import type { Inspector } from './inspector.ts';
import type { CollectionPlan, Target, TargetList } from './target-list.ts';
import { Targets } from './targets.ts';
import type { Unit } from './units.ts';

/** The values of a list of variables that no rule changes, and the units that may match any of them. */
export class ResolvedList {
  readonly targets = new Targets();
  /** The phase for which it is known to hold. */
  phase: number;
  readonly #plans: readonly CollectionPlan[];
  readonly #sources: readonly InspectedCollection[];
  /** What may match any of its values. That of a whole collection serves all lists that have it, less what they exclude. */
  readonly #unions: CandidateUnion[] = [];

  /** `noOperators`: as many words of zero as operators need. */
  constructor(list: TargetList, collections: Collections, phase: number, noOperators: readonly number[]) {
    this.phase = phase;
    this.#plans = list.collections;
    this.#sources = list.collections.map((plan) => collections.get(plan));
    const { targets } = this;
    const single: Inspected[] = [];
    for (const target of list.targets) {
      const { ref, collection } = target;
      const from = targets.length;
      if (ref.isExclusion) targets.remove(target.name, target.selection);
      else addMembers(target, collections, targets);
      if (ref.isExclusion || collection === null) continue;
      const isWhole = !ref.isCount && (ref.selector === null || collection.xml !== null);
      if (isWhole) this.#unions.push(collections.get(collection).union(noOperators));
      else for (let at = from; at < targets.length; at++) single.push(targets.entries[at] as Inspected);
    }
    if (single.length > 0) this.#unions.push(new CandidateUnion(single, noOperators));
  }

  /** Whether its collections are what they were; it then holds for this phase too. */
  holdsFor(phase: number, collections: Collections): boolean {
    for (let at = 0; at < this.#plans.length; at++) {
      if (collections.get(this.#plans[at] as CollectionPlan) !== this.#sources[at]) return false;
    }
    this.phase = phase;
    return true;
  }

  /** False where none of the units can match any of the values; null when the deadline came first. */
  mayMatch(units: readonly Unit[], deadlineMs: number): boolean | null {
    for (let at = 0; at < units.length; at++) {
      const unit = units[at] as Unit;
      for (let each = 0; each < this.#unions.length; each++) {
        const mayMatch = (this.#unions[each] as CandidateUnion).mayMatch(unit, deadlineMs);
        if (mayMatch !== false) return mayMatch;
      }
    }
    return false;
  }
}

/** Adds the members of a collection that a target means, or how many they are. */
export function addMembers(target: Target, collections: Collections, into: Targets): void {
  const { ref, name, selection, collection } = target;
  if (collection === null) return;
  const members = collections.get(collection);
  const { values } = members.source;
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    if (ref.selector !== null && collection.xml === null && !selection.takes(members.key(at))) continue;
    count++;
    if (!ref.isCount) into.push(name, members.key(at), members.entries[at] as Inspected);
  }
  if (ref.isCount) into.push(name, null, uninspected(String(count)));
}

/** Looks at all values that a list needs: false when the deadline came first. */
export function inspectAll(
  list: TargetList,
  collections: Collections,
  inspector: Inspector,
  deadlineMs: number,
): boolean {
  for (const plan of list.inspected) {
    if (!collections.get(plan).inspect(inspector, deadlineMs)) return false;
  }
  return true;
}
