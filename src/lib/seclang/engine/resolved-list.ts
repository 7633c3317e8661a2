import type { Collections } from './collections.ts';
import { Inspected } from './inspected.ts';
import type { Inspector } from './inspector.ts';
import type { Target, TargetList } from './target-list.ts';
import { Targets } from './targets.ts';

/** The values of a list of variables that no rule changes, for one phase, and the units that may match any of them. */
export class ResolvedList {
  readonly targets = new Targets();
  readonly #candidates: Int32Array;

  constructor(units: number) {
    this.#candidates = new Int32Array((units + 31) >>> 5);
  }

  add(target: Target, collections: Collections): void {
    const { ref, name, selection } = target;
    if (target.collection === null) return;
    const { length } = this.targets;
    if (ref.isExclusion) this.targets.remove(name, selection);
    else addMembers(target, collections, this.targets);
    for (let at = length; at < this.targets.length; at++) this.#addCandidates(this.targets.entries[at]);
  }

  #addCandidates(entry: Inspected | undefined): void {
    for (const unit of entry?.candidates ?? []) {
      this.#candidates[unit >>> 5] = (this.#candidates[unit >>> 5] as number) | (1 << (unit & 31));
    }
  }

  mayMatch(unit: number): boolean {
    return (((this.#candidates[unit >>> 5] as number) >>> (unit & 31)) & 1) === 1;
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
  inspector: Inspector,
  deadlineMs: number,
): boolean {
  for (const plan of list.inspected) {
    if (!collections.get(plan).inspect(inspector, deadlineMs)) return false;
  }
  return true;
}
