import type { Collections, InspectedCollection } from './collections.ts';
import { Inspected } from './inspected.ts';
import type { Inspector } from './inspector.ts';
import type { CollectionPlan, Target, TargetList } from './target-list.ts';
import { Targets } from './targets.ts';

/** The values of a list of variables that no rule changes, and the units that may match any of them. */
export class ResolvedList {
  readonly targets = new Targets();
  /** The phase for which it is known to hold. */
  phase: number;
  readonly #plans: readonly CollectionPlan[];
  readonly #sources: readonly InspectedCollection[];
  /** A bit for each unit, in words of 32. */
  readonly #candidates: number[];

  /** `noUnits`: as many words of zero as units need. */
  constructor(list: TargetList, collections: Collections, phase: number, noUnits: readonly number[]) {
    this.phase = phase;
    this.#plans = list.collections;
    this.#sources = list.collections.map((plan) => collections.get(plan));
    this.#candidates = noUnits.slice();
    for (const target of list.targets) {
      if (target.ref.isExclusion) this.targets.remove(target.name, target.selection);
      else addMembers(target, collections, this.targets);
    }
    for (let at = 0; at < this.targets.length; at++) {
      this.#addCandidates(this.targets.entries[at] as Inspected);
    }
  }

  /** Whether its collections are what they were; it then holds for this phase too. */
  holdsFor(phase: number, collections: Collections): boolean {
    for (let at = 0; at < this.#plans.length; at++) {
      if (collections.get(this.#plans[at] as CollectionPlan) !== this.#sources[at]) return false;
    }
    this.phase = phase;
    return true;
  }

  #addCandidates({ candidates }: Inspected): void {
    if (candidates === null) return;
    for (let at = 0; at < candidates.length; at++) {
      const unit = candidates[at] as number;
      this.#candidates[unit >>> 5] = (this.#candidates[unit >>> 5] as number) | (1 << (unit & 31));
    }
  }

  /** False where none of the units can match any of the values. */
  mayMatch(units: readonly number[]): boolean {
    for (let at = 0; at < units.length; at++) {
      const unit = units[at] as number;
      if ((((this.#candidates[unit >>> 5] as number) >>> (unit & 31)) & 1) === 1) return true;
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
  if (ref.isCount) into.push(name, null, new Inspected(String(count), false));
}

/** Looks at all values that a list needs: false when the deadline came first. */
export function inspectAll(
  list: TargetList,
  collections: Collections,
  inspectors: readonly Inspector[],
  deadlineMs: number,
): boolean {
  for (const plan of list.inspected) {
    if (!collections.get(plan).inspect(inspectors[plan.index] as Inspector, deadlineMs)) return false;
  }
  return true;
}
