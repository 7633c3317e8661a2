import { CandidateUnion } from './candidate-union.ts';
import type { Collections, InspectedCollection } from './collections.ts';
import { type Inspected, uninspected } from './inspected.ts';
import type { Inspector } from './inspector.ts';
import type { CollectionPlan, Target, TargetList } from './target-list.ts';
import { Targets } from './targets.ts';
import type { Pipeline, Unit } from './units.ts';

/** The values of a list of variables that no rule changes, and the units that may match any of them. */
export class ResolvedList {
  /** The phase for which it is known to hold. */
  phase: number;
  readonly #list: TargetList;
  readonly #collections: Collections;
  readonly #sources: readonly InspectedCollection[];
  /** What may match any of its values. That of a whole collection serves all lists that have it, less what they exclude. */
  readonly #unions: CandidateUnion[] = [];
  readonly #noOperators: readonly number[];
  /** By pipeline: what may match any of its values. */
  readonly #candidates: (readonly number[] | undefined)[] = [];
  #targets: Targets | null = null;

  /** `noOperators`: as many words of zero as operators need. */
  constructor(list: TargetList, collections: Collections, phase: number, noOperators: readonly number[]) {
    this.phase = phase;
    this.#list = list;
    this.#collections = collections;
    this.#noOperators = noOperators;
    this.#sources = list.collections.map((plan) => collections.get(plan));
    let single: Targets | null = null;
    for (const target of list.targets) {
      const { ref, collection } = target;
      if (ref.isExclusion || collection === null) continue;
      const isWhole = !ref.isCount && (ref.selector === null || collection.xml !== null);
      if (isWhole) {
        this.#unions.push(collections.get(collection).union(noOperators));
        continue;
      }
      single ??= new Targets();
      addMembers(target, collections, single);
    }
    if (single !== null && single.length > 0)
      this.#unions.push(new CandidateUnion(single.entries.slice(0, single.length), noOperators));
  }

  /** The values, gathered when a rule first looks at them: most are only asked whether they may match. */
  get targets(): Targets {
    this.#targets ??= gatherMembers(this.#list, this.#collections);
    return this.#targets;
  }

  /** Whether its collections are what they were; it then holds for this phase too. */
  holdsFor(phase: number, collections: Collections): boolean {
    const plans = this.#list.collections;
    for (let at = 0; at < plans.length; at++) {
      if (collections.get(plans[at] as CollectionPlan) !== this.#sources[at]) return false;
    }
    this.phase = phase;
    return true;
  }

  /** False where none of the units can match any of the values; null when the deadline came first. */
  mayMatch(units: readonly Unit[], deadlineMs: number): boolean | null {
    for (let at = 0; at < units.length; at++) {
      const { pipeline, scanned } = units[at] as Unit;
      const candidates = this.#candidates[pipeline.index] ?? this.#unite(pipeline, deadlineMs);
      if (candidates === null) return null;
      if ((((candidates[scanned >>> 5] as number) >>> (scanned & 31)) & 1) === 1) return true;
    }
    return false;
  }

  /** The candidates of all its collections in one: many rules ask for them. */
  #unite(pipeline: Pipeline, deadlineMs: number): readonly number[] | null {
    const unions = this.#unions;
    let united: readonly number[] = this.#noOperators;
    for (let each = 0; each < unions.length; each++) {
      const found = (unions[each] as CandidateUnion).of(pipeline, deadlineMs);
      if (found === null) return null;
      united = united === this.#noOperators ? found : orOf(united, found);
    }
    this.#candidates[pipeline.index] = united;
    return united;
  }
}

/** The bits of both; one of them where it has all. */
function orOf(one: readonly number[], other: readonly number[]): readonly number[] {
  let both: number[] | null = null;
  for (let word = 0; word < one.length; word++) {
    const more = (other[word] as number) & ~(one[word] as number);
    if (more === 0) continue;
    both ??= one.slice();
    both[word] = (both[word] as number) | more;
  }
  return both ?? one;
}

function gatherMembers(list: TargetList, collections: Collections): Targets {
  const targets = new Targets();
  for (const target of list.targets) {
    if (target.ref.isExclusion) targets.remove(target.name, target.selection);
    else addMembers(target, collections, targets);
  }
  return targets;
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
