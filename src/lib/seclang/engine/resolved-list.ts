import type { Collections, InspectedCollection } from './collections.ts';
import { type Inspected, uninspected } from './inspected.ts';
import type { Inspector } from './inspector.ts';
import type { CollectionPlan, Target, TargetList } from './target-list.ts';
import type { Targets } from './targets.ts';

/** Values beyond which those of a list are kept for the next rule that looks at it; fewer are faster gathered again. */
const FEW_VALUES = 64;

export function isLong({ collections: plans }: TargetList, collections: Collections): boolean {
  let count = 0;
  for (const plan of plans) count += collections.get(plan).source.values.length;
  return count > FEW_VALUES;
}

/** The values of a list of variables that no rule changes. */
export class ResolvedList {
  /** The phase for which it is known to hold. */
  #phase: number;
  readonly targets: Targets;
  readonly #plans: readonly CollectionPlan[];
  readonly #sources: readonly InspectedCollection[];

  constructor(list: TargetList, collections: Collections, phase: number, targets: Targets) {
    this.#phase = phase;
    this.#plans = list.collections;
    this.#sources = list.collections.map((plan) => collections.get(plan));
    this.targets = targets;
  }

  /** Whether its collections are what they were; it then holds for this phase too. */
  holdsFor(phase: number, collections: Collections): boolean {
    if (phase === this.#phase) return true;
    for (let at = 0; at < this.#plans.length; at++) {
      if (collections.get(this.#plans[at] as CollectionPlan) !== this.#sources[at]) return false;
    }
    this.#phase = phase;
    return true;
  }
}

/** Adds the members of a collection that a target means, or how many they are. */
export function addMembers(target: Target, collections: Collections, into: Targets): void {
  const { ref, name, selection, collection, isWhole } = target;
  if (collection === null) return;
  const members = collections.get(collection);
  const { values } = members.source;
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    if (!isWhole && !selection.takes(members.key(at))) continue;
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
