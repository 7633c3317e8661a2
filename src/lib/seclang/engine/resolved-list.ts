import type { Collections, InspectedCollection } from './collections.ts';
import { type Inspected, uninspected } from './inspected.ts';
import type { Inspector } from './inspector.ts';
import type { CollectionPlan, Target, TargetList } from './target-list.ts';
import { Targets } from './targets.ts';
import type { Pipeline, Unit } from './units.ts';

/** Work after which the clock is looked at, in bytes of values. */
const SLICE_BYTES = 16_384;
/** What a value costs beside its bytes. */
const VALUE_BYTES = 64;

/** The values of a list of variables that no rule changes, and the units that may match any of them. */
export class ResolvedList {
  readonly targets = new Targets();
  /** The phase for which it is known to hold. */
  phase: number;
  readonly #plans: readonly CollectionPlan[];
  readonly #sources: readonly InspectedCollection[];
  /** By pipeline: a bit for each operator that may match a form of any of the values, in words of 32. */
  readonly #candidates: (number[] | undefined)[] = [];
  readonly #noOperators: readonly number[];
  /** The pipeline whose candidates are being found, those found so far, and how many values they are of. */
  #pending: Pipeline | null = null;
  #found: number[] = [];
  #at = 0;

  /** `noOperators`: as many words of zero as operators need. */
  constructor(list: TargetList, collections: Collections, phase: number, noOperators: readonly number[]) {
    this.phase = phase;
    this.#plans = list.collections;
    this.#sources = list.collections.map((plan) => collections.get(plan));
    this.#noOperators = noOperators;
    for (const target of list.targets) {
      if (target.ref.isExclusion) this.targets.remove(target.name, target.selection);
      else addMembers(target, collections, this.targets);
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

  /** False where none of the units can match any of the values; null when the deadline came first. */
  mayMatch(units: readonly Unit[], deadlineMs: number): boolean | null {
    for (let at = 0; at < units.length; at++) {
      const { pipeline, scanned } = units[at] as Unit;
      const candidates = this.#candidates[pipeline.index] ?? this.#findCandidates(pipeline, deadlineMs);
      if (candidates === null) return null;
      if ((((candidates[scanned >>> 5] as number) >>> (scanned & 31)) & 1) === 1) return true;
    }
    return false;
  }

  /** Pipelines that change none of the values have the candidates of the values as they are. */
  #findCandidates(pipeline: Pipeline, deadlineMs: number): number[] | null {
    const { entries, length } = this.targets;
    const root = rootOf(pipeline);
    let isUntouched = pipeline !== root;
    for (let at = 0; isUntouched && at < length; at++) {
      isUntouched = (entries[at] as Inspected).isUntouched(pipeline);
    }
    const candidates = isUntouched
      ? (this.#candidates[root.index] ?? this.#unite(root, deadlineMs))
      : this.#unite(pipeline, deadlineMs);
    if (candidates !== null) this.#candidates[pipeline.index] = candidates;
    return candidates;
  }

  /** Goes on where it was when the deadline came. */
  #unite(pipeline: Pipeline, deadlineMs: number): number[] | null {
    if (this.#pending !== pipeline) {
      this.#pending = pipeline;
      this.#found = this.#noOperators.slice();
      this.#at = 0;
    }
    const found = this.#found;
    let work = 0;
    while (this.#at < this.targets.length) {
      const entry = this.targets.entries[this.#at++] as Inspected;
      addAll(entry.operators(pipeline), found);
      work += entry.value.length + VALUE_BYTES;
      if (work < SLICE_BYTES) continue;
      if (performance.now() >= deadlineMs) return null;
      work = 0;
    }
    this.#pending = null;
    this.#candidates[pipeline.index] = found;
    return found;
  }
}

function addAll(operators: readonly number[], into: number[]): void {
  for (let at = 0; at < operators.length; at++) {
    const operator = operators[at] as number;
    into[operator >>> 5] = (into[operator >>> 5] as number) | (1 << (operator & 31));
  }
}

function rootOf(pipeline: Pipeline): Pipeline {
  let root = pipeline;
  while (root.parent !== null) root = root.parent;
  return root;
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
